"""Stage 1, ``python -m training.photo_cache``: tar shards -> one mapped array of photos.

The cache folder (``--cache`` or FASTDUP_NB_TRAIN_CACHE, outside the repository) then holds
``photos.npy`` [n, side, side, 3] and ``names.txt``, one line a photo, in shard order.  Photos are
squeezed to a square, as the package squeezes them for the model.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.evaluation_photos import read_photos

SIDE = 144


def cache_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--cache`` with its default from the environment."""
    found = os.environ.get("FASTDUP_NB_TRAIN_CACHE")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(found) if found else None,
        required=found is None,
        help="folder for arrays and checkpoints, outside the code [env FASTDUP_NB_TRAIN_CACHE]",
    )


def open_photos(cache: Path) -> npt.NDArray[np.uint8]:
    """Map the photos of a cache folder, uint8 [n, side, side, 3]."""
    photos: npt.NDArray[np.uint8] = np.load(cache / "photos.npy", mmap_mode="r")
    return photos


def build(shards: list[Path], cache: Path, side: int = SIDE) -> int:
    """Write ``photos.npy`` and ``names.txt`` and return how many photos there are."""
    cache.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    rows: list[npt.NDArray[np.uint8]] = []
    for shard in shards:
        for photo in read_photos(shard):
            names.append(photo.name)
            rows.append(photo.at_side(side))
    target = np.lib.format.open_memmap(
        cache / "photos.npy", mode="w+", dtype=np.uint8, shape=(len(rows), side, side, 3)
    )
    for place, row in enumerate(rows):
        target[place] = row
    target.flush()
    (cache / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return len(rows)


def main() -> None:
    """Read every shard named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument(
        "shards", type=Path, nargs="+", help="tar files of photos, source/class/name inside"
    )
    parser.add_argument("--side", type=int, default=SIDE, help="pixels of the photos kept")
    options = parser.parse_args()
    print(build(sorted(options.shards), options.cache, options.side), "photos")


if __name__ == "__main__":
    main()
