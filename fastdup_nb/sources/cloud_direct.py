"""Objects of S3 servers by a compiled client, at less than a third of the CPU time.

The general library takes more than a millisecond of CPU time for an object, as much as decoding it,
and a quarter of a second to load. Where a server is near that is what a run waits for. So plain
questions to S3 servers are asked by `obstore` where that is installed, one request each. It knows
fewer ways to be set up, and tells less of what is wrong: whatever is not simply there is left to
the general library.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.cloud_access import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Place,
    S3Access,
    environment,
    s3_access,
)

if TYPE_CHECKING:
    from obstore.store import ClientConfig

T = TypeVar("T")

_LONGEST_SECONDS = 900
_NOT_AGAIN_FOR = 30.0
# The libraries renew keys before they are good for less; the client asks five minutes before.
_KEYS_ARE_GOOD_FOR = timedelta(minutes=10)
_DEFAULT_REGION = "us-east-1"
_turn = Lock()


def read(place: Place, most: int) -> bytes | None:
    """Return an object.

    Parameters
    ----------
    place : Place
        Where it is.
    most : int
        Bytes that it may have.

    Returns
    -------
    bytes or None
        None, here as below, when it has to be asked for in the general way: another kind of place,
        an odd key, no rights, any trouble.

    Raises
    ------
    FileNotFoundError
        When there is no such object.
    ImageError
        When it is larger; it is not read then.
    """

    def question(store: Any, key: str) -> bytes:
        import obstore

        answer = obstore.get(store, key)
        if answer.meta["size"] > most:
            raise ImageError(ImageProblem.TOO_LARGE, f"more than {most:,} bytes")
        return bytes(answer.bytes())

    return _ask(place, question)


def read_range(place: Place, start: int, stop: int) -> bytes | None:
    """Return bytes start to stop of an object.

    Raises
    ------
    FileNotFoundError
        When there is no such object.
    """

    def question(store: Any, key: str) -> bytes:
        import obstore

        return bytes(obstore.get_range(store, key, start=start, end=stop))

    return _ask(place, question)


def info(place: Place) -> dict[str, Any] | None:
    """Return `type`, `size` and `ETag` of an object, as the general library does.

    Raises
    ------
    FileNotFoundError
        When there is no such object.
    """

    def question(store: Any, key: str) -> dict[str, Any]:
        import obstore

        found = obstore.head(store, key)
        return {"type": "file", "size": found["size"], "ETag": found.get("e_tag")}

    return _ask(place, question)


def names(place: Place) -> list[str] | None:
    """Return bucket and key of all that is below a prefix; None also when that is nothing."""

    def question(store: Any, key: str) -> list[str]:
        import obstore

        pages = obstore.list(store, prefix=key)
        return [f"{place.bucket}/{found['path']}" for page in pages for found in page]

    below = replace(place, key=place.key.rstrip("/"))
    return _ask(below, question, closes=False) or None


class _Door:
    """A bucket, and until when it is not to be asked in this way."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.closed_until = 0.0


def _ask(place: Place, question: Callable[[Any, str], T], *, closes: bool = True) -> T | None:
    if place.scheme not in ("s3", "minio"):
        return None
    key = place.key.partition("/")[2]
    # At both ends the client takes slashes away, silently.
    if key.startswith("/") or key.endswith("/"):
        return None
    with _turn:  # many threads begin at once; finding the keys takes a while
        door = _door(place.bucket, s3_access(place), environment(place.scheme))
    if door is None or time.monotonic() < door.closed_until:
        return None
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    try:
        return question(door.store, key)
    except FileNotFoundError:
        raise
    except (PermissionDeniedError, UnauthenticatedError, ValueError):  # of this one
        return None
    except (BaseError, OSError):
        # The general way waits for it, with pauses; meanwhile nobody has to find out again.
        if closes:
            door.closed_until = time.monotonic() + _NOT_AGAIN_FOR
        return None


@lru_cache(maxsize=8)
def _door(bucket: str, access: S3Access, environment: tuple[str, ...]) -> _Door | None:
    """Return what asks for the objects of a bucket; None where the general way is right."""
    del environment  # part of the key only
    # Without the general library nobody could tell what is wrong, or ask again.
    if find_spec("obstore") is None or find_spec("s3fs") is None:
        return None
    keys = _keys(access)
    if keys is None:
        return None
    from obstore.exceptions import BaseError
    from obstore.store import S3Store

    client: ClientConfig = {
        "connect_timeout": f"{CONNECT_SECONDS}s",
        "read_timeout": f"{READ_SECONDS}s",
        "timeout": f"{_LONGEST_SECONDS}s",
        "allow_http": True,
    }
    options: dict[str, Any] = {"virtual_hosted_style_request": False}
    if endpoint := access.endpoint.rstrip("/"):
        # Both names: each would otherwise be looked for in the environment.
        options |= {"endpoint": endpoint, "aws_endpoint_url_s3": endpoint}
    elif "." not in bucket:  # else the certificate would not do
        options["virtual_hosted_style_request"] = True
    try:
        if bundle := os.environ.get("AWS_CA_BUNDLE"):
            client["root_certificate"] = Path(bundle).read_bytes()
        store = S3Store(
            bucket, client_options=client, retry_config={"max_retries": 0}, **options, **keys
        )
    except (BaseError, OSError, ValueError):
        return None
    return _Door(store)


def _keys(access: S3Access) -> dict[str, Any] | None:
    """Return keys and region as the client takes them; None when there are no keys."""
    region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION")
    if access.anonymous:
        return {"skip_signature": True, "region": region or _DEFAULT_REGION}
    settings = os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    told = None
    if access.key:
        told = _told(access.key, access.secret, None, None)
    elif region or not Path(settings).expanduser().exists():
        of = os.environ.get
        key, secret = of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")
        told = _told(key, secret, of("AWS_SESSION_TOKEN"), None) if key and secret else None
    if told is not None:
        # Not as options: what these leave out would be looked for in the environment.
        return {"credential_provider": lambda: told, "region": region or _DEFAULT_REGION}

    from botocore.session import Session  # type: ignore[import-untyped]

    session = Session()
    region = region or session.get_config_variable("region") or _DEFAULT_REGION
    found = session.get_credentials()
    if found is None:
        return None

    def renewed() -> dict[str, Any]:
        frozen = found.get_frozen_credentials()
        until = datetime.now(UTC) + _KEYS_ARE_GOOD_FOR
        return _told(frozen.access_key, frozen.secret_key, frozen.token, until)

    return {"credential_provider": renewed, "region": region}


def _told(key: str, secret: str, token: str | None, until: datetime | None) -> dict[str, Any]:
    kept = {"token": token} if token else {}
    return {"access_key_id": key, "secret_access_key": secret, **kept, "expires_at": until}
