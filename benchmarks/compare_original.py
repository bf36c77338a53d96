"""End to end against the original (fastdup 2.54): the same photos, turn by turn, whole processes.

Usage: python -m benchmarks.compare_original [--photos DIR] [--n 2000] [--pairs 3] [--high-accuracy]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.photos import collect
from benchmarks.processes import OURS, ROOT, Measured, clean_environment, machine, measure, median
from benchmarks.processes import no_network as network_prefix

if TYPE_CHECKING:
    from collections.abc import Sequence

PEER = "fastdup==2.54"
# The same program on both sides; neither prints a summary.
PROGRAM = "import sys, {0}; sys.exit({0}.run(sys.argv[1], sys.argv[2]{1}))"
ACCURATE = ", high_accuracy=True"
PEER_SETTINGS = {"SENTRY_OPT_OUT": "1", "FASTDUP_PRODUCTION": "1"}
FROM_FILE_TO_PIXELS = ("reading and digest", "decoding", "the model's picture")
FILE_NAMES = "atrain_features.dat.csv"


class Contest:
    """Runs both programs on one folder of photos.

    Parameters
    ----------
    photos : Path
        The folder.
    scratch : Path
        Where to put homes and results.
    peer_python : Path
        The interpreter that has the original.
    options : str
        Further arguments of ours.
    peer_options : str
        Further arguments of the original's.
    """

    def __init__(
        self,
        photos: Path,
        scratch: Path,
        peer_python: Path,
        options: str = "",
        peer_options: str = "",
    ) -> None:
        self.photos, self.scratch = photos, scratch
        self.options, self.peer_options = options, peer_options
        self.peer_python = peer_python
        self.prefix = network_prefix()
        self.turn = 0

    def ours(self, photos: Path | None = None) -> Measured:
        """Run fastdup_nb from Python."""
        program = [sys.executable, "-c", PROGRAM.format("fastdup_nb", self.options)]
        return self._run([*program, str(photos or self.photos)], {})

    def command(self) -> Measured:
        """Run fastdup_nb from the shell, with its progress and summary."""
        return self._run([*OURS, str(self.photos), "--work_dir"], {})

    def peer(self) -> Measured:
        """Run the original from Python."""
        program = [str(self.peer_python), "-c", PROGRAM.format("fastdup", self.peer_options)]
        return self._run([*program, str(self.photos)], PEER_SETTINGS)

    def _run(self, command: list[str], settings: dict[str, str]) -> Measured:
        self.turn += 1
        home, results = self.scratch / f"home{self.turn}", self.scratch / f"results{self.turn}"
        home.mkdir()
        env = {**clean_environment(home), **settings}
        return measure([*self.prefix, *command, str(results)], env)

    def images_used(self) -> int:
        """Return how many images the last run gave a row to."""
        names = self.scratch / f"results{self.turn}" / FILE_NAMES
        with names.open(encoding="utf-8", errors="replace") as lines:
            return sum(1 for _ in lines) - 1


def prepare_photos(folder: Path, given: argparse.Namespace) -> int:
    """Put the photos into `folder` and read them once, so that neither side waits for the disk."""
    if given.photos:
        collect(given.photos, folder, given.n)
    else:
        # In another process: this one stays small, see benchmarks.processes.measure.
        measure([sys.executable, "-m", "benchmarks.photos", str(folder), str(given.n)])
    files = sorted(folder.iterdir())
    for path in files:
        path.read_bytes()
    return len(files)


def prepare_peer(venv: Path) -> Path:
    """Return the interpreter of the original's environment, made when missing."""
    python = venv / "bin" / "python"
    if not python.exists():
        print(f"Installing {PEER} into {venv}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", PEER], check=True)
    return python


def print_pairs(count: int, pairs: Sequence[tuple[Measured, Measured]]) -> None:
    """Print one line per pair, then the medians; the ratios' too, for what disturbs hits a pair."""
    print("| pair | fastdup_nb, images/s | original, images/s | ratio | CPU ms/image | ratio |")
    print("|---|---|---|---|---|---|")
    rows = [_columns(count, ours, peer) for ours, peer in pairs]
    for number, row in enumerate(rows, 1):
        print(f"| {number} {_row(*row)}")
    print(f"| **median** {_row(*(median(column) for column in zip(*rows, strict=True)))}")
    peaks = [median([pair[side].peak_megabytes for pair in pairs]) for side in (0, 1)]
    print(f"\nPeak memory: {peaks[0]:.0f} MB, original {peaks[1]:.0f} MB.")


def _columns(count: int, ours: Measured, peer: Measured) -> tuple[float, ...]:
    """Give images/s of both and their ratio, CPU ms/image of both and their ratio."""
    speeds = (count / ours.wall, count / peer.wall, peer.wall / ours.wall)
    cpu = (1000 * ours.cpu / count, 1000 * peer.cpu / count, peer.cpu / ours.cpu)
    return speeds + cpu


def _row(
    ours: float, peer: float, ratio: float, our_cpu: float, peer_cpu: float, cpu_ratio: float
) -> str:
    """Write `_columns` as cells of a table."""
    return (
        f"| {ours:.1f} | {peer:.1f} | {ratio:.2f} "
        f"| {our_cpu:.2f}, original {peer_cpu:.2f} | {cpu_ratio:.2f} |"
    )


def print_stages(
    count: int, ours: Measured, start: Measured, photos: Path, options: Sequence[str] = ()
) -> None:
    """Print where the time goes: each stage alone against end to end."""
    command = [sys.executable, "-m", "benchmarks.stages", str(photos), *options]
    stages = json.loads(measure(command).output)
    print("\n| stage | wall s | CPU s | CPU ms/image |")
    print("|---|---|---|---|")
    rows = {name: (each["wall"], each["cpu"]) for name, each in stages.items()}
    rows["start (a run of one image)"] = (start.wall, start.cpu)
    rows["**end to end**"] = (ours.wall, ours.cpu)
    for name, (wall, cpu) in rows.items():
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {1000 * cpu / count:.2f} |")
    for unit, whole, begin in (("wall", ours.wall, start.wall), ("cpu", ours.cpu, start.cpu)):
        spent = {name: each[unit] for name, each in stages.items()}
        both = sum(spent[name] for name in (*FROM_FILE_TO_PIXELS, "inference"))
        print(
            f"\nEnd to end, {unit}: {whole / both:.2f} of decoding and inference, "
            f"{whole / (begin + sum(spent.values())):.2f} of all stages."
        )


def run_contest(given: argparse.Namespace, scratch: Path) -> None:
    """Prepare, measure the pairs A B A B ..., print."""
    peer_python = prepare_peer(given.peer_venv)
    photos = scratch / "photos"
    count = prepare_photos(photos, given)
    contest = Contest(photos, scratch, peer_python, *[ACCURATE] * given.high_accuracy)
    network = "without network" if contest.prefix else "WITH network (no unshare here)"
    print(f"{count} photos; {machine()}; {network}.\n", flush=True)
    pairs = []
    for number in range(given.pairs):
        ours = contest.ours()
        used = contest.images_used()
        peer = contest.peer()
        print(f"pair {number + 1}: {used} images, original {contest.images_used()}", flush=True)
        pairs.append((ours, peer))
    print()
    print_pairs(count, pairs)
    accurate = ["--high-accuracy"] if given.high_accuracy else []
    if not accurate:
        shell = contest.command()
        print(f"From the shell, with the summary: {shell.wall:.2f} s, {shell.cpu:.2f} CPU s.")
    one = scratch / "one"
    collect(photos, one, 1)
    start = contest.ours(one)
    best = min((ours for ours, _ in pairs), key=lambda run: run.wall)
    print_stages(count, best, start, photos, accurate)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="your JPEG photos; made when not given")
    parser.add_argument("--n", type=int, default=2000, help="how many photos")
    parser.add_argument("--pairs", type=int, default=3, help="how often each side runs")
    parser.add_argument(
        "--high-accuracy", action="store_true", help="ours with high_accuracy, the original without"
    )
    parser.add_argument("--peer-venv", type=Path, default=ROOT / ".cache" / "peer-venv")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as scratch:
        run_contest(given, Path(scratch))


if __name__ == "__main__":
    main()
