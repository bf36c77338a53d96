"""The nearest rows of one query at a time: exact, by many threads at once.

Every query is compared with all rows, which is bound by memory: 230 MB for 100,000 vectors of 576
numbers. So one thread per query is enough, and the threads of a matrix product would only get in
the way of those that ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.base import SPARE
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.core.threads import one_faiss_thread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

STAGE = "search index"
# Vectors up to this size are kept in memory; larger collections are read from disk by every query.
HELD_BYTES = 512 << 20
# Rounding of float32 inner products of unit vectors, with room to spare.
MARGIN = 1e-5


class QueryIndex:
    """All rows of a collection, ready to be asked.

    Parameters
    ----------
    rows : Rows
        Raw vectors, shape (n, d).
    distance : str
        A name of `core.distances`.
    progress : Progress
        Told about every block that is loaded.
    """

    def __init__(self, rows: Rows, distance: str, progress: Progress) -> None:
        self._distance = get_distance(distance)
        self._rows = rows
        self._held: NDArray[np.float32] | None = None
        count, d = rows.shape
        if count * d * 4 <= HELD_BYTES:
            self._held = np.empty((count, d), np.float32)
            progress.start(STAGE, count)
            for start, stop in spans(count, BLOCK_ROWS):
                self._held[start:stop] = self._distance.prepare(rows.read(start, stop))
                progress.advance(stop - start)
            progress.finish()

    def propose(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return the rows that can be among the `count` nearest of a raw query, shape (d,).

        Returns
        -------
        ndarray of int64, shape (m,)
            All rows as close as the `count`-th nearest, within rounding, or closer.
        """
        count = min(count, self._rows.shape[0])
        if count < 1:
            return np.empty(0, np.int64)
        prepared = self._distance.prepare(np.array(query, np.float32, ndmin=2))
        if self._held is not None and self._distance.ranks_as_cosine:
            near = _scan(prepared, self._held, count)
            if near is not None:
                return near
        closeness = self._compare(prepared)
        worst = np.partition(closeness, len(closeness) - count)[-count]
        return np.flatnonzero(closeness >= _least(float(worst)))

    def _compare(self, prepared: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the closeness of all rows to a query."""
        closeness = np.empty(self._rows.shape[0], np.float32)
        for start, stop in spans(len(closeness), BLOCK_ROWS):
            if self._held is not None:
                block = self._held[start:stop]
            else:
                block = self._distance.prepare(self._rows.read(start, stop))
            if self._distance.ranks_as_cosine:
                closeness[start:stop] = np.einsum("ij,j->i", block, prepared[0])
            else:
                closeness[start:stop] = self._distance.closeness(prepared, block)[0]
        return closeness


def _scan(
    prepared: NDArray[np.float32], held: NDArray[np.float32], count: int
) -> NDArray[np.int64] | None:
    """Return the nearest rows by cosine; None when more than a few are equally near."""
    wanted = min(count + SPARE, len(held))
    with one_faiss_thread() as faiss:
        scores, rows = faiss.knn(prepared, held, wanted, metric=faiss.METRIC_INNER_PRODUCT)
    least = _least(float(scores[0, count - 1]))
    if wanted < len(held) and scores[0, -1] >= least:
        return None
    near: NDArray[np.int64] = rows[0][scores[0] >= least]
    return near


def _least(worst: float) -> float:
    """Return the closeness from which a row may be as close as one of closeness `worst`."""
    return worst - MARGIN * max(1.0, abs(worst))
