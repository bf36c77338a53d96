"""What a file is right now, and whether two files hold the same."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass, field

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.members import split_name

BLOCK = 1 << 20
NO_LONGER_THERE = "it is no longer there"
IN_AN_ARCHIVE = "it is in an archive, and archives are never changed"


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells whether a file was changed.

    Attributes
    ----------
    size : int
        Bytes; of what a link leads to.
    modified : int
        Nanoseconds.
    device, inode : int
        What tells files apart, whatever their names.
    link : str
        Where a symbolic link leads; empty for a plain file.
    names : int
        How many names the file has (hard links). Not part of what it is.
    """

    size: int
    modified: int
    device: int
    inode: int
    link: str = ""
    names: int = field(default=1, compare=False)


def look_at(path: str) -> FileState:
    """Return the state of a file.

    Raises
    ------
    ImageError
        When it is not there, is no file, or cannot be looked at.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - called for every image
        link = os.readlink(path) if os.path.islink(path) else ""  # noqa: PTH114, PTH115
    except (FileNotFoundError, NotADirectoryError) as error:
        if split_name(path) is not None:
            raise ImageError(ImageProblem.UNREADABLE, IN_AN_ARCHIVE) from error
        raise ImageError(ImageProblem.MISSING, NO_LONGER_THERE) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(ImageProblem.UNREADABLE, f"it cannot be looked at: {reason}") from error
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(ImageProblem.UNREADABLE, "it is not a file")
    size, modified, place = status.st_size, status.st_mtime_ns, (status.st_dev, status.st_ino)
    return FileState(size, modified, *place, link, status.st_nlink)


def entry_of(path: str) -> str:
    """Return the place of a file's own entry, whatever linked folders lead to it.

    Two paths of one entry are one file: removing either removes both.
    """
    folder, name = os.path.split(path)
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118 - text stays text


def identity_of(path: str, state: FileState) -> str:
    """Return what two paths share exactly when removing one removes the other.

    A file with a single name is told by its inode, also where upper and lower case are one or a
    folder is mounted twice. Hard links and symbolic links are told by their entries.
    """
    if state.inode and state.names == 1 and not state.link:
        return f"{state.device}:{state.inode}"
    return entry_of(path)


def digest_of(path: str) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal.

    Raises
    ------
    OSError
        When it cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def same_content(one: str, other: str) -> bool:
    """Return whether two files hold the same bytes: all of them are compared.

    Raises
    ------
    OSError
        When one cannot be read.
    """
    with ExitStack() as stack:
        first, second = (stack.enter_context(open(path, "rb")) for path in (one, other))  # noqa: PTH123
        while True:
            block = first.read(BLOCK)
            if block != second.read(BLOCK):
                return False
            if not block:
                return True
