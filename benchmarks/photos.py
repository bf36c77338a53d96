"""Photos to measure with: taken from a folder of yours, or made.

Usage: python -m benchmarks.photos FOLDER COUNT [--width 500] [--height 375]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = {".jpg", ".jpeg"}
QUALITY = 90


def collect(source: Path, folder: Path, count: int, seed: int = 0) -> int:
    """Link JPEG files from a folder tree into one flat folder.

    Parameters
    ----------
    source : Path
        Where to look, sub-folders included.
    folder : Path
        Where to put the links; copies where links cannot be made.
    count : int
        How many; all when there are fewer.
    seed : int
        Chooses which.

    Returns
    -------
    int
        How many there are.
    """
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = sorted(random.Random(seed).sample(found, min(count, len(found))))  # noqa: S311
    folder.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(chosen):
        link_or_copy(path.resolve(), folder / f"{number:06d}_{path.name}")
    return len(chosen)


def link_or_copy(path: Path, target: Path) -> None:
    """Make `target` the same file as `path`, or a copy on another file system."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def write_photos(folder: Path, count: int, width: int = 500, height: int = 375) -> None:
    """Make photo-like JPEG files: blended crops of the two photos of scikit-learn.

    Parameters
    ----------
    folder : Path
        Where to write `000000.jpg`, `000001.jpg`, ...
    count : int
        How many. File `i` is the same whatever the count.
    width, height : int
        Their size in pixels.
    """
    from PIL import Image
    from sklearn.datasets import load_sample_image

    scenes = [Image.fromarray(load_sample_image(name)) for name in ("china.jpg", "flower.jpg")]
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        photo = _photo(scenes, random.Random(number), (width, height))  # noqa: S311
        photo.save(folder / f"{number:06d}.jpg", quality=QUALITY)


def _photo(scenes: list[Image], chance: random.Random, size: tuple[int, int]) -> Image:
    from PIL import Image, ImageEnhance

    first, second = _crop(scenes, chance, size), _crop(scenes, chance, size)
    photo = Image.blend(first, second, chance.uniform(0.0, 0.45))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        photo = enhance(photo).enhance(chance.uniform(0.6, 1.4))
    bands = list(photo.split())
    chance.shuffle(bands)
    return Image.merge("RGB", bands)


def _crop(scenes: list[Image], chance: random.Random, size: tuple[int, int]) -> Image:
    from PIL import Image

    scene = chance.choice(scenes)
    share = chance.uniform(0.3, 0.9)
    width, height = scene.width * share, scene.height * share
    left = chance.uniform(0, scene.width - width)
    top = chance.uniform(0, scene.height - height)
    box = (left, top, left + width, top + height)
    crop = scene.resize(size, Image.Resampling.BILINEAR, box=box)
    return crop.transpose(Image.Transpose(chance.randrange(2)))


def main() -> None:
    """Make photos from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--width", type=int, default=500)
    parser.add_argument("--height", type=int, default=375)
    given = parser.parse_args()
    write_photos(given.folder, given.count, given.width, given.height)


if __name__ == "__main__":
    main()
