"""Vectors that are read in blocks, wherever they are stored.

Nothing in `core` holds all vectors at once: peak memory must not grow with the number of images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

BLOCK_ROWS = 2048


class Rows(Protocol):
    """An n x d table of float32 vectors, read in blocks."""

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and their length."""

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return rows `start` to `stop` (half-open) as a fresh array."""

    def take(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return any rows, in the order asked for, as a fresh array."""


class ChosenRows:
    """Some rows of others, renumbered from 0.

    Parameters
    ----------
    rows : Rows
        Where the vectors are.
    chosen : ndarray of int64
        The row numbers to show, in order.

    Attributes
    ----------
    chosen : ndarray of int64
        The same.
    """

    def __init__(self, rows: Rows, chosen: NDArray[np.int64]) -> None:
        self._rows, self.chosen = rows, chosen

    @property
    def shape(self) -> tuple[int, int]:
        """The number of chosen rows and their length."""
        return len(self.chosen), self._rows.shape[1]

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return chosen rows `start` to `stop` (half-open) as a fresh array."""
        return self._rows.take(self.chosen[start:stop])

    def take(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return any chosen rows, in the order asked for, as a fresh array."""
        return self._rows.take(self.chosen[indices])


def spans(count: int, size: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Cut the numbers `first` to `count` into half-open ranges of `size` (the last may be shorter).

    >>> list(spans(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(first, count, size):
        yield start, min(start + size, count)
