"""Stage 3, ``python -m training.pool``: copies made ahead, so that training waits for none.

``<cache>/pool.npy`` uint8 [photos, SLOTS, 112, 112, 3]: of every photo ``MILD`` hardly changed
copies, then badly changed ones. Training takes each several times, a little differently each time
(``training.views``). With ``--rounds`` above 1 the pool is made anew again and again: run that
beside training, at low priority.
"""

from __future__ import annotations

import argparse
from multiprocessing import Process
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from training.augment import mild_copy, strong_copy
from training.photo_cache import cache_argument, open_photos

SIDE = 112
MILD = 2
SLOTS = 8
_ORDER = (0, 2, 3, 1, 4, 5, 6, 7)
"""A bit of everything first: training may start before the pool is full."""


def open_pool(cache: Path, mode: Literal["r", "r+"] = "r") -> npt.NDArray[np.uint8]:
    """Map the pool of a cache folder."""
    pool: npt.NDArray[np.uint8] = np.load(cache / "pool.npy", mmap_mode=mode)
    return pool


def make_copy(
    photos: npt.NDArray[np.uint8], number: int, slot: int, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """One copy of a photo, as the slot wants it, uint8 [112, 112, 3]."""
    image = Image.fromarray(photos[number])

    def donor() -> Image.Image:
        return Image.fromarray(photos[int(random.integers(len(photos)))])

    copy = mild_copy(image, random) if slot < MILD else strong_copy(image, random, donor)
    return np.asarray(copy.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def fill(cache: Path, rounds: range, seed: int, worker: int, workers: int) -> None:
    """Make the copies of every ``workers``-th photo, round by round."""
    photos, pool = open_photos(cache), open_pool(cache, "r+")
    for turn in rounds:
        for slot in _ORDER:
            for number in range(worker, len(photos), workers):
                random = np.random.default_rng([seed, turn, slot, number])
                pool[number, slot] = make_copy(photos, number, slot, random)
            print(f"round {turn} slot {slot} worker {worker} done", flush=True)


def main() -> None:
    """Fill the pool."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    path = options.cache / "pool.npy"
    if not path.exists():
        shape = (len(open_photos(options.cache)), SLOTS, SIDE, SIDE, 3)
        np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    rounds = range(options.first, options.first + options.rounds)
    tasks = [
        Process(target=fill, args=(options.cache, rounds, options.seed, w, options.workers))
        for w in range(options.workers)
    ]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


if __name__ == "__main__":
    main()
