"""Images on other machines: which module of this package reads which scheme."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from fastdup_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

# Scheme -> module of fastdup_nb.sources with the functions of `Remote`.
SCHEMES: dict[str, str] = dict.fromkeys(("s3", "minio", "gs", "az"), "cloud")


class Remote(Protocol):
    """What a module that reads other machines offers."""

    def read_bytes(self, url: str) -> bytes:
        """Return the content of an object; from any thread.

        Raises
        ------
        ImageError
            When it cannot be read, after all retries.
        """

    def exists(self, url: str) -> bool:
        """Return whether there is such an object."""

    def identity(self, url: str) -> str:
        """Return what changes when an object does, such as its entity tag; empty when unknown."""

    def entries(self, url: str) -> Iterator[str]:
        """Yield the URLs of the objects below a prefix, or the URL itself, in byte order.

        Raises
        ------
        InputError
            When the place cannot be listed.
        """


class Fetch(Protocol):
    """Makes remote containers local files while they are read."""

    def begin(self, url: str) -> None:
        """Start to copy what will be needed next."""

    def local_copy(self, url: str) -> AbstractContextManager[str]:
        """Wait for the local copy and return its path; at the end it goes, if it is to go.

        Raises
        ------
        ImageError
            When it cannot be copied.
        """

    def close(self) -> None:
        """Stop copying."""


def reader_of(url: str) -> Remote:
    """Return the module that reads a URL.

    Raises
    ------
    InputError
        When there is none.
    """
    scheme = url.partition("://")[0].lower()
    if scheme not in SCHEMES:
        message = f"Remote inputs are not available in this version: {url!r}."
        raise InputError(message, "Copy the images to a local folder and give that.")
    return cast("Remote", import_module(f"fastdup_nb.sources.{SCHEMES[scheme]}"))
