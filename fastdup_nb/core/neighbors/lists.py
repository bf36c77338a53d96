"""The lists of an inverted file: which rows belong together, which lists are near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import one_faiss_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.core.threads import Workers
    from fastdup_nb.progress import Progress

ROWS_PER_LIST = 500
# All pairs of lists are ranked: this many take 130 MB.
MOST_LISTS = 4000
TRAINING_ROWS_PER_LIST = 64
DEFAULT_ITERATIONS = 10
SEED = 1234
# Each row names its nearest lists; lists that many rows name together are near.
_NAMED = 8


@dataclass(frozen=True)
class Lists:
    """Rows in lists, near lists next to each other.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Row numbers, list by list.
    first : list of int, length lists + 1
        Where each list begins in `order`.
    list_of : ndarray of int64, shape (n,)
        The list of each row.
    rank : ndarray of int64, shape (lists, lists)
        How near two lists are: `rank[a, b] < nprobe` when b is among the nprobe lists nearest to a,
        or a among those nearest to b. 0 on the diagonal.
    """

    order: NDArray[np.int64]
    first: list[int]
    list_of: NDArray[np.int64]
    rank: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Number of lists."""
        return len(self.rank)

    def near(self, nprobe: int) -> NDArray[np.bool_]:
        """Return which lists are compared, shape (lists, lists)."""
        return self.rank < nprobe

    def ranks(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how near the lists of rows `a` and `b` are."""
        return self.rank[self.list_of[a], self.list_of[b]]

    def share_of_pairs(self, nprobe: int) -> float:
        """Return the share of all pairs of rows that are compared."""
        sizes = np.diff(self.first).astype(np.float64)
        return float(sizes @ self.near(nprobe) @ sizes / max(sizes.sum(), 1.0) ** 2)


def make_lists(
    rows: Rows,
    distance: Distance,
    workers: Workers,
    progress: Progress,
    *,
    clusters: int | None = None,
    iterations: int | None = None,
) -> Lists:
    """Cluster the rows.

    Parameters
    ----------
    rows : Rows
        Raw vectors, shape (n, d).
    distance : Distance
        One that ranks as cosine.
    workers : Workers
        Who assigns the rows.
    progress : Progress
        Told about every block.
    clusters : int, optional
        Number of lists; one per 500 rows when not given.
    iterations : int, optional
        Rounds of k-means.
    """
    count = rows.shape[0]
    wanted = clusters or min(MOST_LISTS, max(1, count // ROWS_PER_LIST))
    centres = _chain(_centres(rows, distance, min(wanted, count), iterations or DEFAULT_ITERATIONS))
    named = min(_NAMED, len(centres))
    list_of = np.empty(count, dtype=np.int64)
    votes = np.zeros((len(centres), len(centres)), dtype=np.int64)

    def assign(span: tuple[int, int]) -> tuple[int, int, NDArray[np.int64]]:
        block = distance.prepare(rows.read(*span))
        with one_faiss_thread() as faiss:
            nearest = faiss.knn(block, centres, named, faiss.METRIC_INNER_PRODUCT)[1]
        return *span, nearest

    for start, stop, nearest in workers.map(assign, spans(count, BLOCK_ROWS)):
        list_of[start:stop] = nearest[:, 0]
        # A row's second nearest list says more than its eighth.
        np.add.at(votes, (nearest[:, :1], nearest), np.arange(named, 0, -1))
        progress.advance(stop - start)
    order = np.argsort(list_of, kind="stable")
    first = np.searchsorted(list_of[order], np.arange(len(centres) + 1)).tolist()
    return Lists(order, first, list_of, _rank_lists(centres, votes))


def _centres(rows: Rows, distance: Distance, clusters: int, iterations: int) -> NDArray[np.float32]:
    """Return cluster centres of a sample, by k-means; the same whatever the number of threads."""
    count, d = rows.shape
    sample = np.arange(count)
    if count > clusters * TRAINING_ROWS_PER_LIST:
        random = np.random.default_rng(SEED)
        sample = np.sort(random.choice(count, clusters * TRAINING_ROWS_PER_LIST, replace=False))
    with one_faiss_thread() as faiss:
        kmeans = faiss.Kmeans(
            d,
            clusters,
            niter=iterations,
            seed=SEED,
            spherical=True,
            min_points_per_centroid=1,
            max_points_per_centroid=TRAINING_ROWS_PER_LIST,
        )
        kmeans.train(distance.prepare(rows.take(sample)))
    centres: NDArray[np.float32] = kmeans.centroids
    return centres


def _chain(centres: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the centres in an order in which each is followed by the nearest that is left."""
    closeness = centres @ centres.T
    order = np.zeros(len(centres), dtype=np.int64)
    for place in range(1, len(centres)):
        closeness[:, order[place - 1]] = -np.inf
        order[place] = np.argmax(closeness[order[place - 1]])
    return centres[order]


def _rank_lists(centres: NDArray[np.float32], votes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the symmetric rank of nearness of all pairs of lists: by votes, then by centres."""
    count = len(centres)
    np.fill_diagonal(votes, np.iinfo(np.int64).max)
    order = np.lexsort((-(centres @ centres.T), -votes), axis=-1)
    rank = np.empty((count, count), dtype=np.int64)
    np.put_along_axis(rank, order, np.arange(count)[None, :], axis=1)
    return np.minimum(rank, rank.T)
