"""The frame of every index that proposes candidates: ask it in blocks, score exactly, keep k."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.base import (
    BUILD_STAGE,
    SPARE,
    STAGE,
    Neighbors,
    drop_self,
    score_candidates,
)
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

QUERY_ROWS = 512


class ApproximateIndex(ABC):
    """An index whose candidates are scored exactly.

    Subclasses fill the index in `_fill` and answer in `_propose`, which must not depend on the
    number of threads.

    Parameters
    ----------
    method : NeighborMethod
        What was asked for.
    """

    def __init__(self, method: NeighborMethod) -> None:
        self.distance = get_distance(method.distance)
        self._method = method

    @property
    @abstractmethod
    def description(self) -> str:
        """One line about the method."""

    @property
    def faiss_index(self) -> Any | None:
        """The faiss index behind it, if there is one."""
        return None

    @abstractmethod
    def _fill(self) -> None:
        """Build the index from `self.rows`."""

    @abstractmethod
    def _propose(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return `count` candidates or fewer per prepared query, shape (q, m); -1: none."""

    def _candidates(self, k: int) -> int:
        """Return how many candidates to ask for."""
        return k + SPARE

    def build(self, rows: Rows, progress: Progress) -> None:
        """Fill the index."""
        self.rows, self._progress = rows, progress
        progress.start(BUILD_STAGE, rows.shape[0])
        if rows.shape[0]:
            with Workers(1):
                self._fill()
        progress.finish()

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        count = self.rows.shape[0]
        result = Neighbors.empty(count, k)
        self._progress.start(STAGE, count)
        order = self._order()

        def ask(span: tuple[int, int]) -> int:
            own = order[slice(*span)]
            queries = self.rows.take(own)
            found = self._propose(self._prepare(queries), self._candidates(k) + 1)
            near = score_candidates(self.distance, queries, drop_self(found, own), self.rows, k)
            result.indices[own], result.similarity[own] = near.indices, near.similarity
            return len(own)

        with Workers(self._method.threads) as workers:
            for done in workers.map(ask, spans(count, QUERY_ROWS)):
                self._progress.advance(done)
        self._progress.finish()
        return result

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""
        result = Neighbors.empty(len(queries), k)
        if not self.rows.shape[0]:
            return result

        def ask(span: tuple[int, int]) -> None:
            asked = queries[slice(*span)]
            found = self._propose(self._prepare(asked), self._candidates(k))
            near = score_candidates(self.distance, asked, found, self.rows, k)
            result.indices[slice(*span)] = near.indices
            result.similarity[slice(*span)] = near.similarity

        with Workers(self._method.threads) as workers:
            for _ in workers.map(ask, spans(len(queries), QUERY_ROWS)):
                pass
        return result

    def _order(self) -> NDArray[np.int64]:
        """Return the order in which to ask for the rows' neighbours."""
        return np.arange(self.rows.shape[0])

    def _prepare(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.distance.prepare(np.array(vectors, dtype=np.float32, order="C"))

    def _prepared_blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield all rows in blocks, and tell the progress."""
        for start, stop in spans(self.rows.shape[0], BLOCK_ROWS):
            yield self._prepare(self.rows.read(start, stop))
            self._progress.advance(stop - start)
