"""What decoding, statistics and inference take alone, with as many threads as there are cores.

Usage: python -m benchmarks.stages FOLDER. Prints JSON: per stage, wall and CPU seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import ImageError
from fastdup_nb.media.decode import decode, to_pixels
from fastdup_nb.media.statistics import measure as measure_photo
from fastdup_nb.models import load_embedder
from fastdup_nb.options import DEFAULT_DIMENSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

BATCH = 8
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


def main() -> None:
    """Measure the photos of the folder named on the command line."""
    paths = sorted(Path(sys.argv[1]).iterdir())
    embedder = load_embedder("", DEFAULT_DIMENSION, "cpu")
    width, height = embedder.input_size

    def read(path: Path) -> Any:
        data = path.read_bytes()
        try:
            photo = decode(data, at_least=max(width, height))
        except ImageError:
            return None
        return photo, to_pixels(photo, width, height), len(data)

    decoding = timed(read, paths)
    sample = [item for item in map(read, paths[:SAMPLE]) if item is not None]
    pixels = np.stack([item[1] for item in sample])
    repeat = len(paths) / len(sample)
    batches = [pixels[start : start + BATCH] for start in range(0, len(pixels), BATCH)]
    embedder.embed(batches[0])  # the first call plans the memory
    inference = timed(embedder.embed, batches)
    # The small picture is there already: it is the one the model is given.
    statistics = timed(lambda item: measure_photo(item[0], item[2], advanced=False), sample)
    stages = {"decode": decoding}
    for name, taken in (("inference", inference), ("statistics", statistics)):
        stages[name] = {key: seconds * repeat for key, seconds in taken.items()}
    sys.stdout.write(json.dumps(stages) + "\n")


if __name__ == "__main__":
    main()
