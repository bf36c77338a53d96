"""Comparing blocks of rows: the tiles, and what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.candidates import Candidates, Found, find_in_columns, find_in_rows
from fastdup_nb.core.distances import FARTHEST
from fastdup_nb.core.rows import spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.threads import Workers

TILE_ROWS = 512
# Far more than a float32 sum over a vector can be off, relative to the sum (or to 1).
_FLOAT32_MARGIN = np.float32(1e-4)

_Item = tuple[int, int, "Block"]


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


class SelfJoin:
    """The best candidates of every row among all rows, while pairs of blocks are compared.

    Parameters
    ----------
    distance : Distance
        Gives the closeness; it is symmetric, so one tile serves both its rows and its columns.
    rows : int
        Number of rows.
    k : int
        How many neighbours are looked for.
    spare : int
        How many candidates to keep beyond k.
    """

    def __init__(self, distance: Distance, rows: int, k: int, spare: int) -> None:
        self._distance, self._k = distance, k
        self._candidates = Candidates(rows, k + spare)

    def compare(self, own: Block, others: Sequence[Block], workers: Workers) -> None:
        """Compare a block with others, of which it may be one itself."""
        kept = self._candidates
        worst = {other.start: kept.worst(other.start, other.stop) for other in (own, *others)}

        def find(item: _Item) -> tuple[Found, Found | None]:
            low, high, other = item
            tile = closeness_tile(self._distance, own, other, low, high)
            rows = find_in_rows(tile, worst[own.start][low:high], kept.count)
            if other is own:
                return rows, None
            return rows, find_in_columns(tile, worst[other.start], kept.count)

        items = [
            (low, high, other)
            for other in others
            for low, high in spans(own.stop - own.start, TILE_ROWS)
        ]
        for (low, _, other), (rows, columns) in zip(items, workers.map(find, items), strict=True):
            kept.add(rows, own.start + low, other.start)
            if columns is not None:
                kept.add(columns, other.start, own.start + low)

    def plausible(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the candidates the exact score may put among the k best; -1 for the rest."""
        return plausible(self._candidates, start, stop, self._k)


def closeness_tile(
    distance: Distance, own: Block, other: Block, low: int, high: int
) -> NDArray[np.float32]:
    """Return the closeness of rows `low` to `high` of a block to all rows of another."""
    tile = distance.closeness(own.vectors[low:high], other.vectors)
    tile[own.zero[low:high]] = FARTHEST
    tile[:, other.zero] = FARTHEST
    if own is other:
        rows = np.arange(high - low)
        tile[rows, rows + low] = -np.inf  # no row is its own neighbour
    return tile


def plausible(candidates: Candidates, start: int, stop: int, k: int) -> NDArray[np.int64]:
    """Return the candidates the exact score may put among the k best; -1 for the rest."""
    closeness = candidates.closeness[start:stop]
    worst = closeness[:, k - 1 : k]
    least = worst - _FLOAT32_MARGIN * np.maximum(np.abs(worst), 1)
    return np.where(closeness >= least, candidates.index[start:stop], -1)
