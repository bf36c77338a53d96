"""Which images the rows of a table show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RowImages:
    """The images of n rows, one after the other; no row is empty.

    Attributes
    ----------
    starts : ndarray of int64, shape (n + 1,)
        Where the images of each row begin.
    ids : ndarray of int32, shape (m,)
        Images, in the order they are shown.
    values : ndarray of float32, shape (m,), or None
        What is known of each image in its row, such as its similarity to the first; NaN: nothing.
    """

    starts: NDArray[np.int64]
    ids: NDArray[np.int32]
    values: NDArray[np.float32] | None = None

    @classmethod
    def one_each(cls, ids: NDArray[np.int64]) -> RowImages:
        """Return rows of a single image."""
        return cls(np.arange(len(ids) + 1, dtype=np.int64), ids.astype(np.int32))

    @classmethod
    def two_each(
        cls, first: NDArray[np.int64], second: NDArray[np.int64], value: NDArray[np.float64]
    ) -> RowImages:
        """Return rows of two images; the value belongs to the second."""
        starts = np.arange(0, 2 * len(first) + 1, 2, dtype=np.int64)
        ids = np.stack([first, second], axis=1).astype(np.int32).ravel()
        values = np.stack([np.full(len(value), np.nan), value], axis=1)
        return cls(starts, ids, values.astype(np.float32).ravel())

    @classmethod
    def grouped(
        cls,
        row: NDArray[np.int64],
        ids: NDArray[np.int64],
        values: NDArray[np.float64] | None = None,
    ) -> RowImages:
        """Return rows from entries sorted by row, where every row number has one."""
        count = int(row[-1]) + 1 if len(row) else 0
        starts = np.searchsorted(row, np.arange(count + 1)).astype(np.int64)
        return cls(starts, ids.astype(np.int32), None if values is None else _small(values))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many images each row has."""
        return np.diff(self.starts)

    @property
    def first(self) -> NDArray[np.int32]:
        """The first image of every row."""
        return self.ids[self.starts[:-1]]

    def row_of_entries(self) -> NDArray[np.int64]:
        """Return the row of every entry, shape (m,)."""
        return np.repeat(np.arange(len(self)), self.sizes)

    def of(self, row: int) -> NDArray[np.int32]:
        """Return the images of a row."""
        return self.ids[self.starts[row] : self.starts[row + 1]]

    def values_of(self, row: int) -> NDArray[np.float32] | None:
        """Return what is known of the images of a row."""
        return None if self.values is None else self.values[self.starts[row] : self.starts[row + 1]]

    def count(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many images of every row are among the chosen ones, shape (n,)."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.add.reduceat(chosen[self.ids].astype(np.int64), self.starts[:-1])

    def total(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of something of the images of every row; NaN counts as 0."""
        if not len(self):
            return np.zeros(0)
        return np.add.reduceat(np.nan_to_num(weight[self.ids]), self.starts[:-1])

    def most(self, weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the maximum of something of the images of every row; NaN counts as 0."""
        if not len(self):
            return np.zeros(0)
        return np.maximum.reduceat(np.nan_to_num(weight[self.ids]), self.starts[:-1])

    def images_in(self, rows: NDArray[np.bool_], n: int) -> NDArray[np.bool_]:
        """Return which of n images are in any of the chosen rows."""
        seen = np.zeros(n, bool)
        seen[self.ids[np.repeat(rows, self.sizes)]] = True
        return seen


def _small(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)
