"""Objects of an S3 server on the own network by plain requests, at a third of the CPU time.

The general library takes more than a millisecond of CPU time for an object, as much as decoding it.
Where a server is near that is what a run waits for. So objects of a server that is named by an
`http://` endpoint are asked for here. Whatever is not simply there is left to the general
library, which knows how to tell it and when to ask again.
"""

from __future__ import annotations

import os
import time
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from fastdup_nb.sources.cloud_access import Place

CONNECTIONS = 32
_CONNECT_SECONDS, _READ_SECONDS = 10, 60
_NOT_AGAIN_FOR = 30.0
_FOUND = (200, 206)
_DEFAULT_REGION = "us-east-1"
_KEPT = "_fastdup_nb_door"
_turn = Lock()


def read(place: Place, system: Any, most: int) -> bytes | None:
    """Return an object.

    Parameters
    ----------
    place : Place
        Where it is.
    system : fsspec file system
        That of the place, for its endpoint and keys.
    most : int
        Bytes to read at most.

    Returns
    -------
    bytes or None
        None when it has to be asked for in the general way: another kind of place, no such object,
        an empty one, any trouble.
    """
    if place.scheme not in ("s3", "minio"):
        return None
    with _turn:  # many threads begin at once; finding the keys takes a while
        # Kept with the file system: those of different keys count as equal, so no table will do.
        if not hasattr(system, _KEPT):
            setattr(system, _KEPT, _door(system))
        door: _Door | None = getattr(system, _KEPT)
    return None if door is None else door.read(place.key, most)


def _door(system: Any) -> _Door | None:
    """Return what asks the server of a file system; None where the general way is right."""
    endpoint = str((system.client_kwargs or {}).get("endpoint_url") or "")
    if not endpoint.startswith("http://") or system.anon:
        return None
    from botocore.session import Session  # type: ignore[import-untyped]
    from botocore.utils import get_environ_proxies  # type: ignore[import-untyped]

    if get_environ_proxies(endpoint):
        return None

    session = Session()
    if system.key:
        from botocore.credentials import Credentials  # type: ignore[import-untyped]

        keys = Credentials(system.key, system.secret)
    else:
        keys = session.get_credentials()
    region = session.get_config_variable("region") or os.environ.get("AWS_REGION")
    return _Door(endpoint.rstrip("/"), keys, region or _DEFAULT_REGION) if keys else None


class _Door:
    """Connections to one server, and the keys; from any thread."""

    def __init__(self, endpoint: str, keys: Any, region: str) -> None:
        import urllib3

        self._endpoint, self._keys, self._region = endpoint, keys, region
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._pool = urllib3.connection_from_url(endpoint, maxsize=CONNECTIONS, timeout=timeout)
        self._path = self._endpoint.removeprefix("http://").partition("/")[2]
        self._closed_until = 0.0

    def read(self, key: str, most: int) -> bytes | None:
        import urllib3

        if time.monotonic() < self._closed_until:
            return None
        target = "/".join(("", *filter(None, (self._path, quote(key, safe="/~")))))
        try:
            answer = self._pool.request(
                "GET", target, headers=self._signed(target, most), retries=False, redirect=False
            )
        except (urllib3.exceptions.HTTPError, OSError):
            # The general way waits for it, with pauses; meanwhile nobody has to find out again.
            self._closed_until = time.monotonic() + _NOT_AGAIN_FOR
            return None
        return answer.data if answer.status in _FOUND and answer.data else None

    def _signed(self, target: str, most: int) -> dict[str, str]:
        from botocore.auth import S3SigV4Auth  # type: ignore[import-untyped]
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]

        host = self._endpoint.removeprefix("http://").partition("/")[0]
        request = AWSRequest("GET", f"http://{host}{target}")
        keys = self._keys.get_frozen_credentials()
        S3SigV4Auth(keys, "s3", self._region).add_auth(request)
        return {**dict(request.headers.items()), "Range": f"bytes=0-{most - 1}"}
