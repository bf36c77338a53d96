"""The nearest rows of one query at a time, exact and in milliseconds.

A scan of all vectors is bound by memory: 230 MB for 100,000 of 576 numbers. So every vector is
turned onto the main axes of the collection and cut: its first numbers (the head) are kept, and the
length of the rest (the tail). By the Cauchy-Schwarz inequality the inner product of two vectors is
at most that of their heads plus the product of the lengths of their tails. Only the rows for which
this bound reaches the k-th best inner product found so far are compared in full, so nothing is
missed. How many these are depends on the data; when they are many, all rows are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import one_faiss_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

STAGE = "search index"
# Vectors up to this size are kept in memory; larger collections are read from disk when needed.
HELD_BYTES = 512 << 20
HEAD = 63
# Below this length of vectors there is nothing to win.
_SHORTEST = 4 * HEAD
_SAMPLE_ROWS = 4096
_SEED = 7
# Rounding: of float32 inner products of unit vectors, and of their squared lengths.
MARGIN = 1e-5
_SQUARED_MARGIN = 1e-6
# Rows with the highest bounds that are compared in full at once; mostly these are enough.
_FIRST_ROWS = 512
# Beyond this share of the rows, comparing all is quicker than picking them out.
_MOST_ROWS = 0.1


class QueryIndex:
    """All rows of a collection, ready to be asked by many threads at once.

    Parameters
    ----------
    rows : Rows
        Raw vectors, shape (n, d).
    distance : str
        A name of `core.distances`.
    progress : Progress
        Told about every block.
    """

    def __init__(self, rows: Rows, distance: str, progress: Progress) -> None:
        self._distance = get_distance(distance)
        self._rows = rows
        count, d = rows.shape
        held = count * d * 4 <= HELD_BYTES
        self._held = np.empty((count, d), np.float32) if held else None
        self._heads: _Heads | None = None
        if self._distance.ranks_as_cosine and d >= _SHORTEST and count > BLOCK_ROWS:
            self._heads = _Heads(rows, self._distance)
        progress.start(STAGE, count)
        for start, stop in spans(count, BLOCK_ROWS):
            block = self._distance.prepare(rows.read(start, stop))
            if self._held is not None:
                self._held[start:stop] = block
            if self._heads is not None:
                self._heads.add(block)
            progress.advance(stop - start)
        progress.finish()

    def propose(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return the rows that can be among the `count` nearest of a raw query, shape (d,).

        Returns
        -------
        ndarray of int64, shape (m,)
            All rows as close as the `count`-th nearest, or closer, and perhaps some more.
        """
        count = min(count, self._rows.shape[0])
        if count < 1:
            return np.empty(0, np.int64)
        prepared = self._distance.prepare(np.array(query, np.float32, ndmin=2))
        plausible = self._plausible(prepared, count)
        rows, closeness = self._compare(prepared, plausible)
        best = np.partition(closeness, len(closeness) - count)[-count]
        near: NDArray[np.int64] = rows[closeness >= best - MARGIN * max(1.0, abs(float(best)))]
        return near

    def _plausible(self, prepared: NDArray[np.float32], count: int) -> NDArray[np.int64] | None:
        """Return the rows to compare in full; None: all."""
        if self._heads is None:
            return None
        first, least_bound = self._heads.most_promising(prepared[0], count + _FIRST_ROWS)
        closeness = self._compare(prepared, first)[1]
        worst = float(np.partition(closeness, len(closeness) - count)[-count]) - MARGIN
        if worst > least_bound:
            return first
        reaching = self._heads.reaching(prepared[0], worst)
        return reaching if len(reaching) <= _MOST_ROWS * self._rows.shape[0] else None

    def _compare(
        self, prepared: NDArray[np.float32], chosen: NDArray[np.int64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return row numbers and their closeness to the query."""
        rows = np.arange(self._rows.shape[0]) if chosen is None else chosen
        closeness = np.empty(len(rows), np.float32)
        for start, stop in spans(len(rows), BLOCK_ROWS):
            if self._held is None:
                block = self._distance.prepare(self._rows.take(rows[start:stop]))
            else:
                block = self._held[slice(start, stop) if chosen is None else rows[start:stop]]
            closeness[start:stop] = self._closeness(prepared, block)
        return rows, closeness

    def _closeness(
        self, prepared: NDArray[np.float32], block: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        if self._distance.ranks_as_cosine:
            # Not a matrix product: the threads of a BLAS get in the way of those that ask.
            return np.asarray(np.einsum("ij,j->i", block, prepared[0]), np.float32)
        tile = self._distance.closeness(prepared, block)
        return tile.ravel()


class _Heads:
    """The heads of all rows and the lengths of their tails, in a flat faiss index."""

    def __init__(self, rows: Rows, distance: Distance) -> None:
        import faiss

        self._axes = _main_axes(rows, distance)
        self._index: Any = faiss.IndexFlatIP(HEAD + 1)

    def add(self, prepared: NDArray[np.float32]) -> None:
        """Take the next rows in."""
        self._index.add(self._cut(prepared))

    def most_promising(
        self, query: NDArray[np.float32], count: int
    ) -> tuple[NDArray[np.int64], float]:
        """Return the rows with the highest bounds, and the lowest bound among them."""
        count = min(count, self._index.ntotal)
        with one_faiss_thread():
            bounds, rows = self._index.search(self._cut(query[None]), count)
        return rows[0], float(bounds[0, -1])

    def reaching(self, query: NDArray[np.float32], least: float) -> NDArray[np.int64]:
        """Return the rows whose bound is above `least`, in order."""
        with one_faiss_thread():
            _, _, rows = self._index.range_search(self._cut(query[None]), least)
        return np.sort(rows)

    def _cut(self, prepared: NDArray[np.float32]) -> NDArray[np.float32]:
        heads = np.empty((len(prepared), HEAD + 1), np.float32)
        heads[:, :HEAD] = prepared @ self._axes
        # Prepared vectors have the length 1, or 0.
        squares = prepared.any(axis=1) - np.einsum("ij,ij->i", heads[:, :HEAD], heads[:, :HEAD])
        heads[:, HEAD] = np.sqrt(np.maximum(squares, 0) + _SQUARED_MARGIN)
        return heads


def _main_axes(rows: Rows, distance: Distance) -> NDArray[np.float32]:
    """Return the directions, shape (d, HEAD), that hold most of the vectors' lengths."""
    count = rows.shape[0]
    chosen = np.random.default_rng(_SEED).choice(count, min(_SAMPLE_ROWS, count), replace=False)
    sample = distance.prepare(rows.take(np.sort(chosen).astype(np.int64))).astype(np.float64)
    _, axes = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(axes[:, ::-1][:, :HEAD], dtype=np.float32)
