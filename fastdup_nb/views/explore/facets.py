"""What rows can be told apart by: labels, folders, kinds; and how many rows have each value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.views.explore.rows import RowImages
from fastdup_nb.views.wording import as_unicode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NONE = "(none)"


@dataclass(frozen=True)
class Values:
    """One or more values of n things: codes into a list of texts.

    Attributes
    ----------
    texts : tuple of str
        The values as they are shown, each once.
    owner : ndarray of int32, shape (m,)
        The thing that has a value; sorted.
    code : ndarray of int32, shape (m,)
        Which value it has. No thing has a value twice.
    count : int
        n.
    """

    texts: tuple[str, ...]
    owner: NDArray[np.int32]
    code: NDArray[np.int32]
    count: int

    @classmethod
    def single(cls, texts: Sequence[str], code: NDArray[np.integer]) -> Values:
        """Return one value each."""
        shown, code = _merge_equal(texts, code)
        return cls(shown, np.arange(len(code), dtype=np.int32), code, len(code))

    @classmethod
    def several(
        cls, texts: Sequence[str], owner: NDArray[np.integer], code: NDArray[np.integer], count: int
    ) -> Values:
        """Return any number of values each; those without any get `(none)`."""
        shown, code = _merge_equal(texts, code)
        without = np.ones(count, bool)
        without[owner] = False
        if without.any():
            alone = np.flatnonzero(without)
            shown = shown if NONE in shown else (*shown, NONE)
            owner = np.concatenate([owner, alone])
            code = np.concatenate([code, np.full(len(alone), shown.index(NONE))])
        return cls(shown, *_each_once(owner, code, len(shown)), count)

    @property
    def is_single(self) -> bool:
        """Whether every thing has exactly one value."""
        return len(self.code) == self.count

    @property
    def differ(self) -> bool:
        """Whether there are two values or more."""
        return bool(len(self.code) and (self.code != self.code[0]).any())

    def of_rows(self, rows: RowImages) -> Values:
        """Return the values of rows, from those of images: each row has all of its images'."""
        if self.is_single:
            owner, code = rows.row_of_entries(), self.code[rows.ids]
        else:
            starts = np.searchsorted(self.owner, np.arange(self.count + 1))
            sizes = np.diff(starts)[rows.ids]
            owner = np.repeat(rows.row_of_entries(), sizes)
            within = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            code = self.code[np.repeat(starts[rows.ids], sizes) + within]
        return Values(self.texts, *_each_once(owner, code, len(self.texts)), len(rows))

    def of_first(self, rows: RowImages) -> Values:
        """Return the values of the first image of every row."""
        return self.of_rows(RowImages.one_each(rows.first.astype(np.int64)))

    def has_any(self, wanted: Iterable[str]) -> NDArray[np.bool_]:
        """Return which things have one of some values, shape (n,)."""
        place = {text: code for code, text in enumerate(self.texts)}
        chosen = np.zeros(len(self.texts), bool)
        chosen[[place[text] for text in wanted if text in place]] = True
        found = np.zeros(self.count, bool)
        found[self.owner[chosen[self.code]]] = True
        return found

    def count_among(self, things: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return how many of some things have each value."""
        return np.bincount(self.code[things[self.owner]], minlength=len(self.texts))


@dataclass(frozen=True)
class Facet:
    """Values of the rows of a table, under a name.

    Attributes
    ----------
    name, title : str
    values : Values
    """

    name: str
    title: str
    values: Values = field(repr=False)


def _merge_equal(
    texts: Sequence[str], code: NDArray[np.integer]
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Make texts fit to be shown; those that look the same are one."""
    shown = [as_unicode(text) or NONE for text in texts]
    number: dict[str, int] = {}
    into = np.array([number.setdefault(text, len(number)) for text in shown], np.int32)
    return tuple(number), into[code] if len(into) else code.astype(np.int32)


def _each_once(
    owner: NDArray[np.integer], code: NDArray[np.integer], size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    key = owner.astype(np.int64) * max(size, 1) + code
    if len(key) > 1 and not (np.diff(key) > 0).all():
        key = np.sort(key)  # np.unique builds a table of hashes, which takes longer
        key = key[np.concatenate([[True], np.diff(key) > 0])]
    owner, code = np.divmod(key, max(size, 1))
    return owner.astype(np.int32), code.astype(np.int32)
