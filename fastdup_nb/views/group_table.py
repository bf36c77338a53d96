"""Images gathered into groups: which rows belong to which group, and numbers per group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class GroupTable:
    """Groups and the rows of their members.

    Attributes
    ----------
    keys : ndarray, shape (g,)
        What a group is called: a number or a label.
    rows : ndarray of int64, shape (m,)
        The members of all groups, one group after the other, each in the order of the images.
    start, size : ndarray of int64, shape (g,)
        Where in `rows` a group begins and how many members it has.
    number : ndarray of int64, shape (g,)
        Its number among all groups of two or more.
    """

    keys: NDArray[Any]
    rows: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    number: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.keys)

    def chosen(self, groups: NDArray[Any]) -> GroupTable:
        """Return some of the groups, by a mask or in the order of their positions."""
        picked = {name: getattr(self, name)[groups] for name in ("keys", "start", "size", "number")}
        return replace(self, **picked)

    def members(self, group: int) -> NDArray[np.int64]:
        """Return the rows of the images of a group."""
        start = self.start[group]
        return self.rows[start : start + self.size[group]]

    @property
    def all_members(self) -> NDArray[np.int64]:
        """The rows of the images of all groups, group after group."""
        steps = np.arange(int(self.size.sum())) - np.repeat(self._firsts(), self.size)
        rows: NDArray[np.int64] = self.rows[np.repeat(self.start, self.size) + steps]
        return rows

    def lists(self, values: NDArray[Any]) -> list[list[Any]]:
        """Return the values of the members, group by group; `values` has one per image."""
        flat = values[self.all_members].tolist()
        ends = np.cumsum(self.size).tolist()
        return [flat[end - size : end] for end, size in zip(ends, self.size.tolist(), strict=True)]

    def least(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least known value of every group; NaN when none is known."""
        if not len(self):
            return np.empty(0)
        return np.fmin.reduceat(values[self.all_members], self._firsts())

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean of the known values of every group; NaN when none is known."""
        if not len(self):
            return np.empty(0)
        own = values[self.all_members]
        known = np.isfinite(own)
        total = np.add.reduceat(np.where(known, own, 0.0), self._firsts())
        count = np.add.reduceat(known.astype(np.int64), self._firsts())
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _firsts(self) -> NDArray[np.int64]:
        return np.cumsum(self.size) - self.size


def gather(
    codes: NDArray[np.int64], keys: NDArray[Any] | Sequence[Any], rows: NDArray[np.int64]
) -> GroupTable:
    """Gather images into groups, and keep those of two or more.

    Parameters
    ----------
    codes : ndarray of int64, shape (m,)
        Group of every member, from 0.
    keys : sequence, length g
        What the groups are called.
    rows : ndarray of int64, shape (m,)
        The image of every member.
    """
    order = np.argsort(codes, kind="stable")
    size = np.bincount(codes, minlength=len(keys)).astype(np.int64)
    several = np.flatnonzero(size > 1)
    return GroupTable(
        keys=np.asarray(keys)[several],
        rows=rows[order],
        start=(np.cumsum(size) - size)[several],
        size=size[several],
        number=np.arange(len(several)),
    )
