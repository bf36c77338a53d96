"""The unpacked bytes of a gzip file, at any place, with little memory and none of the disk.

gzip can only be unpacked from its beginning. While doing so the state of the unpacker is kept now
and then (some 50 kB each), so that a later reader begins at the nearest one before the place it
wants. In order everything is unpacked once.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import ImageError, ImageProblem

if TYPE_CHECKING:
    from fastdup_nb.sources.archive.blob import FileBlob

MOST_POINTS = 128
FIRST_SPACING = 4 << 20
_INPUT = 1 << 14
_OUTPUT = 1 << 18
_GZIP = 31  # zlib's window bits: a gzip header and check sums


@dataclass(slots=True)
class _State:
    """Where an unpacker is: what it has given, what it has taken, and itself."""

    given: int
    taken: int
    rest: bytes
    unpacker: Any  # zlib's object has no public type
    whole: bool = True  # at the edge of a gzip member

    def copy(self) -> _State:
        return _State(self.given, self.taken, self.rest, self.unpacker.copy(), self.whole)


class GzipBlob:
    """The content of a gzip file; several members follow each other as in `cat a.gz b.gz`.

    Parameters
    ----------
    blob : FileBlob
        The file.

    Attributes
    ----------
    packed : int
        Bytes of the file.
    """

    def __init__(self, blob: FileBlob) -> None:
        self._blob, self.packed = blob, blob.packed
        self._turn = Lock()
        self._state = _State(0, 0, b"", zlib.decompressobj(_GZIP))
        self._points = [self._state.copy()]
        self._spacing = FIRST_SPACING
        self._latest, self._latest_at = b"", 0

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end; quick when places only go up.

        Raises
        ------
        ImageError
            When the file is cut, or its check sum says that it is damaged.
        """
        with self._turn:
            if offset < self._latest_at:
                self._go_back(offset)
            pieces: list[bytes] = []
            missing = size
            while missing:
                begin = offset + size - missing - self._latest_at
                piece = self._latest[begin : begin + missing]
                pieces.append(piece)
                missing -= len(piece)
                if missing and not self._unpack():
                    break
            return b"".join(pieces)

    def close(self) -> None:
        """Close the file."""
        self._blob.close()

    def _go_back(self, offset: int) -> None:
        number = bisect_right(self._points, offset, key=lambda point: point.given) - 1
        self._state = self._points[number].copy()
        self._latest, self._latest_at = b"", self._state.given

    def _unpack(self) -> bool:
        """Unpack some more; False at the end."""
        state = self._state
        while True:
            if not state.rest:
                state.rest = self._blob.read_at(state.taken, _INPUT)
                state.taken += len(state.rest)
            if state.whole and not state.rest.startswith(b"\x1f"):
                return False  # the end, or padding behind it
            if not state.rest:
                raise ImageError(ImageProblem.CONTAINER, "the file is cut: its end is missing")
            data = self._decompress(state)
            if data:
                self._latest, self._latest_at = data, state.given - len(data)
                self._keep_point()
                return True

    def _decompress(self, state: _State) -> bytes:
        try:
            data: bytes = state.unpacker.decompress(state.rest, _OUTPUT)
        except zlib.error as error:
            reason = f"the compressed data is damaged ({error})"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        state.whole = state.unpacker.eof
        if state.whole:
            state.rest = state.unpacker.unused_data
            state.unpacker = zlib.decompressobj(_GZIP)
        else:
            state.rest = state.unpacker.unconsumed_tail
        state.given += len(data)
        return data

    def _keep_point(self) -> None:
        if self._state.given < self._points[-1].given + self._spacing:
            return
        self._points.append(self._state.copy())
        if len(self._points) > MOST_POINTS:
            self._points = self._points[::2]
            self._spacing *= 2
