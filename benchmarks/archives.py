"""Reading from archives: against loose files, and against the original on the same tar.

Usage: python -m benchmarks.archives [--photos DIR] [--n 1000] [--pairs 3] [--peer-venv DIR]

Whole processes, turn by turn, without network. The original needs two calls on a tar (run_mode=1,
then run_mode=2), as its pages say; ours is `run_on_webdataset`, which does both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from benchmarks.compare_original import PEER_SETTINGS, prepare_peer, prepare_photos
from benchmarks.processes import ROOT, Measured, clean_environment, machine, measure, median
from benchmarks.processes import no_network as network_prefix

OURS = "import sys, fastdup_nb as f; sys.exit(f.run_on_webdataset(sys.argv[1], sys.argv[2]))"
PEER = (
    "import sys, fastdup as f; "
    "sys.exit(f.run(sys.argv[1], sys.argv[2], run_mode=1) or f.run('', sys.argv[2], run_mode=2))"
)
KINDS = ("loose", "tar", "tar.gz", "zip")


def write_archives(photos: Path, scratch: Path) -> dict[str, Path]:
    """Write the photos as archives, each in a folder of its own; return the folders."""
    places = {"loose": photos}
    files = sorted(photos.iterdir())
    for kind in KINDS[1:]:
        places[kind] = folder = scratch / kind
        folder.mkdir()
        if kind == "zip":
            with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
                for path in files:
                    archive.write(path, path.name)
            continue
        with tarfile.open(folder / f"photos.{kind}", "w:gz" if kind == "tar.gz" else "w") as tar:
            for path in files:
                tar.add(path, path.name)
    return places


class Contest:
    """Runs programs on inputs, each with a home and a work_dir of its own.

    Parameters
    ----------
    scratch : Path
        Where to put them.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch, self._turn = scratch, 0
        self.prefix = network_prefix()

    def run(self, python: str, program: str, given: Path, settings: dict[str, str]) -> Measured:
        """Run a program on an input and measure it."""
        self._turn += 1
        home = self._scratch / f"home{self._turn}"
        home.mkdir()
        results = self._scratch / f"results{self._turn}"
        command = [*self.prefix, python, "-c", program, str(given), str(results)]
        return measure(command, {**clean_environment(home), **settings})


def print_kinds(count: int, runs: dict[str, list[Measured]]) -> None:
    """Print a row per kind of input, with ratios to loose files turn by turn."""
    print("| input | images/s | x loose files | CPU ms/image | x loose files | peak MB |")
    print("|---|---|---|---|---|---|")
    loose = runs["loose"]
    for kind, measured in runs.items():
        wall = median([run.wall for run in measured])
        cpu = median([run.cpu for run in measured])
        walls = median([one.wall / run.wall for one, run in zip(loose, measured, strict=True)])
        cpus = median([one.cpu / run.cpu for one, run in zip(loose, measured, strict=True)])
        peak = median([run.peak_megabytes for run in measured])
        print(
            f"| {kind} | {count / wall:.1f} | {walls:.2f} "
            f"| {1000 * cpu / count:.2f} | {cpus:.2f} | {peak:.0f} |"
        )


def print_peer(count: int, pairs: list[tuple[Measured, Measured]]) -> None:
    """Print the pairs of ours and the original's on the same tar."""
    print("\n| tar | fastdup_nb, images/s | original, images/s | ratio | ratio of CPU time |")
    print("|---|---|---|---|---|")
    for number, (ours, peer) in enumerate(pairs, 1):
        print(
            f"| {number} | {count / ours.wall:.1f} | {count / peer.wall:.1f} "
            f"| {peer.wall / ours.wall:.2f} | {peer.cpu / ours.cpu:.2f} |"
        )
    walls = median([peer.wall / ours.wall for ours, peer in pairs])
    cpus = median([peer.cpu / ours.cpu for ours, peer in pairs])
    peaks = [median([pair[side].peak_megabytes for pair in pairs]) for side in (0, 1)]
    print(f"\nMedian: {walls:.2f} x in wall time, {cpus:.2f} x in CPU time.")
    print(f"Peak memory: {peaks[0]:.0f} MB, original {peaks[1]:.0f} MB.")


def run_contest(given: argparse.Namespace, scratch: Path) -> None:
    """Write the archives, run turn by turn, print."""
    photos = scratch / "photos"
    count = prepare_photos(photos, given)
    places = write_archives(photos, scratch)
    contest = Contest(scratch)
    network = "without network" if contest.prefix else "WITH network (no unshare here)"
    print(f"{count} photos; {machine()}; {network}.\n", flush=True)
    runs: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    for _ in range(given.pairs):
        for kind, place in places.items():
            runs[kind].append(contest.run(sys.executable, OURS, place, {}))
    print_kinds(count, runs)
    if given.no_peer:
        return
    peer = str(prepare_peer(given.peer_venv))
    pairs = []
    for _ in range(given.pairs):
        ours = contest.run(sys.executable, OURS, places["tar"], {})
        pairs.append((ours, contest.run(peer, PEER, places["tar"], PEER_SETTINGS)))
    print_peer(count, pairs)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="your JPEG photos; made when not given")
    parser.add_argument("--n", type=int, default=1000, help="how many photos")
    parser.add_argument("--pairs", type=int, default=3, help="how often each side runs")
    parser.add_argument("--peer-venv", type=Path, default=ROOT / ".cache" / "peer-venv")
    parser.add_argument("--no-peer", action="store_true", help="only ours")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as scratch:
            run_contest(given, Path(scratch))
    except subprocess.CalledProcessError as error:
        sys.exit(f"The original cannot be installed: {error}")


if __name__ == "__main__":
    main()
