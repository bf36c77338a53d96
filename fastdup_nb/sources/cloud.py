"""Images and archives in buckets: `s3://`, `minio://`, `gs://`, `az://`.

A module with the functions of `remote.Remote`. What a moment later may work is tried again, with
pauses that grow; a server that stays away ends the run, which can be resumed.
"""

from __future__ import annotations

import errno
import math
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from fastdup_nb.errors import (
    ImageError,
    ImageProblem,
    InputError,
    InputNotFoundError,
    RunInterruptedError,
)
from fastdup_nb.sources import cloud_direct
from fastdup_nb.sources.cloud_access import (
    ANONYMOUS_VARIABLE,
    HINTS,
    Place,
    file_system,
    s3_access,
    take_apart,
)
from fastdup_nb.sources.limits import MAX_FILE_SIZE

T = TypeVar("T")

PATIENCE_VARIABLE = "FASTDUP_NB_CLOUD_PATIENCE"
PATIENCE = 120.0
"""Seconds for which something is tried again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.3, 8.0
_NOT_AGAIN_FOR = 60.0
# Requests that were waiting for their turn need not find out: some libraries take a minute for it.
_NOT_ASKED_FOR = 0.1
_AWAY_HINT = "When it is there again, run again with resume=1 to go on."
BLOCK = 32 << 20
_given_up: dict[tuple[str, str], tuple[float, str]] = {}
_AGAIN = ("SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttl")
_WRONG_KEY = (
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "AuthFailure",
    "failed to authenticate",
    "invalid_grant",
)
_DENIED = ("AccessDenied", "Forbidden", "Anonymous caller")
_NO_KEYS = ("NoCredentials", "CredentialsNotFound", "DefaultCredentials", "DefaultAzureCredential")
_STATUS_AGAIN, _STATUS_DENIED = (408, 429, 500, 502, 503, 504), (401, 403)


def read_bytes(url: str) -> bytes:
    """Return the content of an object, or of an image in a remote archive.

    Raises
    ------
    ImageError
        When there is no such object, or it cannot be read.
    RunInterruptedError
        When the server stays away.
    """
    from fastdup_nb.sources.cloud_archive import read_again

    place = take_apart(url)
    try:
        data = read_again(url)  # then nobody has to say that it is no object
        if data is None:
            data = cloud_direct.read(place, MAX_FILE_SIZE)
        if data is None:
            data = _asked(place, lambda system: system.cat_file(place.key, end=MAX_FILE_SIZE + 1))
    except FileNotFoundError as error:
        data = _read_member(url, error)
    except _Refused as error:
        if error.empty:
            raise ImageError(ImageProblem.ZERO_SIZE, "the object is empty") from error
        raise ImageError(ImageProblem.UNREADABLE, str(error)) from error
    if not data:
        raise ImageError(ImageProblem.ZERO_SIZE, "the object is empty")
    if len(data) > MAX_FILE_SIZE:
        raise ImageError(ImageProblem.TOO_LARGE, f"more than {MAX_FILE_SIZE:,} bytes")
    return data


def read_range(url: str, start: int, stop: int) -> bytes:
    """Return bytes start to stop of an object.

    Raises
    ------
    ImageError
        When it cannot be read.
    """
    place = take_apart(url)
    try:
        data = cloud_direct.read_range(place, start, stop)
        if data is None:
            data = _asked(place, lambda system: system.cat_file(place.key, start=start, end=stop))
    except FileNotFoundError as error:
        raise ImageError(ImageProblem.MISSING, "there is no such object") from error
    except _Refused as error:
        raise ImageError(ImageProblem.UNREADABLE, str(error)) from error
    return bytes(data)


def size_of(url: str) -> int:
    """Return the bytes of an object.

    Raises
    ------
    ImageError
        When there is none, or it cannot be asked for.
    """
    return int(_info(url)["size"] or 0)


def exists(url: str) -> bool:
    """Return whether there is such an object, or such an image in a remote archive."""
    from fastdup_nb.sources.cloud_archive import has_member

    try:
        return _info(url).get("type") == "file"
    except ImageError:
        return has_member(url)
    except InputError:
        return False


def identity(url: str) -> str:
    """Return what changes when an object does; empty when unknown."""
    try:
        info = _info(url)
    except (ImageError, InputError):
        return ""
    return f"{info.get('size')} {info.get('ETag') or info.get('etag') or info.get('LastModified')}"


def entries(url: str) -> Iterator[str]:
    """Yield the URLs of the objects below a prefix, or the URL itself, in byte order.

    Raises
    ------
    InputError
        When the place cannot be listed.
    InputNotFoundError
        When there is nothing.
    """
    place = take_apart(url)
    found = cloud_direct.names(place)
    for name in sorted(_names(place, url) if found is None else found):
        if not name.endswith("/"):
            yield f"{place.root}{name}"


def _names(place: Place, url: str) -> list[str]:
    system = file_system(place)
    bucket = True
    try:
        # It says why it cannot; looking for all that is below takes any trouble for emptiness.
        patiently(lambda: system.ls(place.key.rstrip("/")), place)
        found = patiently(lambda: system.find(place.key.rstrip("/")), place)
    except FileNotFoundError:
        found = []
        bucket = _has_bucket(system, place)
    except _Refused as error:
        hint = "Check the name of the bucket and your rights."
        if error.about_keys:
            hint = HINTS[place.scheme]
        raise InputError(f"{url} cannot be listed: {error}.", hint) from error
    names = [str(name).lstrip("/") for name in found]
    if not names:
        if not bucket:
            message = f"There is no {place.named}, or none that these keys may see."
            raise InputNotFoundError(message, "Check its name, the endpoint and the keys.")
        raise InputNotFoundError(f"There is nothing at {url}.", "Check the prefix.")
    return names


def _has_bucket(system: Any, place: Place) -> bool:
    try:
        patiently(lambda: system.ls(place.bucket), place)
    except FileNotFoundError:
        return False
    except _Refused:
        return True
    return True


def copy_to(url: str, path: str) -> None:
    """Copy an object to a file, a large one block by block: what is there is not read again.

    Raises
    ------
    ImageError
        When it cannot be copied.
    """
    with Path(path).open("ab") as file:
        if not file.tell():
            with suppress(ImageError, FileNotFoundError):  # too large for one go; or told below
                if (whole := cloud_direct.read(take_apart(url), BLOCK)) is not None:
                    file.write(whole)
                    return
        size = size_of(url)
        while (done := file.tell()) < size:
            file.write(read_range(url, done, min(done + BLOCK, size)))
    if os.stat(path).st_size != size:  # noqa: PTH116 - it was changed meanwhile
        raise ImageError(ImageProblem.CONTAINER, "it changed while it was copied")


class _Refused(Exception):  # noqa: N818 - an answer, not a fault
    """What the server has against it; trying again would not help."""

    def __init__(self, reason: str, *, about_keys: bool = False, empty: bool = False) -> None:
        super().__init__(reason)
        self.about_keys, self.empty = about_keys, empty


def patiently(ask: Callable[[], T], place: Place) -> T:
    """Return what a question gives, asking again while the trouble may pass.

    Raises
    ------
    FileNotFoundError
        When there is no such thing.
    RunInterruptedError
        When the server stays away. For a minute nothing of it is then waited for again.
    InputError
        When there are no credentials.
    """
    patience = float(os.environ.get(PATIENCE_VARIABLE) or PATIENCE)
    server = place.root, s3_access(place).endpoint
    given_up, why = _given_up.get(server, (-math.inf, ""))
    if time.monotonic() - given_up < _NOT_ASKED_FOR:
        raise RunInterruptedError(why, _AWAY_HINT)
    if time.monotonic() - given_up < _NOT_AGAIN_FOR:
        patience = 0.0
    until = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            answer = ask()
            _given_up.pop(server, None)
            return answer
        except FileNotFoundError:
            raise
        except Exception as error:  # every library has errors of its own
            _judge(error, place)
            if time.monotonic() + pause > until:
                reason = _words(error)
                message = f"{place.root}{place.bucket} does not answer ({reason})."
                _given_up[server] = time.monotonic(), message
                raise RunInterruptedError(message, _AWAY_HINT) from error
        time.sleep(pause * (0.5 + random.random()))  # noqa: S311 - so that not all come back at once
        pause = min(pause * 2, _LONGEST_PAUSE)


def _asked(place: Place, question: Callable[[Any], Any]) -> Any:
    system = file_system(place)
    return patiently(lambda: question(system), place)


def _judge(error: Exception, place: Place) -> None:
    """Raise what trying again cannot help with.

    Raises
    ------
    InputError
        When there are no credentials.
    """
    kind, status = type(error).__name__, _status(error)
    text = f"{kind} {_without_names(error, place)}"
    if any(word in text for word in _NO_KEYS):
        hint = f"Set them up. {HINTS[place.scheme]}"
        if place.scheme == "s3":
            hint = f"{hint} For public buckets set {ANONYMOUS_VARIABLE}=1."
        raise InputError(f"There are no credentials for {place.root}{place.bucket}.", hint)
    if status in _STATUS_AGAIN or any(word in text for word in _AGAIN):
        return
    if any(word in text for word in _WRONG_KEY):
        raise _Refused("the key or the secret is wrong", about_keys=True)
    denied = isinstance(error, PermissionError) or status in _STATUS_DENIED
    if denied or any(word in text for word in _DENIED):
        raise _Refused("access is denied, or the key or the secret is wrong", about_keys=True)
    is_range = isinstance(error, OSError) and error.errno == errno.EINVAL
    if is_range or "InvalidRange" in text or "not satisfiable" in text.lower():
        raise _Refused("the object is empty", empty=True)
    if "InvalidBucketName" in text or "ParamValidation" in kind:
        raise _Refused("no bucket can have this name")


def _info(url: str) -> dict[str, Any]:
    place = take_apart(url)
    try:
        info = cloud_direct.info(place)
        if info is None:
            info = _asked(place, lambda system: system.info(place.key))
    except FileNotFoundError as error:
        raise ImageError(ImageProblem.MISSING, "there is no such object") from error
    except _Refused as error:
        raise ImageError(ImageProblem.UNREADABLE, str(error)) from error
    return info


def _read_member(url: str, error: FileNotFoundError) -> bytes:
    from fastdup_nb.sources.cloud_archive import read_member

    data = read_member(url)
    if data is None:
        raise ImageError(ImageProblem.MISSING, "there is no such object") from error
    return data


def _status(error: Exception) -> int:
    """Return the HTTP status in an error of one of the libraries; 0 when there is none."""
    for name in ("status_code", "code", "status"):
        if isinstance(status := getattr(error, name, None), int):
            return status
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return found if isinstance(found, int) else 0
    return 0


def _without_names(error: Exception, place: Place) -> str:
    """Return what an error says without URLs and keys, in which any word may stand."""
    text = re.sub(r"\S+://\S+", "", str(error))
    key = place.key.partition("/")[2]
    return re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", "", text) if key else text


def _words(error: Exception) -> str:
    """Return the first words of an error, without what may follow of requests and headers."""
    return f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
