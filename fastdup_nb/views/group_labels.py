"""Labels of grouped images: what groups carry, and which groups labels select."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.group_table import GroupTable, gather
from fastdup_nb.views.slices import DIFFERENT, MAX_LABELS_IN_HINT, SAME, SliceSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from numpy.typing import NDArray

    from fastdup_nb.views.cards import CardMaker
    from fastdup_nb.views.labels import Labels

NO_LABEL = "N/A"
_MARKS = re.compile(r"[?.,:;&^%$#@!()]")


class GroupLabels:
    """The labels of images, asked for once each.

    Parameters
    ----------
    files : ndarray of str (object), shape (n,)
        Stored names.
    rows : ndarray of int64
        The images that count.
    maker : CardMaker
        Knows the labels.
    split : bool
        Whether labels are sentences to be split.

    Raises
    ------
    OptionError
        When no image has a label.
    """

    def __init__(
        self, files: NDArray[np.object_], rows: NDArray[np.int64], maker: CardMaker, *, split: bool
    ) -> None:
        self.rows = np.sort(rows)
        self.of = np.empty(len(files), object)
        self.of[:] = [()] * len(files)
        find = _splitting(maker.labels) if split else maker.labels
        for row in self.rows.tolist():
            self.of[row] = find(files[row])
        self.all = sorted({label for row in self.rows.tolist() for label in self.of[row]})
        if len(self.rows) and not self.all:
            message = "None of the images has a label."
            hint = "A function or dict is asked by absolute name; a file is joined by its index."
            raise OptionError(message, hint)

    @property
    def cells(self) -> NDArray[np.object_]:
        """What a table shows: the label, a list of several, `N/A` for none."""
        cells = np.empty(len(self.of), object)
        for row in self.rows.tolist():
            cells[row] = as_cell(self.of[row])
        return cells

    @property
    def count(self) -> int:
        """Labels that two or more images have."""
        return len(self.by_label(None, None))

    def choose(
        self,
        groups: GroupTable,
        codes: NDArray[np.int64],
        keys: NDArray[np.int64],
        label_slice: SliceSpec,
        keyword: str | None,
    ) -> GroupTable:
        """Return the groups that a slice and a keyword leave.

        Parameters
        ----------
        groups : GroupTable
        codes, keys
            What the groups were gathered from.
        label_slice : str or list of str, optional
        keyword : str, optional
        """
        if label_slice in (DIFFERENT, SAME):
            several = label_slice == DIFFERENT
            groups = self._where(
                groups, lambda labels: bool(labels) and (len(labels) > 1) == several
            )
        elif label_slice is not None:
            wanted = self._wanted(label_slice)
            rows = self.rows[[not wanted.isdisjoint(self.of[row]) for row in self.rows.tolist()]]
            groups = gather(codes[rows], keys, rows)
        if keyword is not None:
            groups = self._where(groups, lambda labels: any(keyword in label for label in labels))
        return groups

    def by_label(self, label_slice: SliceSpec, keyword: str | None) -> GroupTable:
        """Return one group per label, of all images that have it."""
        wanted = set(self.all) if label_slice is None else self._wanted(label_slice)
        chosen = [
            label for label in self.all if label in wanted and (keyword is None or keyword in label)
        ]
        code_of = {label: code for code, label in enumerate(chosen)}
        pairs = [
            (code_of[label], row)
            for row in self.rows.tolist()
            for label in self.of[row]
            if label in code_of
        ]
        codes, rows = np.array(pairs, np.int64).reshape(-1, 2).T
        return gather(codes, np.array(chosen, object), rows)

    def _wanted(self, label_slice: SliceSpec) -> set[str]:
        """Return the labels of a slice: those named; else those that hold what is named."""
        asked = _as_set(label_slice)
        exact = asked & set(self.all)
        if exact:
            return exact
        inside = {label for label in self.all if any(text in label for text in asked)}
        if not inside:
            error = unknown_name("label", min(asked), self.all[:MAX_LABELS_IN_HINT])
            raise OptionError(f"No image has the label {min(asked)!r}.", error.hint)
        return inside

    def _where(self, groups: GroupTable, fits: Callable[[set[str]], bool]) -> GroupTable:
        kept = [
            fits({label for row in groups.members(group).tolist() for label in self.of[row]})
            for group in range(len(groups))
        ]
        return groups.chosen(np.array(kept, bool))


def as_cell(labels: Labels) -> Any:
    """Return labels as a table shows them.

    >>> as_cell(("cat",)), as_cell(()), as_cell(("cat", "dog"))
    ('cat', 'N/A', ['cat', 'dog'])
    """
    if not labels:
        return NO_LABEL
    return labels[0] if len(labels) == 1 else list(labels)


def split_sentence(text: str) -> list[str]:
    """Split a sentence at its punctuation marks into labels.

    >>> split_sentence("A dog; two Cats (asleep).")
    ['a dog', 'two cats', 'asleep']
    """
    parts = (part.strip() for part in _MARKS.split(text.lower()))
    return [part for part in parts if part]


def _as_set(label_slice: object) -> set[str]:
    listed = [label_slice] if isinstance(label_slice, str) else label_slice
    asked = set(listed) if isinstance(listed, Sequence) else set()
    if not asked or not all(isinstance(label, str) and label for label in asked):
        message = f"slice={label_slice!r} cannot be used."
        raise OptionError(message, "Give a label, a list of labels, 'diff' or 'same'.")
    return asked


def _splitting(find: Callable[[str], Labels]) -> Callable[[str], Labels]:
    def find_and_split(stored: str) -> Labels:
        return tuple(dict.fromkeys(_parts(find(stored))))

    return find_and_split


def _parts(labels: Labels) -> Iterable[str]:
    for label in labels:
        yield from split_sentence(label)
