"""Small pictures on demand: several at a time, what is in sight first, the last ones kept."""

from __future__ import annotations

import heapq
import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fastdup_nb.errors import ImageError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.thumbnail import make_thumbnail
from fastdup_nb.sources import read_shown

KEPT_BYTES = 32 << 20
MOST_THREADS = 8
IDLE_SECONDS = 5.0
QUALITY, LARGE_QUALITY = 82, 90
LARGE_SIDE = 600


@dataclass
class Order:
    """Pictures that are wanted together.

    Attributes
    ----------
    number : int
        The request.
    ids : sequence of int
        Images.
    side : int
        Pixels of the longer side at most.
    deliver : callable
        Called once, by any thread, with the pictures by image and the reasons of those that
        cannot be shown.
    """

    number: int
    ids: Sequence[int]
    side: int
    deliver: Callable[[dict[int, bytes], dict[int, str]], None]
    made: dict[int, bytes] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    begun: int = 0
    cancelled: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every picture is made or cannot be."""
        return len(self.made) + len(self.failed) == len(self.ids)


class ThumbnailMaker:
    """Makes pictures in threads, which end when there is nothing to do for a while.

    Parameters
    ----------
    path_of : callable
        From an image to its absolute file name.
    kept_bytes : int
        Pictures are kept up to this size in all.
    threads : int, optional
        One more than cores, as for a run, when not given: one reads while the others decode.
    """

    def __init__(
        self,
        path_of: Callable[[int], str],
        kept_bytes: int = KEPT_BYTES,
        threads: int | None = None,
    ) -> None:
        self._path_of = path_of
        self._most_bytes = kept_bytes
        self._most_threads = threads or min(MOST_THREADS, (os.cpu_count() or 1) + 1)
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._waiting: list[tuple[int, int, Order]] = []
        self._sequence = itertools.count()
        self._condition = threading.Condition()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def start(self, order: Order, priority: int) -> None:
        """Begin with an order; a lower priority comes first, then what was asked for first."""
        with self._condition:
            for image in order.ids:
                kept = self._kept.get((image, order.side))
                if kept is not None:
                    self._kept.move_to_end((image, order.side))
                    order.made[image] = kept
            order.ids = [*order.made, *(i for i in order.ids if i not in order.made)]
            order.begun = len(order.made)
            complete = order.is_complete
            if not complete and not self._closed:
                heapq.heappush(self._waiting, (priority, next(self._sequence), order))
                self._wake(len(order.ids) - order.begun)
        if complete:
            order.deliver(order.made, order.failed)

    def cancel(self, numbers: Sequence[int]) -> None:
        """Drop orders; pictures that are being made are finished and kept."""
        wanted = set(numbers)
        with self._condition:
            for _, _, order in self._waiting:
                order.cancelled |= order.number in wanted

    def forget(self, ids: Sequence[int]) -> None:
        """Drop what is kept of some images."""
        gone = set(ids)
        with self._condition:
            for key in [key for key in self._kept if key[0] in gone]:
                self._kept_bytes -= len(self._kept.pop(key))

    def close(self) -> None:
        """End: nothing is delivered any more."""
        with self._condition:
            self._closed = True
            for _, _, order in self._waiting:
                order.cancelled = True
            self._waiting.clear()
            self._kept.clear()
            self._kept_bytes = 0
            self._condition.notify_all()

    @property
    def kept_bytes(self) -> int:
        """Size of the pictures that are kept."""
        return self._kept_bytes

    def _wake(self, pieces: int) -> None:
        """Let as many threads work as there are pieces; the condition is held."""
        self._condition.notify(pieces)
        for _ in range(min(pieces - self._idle, self._most_threads - self._threads)):
            self._threads += 1
            threading.Thread(target=self._work, name="fastdup_nb-thumbnails", daemon=True).start()

    def _work(self) -> None:
        with silenced_codecs():
            while (piece := self._next()) is not None:
                order, image = piece
                made, reason = self._make(image, order.side)
                if self._finish(order, image, made, reason):
                    order.deliver(order.made, order.failed)

    def _next(self) -> tuple[Order, int] | None:
        """Return the next picture to make; None when the thread is to end."""
        with self._condition:
            while True:
                if self._closed:
                    break
                piece = self._take()
                if piece is not None:
                    return piece
                self._idle += 1
                woken = self._condition.wait(IDLE_SECONDS)
                self._idle -= 1
                if not woken and not self._waiting:
                    break
            self._threads -= 1
            return None

    def _take(self) -> tuple[Order, int] | None:
        while self._waiting:
            order = self._waiting[0][2]
            if order.cancelled:
                heapq.heappop(self._waiting)
                continue
            image = order.ids[order.begun]
            order.begun += 1
            if order.begun == len(order.ids):
                heapq.heappop(self._waiting)
            return order, image
        return None

    def _make(self, image: int, side: int) -> tuple[bytes | None, str]:
        quality = LARGE_QUALITY if side > LARGE_SIDE else QUALITY
        try:
            return make_thumbnail(read_shown(self._path_of(image)), side, quality), ""
        except ImageError as error:
            return None, error.message
        except Exception as error:  # noqa: BLE001 - one image never ends the widget
            return None, f"it cannot be shown: {type(error).__name__}"

    def _finish(self, order: Order, image: int, made: bytes | None, reason: str) -> bool:
        """Note a picture; return whether its order is complete and still wanted."""
        with self._condition:
            if made is None:
                order.failed[image] = reason
            else:
                order.made[image] = made
                self._keep(image, order.side, made)
            return order.is_complete and not order.cancelled and not self._closed

    def _keep(self, image: int, side: int, made: bytes) -> None:
        if self._closed or side > LARGE_SIDE:
            return
        self._kept_bytes += len(made) - len(self._kept.pop((image, side), b""))
        self._kept[image, side] = made
        while self._kept_bytes > self._most_bytes:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
