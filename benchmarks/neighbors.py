"""Nearest neighbours: our methods against faiss Flat, numpy and annoy on the same vectors.

Usage: python -m benchmarks.neighbors [--n 10000] [--rounds 3] [--methods ...] [--threads 2]

Every method finds the 2 nearest neighbours of every row, in a process of its own, one after the
other, `--rounds` times. The vectors are made: clusters of very different sizes in groups, 48 hidden
dimensions, 5 % near-duplicates, no negative value; they are read from a file of raw float32, like
stored embeddings. Beyond 100,000 rows exact methods are estimated from a part.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.processes import machine, measure, median

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

D, K, HIDDEN = 576, 2, 48
SAMPLE = 2000
ROWS_PER_BLOCK = 8192
WHOLE = 100_000
SAME_SCORE = 1e-5


@dataclass(frozen=True)
class Answer:
    """What a method found for the sample, and how to read what it took.

    Parameters
    ----------
    found : ndarray of int64, shape (sample, at least K)
        Neighbours, or none when those of a part only are known.
    about : str
        The method in words.
    times : float
        How much more all rows take than what was done after `began`.
    began : float
        CPU and wall clock when the part that is extrapolated began.
    """

    found: NDArray[np.int64]
    about: str
    times: float = 1.0
    began: tuple[float, float] | None = None


def clocks() -> tuple[float, float]:
    """Return CPU and wall clock, in seconds."""
    return time.process_time(), time.perf_counter()


def make_vectors(path: Path, n: int) -> None:
    """Write n clustered vectors of D numbers."""
    random = np.random.default_rng(0)
    groups = random.normal(size=(50, HIDDEN)) * 1.5
    count = max(1, n // 25)
    sizes = random.pareto(1.2, count) + 1
    centres = groups[random.integers(0, 50, count)] + random.normal(size=(count, HIDDEN))
    hidden = centres[random.choice(count, n, p=sizes / sizes.sum())]
    hidden += random.normal(size=(n, HIDDEN)) * 0.6
    copies = random.integers(0, n, (2, n // 20))
    hidden[copies[0]] = hidden[copies[1]] + random.normal(size=(n // 20, HIDDEN)) * 0.05
    mixing = random.normal(size=(HIDDEN, D)) / 7
    with path.open("wb") as stream:
        for start in range(0, n, ROWS_PER_BLOCK):
            block = np.maximum(hidden[start : start + ROWS_PER_BLOCK] @ mixing, 0)
            stream.write(block.astype("<f4").tobytes())


def read_vectors(path: Path) -> NDArray[np.float32]:
    """Return unit vectors."""
    vectors = np.fromfile(path, "<f4").reshape(-1, D)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def sample_rows(n: int) -> NDArray[np.int64]:
    """Return the rows whose neighbours are compared."""
    return np.sort(np.random.default_rng(1).choice(n, min(SAMPLE, n), replace=False))


def faiss_flat(path: Path, _threads: int) -> Answer:
    """All rows in IndexFlatIP; of many rows a sample, extrapolated."""
    import faiss

    vectors = read_vectors(path)
    n = len(vectors)
    asked = np.arange(n) if n <= WHOLE else sample_rows(n)
    index = faiss.IndexFlatIP(D)
    index.add(vectors)
    began = clocks()
    found = index.search(vectors[asked], K + 1)[1]
    if len(asked) == n:
        found = found[sample_rows(n)]
    return Answer(found, "faiss IndexFlatIP", n / len(asked), began)


def numpy_products(path: Path, _threads: int) -> Answer:
    """Blocked matrix products and argpartition; of many rows a sample, extrapolated."""
    vectors = read_vectors(path)
    n = len(vectors)
    asked = np.arange(n) if n <= WHOLE else sample_rows(n)
    found = np.empty((len(asked), K + 1), np.int64)
    began = clocks()
    for start in range(0, len(asked), 512):
        products = vectors[asked[start : start + 512]] @ vectors.T
        best = np.argpartition(products, n - K - 1, axis=1)[:, n - K - 1 :]
        order = np.argsort(-np.take_along_axis(products, best, axis=1), axis=1)
        found[start : start + 512] = np.take_along_axis(best, order, axis=1)
    if len(asked) == n:
        found = found[sample_rows(n)]
    return Answer(found, "numpy products", n / len(asked), began)


def ours(path: Path, threads: int, mode: str = "auto", provider: str = "nnf") -> Answer:
    """Build and ask one of our indexes as a run does."""
    from fastdup_nb.core.neighbors import NeighborMethod, build_index
    from fastdup_nb.progress import SilentProgress
    from fastdup_nb.store.features import FeatureFile

    with FeatureFile(path, D) as rows:
        method = NeighborMethod(provider, mode, {}, "cosine", threads)
        index = build_index(rows, method, SilentProgress())
        found = index.neighbors(K).indices[sample_rows(rows.shape[0])]
    return Answer(found, f"ours, {index.description}")


def ours_exact(path: Path, threads: int) -> Answer:
    """Compare all pairs; of many rows the pairs of a quarter of them, extrapolated."""
    from fastdup_nb.core.neighbors import NeighborMethod, build_index
    from fastdup_nb.core.rows import ChosenRows
    from fastdup_nb.progress import SilentProgress
    from fastdup_nb.store.features import FeatureFile

    with FeatureFile(path, D) as rows:
        n = rows.shape[0]
        part = rows if n <= WHOLE else ChosenRows(rows, np.arange(0, n, 4))
        method = NeighborMethod("nnf", "Flat", {}, "cosine", threads)
        began = clocks()
        found = build_index(part, method, SilentProgress()).neighbors(K).indices
        times = (n / len(found)) ** 2
    # The neighbours among a part are not those among all: none is compared.
    known = found[sample_rows(n)] if times == 1 else np.empty((0, K), np.int64)
    return Answer(known, "ours, exact", times, began)


def ours_automatic(path: Path, threads: int) -> Answer:
    """Do what a run does without options, with the switch to lists at any number of rows."""
    from fastdup_nb.core.neighbors import automatic

    automatic.EXACT_ROWS = 0
    return ours(path, threads)


def ours_hnsw(path: Path, threads: int) -> Answer:
    """Build and ask HNSW32."""
    return ours(path, threads, "HNSW32")


def ours_annoy(path: Path, threads: int) -> Answer:
    """Build and ask an annoy forest."""
    return ours(path, threads, "", "annoy")


METHODS: dict[str, Callable[[Path, int], Answer]] = {
    "faiss-flat": faiss_flat,
    "exact": ours_exact,
    "auto": ours_automatic,
    "hnsw": ours_hnsw,
    "annoy": ours_annoy,
    "numpy": numpy_products,
}


def work(method: str, path: Path, threads: int) -> None:
    """Run one method in this process; print what it took and save what it found."""
    start = clocks()
    answer = METHODS[method](path, threads)
    end = clocks()
    began = answer.began or start
    cpu, wall = (
        middle - first + (last - middle) * answer.times
        for first, middle, last in zip(start, began, end, strict=True)
    )
    took = {"about": answer.about, "cpu": cpu, "wall": wall, "estimated": answer.times != 1}
    np.save(path.with_name(f"{method}.npy"), answer.found)
    print(json.dumps(took))


def recall(path: Path, method: str) -> float | None:
    """Return the share of the true neighbours found, ties counted as found."""
    found = np.load(path.with_name(f"{method}.npy"))
    true = np.load(path.with_name("faiss-flat.npy"))
    if not len(found):
        return None
    rows = sample_rows(path.stat().st_size // (4 * D))
    vectors = np.memmap(path, "<f4", "r").reshape(-1, D)

    def score(indices: NDArray[np.int64]) -> NDArray[np.float32]:
        near = vectors[np.maximum(indices, 0)]
        near = near / np.linalg.norm(near, axis=2, keepdims=True)
        own = vectors[rows] / np.linalg.norm(vectors[rows], axis=1, keepdims=True)
        scores = np.einsum("qd,qkd->qk", own, near)
        scores[(indices < 0) | (indices == rows[:, None])] = -1
        return -np.sort(-scores, axis=1)[:, :K]

    least = score(true)[:, -1:]
    return float(np.mean(score(found) >= least - SAME_SCORE))


def compare(path: Path, methods: list[str], rounds: int, threads: int) -> None:
    """Run the methods in turn and print a table."""
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    taken: dict[str, list[dict[str, Any]]] = {method: [] for method in methods}
    for _ in range(rounds):
        for method in methods:
            command = [sys.executable, "-m", "benchmarks.neighbors", "--work", method, str(path)]
            measured = measure([*command, "--threads", str(threads)], env)
            took = json.loads(measured.output.splitlines()[-1])
            taken[method].append({**took, "peak": measured.peak_megabytes})
    print("| method | CPU s | of faiss Flat | wall s | recall@2 | peak MB |")
    print("|---|---|---|---|---|---|")
    for method in methods:
        runs = taken[method]
        pairs = zip(runs, taken["faiss-flat"], strict=True)
        ratio = median([run["cpu"] / flat["cpu"] for run, flat in pairs])
        cpu, wall, peak = (median([run[name] for run in runs]) for name in ("cpu", "wall", "peak"))
        found = recall(path, method)
        estimated = " (estimated)" if runs[0]["estimated"] else ""
        print(
            f"| {runs[-1]['about']}{estimated} | {cpu:.2f} | {ratio:.2f} | {wall:.2f} "
            f"| {'' if found is None else f'{found:.4f}'} | {peak:.0f} |"
        )


def main() -> None:
    """Make the vectors and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--make", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work[0], Path(given.work[1]), given.threads)
        return
    if given.make:
        make_vectors(Path(given.make), given.n)
        return
    methods = ["faiss-flat", *(name for name in given.methods if name != "faiss-flat")]
    if importlib.util.find_spec("annoy") is None:
        methods = [name for name in methods if name != "annoy"]
    print(f"{given.n:,} x {D}, {given.threads} threads; {machine()}.\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as name:
        path = Path(name) / "vectors.dat"
        # In a process of its own: the measured ones must not inherit a large one's memory.
        make = [sys.executable, "-m", "benchmarks.neighbors", "--make", str(path)]
        measure([*make, "--n", str(given.n)])
        compare(path, methods, given.rounds, given.threads)


if __name__ == "__main__":
    main()
