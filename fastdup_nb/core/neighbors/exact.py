"""Exact neighbours: all pairs, tile by tile, in flat memory.

The rows are read in blocks and never held all at once. All distances are symmetric, so a self-join
computes each pair of blocks once and uses the tile for both: half the work of searching every row
in a flat index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.candidates import Candidates, find_in_rows
from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.base import SPARE, STAGE, Neighbors, score_candidates
from fastdup_nb.core.neighbors.join import TILE_ROWS, Block, SelfJoin, closeness_tile, plausible
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import Workers
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress


class ExactIndex:
    """Compares every row with every other.

    Parameters
    ----------
    method : NeighborMethod
        Only its distance and number of threads matter.
    """

    faiss_index = None

    def __init__(self, method: NeighborMethod) -> None:
        self.distance = get_distance(method.distance)
        self._threads = method.threads
        self._progress: Progress = SilentProgress()

    @property
    def description(self) -> str:
        """One line about the method."""
        return f"exact ({self.distance.name})"

    def build(self, rows: Rows, progress: Progress) -> None:
        """Remember where the rows are; there is nothing to compute."""
        self.rows, self._progress = rows, progress

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        count = self.rows.shape[0]
        join = SelfJoin(self.distance, count, k, SPARE)
        result = Neighbors.empty(count, k)
        self._progress.start(STAGE, count)
        with Workers(self._threads) as workers:
            told = 0
            for start, stop in spans(count, BLOCK_ROWS):
                own = self._read(start, stop)
                join.compare(own, [own], workers)
                for low, high in spans(count, BLOCK_ROWS, stop):
                    join.compare(own, [self._read(low, high)], workers)
                self._score(join.plausible(start, stop), start, result, workers)
                # A block is compared with those after it only: the last ones are the cheapest.
                done = round(count * (1 - ((count - stop) / count) ** 2))
                self._progress.advance(done - told)
                told = done
        self._progress.finish()
        return result

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""
        # Numbered before all rows: a query is no row, though it may be equal to one.
        asked = Block(self.distance.prepare(np.array(queries, dtype=np.float32)), -len(queries))
        kept = Candidates(len(queries), k + SPARE)

        def find(span: tuple[int, int]) -> None:
            tile = closeness_tile(self.distance, asked.cut(*span), block)
            found = find_in_rows(tile, kept.worst(*span), kept.count)
            kept.add(found, span[0], block.start)

        with Workers(self._threads) as workers:
            for start, stop in spans(self.rows.shape[0], BLOCK_ROWS):
                block = self._read(start, stop)
                for _ in workers.map(find, spans(len(queries), TILE_ROWS)):
                    pass
        found = plausible(kept, 0, len(queries), k)
        return score_candidates(self.distance, queries, found, self.rows, k)

    def _read(self, start: int, stop: int) -> Block:
        return Block(self.distance.prepare(self.rows.read(start, stop)), start)

    def _score(
        self, found: NDArray[np.int64], start: int, result: Neighbors, workers: Workers
    ) -> None:
        k = result.indices.shape[1]

        def score(span: tuple[int, int]) -> None:
            own = slice(start + span[0], start + span[1])
            queries = self.rows.read(own.start, own.stop)
            scored = score_candidates(self.distance, queries, found[slice(*span)], self.rows, k)
            result.indices[own] = scored.indices
            result.similarity[own] = scored.similarity

        for _ in workers.map(score, spans(len(found), TILE_ROWS)):
            pass
