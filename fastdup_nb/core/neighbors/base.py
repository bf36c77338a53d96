"""What every nearest neighbour method has in common: its options, its answer, its protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastdup_nb.core.rows import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# Candidates asked for beyond k. Float32 sums rank two neighbours that differ in the 7th digit
# either way; the exact score decides.
SPARE = 6
STAGE = "neighbours"
BUILD_STAGE = "neighbour index"
# Pairs scored exactly at a time: about 20 MB of float64 at 576 dimensions.
_PAIRS_AT_ONCE = 1024


@dataclass(frozen=True)
class NeighborMethod:
    """Which neighbours to look for, and how.

    Attributes
    ----------
    provider : str
        `nnf` (faiss), `turi` or `annoy`.
    mode : str
        nnf: `auto`, `Flat`, `HNSW32` or any faiss factory string. turi: `brute_force`, `ball_tree`
        or `lsh`.
    params : dict of str to str
        `nnf_param`: efSearch, efConstruction, nprobe, num_em_iter, num_clusters (annoy: n_trees,
        search_k).
    distance : str
        A name of `core.distances`.
    threads : int
        How many threads; below 1: one per core. Never changes the result.
    """

    provider: str = "nnf"
    mode: str = "auto"
    params: dict[str, str] = field(default_factory=dict)
    distance: str = "cosine"
    threads: int = -1


@dataclass(frozen=True)
class Neighbors:
    """The nearest neighbours of some rows.

    Attributes
    ----------
    indices : ndarray of int64, shape (n, k)
        Row numbers, most similar first; -1: none.
    similarity : ndarray of float64, shape (n, k)
        Exact, descending; equal ones by row number; 0 where there is none.
    """

    indices: NDArray[np.int64]
    similarity: NDArray[np.float64]

    @classmethod
    def empty(cls, rows: int, k: int) -> Neighbors:
        """Return `rows` rows without a neighbour yet."""
        return cls(np.full((rows, k), -1, dtype=np.int64), np.zeros((rows, k)))


class NeighborIndex(Protocol):
    """An index over all rows, ready to be asked."""

    def build(self, rows: Rows, progress: Progress) -> None:
        """Take the rows in."""

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row of the index, itself left out."""

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""

    @property
    def description(self) -> str:
        """One line about the method, for the summary."""

    @property
    def distance(self) -> Distance:
        """What it compares by."""

    @property
    def rows(self) -> Rows:
        """The rows it was built over."""

    @property
    def faiss_index(self) -> Any | None:
        """The faiss index behind it, if there is one; its ids are row numbers."""


def score_candidates(
    distance: Distance,
    queries: NDArray[np.float32],
    candidates: NDArray[np.int64],
    rows: Rows,
    k: int,
) -> Neighbors:
    """Score candidates exactly and keep the k most similar.

    Parameters
    ----------
    distance : Distance
        What to score by.
    queries : ndarray of float32, shape (q, d)
        Raw vectors.
    candidates : ndarray of int64, shape (q, m)
        Row numbers, each at most once per query; -1: none.
    rows : Rows
        Where the candidates' raw vectors are.
    k : int
        How many to keep.
    """
    kept = Neighbors.empty(len(queries), k)
    similarity = np.full(candidates.shape, -1.0)
    query, place = np.nonzero(candidates >= 0)
    for start, stop in spans(len(query), _PAIRS_AT_ONCE):
        part = query[start:stop], place[start:stop]
        similarity[part] = _score_pairs(distance, queries[part[0]], candidates[part], rows)
    last = np.where(candidates < 0, np.iinfo(np.int64).max, candidates)
    order = np.lexsort((last, -similarity), axis=-1)[:, :k]
    width = order.shape[1]
    kept.indices[:, :width] = np.take_along_axis(candidates, order, axis=1)
    kept.similarity[:, :width] = np.take_along_axis(similarity, order, axis=1)
    np.maximum(kept.similarity, 0.0, out=kept.similarity)
    return kept


def _score_pairs(
    distance: Distance, queries: NDArray[np.float32], others: NDArray[np.int64], rows: Rows
) -> NDArray[np.float64]:
    # In file order, each row once: disks and caches like it.
    wanted, where = np.unique(others, return_inverse=True)
    return distance.similarity(queries, rows.take(wanted)[where])


def drop_self(candidates: NDArray[np.int64], own: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return candidates (q, m) in which a query's own row number (q,) stands for no candidate."""
    return np.where(candidates == own[:, None], -1, candidates)
