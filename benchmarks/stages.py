"""What the stages of a run take alone, with as many threads as there are cores.

Usage: python -m benchmarks.stages FOLDER [--high-accuracy]. Prints JSON: per stage, wall and CPU
seconds for all images of the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.engine.plan import IMAGES_PER_CHUNK
from fastdup_nb.errors import ImageError
from fastdup_nb.media.decode import WORKING_SIDE, decode, to_pixels
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.statistics import measure as measure_photo
from fastdup_nb.models import load_embedder
from fastdup_nb.options import ACCURATE_DIMENSION, ACCURATE_MODEL, DEFAULT_DIMENSION
from fastdup_nb.sources import read_bytes
from fastdup_nb.store.extraction import content_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastdup_nb.media.decode import Photo

SAMPLE = 512  # decoded photos held at once for the stages after decoding


def timed(work: Callable[[Any], object], items: Iterable[Any]) -> dict[str, float]:
    """Return what it takes to do `work` on all items in threads.

    Parameters
    ----------
    work : callable
        What to do with one item.
    items : iterable
        The items.

    Returns
    -------
    dict
        `wall` and `cpu`, in seconds.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(work, items):
            pass
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def measure_stages(paths: list[str], *, accurate: bool) -> dict[str, dict[str, float]]:
    """Return wall and CPU seconds of every stage."""
    model = (ACCURATE_MODEL, ACCURATE_DIMENSION) if accurate else ("", DEFAULT_DIMENSION)
    embedder = load_embedder(*model, "cpu")
    width, height = embedder.input_size

    def read(path: str) -> bytes:
        data = read_bytes(path)
        content_digest(data)
        return data

    def measured(photo: Photo) -> Photo:
        fresh = replace(photo)
        fresh.squeeze(WORKING_SIDE, WORKING_SIDE)
        return fresh

    def open_photo(data: bytes) -> Photo | None:
        try:
            return decode(data, at_least=max(width, height, WORKING_SIDE))
        except ImageError:
            return None

    # Photos keep their small pictures; `replace` makes one that has none yet. In a run a model is
    # given its picture when the statistics already have theirs.
    stages = {"reading and digest": timed(read, paths)}
    decoding = timed(lambda path: open_photo(read(path)), paths)
    stages["decoding"] = {
        unit: decoding[unit] - spent for unit, spent in stages["reading and digest"].items()
    }
    photos = [photo for photo in map(open_photo, map(read_bytes, paths[:SAMPLE])) if photo]
    few = {
        "statistics, with their picture": timed(
            lambda photo: measure_photo(replace(photo), 1, advanced=False), photos
        ),
        "the model's picture": timed(
            lambda photo: to_pixels(photo, *embedder.squeeze), [measured(p) for p in photos]
        ),
    }
    pixels = np.stack([to_pixels(photo, *embedder.squeeze) for photo in photos])
    batches = [
        pixels[start : start + IMAGES_PER_CHUNK]
        for start in range(0, len(pixels), IMAGES_PER_CHUNK)
    ]
    embedder.embed(batches[0])  # the first call plans the memory
    few["inference"] = timed(embedder.embed, batches)
    repeat = len(paths) / len(photos)
    for name, taken in few.items():
        stages[name] = {unit: seconds * repeat for unit, seconds in taken.items()}
    return stages


def main() -> None:
    """Measure the photos of the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--high-accuracy", action="store_true")
    given = parser.parse_args()
    paths = sorted(map(str, given.folder.iterdir()))
    with silenced_codecs():
        stages = measure_stages(paths, accurate=given.high_accuracy)
    sys.stdout.write(json.dumps(stages) + "\n")


if __name__ == "__main__":
    main()
