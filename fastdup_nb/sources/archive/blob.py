"""Bytes at any place of a file, from any thread."""

from __future__ import annotations

import io
import os
import weakref
from threading import Lock
from typing import Protocol

from fastdup_nb.errors import ImageError, ImageProblem

# What a library reads at once are headers: more is a trap.
MOST_AT_ONCE = 1 << 24


class Blob(Protocol):
    """A sequence of bytes."""

    packed: int  # bytes of the file it comes from

    @property
    def weight(self) -> int:
        """What it keeps in memory, in names of some 300 bytes."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end.

        Raises
        ------
        ImageError
            When it cannot be read.
        """

    def close(self) -> None:
        """Close the file."""


class FileBlob:
    """A file.

    Parameters
    ----------
    path : str
        The file; it closes with the last reference at the latest.

    Raises
    ------
    ImageError
        When it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        binary = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            self._file = os.open(path, os.O_RDONLY | binary)
        except FileNotFoundError as error:
            raise ImageError(ImageProblem.MISSING, "there is no such file") from error
        except OSError as error:
            raise ImageError.unreadable(error) from error
        self._closing = weakref.finalize(self, os.close, self._file)
        self._turn = Lock()
        self.packed = os.fstat(self._file).st_size

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        size = max(min(size, self.packed - offset), 0)
        pieces: list[bytes] = []
        missing = size
        try:
            while missing:
                piece = self._read(offset + size - missing, missing)
                if not piece:
                    break
                pieces.append(piece)
                missing -= len(piece)
        except OSError as error:
            raise ImageError.unreadable(error) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _read(self, offset: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file, size, offset)
        with self._turn:
            os.lseek(self._file, offset, os.SEEK_SET)
            return os.read(self._file, size)

    @property
    def weight(self) -> int:
        """Nothing worth counting."""
        return 0

    def close(self) -> None:
        """Close the file."""
        self._closing()


class BlobReader(io.RawIOBase):
    """A blob as a file object, for libraries that read headers.

    Parameters
    ----------
    blob : Blob
    size : int
        Its length where it is known; else nothing can be read from the end.
    """

    def __init__(self, blob: Blob, size: int = -1) -> None:
        super().__init__()
        self._blob, self._size, self._at = blob, size, 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it has places."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            if self._size < 0:
                raise io.UnsupportedOperation
            offset += self._size
        if offset < 0:
            raise OSError("before the beginning")
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        if size < 0 or size > MOST_AT_ONCE:
            if self._size < 0 or self._size - self._at > MOST_AT_ONCE * 16:
                reason = "its headers ask for too much memory"
                raise ImageError(ImageProblem.CONTAINER, reason)
            size = max(self._size - self._at, 0) if size < 0 else size
        data = self._blob.read_at(self._at, size)
        self._at += len(data)
        return data

    def readinto(self, buffer: memoryview | bytearray) -> int:  # type: ignore[override]
        """Fill a buffer."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
