"""Searching for one image at a time: ms per query and queries/s, beside plain faiss.

Usage: python -m benchmarks.search [--counts 1000 10000 100000] [--queries 200]

The vectors are made as in benchmarks.neighbors; the queries are stored vectors, disturbed a little.
Ours is `Searcher.search` from an embedding to names and exact scores; faiss is `IndexFlatIP.search`
with one OpenMP thread, from a unit vector to row numbers. The two take turns, query by query. The
last columns are searches for a JPEG of 500x375 given as bytes: decoded, embedded, searched.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.neighbors import D, make_vectors, read_vectors
from benchmarks.photos import write_photos
from benchmarks.processes import machine, median
from fastdup_nb.engine.search import Searcher
from fastdup_nb.models import bundled_manifest
from fastdup_nb.store import names
from fastdup_nb.store.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

K, THREADS = 10, 2
PHOTOS = 20
SAME_SCORE = 1e-5


def make_work_dir(folder: Path, n: int) -> None:
    """Write what a run over n images leaves, as far as a search needs it."""
    folder.mkdir()
    make_vectors(folder / names.FEATURES, n)
    rows = ((i, f"/photos/{i:08d}.jpg") for i in range(n))
    write_table(folder / names.FEATURE_NAMES, names.FEATURE_NAMES_COLUMNS, rows)
    config = {"fastdup_nb": {"model_sha256": bundled_manifest().sha256}}
    (folder / names.CONFIG).write_text(json.dumps(config))


def make_queries(unit: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return stored vectors, each with a little noise."""
    random = np.random.default_rng(1)
    queries = unit[random.choice(len(unit), count)]
    noise = random.standard_normal(queries.shape, dtype=np.float32)
    return np.asarray(queries + 0.1 * noise / np.sqrt(D), dtype=np.float32)


def seconds(call: Callable[[Any], Any], item: Any) -> tuple[float, Any]:
    """Return how long one call takes, and what it gives."""
    began = time.perf_counter()
    result = call(item)
    return time.perf_counter() - began, result


def per_second(call: Callable[[Any], Any], items: Iterable[Any]) -> float:
    """Return the calls per second of some threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.perf_counter()
        done = len(list(pool.map(call, items)))
        return done / (time.perf_counter() - began)


def compare(folder: Path, n: int, count: int) -> str:
    """Return one row of the table."""
    import faiss

    loading, searcher = seconds(Searcher, folder)
    unit = read_vectors(folder / names.FEATURES)
    flat = faiss.IndexFlatIP(D)
    flat.add(unit)
    faiss.omp_set_num_threads(1)
    queries = make_queries(unit, count)
    del unit

    def by_faiss(query: NDArray[np.float32]) -> Any:
        faiss.omp_set_num_threads(1)  # counts per calling thread
        return flat.search((query / np.linalg.norm(query))[None], K)

    def by_us(query: NDArray[np.float32]) -> Any:
        return searcher.search(query, K)

    ours, theirs = [], []
    for query in queries:
        taken, found = seconds(by_us, query)
        ours.append(taken)
        taken, (scores, _) = seconds(by_faiss, query)
        theirs.append(taken)
        if not np.allclose(found.similarity, np.clip(scores[0], 0, 1), atol=SAME_SCORE):
            message = "The two do not find the same."
            raise RuntimeError(message)
    write_photos(folder / "photos", PHOTOS)
    photos = [path.read_bytes() for path in sorted((folder / "photos").iterdir())]
    searcher.search(photos[0], K)  # loads the model
    images = [seconds(lambda photo: searcher.search(photo, K), photo)[0] for photo in photos]
    return (
        f"| {n:,} | {loading:.2f} | {1e3 * median(ours):.2f} | {1e3 * median(theirs):.2f} "
        f"| {median(theirs) / median(ours):.1f} | {per_second(by_us, queries):.0f} "
        f"| {per_second(by_faiss, queries):.0f} | {1e3 * median(images):.1f} "
        f"| {per_second(lambda photo: searcher.search(photo, K), photos):.0f} |"
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--queries", type=int, default=200)
    given = parser.parse_args()
    print(f"{D} numbers per image, k={K}; {machine()}.\n", flush=True)
    print(
        "| images | load s | ms/query | faiss ms/query | ratio | queries/s | faiss queries/s "
        "| ms/JPEG | JPEG/s |"
    )
    print(f"|{'---|' * 9}", flush=True)
    for n in given.counts:
        with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as scratch:
            folder = Path(scratch) / "work"
            make_work_dir(folder, n)
            print(compare(folder, n, given.queries), flush=True)


if __name__ == "__main__":
    main()
