"""Reading one file, whatever it turns out to be."""

from __future__ import annotations

import os
import stat

from fastdup_nb.errors import ImageError, ImageProblem

MAX_FILE_SIZE = 1 << 30
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_bytes(path: str) -> bytes:
    """Return the content of a regular file. Never waits for a pipe or device.

    Parameters
    ----------
    path : str
        The file; links are followed.

    Returns
    -------
    bytes
        At least one.

    Raises
    ------
    ImageError
        `MISSING`, `UNREADABLE` (no permission, a folder, a device, an input error), `ZERO_SIZE`, or
        `TOO_LARGE` from `MAX_FILE_SIZE` on.
    """
    try:
        _check(os.stat(path))  # noqa: PTH116 - called for every image
        with open(path, "rb", buffering=0, opener=_open_without_waiting) as file:
            _check(os.fstat(file.fileno()))  # it may have been replaced meanwhile
            data = file.read()
    except (FileNotFoundError, NotADirectoryError) as error:
        linked = os.path.islink(path)  # noqa: PTH114
        reason = "the link leads to nothing" if linked else "there is no such file"
        raise ImageError(ImageProblem.MISSING, reason) from error
    except OSError as error:
        raise ImageError(ImageProblem.UNREADABLE, _reason(error)) from error
    except ValueError as error:
        raise ImageError(ImageProblem.MISSING, "no file can have this name") from error
    if not data:
        raise _empty()
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


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


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it"
    return f"it cannot be read: {error.strerror or error}"
