"""The images of any folder, told from the first bytes of its files and never from their names."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fastdup_nb.errors import ImageError, ImageProblem, InputError
from fastdup_nb.media.formats import identify
from fastdup_nb.sources.notes import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fastdup_nb.core.threads import Workers
    from fastdup_nb.progress import Progress

HEAD = 4096  # what a disk reads at least; more than any signature needs
FILES_PER_TASK = 200
FileId = tuple[int, int]


class Found(NamedTuple):
    """An image file.

    Attributes
    ----------
    order : int
        Its place among the files of the folder, sorted by the bytes of their paths.
    path : str
    size : int
        Bytes.
    identity : (device, inode)
        What it shares with hard links to the same file.
    head : bytes
        SHA-256 of its first `HEAD` bytes.
    """

    order: int
    path: str
    size: int
    identity: FileId
    head: bytes


@dataclass(slots=True)
class Search:
    """What a search found, and what it left out.

    Attributes
    ----------
    images : list of Found
        In the order of their paths.
    others : int
        Files that are no images.
    links, folders, unreadable, unsupported : Tally
        Symbolic links; folders and files that cannot be read; images of formats that are not read.
    """

    images: list[Found] = field(default_factory=list)
    others: int = 0
    links: Tally = field(default_factory=Tally)
    folders: Tally = field(default_factory=Tally)
    unreadable: Tally = field(default_factory=Tally)
    unsupported: Tally = field(default_factory=Tally)

    def warnings(self) -> tuple[str, ...]:
        """Return what a user should know, one line each."""
        met = (
            (self.links, "link is left out", "links are left out"),
            (self.folders, "folder cannot be read", "folders cannot be read"),
            (self.unreadable, "file cannot be read", "files cannot be read"),
            (self.unsupported, "image cannot be used", "images cannot be used"),
        )
        return tuple(tally.describe(one, many) for tally, one, many in met if tally.count)


def find_images(
    folder: str, excluded: frozenset[FileId], workers: Workers, progress: Progress
) -> Search:
    """Look through a folder, whatever its structure.

    Hidden files and folders count. Symbolic links are not followed, so that no image is met twice
    and nothing outside of the folder is read. At most `HEAD` bytes of every file are read.

    Parameters
    ----------
    folder : str
        Absolute.
    excluded : frozenset of (device, inode)
        Folders to leave out with all that is in them.
    workers : Workers
    progress : Progress

    Raises
    ------
    InputError
        When the folder cannot be read.
    """
    search = Search()
    paths = sorted(_files(folder, excluded, search), key=os.fsencode)
    tasks = (
        list(enumerate(paths[start : start + FILES_PER_TASK], start))
        for start in range(0, len(paths), FILES_PER_TASK)
    )
    progress.start("Looking for images", len(paths), "files")
    try:
        for looks in workers.map(_look_at_several, tasks):
            for look in looks:
                if isinstance(look, Found):
                    search.images.append(look)
                else:
                    look(search)
            progress.advance(len(looks))
    finally:
        progress.finish()
    return search


def _files(root: str, excluded: frozenset[FileId], search: Search) -> Iterator[str]:
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        search.links.add(entry.path)
                    elif entry.is_dir():
                        if not excluded or folder_id(entry.path) not in excluded:
                            waiting.append(entry.path)
                    elif entry.is_file():
                        yield entry.path
        except OSError as error:
            if folder == root:
                message = f"{root!r} cannot be read: {error.strerror or error}."
                raise InputError(message, "Check its permissions.") from error
            search.folders.add(folder, error.strerror)


def folder_id(path: str) -> FileId | None:
    """Return what tells a folder from all others, whatever its name; None when it is not there."""
    try:
        status = os.stat(path)  # noqa: PTH116 - text stays text
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _look_at_several(task: Sequence[tuple[int, str]]) -> list[Found | Callable[[Search], None]]:
    return [_look_at(order, path) for order, path in task]


def _look_at(order: int, path: str) -> Found | Callable[[Search], None]:
    """Return the image, or what notes in a `Search` that the file is none."""
    try:
        status, head = _read_head(path)
        identify(head)
    except OSError as error:
        reason = error.strerror or str(error)
        return lambda search: search.unreadable.add(path, reason)
    except ImageError as error:
        if error.problem is ImageProblem.UNSUPPORTED:
            return _note_unsupported(path, head, error.message)
        return _count_other
    identity = (status.st_dev, status.st_ino)
    return Found(order, path, status.st_size, identity, hashlib.sha256(head).digest())


def _note_unsupported(path: str, head: bytes, reason: str) -> Callable[[Search], None]:
    # A page with a drawing in it is a page.
    if b"<html" in head[:1024].lower() or head.startswith(b"%!PS"):
        return _count_other
    return lambda search: search.unsupported.add(path, reason)


def _count_other(search: Search) -> None:
    search.others += 1


def _read_head(path: str) -> tuple[os.stat_result, bytes]:
    handle = os.open(path, reading_flags())
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):  # replaced since the folder was read
            raise OSError(0, "it is not a file any more")
        return status, os.read(handle, HEAD)
    finally:
        os.close(handle)


def reading_flags() -> int:
    """Return the flags to open a file with: no link is followed and no pipe waited for."""
    names = ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_CLOEXEC")
    return os.O_RDONLY | sum(getattr(os, name, 0) for name in names)
