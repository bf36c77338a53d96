"""Photos out of a tar, as PIL images with a class label."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image


@dataclass(frozen=True)
class Photo:
    """One photo of a tar; ``label`` is the folder it lies in, below the collection's own folder."""

    name: str
    label: str
    image: Image.Image

    def at_side(self, side: int) -> npt.NDArray[np.uint8]:
        """Squeezed to a square of ``side`` pixels, uint8 [side, side, 3]."""
        return as_input(self.image, side)


def as_input(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """Squeeze the whole picture to a square with an antialiasing filter, as the package does.

    ``reducing_gap`` lets PIL average blocks first, which is what scaled JPEG decoding does to a
    file.
    """
    small = image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(small.convert("RGB"), dtype=np.uint8)


def read_photos(tar: Path, limit: int | None = None) -> Iterator[Photo]:
    """Photos of ``tar`` in the order they lie there, at most ``limit`` of them."""
    count = 0
    with tarfile.open(tar) as archive:
        for member in archive:
            if not member.isfile():
                continue
            if limit is not None and count >= limit:
                return
            handle = archive.extractfile(member)
            image = Image.open(io.BytesIO(handle.read() if handle else b"")).convert("RGB")
            parts = Path(member.name).parts
            yield Photo(member.name, "/".join(parts[1:-1]), image)
            count += 1
