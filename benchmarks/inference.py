"""What the embedding of one image costs, beside a MobileNetV3-small at 224 px, in one run.

Usage: python -m benchmarks.inference [NAME ...] [--rounds 15]

One thread, the session settings of the package, batches as in a run. The models take turns; CPU
time of this process; the median of the rounds counts. Ours include turning pixels into what the
graph takes; the yardstick is given floats that are ready.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from benchmarks.mobilenet import SIDE, build
from benchmarks.processes import machine, median
from fastdup_nb.engine.plan import IMAGES_PER_CHUNK
from fastdup_nb.models import DEFAULT_MODEL, load_embedder
from fastdup_nb.models.session import open_session
from fastdup_nb.options import ACCURATE_MODEL

YARDSTICK = "MobileNetV3-small at 224 px, random weights"
IMAGES = 96


def embedding(name: str, batch: int) -> Callable[[], None]:
    """Return what embeds `IMAGES` images with a model of the package."""
    model = load_embedder(name)
    width, height = model.input_size
    pixels = np.random.default_rng(0).integers(0, 256, (batch, height, width, 3), np.uint8)

    def work() -> None:
        for _ in range(IMAGES // batch):
            model.embed(pixels)

    return work


def yardstick(batch: int) -> Callable[[], None]:
    """Return what runs the MobileNetV3-small on `IMAGES` images."""
    session = open_session(build(), "mobilenet")
    images = np.random.default_rng(0).standard_normal((batch, 3, SIDE, SIDE), np.float32)

    def work() -> None:
        for _ in range(IMAGES // batch):
            session.run(None, {"images": images})

    return work


def measure(works: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return CPU milliseconds per image of each, taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()  # the first call plans the memory
    for _ in range(rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            taken[name].append((time.process_time() - began) / IMAGES * 1000)
    return {name: median(values) for name, values in taken.items()}


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=[DEFAULT_MODEL, ACCURATE_MODEL])
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    print(f"{machine()}.\n")
    print(
        f"| model | batch of {IMAGES_PER_CHUNK}: ms/image | ratio | one by one: ms/image | ratio |"
    )
    print("|---|---|---|---|---|")
    rows: dict[str, list[str]] = {}
    for batch in (IMAGES_PER_CHUNK, 1):
        works = {name: embedding(name, batch) for name in given.names}
        works[YARDSTICK] = yardstick(batch)
        costs = measure(works, given.rounds)
        for name, cost in costs.items():
            cells = rows.setdefault(name, [])
            cells += [f"{cost:.2f}", f"{cost / costs[YARDSTICK]:.2f}"]
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
