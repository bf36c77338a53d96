"""Pictures for tests: seeded, varied enough to be told apart, quick to draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw


def draw(seed: int, size: tuple[int, int] = (240, 180)) -> Image.Image:
    """Return a picture of smooth colour and some shapes; another one for every seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (4, 5, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = rng.integers(0, size[0] - 20), rng.integers(0, size[1] - 20)
        box = (left, top, left + rng.integers(10, 90), top + rng.integers(10, 70))
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        (pen.ellipse if rng.random() < 0.5 else pen.rectangle)([int(v) for v in box], fill=colour)
    return picture


def write_pictures(
    folder: Path, count: int, first_seed: int = 0, suffix: str = ".jpg"
) -> list[Path]:
    """Write `count` different pictures and return their paths in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        path = folder / f"picture_{number:03d}{suffix}"
        draw(first_seed + number).save(path, quality=90)
        paths.append(path)
    return paths
