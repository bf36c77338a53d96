"""The unpacked bytes of a gzip file, at any place, with little memory and none of the disk.

gzip can only be unpacked from its beginning. While doing so the state of the unpacker is kept now
and then (some 50 kB each), so that a later reader begins at the nearest one before the place it
wants. In order everything is unpacked once. Several threads that want images near each other come
a little out of order: from the first time that it is asked for what lies behind, the last that was
unpacked is kept too.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import ImageError, ImageProblem

if TYPE_CHECKING:
    from fastdup_nb.sources.archive.blob import Blob

MOST_POINTS = 128
FIRST_SPACING = 4 << 20
KEPT = 32 << 20
_KEPT_IN_ORDER = 1 << 12  # headers are read a little ahead
# Large: every call lets other threads run, and has to wait for its turn after it.
_INPUT = 1 << 18
_OUTPUT = 1 << 19
_RAW = -15  # zlib's window bits: deflate alone; header and check sums are ours
_HEADER_SIZE, _TRAILER_SIZE = 10, 8
_MOST_HEADER = 1 << 17
_EXTRA, _NAME, _COMMENT, _HEADER_CHECK = 4, 8, 16, 2


@dataclass(slots=True)
class _State:
    """Where an unpacker is: what it has given, what it has taken, and itself."""

    given: int
    taken: int
    rest: bytes
    unpacker: Any  # zlib's object has no public type; None between two gzip members
    check: int = 0
    member_given: int = 0

    def copy(self) -> _State:
        """Return a state to go on from later: the rest will be taken from the file again."""
        unpacker = None if self.unpacker is None else self.unpacker.copy()
        return replace(self, unpacker=unpacker, taken=self.taken - len(self.rest), rest=b"")


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

    def __init__(self, blob: Blob) -> None:
        self._blob, self.packed = blob, blob.packed
        self._turn = Lock()
        self._state = _State(0, 0, b"", None)
        self._points = [self._state.copy()]
        self._spacing = FIRST_SPACING
        self._recent = deque([(0, b"")])  # what was unpacked last, and where it is
        self._kept = _KEPT_IN_ORDER
        self._problem: ImageError | None = None

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end; quick when places only go up.

        Raises
        ------
        ImageError
            When the file is cut, or its check sum says that it is damaged.
        """
        with self._turn:
            if offset < self._recent[0][0]:
                self._go_back(offset)
            place, end = offset, offset + size
            pieces: list[bytes] = []

            def take(at: int, data: bytes) -> int:
                if at < end and (piece := data[place - at : end - at]):
                    pieces.append(piece)
                    return len(piece)
                return 0

            for at, data in self._recent:
                place += take(at, data)
            while place < end and self._unpack():
                place += take(*self._recent[-1])
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def weight(self) -> int:
        """What it keeps in memory, in names of some 300 bytes: a point takes some 60 kB."""
        return len(self._points) * 200 + self._kept // 300

    def close(self) -> None:
        """Close the file."""
        self._blob.close()

    def _go_back(self, offset: int) -> None:
        number = bisect_right(self._points, offset, key=lambda point: point.given) - 1
        self._state = self._points[number].copy()
        self._recent = deque([(self._state.given, b"")])
        self._kept = KEPT
        self._problem = None

    def _unpack(self) -> bool:
        """Unpack some more; False at the end."""
        if self._problem is not None:
            raise self._problem
        state = self._state
        while True:
            if state.unpacker is None and not self._begin_member(state):
                return False  # the end, or padding behind it
            if not state.rest and not self._take(state):
                raise _cut()
            data = self._decompress(state)
            if state.unpacker.eof:
                self._end_member(state)
            if not data and self._problem is not None:
                raise self._problem
            if data:
                self._recent.append((state.given - len(data), data))
                self._trim()
                if state.unpacker is not None:
                    self._keep_point()
                return True

    def _trim(self) -> None:
        """Drop what is too long ago; of the last piece and the one before, nothing."""
        recent = self._recent
        while len(recent) > 2 and recent[-1][0] - recent[1][0] >= self._kept:
            recent.popleft()

    def _take(self, state: _State) -> bool:
        """Take some more of the file; False at its end."""
        piece = self._blob.read_at(state.taken, _INPUT)
        state.taken += len(piece)
        state.rest += piece
        return bool(piece)

    def _begin_member(self, state: _State) -> bool:
        """Pass over the header of a gzip member; False when there is none."""
        while (size := _header_size(state.rest)) < 0:
            if len(state.rest) > _MOST_HEADER or not self._take(state):
                if state.given == 0 or len(state.rest) >= _HEADER_SIZE:
                    raise _cut()
                return False
        if not size:
            return False
        state.rest = state.rest[size:]
        state.unpacker, state.check, state.member_given = zlib.decompressobj(_RAW), 0, 0
        return True

    def _decompress(self, state: _State) -> bytes:
        try:
            data: bytes = state.unpacker.decompress(state.rest, _OUTPUT)
        except zlib.error as error:
            raise _damaged(str(error)) from error
        ended = state.unpacker.eof
        state.rest = state.unpacker.unused_data if ended else state.unpacker.unconsumed_tail
        state.given += len(data)
        state.member_given += len(data)
        state.check = zlib.crc32(data, state.check)
        return data

    def _end_member(self, state: _State) -> None:
        """Compare check sum and size; what is wrong is told after the data in front of it."""
        while len(state.rest) < _TRAILER_SIZE and self._take(state):
            pass
        trailer, state.rest = state.rest[:_TRAILER_SIZE], state.rest[_TRAILER_SIZE:]
        state.unpacker = None
        if len(trailer) < _TRAILER_SIZE:
            self._problem = _cut()
        elif trailer != _trailer(state):
            self._problem = _damaged("its check sum differs")

    def _keep_point(self) -> None:
        if self._state.given < self._points[-1].given + self._spacing:
            return
        self._points.append(self._state.copy())
        if len(self._points) > MOST_POINTS:
            self._points = self._points[::2]
            self._spacing *= 2


def _header_size(data: bytes) -> int:
    """Return the size of a gzip header (RFC 1952), 0 when it is none, -1 when more is needed."""
    if data and not data.startswith(b"\x1f\x8b"[: len(data)]):
        return 0
    if len(data) < _HEADER_SIZE:
        return -1
    flags, at = data[3], _HEADER_SIZE
    if flags & _EXTRA:
        at += 2 + int.from_bytes(data[at : at + 2], "little")
    for flag in (_NAME, _COMMENT):
        if flags & flag:
            at = data.find(b"\0", at) + 1
            if at <= 0:
                return -1
    if flags & _HEADER_CHECK:
        at += 2
    return at if at <= len(data) else -1


def _trailer(state: _State) -> bytes:
    size = state.member_given & 0xFFFFFFFF
    return state.check.to_bytes(4, "little") + size.to_bytes(4, "little")


def _cut() -> ImageError:
    return ImageError(ImageProblem.CONTAINER, "the file is cut: its end is missing")


def _damaged(what: str) -> ImageError:
    return ImageError(ImageProblem.CONTAINER, f"the compressed data is damaged ({what})")
