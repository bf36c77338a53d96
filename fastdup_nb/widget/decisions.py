"""Selecting and marking images, one by one or all that match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.explore.query import Filter
from fastdup_nb.views.statistics import SIZE
from fastdup_nb.widget.marks import DELETE, KEEP, Mark
from fastdup_nb.widget.messages import MOST_IDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.views.explore.collection import Collection
    from fastdup_nb.views.explore.state import State
    from fastdup_nb.views.explore.table import Table
    from fastdup_nb.widget.marks import Marks

# What the best image of a row has most of, in this order.
_RULES: dict[str, tuple[str, ...]] = {
    "largest": (SIZE, "file_size"),
    "sharpest": ("blur", SIZE),
    "first": (),
}


class Decisions:
    """Changes marks as a user asks.

    Parameters
    ----------
    collection : Collection
    marks : Marks
    """

    def __init__(self, collection: Collection, marks: Marks) -> None:
        self._collection, self._marks = collection, marks

    def mark(self, ids: Sequence[int], action: str, label: str | None = None) -> int:
        """Mark images and return how many marks changed.

        Raises
        ------
        OptionError
            When there is no such image or action.
        """
        self._collection.check_images(ids)
        mark = Mark.make(action, label)
        gone = self._collection.images.gone
        changes = dict.fromkeys((image for image in ids if not gone[image]), mark)
        return self._marks.change(changes, f"{mark.action} {len(ids):,}")

    def unmark(self, ids: Sequence[int]) -> int:
        """Remove the marks of images and return how many there were.

        Raises
        ------
        OptionError
            When there is no such image.
        """
        self._collection.check_images(ids)
        return self._marks.change(dict.fromkeys(ids), f"unmark {len(ids):,}")

    def matching(self, table: Table, state: State, which: str) -> list[int]:
        """Return the images of all rows that match, each once.

        Parameters
        ----------
        table : Table
        state : State
        which : {'all', 'first', 'rest'}
            Of each row.

        Raises
        ------
        OptionError
            When there are too many.
        """
        rows = Filter(table, state).order()
        first, rest = slice(0, 1), slice(1, None)
        part = {"all": slice(None), "first": first, "rest": rest}[which]
        if table.kind.layout == "neighbours" and which == "all":
            part = first  # a row is about its first image
        found: dict[int, None] = {}
        for row in rows.tolist():
            found.update(dict.fromkeys(table.ids_of(row)[part]))
            if len(found) > MOST_IDS:
                message = f"More than {MOST_IDS:,} images match."
                raise OptionError(message, "Filter first.")
        return list(found)

    def keep_best(
        self, table: Table, state: State, rows: Sequence[int] | None, rule: str
    ) -> tuple[int, int]:
        """Mark the best image of each row to be kept and its others to be deleted.

        What is marked to be kept stays so. An image that goes for one row does not count in those
        that follow.

        Returns
        -------
        marked, kept : int
            Marks that changed, and images to be kept.

        Raises
        ------
        OptionError
            When the view shows no duplicates, or has no such row.
        """
        if table.kind.layout not in ("pair", "group") or table.kind.name == "clusters":
            message = f"{table.kind.title} shows no duplicates."
            raise OptionError(message, "Keep the best of pairs, duplicate groups or components.")
        if rule not in _RULES:
            raise unknown_name("rule", rule, list(_RULES))
        for row in rows or ():
            table.check_row(row)
        chosen = Filter(table, state).order().tolist() if rows is None else rows
        rank = self._rank(rule)
        marks = {i: m for i in self._marks.chosen(KEEP) if (m := self._marks.get(i))}
        changes: dict[int, Mark | None] = {}
        keep, delete = Mark(KEEP), Mark(DELETE)
        for row in chosen:
            ids = [i for i in table.ids_of(row) if changes.get(i) is not delete]
            kept = [i for i in ids if i in marks or changes.get(i) is keep]
            if len(ids) < 2:
                continue
            if not kept:
                kept = [min(ids, key=lambda i: rank[i])]
            changes.update(dict.fromkeys(kept, keep))
            changes.update(dict.fromkeys((i for i in ids if i not in set(kept)), delete))
        count = sum(mark is keep for mark in changes.values())
        return self._marks.change(changes, f"keep the best of {len(chosen):,} rows"), count

    def _rank(self, rule: str) -> NDArray[np.int64]:
        """Return the place of every image, the best one first."""
        images = self._collection.images
        own = np.arange(len(images))
        keys = [-np.nan_to_num(images.measure(name)) for name in _RULES[rule]]
        order = np.lexsort((own, *reversed(keys)))
        place = np.empty(len(images), np.int64)
        place[order] = own
        return place
