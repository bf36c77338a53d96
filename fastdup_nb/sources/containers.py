"""Files that hold many images: archives and videos; whatever else comes the same way.

The interface that every kind of source is built on
===================================================
*Names.* Every image has one name, the text that `atrain_features.dat.csv` holds: the path of a
file; the path of a container, a slash and the name inside (`/data/00000.tar/cats/1.jpg`); the same
with a URL in front (`s3://bucket/00000.tar/cats/1.jpg`). `sources.read_bytes(name)` reads any of
them at any time, from any thread, and raises only `ImageError`; `sources.exists(name)` tells
whether it would find something. Galleries, search, thumbnails and exports know nothing else.

*Listing.* `sources.resolve` lists entries: image files and containers, by suffix, in byte order.
`Listing.has_containers` says whether there are any of the latter; offsets count entries. How many
images a container holds is not known before it is opened.

*Supply.* `sources.supply.Supply(listing, ...).spans()` turns entries into `Span`s: some images with
their names that are read and embedded together, in listing order. The reader threads call
`span.read(i)`. What can be read at random (files, zip, tar) is read then; what cannot (tar.gz,
video) was read while passing and is only handed over. A span never holds images of two containers.
`engine.containers.container_handling` makes the `Handling` from the options of a run.

To add a kind of container: a class with the methods of `Container`, a function
`open_container(path, name, limits)` in a module of `fastdup_nb.sources`, and a line per suffix in
`KINDS`. A frame is a `Member` with `data`, the bytes of an image file of any format we read.

To add a kind of place (buckets): a module with the functions of `remote.Remote`, and a line per
scheme in `remote.SCHEMES`; `resolve`, `read_bytes` and `exists` then use it. For containers a
`Handling` takes a `remote.Fetch`, which makes remote containers local files for as long as they are
read (`delete_tar`), the next one while the present one is read; `spans` yields None when too many
lie on the disk, for all that was given to be finished first. Single remote images are read ahead by
`Supply` with several threads.

*Bad things.* A member that cannot be used is a `Member` with `error`; a container that cannot be
opened, or ends too early, is an `ImageError` with `ImageProblem.CONTAINER` raised by `members()`
at any point: `supply` turns it into one bad row under the name of the container and goes on with
the next entry. Nothing else may be raised.

*Resume.* The checkpoint keeps the number of the entry and the position of its first image;
`members(first)` passes over the members that are done.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from fastdup_nb.sources.suffixes import VIDEO_SUFFIXES, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.errors import ImageError
    from fastdup_nb.sources.limits import Limits

ARCHIVE, VIDEO = "archive", "video"
# Suffix -> kind; the kind names the module of this package that opens it.
KINDS = {
    **dict.fromkeys(("tar", "tar.gz", "tgz", "zip"), ARCHIVE),
    **dict.fromkeys(VIDEO_SUFFIXES, VIDEO),
}


@dataclass(frozen=True, slots=True)
class Member:
    """An image in a container, or something in it that has to be reported.

    Parameters
    ----------
    name : str
        The name of the row: that of the container, a slash and the name inside.
    key : object
        What `Container.read` needs to find it again.
    data : bytes, optional
        The image file, when the container can only be read in order.
    error : ImageError, optional
        Why it cannot be used.
    label, caption : str
        What the files beside it say about it (WebDataset); empty when nothing.
    """

    name: str
    key: Any = None
    data: bytes | None = None
    error: ImageError | None = None
    label: str = ""
    caption: str = ""


class Container(Protocol):
    """An opened container."""

    def members(self, first: int = 0) -> Iterator[Member]:
        """Yield the images and what has to be reported, in order, from number `first` on.

        Raises
        ------
        ImageError
            At the point from which nothing more can be read.
        """

    def read(self, member: Member) -> bytes:
        """Return the image file of a member without `data`; from any thread.

        Raises
        ------
        ImageError
            When it cannot be read.
        """

    def find(self, inner: str) -> Member | None:
        """Return the member with a name inside, with `data` or to be read; None when absent."""

    def count(self, until: float) -> int:
        """Return how many members there are, if `time.monotonic()` stays below `until`; else -1."""

    def close(self) -> None:
        """Free what it holds."""


def container_kind(path: str) -> str:
    """Return the kind of container that the suffix of a path or URL tells; empty for none.

    >>> container_kind("/data/00000.TAR"), container_kind("a.mp4"), container_kind("a.jpg")
    ('archive', 'video', '')
    """
    suffix = suffix_of(path)
    if suffix == "gz" and suffix_of(path[:-3]) == "tar":
        suffix = "tar.gz"
    return KINDS.get(suffix, "")


def open_container(path: str, name: str, limits: Limits) -> Container:
    """Open a container.

    Parameters
    ----------
    path : str
        The local file.
    name : str
        What the names of its members begin with: its path, or the URL it was fetched from.
    limits : Limits
        How much it may hold.

    Raises
    ------
    ImageError
        `CONTAINER` or a problem of the file, when it cannot be opened.
    """
    module = import_module(f"fastdup_nb.sources.{container_kind(name)}")
    return cast("Container", module.open_container(path, name, limits))
