"""Copies that a model's last map is learned from: made once for a cache."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.augment import mild_copy, strong_copy
from training.photo_cache import SIDE as WHOLE
from training.photo_cache import open_photos

SIDE = 128
VIEWS = 4
"""Copies of a photo: a mild one, then strong ones."""


def kept_copies(
    cache: Path, count: int, seed: int = 99, *, unseen: bool = False
) -> npt.NDArray[np.uint8]:
    """Give a mild and three strong copies of ``count`` photos, uint8 [count, 4, 128, 128, 3].

    ``unseen``: only of photos that the teacher has not described, so that no network was trained on
    them.
    """
    path = cache / f"copies-{SIDE}.npy"
    if not path.exists():
        photos = open_photos(cache)
        first = int((cache / "teacher_done.txt").read_text(encoding="utf-8")) if unseen else 0
        chosen = first + np.random.default_rng(seed).permutation(len(photos) - first)[:count]
        shape = (len(chosen), VIEWS, SIDE, SIDE, 3)
        fresh = path.with_suffix(".new")
        table = np.lib.format.open_memmap(fresh, mode="w+", dtype=np.uint8, shape=shape)
        for place, number in enumerate(chosen):
            table[place] = _copies(photos, number, np.random.default_rng([seed, number]))
        del table
        fresh.replace(path)
    copies: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return copies[:count]


def _copies(
    photos: npt.NDArray[np.uint8], number: int, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    def whole(number: int) -> Image.Image:
        image = Image.fromarray(photos[number])
        small = image.width < WHOLE
        return image.resize((WHOLE, WHOLE), Image.Resampling.BICUBIC) if small else image

    def donor() -> Image.Image:
        return whole(int(random.integers(len(photos))))

    image = whole(number)
    made = [mild_copy(image, random)]
    made += [strong_copy(image, random, donor) for _ in range(1, VIEWS)]
    return at_side(np.stack([np.asarray(copy) for copy in made]), SIDE)


def at_side(photos: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Resize photos [n, h, w, 3] to [n, side, side, 3]."""
    if photos.shape[1:3] == (side, side):
        return np.ascontiguousarray(photos)
    resized = (
        Image.fromarray(photo).resize((side, side), Image.Resampling.BILINEAR) for photo in photos
    )
    return np.stack([np.asarray(photo) for photo in resized])
