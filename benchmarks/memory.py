"""Peak memory of whole runs of growing size.

Usage: python -m benchmarks.memory [--counts 1000 5000 20000] [--photos-folder DIR]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.photos import link_or_copy
from benchmarks.processes import OURS, Measured, machine, measure

WIDTH, HEIGHT = 320, 240


def prepare(folder: Path, count: int) -> list[Path]:
    """Return `count` made photos, each with content of its own; those of an earlier run serve."""
    if len(list(folder.glob("*.jpg"))) < count:
        size = ["--width", str(WIDTH), "--height", str(HEIGHT)]
        measure([sys.executable, "-m", "benchmarks.photos", str(folder), str(count), *size])
    return sorted(folder.glob("*.jpg"))[:count]


def run(photos: list[Path], scratch: Path) -> Measured:
    """Run on hard links of the photos."""
    folder = scratch / f"photos{len(photos)}"
    folder.mkdir()
    for path in photos:
        link_or_copy(path, folder / path.name)
    return measure([*OURS, str(folder), "--work_dir", str(scratch / f"results{len(photos)}")])


def main() -> None:
    """Measure, and print a table and the growth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 5_000, 20_000])
    parser.add_argument("--photos-folder", type=Path, help="keep the made photos here")
    given = parser.parse_args()
    counts = sorted(given.counts)
    print(f"{WIDTH}x{HEIGHT} JPEG; {machine()}.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as name:
        scratch = Path(name)
        photos = prepare(given.photos_folder or scratch / "made", counts[-1])
        print("| images | peak MB | wall s | CPU s | images/s |", flush=True)
        print("|---|---|---|---|---|")
        peaks = []
        for count in counts:
            taken = run(photos[:count], scratch)
            peaks.append(taken.peak_megabytes)
            print(
                f"| {count:,} | {taken.peak_megabytes:.0f} | {taken.wall:.1f} | {taken.cpu:.1f} "
                f"| {count / taken.wall:.0f} |",
                flush=True,
            )
    print(f"\nGrowth from {counts[0]:,} to {counts[-1]:,}: {peaks[-1] - peaks[0]:.0f} MB.")


if __name__ == "__main__":
    main()
