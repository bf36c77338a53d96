"""Comparing blocks of rows: the tiles, and what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.candidates import Candidates, Found, find_in_columns, find_in_rows
from fastdup_nb.core.distances import FARTHEST
from fastdup_nb.core.rows import spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.threads import Workers

TILE_ROWS = 512
# Far more than a float32 sum over a vector can be off, relative to the sum (or to 1).
_FLOAT32_MARGIN = np.float32(1e-4)


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

    def cut(self, low: int, high: int) -> Block:
        """Return rows `low` to `high` of the block, as a block."""
        return Block(self.vectors[low:high], self.start + low)


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

        def find(item: tuple[Block, Block]) -> tuple[Found, Found, int]:
            part, other = item
            tile = closeness_tile(self._distance, part, other)
            # How much of what comes before is merged already only decides how much is left out
            # here, or after: what is not above the worst now would not stay when it is merged.
            rows = find_in_rows(tile, kept.worst(part.start, part.stop), kept.count)
            # Pairs inside the part are in the tile twice, once for each of the two.
            once = len(tile) if part.start == other.start else 0
            first = other.start + once
            columns = find_in_columns(tile[:, once:], kept.worst(first, other.stop), kept.count)
            return rows, columns, first

        items = list(_pair_parts(own, others))
        for (part, other), found in zip(items, workers.map(find, items), strict=True):
            rows, columns, first = found
            kept.add(rows, part.start, other.start)
            kept.add(columns, first, part.start)

    def plausible(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the candidates the exact score may put among the k best; -1 for the rest."""
        return plausible(self._candidates, start, stop, self._k)


def _pair_parts(own: Block, others: Sequence[Block]) -> Iterator[tuple[Block, Block]]:
    """Yield what makes one tile each; of a block with itself the upper triangle."""
    for other in others:
        for low, high in spans(own.stop - own.start, TILE_ROWS):
            rest = own.cut(low, own.stop - own.start) if other is own else other
            yield own.cut(low, high), rest


def closeness_tile(distance: Distance, own: Block, other: Block) -> NDArray[np.float32]:
    """Return the closeness of all rows of a block to all rows of another.

    Blocks that begin with the same row overlap there: no row is its own neighbour.
    """
    tile = distance.closeness(own.vectors, other.vectors)
    tile[own.zero] = FARTHEST
    tile[:, other.zero] = FARTHEST
    if own.start == other.start:
        np.fill_diagonal(tile, -np.inf)
    return tile


def plausible(candidates: Candidates, start: int, stop: int, k: int) -> NDArray[np.int64]:
    """Return the candidates the exact score may put among the k best; -1 for the rest."""
    closeness = candidates.closeness[start:stop]
    worst = closeness[:, k - 1 : k]
    least = worst - _FLOAT32_MARGIN * np.maximum(np.abs(worst), 1)
    return np.where(closeness >= least, candidates.index[start:stop], -1)
