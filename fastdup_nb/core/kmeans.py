"""K-means: centroids from a sample that fits into memory, then every row to its nearest ones.

Lloyd's algorithm, faiss's implementation (S. Lloyd, "Least squares quantization in PCM", 1982). It
runs on the vectors as they are stored, not normalised, as the original does.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.rows import spans
from fastdup_nb.core.threads import Workers, one_faiss_thread
from fastdup_nb.errors import NeighborError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

DEFAULT_CLUSTERS = 100
DEFAULT_ITERATIONS = 20
SEED = 1234
# More rows cost time and hardly move a centroid.
ROWS_PER_CLUSTER = 256
SAMPLE_BYTES = 256 << 20
# The first centroids are chosen among so many rows.
SEED_ROWS = 8192
SEED_ROWS_PER_CLUSTER = 4
TILE_ROWS = 512
# Asked for beyond k: float32 sums rank near ties either way, the exact distance decides.
SPARE = 4
FIT_STAGE = "k-means"
ASSIGN_STAGE = "clusters"


@dataclass(frozen=True)
class Clustering:
    """Centroids and the rows nearest to them.

    Attributes
    ----------
    centroids : ndarray of float32, shape (c, d)
        c may be less than was asked for, see `fit_centroids`.
    cluster : ndarray of int64, shape (n, k)
        The k nearest centroids of every row, nearest first; ties by number.
    distance : ndarray of float64, shape (n, k)
        Squared L2 distances to them, summed in float64.
    """

    centroids: NDArray[np.float32]
    cluster: NDArray[np.int64]
    distance: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows have each centroid as their nearest, shape (c,)."""
        return np.bincount(self.cluster[:, 0], minlength=len(self.centroids))


def cluster_rows(
    rows: Rows, count: int, k: int, iterations: int, threads: int, progress: Progress
) -> Clustering:
    """Make clusters and assign every row to its k nearest.

    Parameters
    ----------
    rows : Rows
        The n vectors, n at least 1.
    count : int
        How many clusters.
    k : int
        Clusters per row; no more than there are.
    iterations : int
        Steps of Lloyd's algorithm at most; fewer when nothing moves any more.
    threads : int
        Below 1: one per core. The result does not depend on it.
    progress : Progress
        Told how far it is.

    Raises
    ------
    NeighborError
        When a vector holds a number that is not finite.
    """
    sample = read_sample(rows, count)
    centroids = fit_centroids(sample, count, iterations, progress)
    cluster, distance = assign_rows(rows, centroids, k, threads, progress)
    return Clustering(centroids, cluster, distance)


def read_sample(rows: Rows, count: int) -> NDArray[np.float32]:
    """Return the rows to learn `count` centroids from: all, or a seeded choice in row order."""
    total, d = rows.shape
    wanted = min(count * ROWS_PER_CLUSTER, max(SAMPLE_BYTES // (4 * d), count))
    if wanted >= total:
        return rows.read(0, total)
    chosen = np.random.default_rng(SEED).choice(total, wanted, replace=False)
    return rows.take(np.sort(chosen))


def fit_centroids(
    sample: NDArray[np.float32], count: int, iterations: int, progress: Progress
) -> NDArray[np.float32]:
    """Return the centroids of `count` clusters.

    Parameters
    ----------
    sample : ndarray of float32, shape (m, d)
        The vectors to learn from.
    count : int
        How many; there are fewer when the sample has fewer different vectors.
    iterations : int
        Steps at most.
    progress : Progress
        Told of every step.

    Returns
    -------
    ndarray of float32, shape (c, d)

    Notes
    -----
    faiss computes with one thread, so that sums do not depend on how threads share them.
    """
    sample = _checked(sample)
    with Workers(1):
        centroids = _first_centroids(sample, count)
    if len(centroids) < count:
        progress.message(
            f"Only {len(centroids):,} different images for {count:,} clusters: "
            f"there will be {len(centroids):,}."
        )
    progress.start(FIT_STAGE, iterations, "steps")
    with Workers(1), one_faiss_thread() as faiss:
        for step in range(iterations):
            moved = _step(faiss, sample, centroids)
            settled = np.array_equal(moved, centroids)
            centroids = moved
            progress.advance(iterations - step if settled else 1)
            if settled:
                break
    progress.finish()
    return centroids


def assign_rows(
    rows: Rows, centroids: NDArray[np.float32], k: int, threads: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the k nearest centroids of every row and the squared distances, nearest first.

    Parameters
    ----------
    rows : Rows
        The n vectors.
    centroids : ndarray of float32, shape (c, d)
    k : int
        Cut to c.
    threads : int
        Below 1: one per core.
    progress : Progress

    Returns
    -------
    cluster : ndarray of int64, shape (n, k)
    distance : ndarray of float64, shape (n, k)
    """
    total, k = rows.shape[0], min(k, len(centroids))
    cluster = np.empty((total, k), np.int64)
    distance = np.empty((total, k), np.float64)
    progress.start(ASSIGN_STAGE, total)
    with one_faiss_thread() as faiss:
        index = flat_index(faiss, centroids)

    def assign(span: tuple[int, int]) -> int:
        block = _checked(rows.read(*span))
        with one_faiss_thread():
            proposed = index.search(block, min(k + SPARE, len(centroids)))[1]
        near = _nearest(block, centroids, proposed, k)
        cluster[slice(*span)], distance[slice(*span)] = near
        return len(block)

    with Workers(threads) as workers:
        for done in workers.map(assign, spans(total, TILE_ROWS)):
            progress.advance(done)
    progress.finish()
    return cluster, distance


def flat_index(faiss: Any, centroids: NDArray[np.float32]) -> Any:
    """Return a flat L2 index of the centroids, which is what `kmeans.index` holds."""
    index = faiss.IndexFlatL2(centroids.shape[1])
    index.add(np.ascontiguousarray(centroids))
    return index


def _checked(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(vectors).all():
        message = "The embeddings hold numbers that are not finite."
        raise NeighborError(message, "Leave out the rows with NaN or infinity, or run again.")
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _first_centroids(sample: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Return different rows of the sample that lie far apart: `count`, or all there are."""
    first_with = {_digest(row): place for place, row in reversed(list(enumerate(sample)))}
    different = np.sort(np.fromiter(first_with.values(), np.int64))
    if len(different) <= count:
        return sample[different]
    generator = np.random.default_rng(SEED)
    pool = min(max(SEED_ROWS, SEED_ROWS_PER_CLUSTER * count), len(different))
    rows = sample[np.sort(generator.choice(different, pool, replace=False))]
    first: NDArray[np.float32] = rows[_spread_out(rows, count, generator)]
    return first


def _digest(row: NDArray[np.float32]) -> bytes:
    return blake2b((row + np.float32(0)).tobytes(), digest_size=16).digest()  # -0.0 is 0.0


def _spread_out(rows: NDArray[np.float32], count: int, generator: np.random.Generator) -> list[int]:
    """Choose rows with a probability that grows with the squared distance to the chosen ones.

    Of a few drawn rows the one is taken that leaves the least distance: greedy k-means++ (D.
    Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", 2007).
    """
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    # Rounding must not make the distance of a different row 0.
    least = max(float(squares.max()), 1.0) * 1e-12
    distance = np.full(len(rows), 1.0)
    chosen: list[int] = []
    while len(chosen) < count:
        tries = 1 + int(np.log(count)) if chosen else 1
        drawn = generator.choice(len(rows), tries, p=distance / distance.sum())
        far = squares[:, None] + squares[drawn] - 2.0 * (rows @ rows[drawn].T)
        far = np.maximum(far, least)
        left = np.minimum(distance[:, None], far) if chosen else far
        best = int(left.sum(axis=0).argmin())
        chosen.append(int(drawn[best]))
        distance = left[:, best]
        distance[chosen] = 0
    return chosen


def _step(
    faiss: Any, sample: NDArray[np.float32], centroids: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the centroids after one step; a cluster that became empty takes half of another."""
    count, d = centroids.shape
    learner = faiss.Kmeans(
        d,
        count,
        niter=1,
        seed=SEED,
        # Else faiss chooses a sample of its own, or warns about few points on standard error.
        min_points_per_centroid=1,
        max_points_per_centroid=max(len(sample) // count + 1, 1),
    )
    learner.train(sample, init_centroids=centroids)
    moved: NDArray[np.float32] = learner.centroids.copy()
    return moved


def _nearest(
    block: NDArray[np.float32],
    centroids: NDArray[np.float32],
    proposed: NDArray[np.int64],
    k: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the k nearest of the proposed centroids by exact distance."""
    exact = np.empty(proposed.shape, np.float64)
    for place in range(proposed.shape[1]):
        difference = block.astype(np.float64) - centroids[proposed[:, place]]
        exact[:, place] = np.einsum("ij,ij->i", difference, difference)
    order = np.lexsort((proposed, exact))[:, :k]
    return np.take_along_axis(proposed, order, 1), np.take_along_axis(exact, order, 1)
