"""Reading one image by its name, wherever it is: a file, in an archive, on another machine."""

from __future__ import annotations

import os
import stat

from fastdup_nb.errors import ImageError, ImageProblem, InputError, RunInterruptedError
from fastdup_nb.sources import crops, members, remote
from fastdup_nb.sources.limits import MAX_FILE_SIZE
from fastdup_nb.sources.suffixes import is_remote

# Without waiting for the other end of a pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_bytes(path: str) -> bytes:
    """Return the content of an image by the name that results hold; see `sources.containers`.

    Parameters
    ----------
    path : str
        A regular file, links followed, never waiting for a pipe or device; else a member of a
        container; else, with a scheme, an object on another machine. A crop of any of these, see
        `sources.crops`, comes as an uncompressed image file.

    Returns
    -------
    bytes
        At least one.

    Raises
    ------
    ImageError
        `MISSING`, `UNREADABLE` (no permission, a folder, a device, an input error), `ZERO_SIZE`,
        `TOO_LARGE` from `MAX_FILE_SIZE` on, or `CONTAINER` when that cannot be opened.
    """
    try:
        _check(os.stat(path))  # noqa: PTH116 - called for every image
        data = _read_file(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        data = _read_elsewhere(path, error)
    except OSError as error:
        raise ImageError.unreadable(error) from error
    except ValueError as error:
        raise ImageError(ImageProblem.MISSING, "no file can have this name") from error
    if not data:
        raise _empty()
    return data


def read_shown(path: str) -> bytes:
    """Return what a gallery shows of an image: of a crop also what lies around it, with a frame.

    Raises
    ------
    ImageError
        As `read_bytes`.
    """
    try:
        if crops.split_crop(path) is not None and not os.path.lexists(path):
            return crops.frame_crop(path, read_bytes) or b""
        return read_bytes(path)
    except RunInterruptedError as error:  # a page does without the images of a server that is away
        raise ImageError(ImageProblem.MISSING, error.message) from error


def exists(path: str) -> bool:
    """Return whether there is a file, a member of a container or a remote object of that name.

    Parameters
    ----------
    path : str
        As `read_bytes` takes it.
    """
    if (split := crops.split_crop(path)) is not None and not os.path.lexists(path):
        return exists(split[0])
    if is_remote(path):
        try:
            return remote.reader_of(path).exists(path)
        except InputError:
            return False
    try:
        return os.path.exists(path) or members.exists(path)  # noqa: PTH110 - path stays text
    except (OSError, ValueError):  # too long, or with a null character
        return False


def changed_at(path: str) -> float:
    """Return when the file of an image, or the archive that it is in, was changed.

    Returns
    -------
    float
        Seconds since 1970; 0 when it is missing or on another machine.
    """
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 - called for every image
    except (OSError, ValueError):
        split = crops.split_crop(path) or members.split_name(path)
    return changed_at(split[0]) if split else 0.0


def _read_elsewhere(path: str, error: OSError) -> bytes:
    """Return what is no file of its own."""
    if (data := crops.read_crop(path, read_bytes)) is not None:
        return data
    if is_remote(path):
        try:
            return remote.reader_of(path).read_bytes(path)
        except InputError as refused:
            raise ImageError(ImageProblem.MISSING, refused.message) from refused
    if (data := members.read_member(path)) is not None:
        return data
    linked = os.path.islink(path)  # noqa: PTH114
    reason = "the link leads to nothing" if linked else "there is no such file"
    raise ImageError(ImageProblem.MISSING, reason) from error


def _read_file(path: str) -> bytes:
    # No file object, which asks the system twice as often: at each call another thread may take
    # over, and this one waits for its turn.
    handle = os.open(path, _FLAGS)
    try:
        status = os.fstat(handle)
        _check(status)  # it may have been replaced meanwhile
        data = os.read(handle, status.st_size + 1)
        if len(data) == status.st_size:
            return data
        blocks = [data]  # it is being written, or comes in pieces
        while blocks[-1]:
            blocks.append(os.read(handle, _BLOCK))
        return b"".join(blocks)
    finally:
        os.close(handle)


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a special file")
        raise ImageError(ImageProblem.UNREADABLE, f"it is {kind}, not a file")
    if status.st_size == 0:
        raise _empty()
    if status.st_size > MAX_FILE_SIZE:
        reason = f"{status.st_size:,} bytes; files above {MAX_FILE_SIZE:,} bytes are not read"
        raise ImageError(ImageProblem.TOO_LARGE, reason)


def _empty() -> ImageError:
    return ImageError(ImageProblem.ZERO_SIZE, "the file is empty")
