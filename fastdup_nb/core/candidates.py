"""The running best candidates of every row, while tiles of all pairs go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond so many wanted entries a tile is cut in halves: vectors that are all equally close must not
# fill the memory.
_MOST_WANTED = 1 << 18
# Maxima of so many groups of columns at least, per asked candidate, bound a row's best entries.
_GROUPS_PER_CANDIDATE = 6


@dataclass(frozen=True, slots=True)
class Found:
    """Entries of a tile worth keeping, sorted by row, then closeness (best first), then column.

    Attributes
    ----------
    row, column : ndarray of int64
        Where in the tile.
    closeness : ndarray of float32
        The entries.
    """

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    closeness: NDArray[np.float32]


class Candidates:
    """The `count` closest columns of every row; equally close ones in the order of their number.

    Parameters
    ----------
    rows : int
        Number of rows.
    count : int
        How many candidates to keep per row.
    """

    def __init__(self, rows: int, count: int) -> None:
        self.count = count
        self.closeness = np.full((rows, count), -np.inf, dtype=np.float32)
        self.index = np.full((rows, count), -1, dtype=np.int64)

    def worst(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return the closeness a new candidate of each row must exceed."""
        return self.closeness[start:stop, -1].copy()

    def add(self, found: Found, first_row: int, first_column: int) -> None:
        """Merge entries of the tile that begins at row `first_row` and column `first_column`.

        Tiles of one row must come in the order of their columns, so that ties keep the lower
        number.
        """
        if not len(found.row):
            return
        touched, row = np.unique(found.row, return_inverse=True)
        place = _places(row)
        touched += first_row
        closeness = np.full((len(touched), 2 * self.count), -np.inf, dtype=np.float32)
        index = np.full((len(touched), 2 * self.count), -1, dtype=np.int64)
        closeness[:, : self.count] = self.closeness[touched]
        index[:, : self.count] = self.index[touched]
        closeness[row, self.count + place] = found.closeness
        index[row, self.count + place] = found.column + first_column
        order = np.argsort(-closeness, axis=1, kind="stable")[:, : self.count]
        self.closeness[touched] = np.take_along_axis(closeness, order, axis=1)
        self.index[touched] = np.take_along_axis(index, order, axis=1)


def find_in_rows(tile: NDArray[np.float32], worst: NDArray[np.float32], count: int) -> Found:
    """Return, for every row of a tile, its entries above `worst`: the `count` best at most.

    Parameters
    ----------
    tile : ndarray of float32, shape (r, c)
        Closeness of r rows to c columns; minus infinity is never found.
    worst : ndarray of float32, shape (r,)
        Entries up to this are not wanted.
    count : int
        The most entries per row.
    """
    least = _least(tile, worst, count)
    wanted = tile >= least[:, None]
    if np.count_nonzero(wanted) > _MOST_WANTED and len(tile) > 1:
        half = len(tile) // 2
        upper = find_in_rows(tile[:half], worst[:half], count)
        lower = find_in_rows(tile[half:], worst[half:], count)
        return _join(upper, lower, half)
    row, column = _places_of(wanted)
    return _best(row, column, tile[row, column], count)


def find_in_columns(tile: NDArray[np.float32], worst: NDArray[np.float32], count: int) -> Found:
    """Return the same as `find_in_rows` of the transposed tile, without transposing it.

    Parameters
    ----------
    tile : ndarray of float32, shape (r, c)
        Closeness of r rows to c columns.
    worst : ndarray of float32, shape (c,)
        Entries up to this are not wanted.
    count : int
        The most entries per column.

    Returns
    -------
    Found
        Its `row` is the tile's column and the other way round.
    """
    least = _least(tile.T, worst, count)
    wanted = tile >= least[None, :]
    columns = tile.shape[1]
    if np.count_nonzero(wanted) > _MOST_WANTED and columns > 1:
        half = columns // 2
        left = find_in_columns(tile[:, :half], worst[:half], count)
        right = find_in_columns(tile[:, half:], worst[half:], count)
        return _join(left, right, half)
    row, column = _places_of(wanted)
    return _best(column, row, tile[row, column], count)


def _places_of(wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Several times faster than nonzero of two dimensions when little is wanted.
    row, column = np.divmod(np.flatnonzero(wanted), wanted.shape[1])
    return row, column


def _least(
    tile: NDArray[np.float32], worst: NDArray[np.float32], count: int
) -> NDArray[np.float32]:
    """Return the least entry to look at, per row; strictly above `worst`.

    Sorting what is looked at is slow, so it is bounded from below too: of any `count` entries or
    group maxima of a row, the smallest is not above its `count`-th best entry.
    """
    above: NDArray[np.float32] = np.nextafter(worst, np.float32(np.inf))
    fewest = _GROUPS_PER_CANDIDATE * count
    best = tile
    while best.shape[1] >= 2 * fewest:
        half = best.shape[1] // 2
        best = np.maximum(best[:, :half], best[:, half : 2 * half])
    if best is tile and not _many(tile, above, count):
        return above
    place = best.shape[1] - count
    return np.maximum(above, np.partition(best, place, axis=1)[:, place])


def _many(tile: NDArray[np.float32], above: NDArray[np.float32], count: int) -> bool:
    wanted = np.count_nonzero(tile >= above[:, None])
    return tile.shape[1] > count and bool(wanted > 2 * count * len(tile))


def _best(
    row: NDArray[np.int64], column: NDArray[np.int64], closeness: NDArray[np.float32], count: int
) -> Found:
    order = np.lexsort((column, -closeness, row))
    row, column, closeness = row[order], column[order], closeness[order]
    kept = _places(row) < count
    return Found(row[kept], column[kept], closeness[kept])


def _places(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each entry in its row, from 0; `row` is sorted."""
    return np.arange(len(row)) - np.searchsorted(row, row)


def _join(first: Found, second: Found, offset: int) -> Found:
    return Found(
        np.concatenate([first.row, second.row + offset]),
        np.concatenate([first.column, second.column]),
        np.concatenate([first.closeness, second.closeness]),
    )
