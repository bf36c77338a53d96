"""Run a program and measure it from outside: wall time, CPU time, peak memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
OURS = [sys.executable, "-m", "fastdup_nb", "run"]


@dataclass(frozen=True)
class Measured:
    """What one process took, start and end included.

    Parameters
    ----------
    wall : float
        Seconds from start to end.
    cpu : float
        CPU seconds, user and system, children included.
    peak_megabytes : float
        Greatest resident set, in 10^6 bytes.
    output : str
        Standard output.
    """

    wall: float
    cpu: float
    peak_megabytes: float
    output: str


class BenchmarkError(RuntimeError):
    """A measured program failed."""


def measure(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> Measured:
    """Run a command to its end and measure it.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    env : mapping, optional
        Its whole environment; ours when not given.
    cwd : Path
        Where to run it.

    Raises
    ------
    BenchmarkError
        When it fails, with the end of what it wrote.

    Notes
    -----
    The peak cannot read lower than the memory of this process at the fork, so keep this process
    small: make photos and load models in another one.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(command, env=env, cwd=cwd, stdout=out, stderr=err)
        # Popen.wait() gives no resource usage.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        output = out.read()
        if process.returncode:
            message = f"{' '.join(command)}: status {process.returncode}\n{output[-1000:]}"
            raise BenchmarkError(f"{message}\n{err.read()[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, output)


def no_network() -> list[str]:
    """Return the prefix that takes the network away from a command; empty where there is none."""
    for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare"):
            tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
            if tried.returncode == 0:
                return prefix
    return []


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment that holds no more than a program needs.

    Parameters
    ----------
    home : Path
        Its home folder.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "HOME": str(home)}


def machine() -> str:
    """Return one line about where this runs."""
    version = ".".join(map(str, sys.version_info[:3]))
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, Python {version}, load average {load:.1f} at the start"


def median(values: Sequence[float]) -> float:
    """Return the middle value (the mean of the two middle ones)."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
