"""Writing files whole or not at all, and saying in one line why one cannot be written."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from fastdup_nb.errors import WorkDirError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REASONS = {
    errno.ENOSPC: ("No space left", "Free some space, then run again with resume=1."),
    errno.EDQUOT: ("The disk quota is used up", "Free some space, then run again with resume=1."),
    errno.EROFS: ("The file system is read-only", "Give a folder that can be written to."),
    errno.EACCES: ("Permission denied", "Give a folder that you may write to."),
    errno.EPERM: ("Permission denied", "Give a folder that you may write to."),
    errno.ENOTDIR: ("A part of the path is a file", "Give the path of a folder."),
    errno.EEXIST: ("A file of that name is in the way", "Give the path of a folder."),
}


@contextmanager
def readable_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` while writing `path` into a `WorkDirError` with a hint."""
    try:
        yield
    except OSError as error:
        reason, hint = _REASONS.get(
            error.errno or 0, (error.strerror or str(error), "Check the disk and the folder.")
        )
        message = f"Cannot write {os.fsdecode(path)}: {reason}."
        raise WorkDirError(message, hint) from error


@contextmanager
def write_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only when it is complete.

    Parameters
    ----------
    path : Path
        The final name. An older file of that name stays until the new one is complete.

    Yields
    ------
    BinaryIO

    Raises
    ------
    WorkDirError
        When the file cannot be written; nothing is left behind.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
    with readable_errors(path):
        try:
            with unfinished.open("wb") as stream:
                yield stream
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
