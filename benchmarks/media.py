"""CPU time of each stage from the bytes of a JPEG to the array a model takes.

Usage: python -m benchmarks.media [FOLDER] [--count 200] [--rounds 5]

Without a folder, photos of 500 x 375 pixels are made (the same every time). All stages run in turn,
round after round, in one thread, and the best round counts; each is compared with plain Pillow
(open, convert, resize to 128 x 128) in the same run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.photos import SUFFIXES, write_photos
from fastdup_nb.media.decode import Photo, decode, to_pixels
from fastdup_nb.media.statistics import measure
from fastdup_nb.media.thumbnail import make_thumbnail

SIDE = 128
TARGET_MS = 3.3


def read_photos(folder: Path | None, count: int) -> list[bytes]:
    """Return JPEG files from a folder tree, or made ones."""
    if folder is not None:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        return [path.read_bytes() for path in paths[:: max(1, len(paths) // count)][:count]]
    with tempfile.TemporaryDirectory() as made:
        write_photos(Path(made), count)
        return [path.read_bytes() for path in sorted(Path(made).iterdir())]


def decode_plainly(data: bytes) -> object:
    """Do what most programs do: the whole picture, then a smaller one."""
    image = Image.open(BytesIO(data)).convert("RGB")
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def prepare(data: bytes) -> object:
    """Do what a run does with one image before the model sees it."""
    photo = decode(data)
    return measure(photo, len(data), advanced=False), to_pixels(photo, SIDE, SIDE)


def best_cpu_ms(
    stages: dict[str, tuple[Callable[[Any], object], Sequence[Any]]], rounds: int
) -> dict[str, float]:
    """Return the CPU milliseconds per image of each stage in its best round."""
    best = dict.fromkeys(stages, float("inf"))
    for _ in range(rounds):
        for name, (work, items) in stages.items():
            started = time.process_time()
            for item in items:
                work(item)
            spent = (time.process_time() - started) * 1000 / len(items)
            best[name] = min(best[name], spent)
    return best


def compare(files: list[bytes], rounds: int) -> dict[str, float]:
    """Return the CPU milliseconds per image of each stage."""
    # A photo keeps its squeezed picture; `replace` makes one that has none yet.
    photos: list[Photo] = [decode(data) for data in files]
    stages: dict[str, tuple[Callable[[Any], object], Sequence[Any]]] = {
        "plain Pillow": (decode_plainly, files),
        "decode": (decode, files),
        "statistics": (lambda photo: measure(replace(photo), 0, advanced=False), photos),
        "array": (lambda photo: to_pixels(replace(photo), SIDE, SIDE), photos),
        "all three": (prepare, files),
        "advanced statistics": (lambda photo: measure(replace(photo), 0, advanced=True), photos),
        "thumbnail of 320 px": (lambda data: make_thumbnail(data, 320), files),
    }
    return best_cpu_ms(stages, rounds)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="JPEG files of yours")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    files = read_photos(given.folder, given.count)
    size = sum(map(len, files)) / len(files) / 1000
    print(f"{len(files)} JPEG files, {size:.0f} kB on average, {os.cpu_count()} cores")
    spent = compare(files, given.rounds)
    plain = spent["plain Pillow"]
    print(f"{'stage':22} {'CPU ms':>7} {'of plain Pillow':>16}")
    for name, ms in spent.items():
        print(f"{name:22} {ms:7.3f} {ms / plain:15.2f}x")
    verdict = "within" if spent["all three"] <= TARGET_MS else "over"
    print(f"all three: {verdict} the {TARGET_MS} ms that 424 images/s on 2 cores leave them")


if __name__ == "__main__":
    main()
