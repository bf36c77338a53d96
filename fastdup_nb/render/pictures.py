"""Small pictures for pages: embedded, or in files beside the page; or why there is none."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from fastdup_nb.errors import ImageError
from fastdup_nb.media.decode import decode
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.thumbnail import make_thumbnail, to_data_uri
from fastdup_nb.sources import read_shown
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastdup_nb.views.gallery import ImageCard, Row

R = TypeVar("R", bound="Row")

KEPT = 512  # embedded pictures: some 10 MB; of files only the names are kept, of all
FOLDER = "images"
MAX_THREADS = 8


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page shows of an image.

    Attributes
    ----------
    source : str
        The `src` of an image element; empty when there is no picture.
    reason : str
        Why there is none.
    width, height, file_size : int or None
        Pixels of the upright image, and bytes.
    """

    source: str
    reason: str = ""
    width: int | None = None
    height: int | None = None
    file_size: int | None = None


class PictureMaker:
    """Makes the pictures of one page, several at a time and in the order of the page.

    Pictures are kept for images that come again; embedded ones only the last few, so that memory
    does not grow.

    Parameters
    ----------
    max_side : int
        Pixels of the longer side at most.
    folder : Path, optional
        The folder of the page. When given, pictures are written to files in `images/` below it,
        named after the content; else they are embedded.
    quality : int
        JPEG quality.
    """

    def __init__(self, max_side: int, folder: Path | None = None, quality: int = 82) -> None:
        self._max_side, self._folder, self._quality = max_side, folder, quality
        self._kept: OrderedDict[str, Future[Picture]] = OrderedDict()
        self._writing = Lock()
        if folder is not None:
            with readable_errors(folder):
                (folder / FOLDER).mkdir(parents=True, exist_ok=True)

    def pictures(self, rows: Iterable[R]) -> Iterator[tuple[R, list[Picture]]]:
        """Yield the rows, each with the pictures of its images."""
        threads = min(MAX_THREADS, os.cpu_count() or 1)
        pool = ThreadPoolExecutor(threads, thread_name_prefix="fastdup_nb-pictures")
        ahead: deque[tuple[R, list[Future[Picture]]]] = deque()
        waiting = 0
        try:
            with silenced_codecs():
                for row in rows:
                    ahead.append((row, [self._start(pool, card) for card in row.images]))
                    waiting += len(row.images)
                    while waiting > 4 * threads:
                        waiting -= len(ahead[0][1])
                        yield _finished(ahead.popleft())
                while ahead:
                    yield _finished(ahead.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _start(self, pool: ThreadPoolExecutor, card: ImageCard) -> Future[Picture]:
        if card.path not in self._kept:
            self._kept[card.path] = pool.submit(self._make, card)
        self._kept.move_to_end(card.path)
        if self._folder is None and len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[card.path]

    def _make(self, card: ImageCard) -> Picture:
        try:
            data = read_shown(card.path)
            thumbnail = make_thumbnail(data, self._max_side, self._quality)
            width, height = card.width, card.height
            if width is None or height is None:
                photo = decode(data, at_least=1, min_width=1, min_height=1)
                width, height = photo.width, photo.height
        except ImageError as error:
            return Picture("", error.message, card.width, card.height, card.file_size)
        return Picture(self._place(thumbnail), "", width, height, card.file_size or len(data))

    def _place(self, thumbnail: bytes) -> str:
        if self._folder is None:
            return to_data_uri(thumbnail)
        name = f"{FOLDER}/{hashlib.blake2b(thumbnail, digest_size=8).hexdigest()}.jpg"
        with self._writing:  # copies of one image may come at the same time
            if not (self._folder / name).is_file():
                with write_atomically(self._folder / name) as stream:
                    stream.write(thumbnail)
        return name


def _finished(item: tuple[R, list[Future[Picture]]]) -> tuple[R, list[Picture]]:
    row, futures = item
    return row, [future.result() for future in futures]
