"""Exact neighbours: all pairs, tile by tile, in flat memory.

The rows are read in blocks and never held all at once. All distances are symmetric, so a self-join
computes each pair of blocks once and uses the tile for both: half the work of searching every row
in a flat index.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.candidates import Candidates, Found, find_in_columns, find_in_rows
from fastdup_nb.core.distances import FARTHEST, get_distance
from fastdup_nb.core.neighbors.base import SPARE, STAGE, Neighbors, score_candidates
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import Workers
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.neighbors.base import NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

TILE_ROWS = 512
# Far more than a float32 sum over a vector can be off, relative to the sum (or to 1).
FLOAT32_MARGIN = np.float32(1e-4)


class Block:
    """Prepared rows and where they begin.

    Parameters
    ----------
    vectors : ndarray of float32, shape (b, d)
        Prepared for `Distance.closeness`.
    start : int
        Number of the first row.
    """

    def __init__(self, vectors: NDArray[np.float32], start: int) -> None:
        self.vectors, self.start = vectors, start
        self.stop = start + len(vectors)
        self.zero: NDArray[np.bool_] = np.logical_not(vectors.any(axis=1))


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
        join = _SelfJoin(self.rows, self.distance, k + SPARE)
        result = Neighbors.empty(count, k)
        self._progress.start(STAGE, count)
        with Workers(self._threads) as workers:
            told = 0
            for start, stop in spans(count, BLOCK_ROWS):
                join.compare_block(start, stop, workers)
                found = _plausible(join.candidates, start, stop, k)
                self._score(found, start, result, workers)
                # A block is compared with those after it only: the last ones are the cheapest.
                done = round(count * (1 - ((count - stop) / count) ** 2))
                self._progress.advance(done - told)
                told = done
        self._progress.finish()
        return result

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

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""
        asked = Block(self.distance.prepare(np.array(queries, dtype=np.float32)), 0)
        candidates = Candidates(len(queries), k + SPARE)
        with Workers(self._threads) as workers:
            for start, stop in spans(self.rows.shape[0], BLOCK_ROWS):
                block = Block(self.distance.prepare(self.rows.read(start, stop)), start)
                find = partial(_find_rows, self.distance, asked, block, candidates)
                for _ in workers.map(find, spans(len(queries), TILE_ROWS)):
                    pass
        found = _plausible(candidates, 0, len(queries), k)
        return score_candidates(self.distance, queries, found, self.rows, k)


class _SelfJoin:
    """All pairs of blocks, each pair once."""

    def __init__(self, rows: Rows, distance: Distance, count: int) -> None:
        self._rows, self._distance = rows, distance
        self.candidates = Candidates(rows.shape[0], count)

    def _read(self, start: int, stop: int) -> Block:
        return Block(self._distance.prepare(self._rows.read(start, stop)), start)

    def compare_block(self, start: int, stop: int, workers: Workers) -> None:
        """Compare a block with itself and all blocks after it; its candidates are final then."""
        own = self._read(start, stop)
        find = partial(_find_rows, self._distance, own, own, self.candidates)
        for _ in workers.map(find, spans(stop - start, TILE_ROWS)):
            pass
        for low, high in spans(self._rows.shape[0], BLOCK_ROWS, stop):
            self._compare(own, self._read(low, high), workers)

    def _compare(self, own: Block, other: Block, workers: Workers) -> None:
        worst = self.candidates.worst(other.start, other.stop)

        def find(span: tuple[int, int]) -> Found:
            tile = _find_rows(self._distance, own, other, self.candidates, span)
            return find_in_columns(tile, worst, self.candidates.count)

        cuts = list(spans(len(own.vectors), TILE_ROWS))
        for (low, _), found in zip(cuts, workers.map(find, cuts), strict=True):
            self.candidates.add(found, other.start, own.start + low)


def _plausible(candidates: Candidates, start: int, stop: int, k: int) -> NDArray[np.int64]:
    """Return the candidates the exact score may put among the k best; -1 for the rest."""
    closeness = candidates.closeness[start:stop]
    worst = closeness[:, k - 1 : k]
    least = worst - FLOAT32_MARGIN * np.maximum(np.abs(worst), 1)
    return np.where(closeness >= least, candidates.index[start:stop], -1)


def _find_rows(
    distance: Distance, own: Block, other: Block, candidates: Candidates, span: tuple[int, int]
) -> NDArray[np.float32]:
    """Compute one tile and keep what is closest to its rows; return the tile."""
    low, high = span
    tile = distance.closeness(own.vectors[low:high], other.vectors)
    tile[own.zero[low:high]] = FARTHEST
    tile[:, other.zero] = FARTHEST
    if own is other:
        rows = np.arange(high - low)
        tile[rows, rows + low] = -np.inf
    first = own.start + low
    worst = candidates.worst(first, own.start + high)
    candidates.add(find_in_rows(tile, worst, candidates.count), first, other.start)
    return tile
