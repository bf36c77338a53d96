"""Single images of containers, by name: for galleries and search, in any order.

The last few containers stay open, each for as long as its file is the same (size and time of
change). What an open container costs: a tar or zip its list of names, a tar.gz also places to begin
unpacking at (`archive.gzip_blob`), some megabytes at most.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.containers import container_kind, open_container
from fastdup_nb.sources.limits import Limits

if TYPE_CHECKING:
    from fastdup_nb.sources.containers import Container, Member

KEPT_OPEN = 32
# Of all open ones, in names of some 300 bytes.
MOST_WEIGHT = 300_000

Identity = tuple[int, int, int]
_open: OrderedDict[str, tuple[Identity, Container]] = OrderedDict()
_turn = Lock()


def split_name(name: str) -> tuple[str, str] | None:
    """Return the container that a name leads into and the name inside; None when there is none.

    Parameters
    ----------
    name : str
        A local name. The outermost folder that is a file, and named like a container, counts.
    """
    name = name.replace(os.sep, "/")
    at = name.find("/", 1)
    while at > 0:
        folder = name[:at]
        if container_kind(folder) and os.path.isfile(folder):  # noqa: PTH113
            return folder, name[at + 1 :]
        at = name.find("/", at + 1)
    return None


def exists(name: str) -> bool:
    """Return whether a container has a member of that name."""
    try:
        return _find(name) is not None
    except ImageError:
        return False


def read_member(name: str) -> bytes | None:
    """Return the content of a member; None when the name leads into no container.

    Raises
    ------
    ImageError
        When the container cannot be opened or has no such member, or that cannot be read.
    """
    if (split := split_name(name)) is None:
        return None
    found = _find(name)
    if found is None:
        reason = f"{os.path.basename(split[0])} has no such image"  # noqa: PTH119
        raise ImageError(ImageProblem.MISSING, reason)
    container, member = found
    if member.error is not None:
        raise member.error
    return container.read(member) if member.data is None else member.data


def _find(name: str) -> tuple[Container, Member] | None:
    if (split := split_name(name)) is None:
        return None
    container = _opened(split[0])
    member = container.find(split[1])
    return None if member is None else (container, member)


def _weight() -> int:
    """Return what the open containers keep in memory, in names of some 300 bytes."""
    return sum(getattr(container, "weight", 0) for _, container in _open.values())


def _opened(path: str) -> Container:
    """Return the open container of a path; one that falls out is closed when nobody reads it."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError as error:
        raise ImageError(ImageProblem.MISSING, "the archive is gone") from error
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(ImageProblem.MISSING, "there is no such file")
    identity = (status.st_size, status.st_mtime_ns, status.st_ino)
    with _turn:
        kept = _open.get(path)
        if kept is None or kept[0] != identity:
            # Limits are for runs: what a gallery shows was within them.
            kept = (identity, open_container(path, path, Limits()))
            _open[path] = kept
        _open.move_to_end(path)
        while len(_open) > KEPT_OPEN or (len(_open) > 1 and _weight() > MOST_WEIGHT):
            _open.popitem(last=False)
    return kept[1]
