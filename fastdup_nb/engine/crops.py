"""Reading crops in a run, and saving them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from fastdup_nb.engine.extract import ChunkReader, statistics_columns
from fastdup_nb.media.crop import Region
from fastdup_nb.sources.crops import crop_content, crop_name, known_file_size, split_crop
from fastdup_nb.store.extraction import BadFile
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastdup_nb.models import Embedder
    from fastdup_nb.sources import Listing
    from fastdup_nb.turi import TuriParams

FILE_SIZE = "file_size"
_CROPS_PER_FOLDER = 1000
_LONGEST_STEM = 80
_QUALITY = 95


class BoxReader(ChunkReader):
    """Reads crops: their file size is that of the image, and they are saved when asked for.

    Parameters
    ----------
    listing, embedder, limits
        As in `ChunkReader`.
    save_to : Path, optional
        The folder for JPEG files of the crops.
    box : tuple of float, optional
        x, y, width, height to cut from images that are listed whole: those of archives.
    """

    def __init__(
        self,
        listing: Listing,
        embedder: Embedder,
        limits: TuriParams,
        save_to: Path | None = None,
        box: tuple[float, float, float, float] | None = None,
    ) -> None:
        super().__init__(listing, embedder, limits)
        columns = statistics_columns(limits)
        self._size_at = columns.index(FILE_SIZE) if FILE_SIZE in columns else -1
        self._save_to = save_to
        self._box = box

    def _read_image(self, index: int, path: str, read: Callable[[str], bytes]) -> Any:
        box = self._box
        if box is None:
            result = super()._read_image(index, path, read)
            split = split_crop(path)
            return self._with_file_size(result, known_file_size(split[0]) if split else None)
        size: int | None = None

        def cut(_: str) -> bytes:
            nonlocal size
            data = read(path)
            size = len(data)
            return crop_content(data, Region(box))

        result = super()._read_image(index, crop_name(path, box), cut)
        return self._with_file_size(result, size)

    def _with_file_size(self, result: Any, size: int | None) -> Any:
        if size is None or self._size_at < 0 or isinstance(result, BadFile):
            return result
        values = list(result.statistics)
        values[self._size_at] = size
        return replace(result, statistics=values)

    def _open_image(self, index: int, path: str, data: bytes) -> Any:
        good = super()._open_image(index, path, data)
        if self._save_to is not None and split_crop(path) is not None:
            save_crop(self._save_to, index, path, data)
        return good


def saved_crop(index: int, name: str) -> str:
    """Return the file name of a saved crop, below the folder of crops.

    >>> saved_crop(1234, "/a/b.png#xywh=1,2,30,40")
    '1/001234_b_1_2_30_40.jpg'
    """
    split = split_crop(name)
    image, region = split or (name, "")
    stem = re.sub(r"[^\w-]", "_", os.path.splitext(os.path.basename(image))[0])[:_LONGEST_STEM]  # noqa: PTH119, PTH122
    numbers = re.sub(r"[^\d.-]+", "_", region.partition("=")[2])[:_LONGEST_STEM]
    return f"{index // _CROPS_PER_FOLDER}/{index:06d}_{stem}_{numbers.strip('_')}.jpg"


def save_crop(folder: Path, index: int, name: str, data: bytes) -> None:
    """Write a crop as a JPEG file.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    path = folder / saved_crop(index, name)
    with readable_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        Image.open(BytesIO(data)).save(stream, "JPEG", quality=_QUALITY)
