"""From what a user has set to the rows to show, in order, with counts for everything else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.views.explore.facets import Facet
    from fastdup_nb.views.explore.state import Range, State
    from fastdup_nb.views.explore.table import Table

BINS = 40
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class FacetCounts:
    """How many rows have each value of a facet, under everything else that is set.

    Attributes
    ----------
    name, title : str
    values : list of (str, int)
        Most frequent first, at most 200; chosen ones always.
    more : int
        Values that are not listed and that some row has.
    chosen : list of str
    """

    name: str
    title: str
    values: list[tuple[str, int]]
    more: int
    chosen: list[str]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the values of a column are spread.

    Attributes
    ----------
    column : str
    edges : ndarray of float64, shape (b + 1,)
    counts, inside : ndarray of int64, shape (b,)
        Rows without and with the range that is set.
    """

    column: str
    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    inside: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows that match.

    Attributes
    ----------
    order : ndarray of int64, shape (matching,)
        Row numbers.
    total : int
        Rows of the view that are not gone.
    images : int
        Different images in the rows that match.
    facets : list of FacetCounts
    histogram : Histogram or None
        None when no row has a value.
    """

    order: NDArray[np.int64]
    total: int
    images: int
    facets: list[FacetCounts] = field(default_factory=list)
    histogram: Histogram | None = None


class Filter:
    """A table under a state: which rows pass what.

    Parameters
    ----------
    table : Table
    state : State

    Raises
    ------
    OptionError
        When the table has no such facet or column.
    """

    def __init__(self, table: Table, state: State) -> None:
        self._table, self._state = table, state
        self.present = table.present()
        self.facets = table.facets_now(state.facets)
        for name in state.facets:
            if name not in self.facets:
                raise unknown_name("facet", name, list(self.facets))
        self._base = self.present.copy()
        found = table.images.matching(state.text)
        if found is not None:
            self._base &= table.matching(found)
        self._passes = {
            name: self.facets[name].values.has_any(values)
            for name, values in state.facets.items()
            if values
        }
        self._inside = self._within(state.range)

    def rows(self, *, but_facet: str = "", but_range: bool = False) -> NDArray[np.bool_]:
        """Return which rows pass everything, or everything but one thing."""
        passing = self._base if but_range else self._base & self._inside
        for name, passes in self._passes.items():
            if name != but_facet:
                passing = passing & passes
        return passing

    def order(self) -> NDArray[np.int64]:
        """Return the rows that pass, in order; those without a value come last."""
        rows = np.flatnonzero(self.rows())
        sort = self._state.sort or self._table.sort
        if sort == self._table.sort:
            return rows
        values = self._table.column(sort.column).values[rows]
        # Stable in both directions: equal rows stay in the order of the view.
        return rows[np.argsort(-values if sort.descending else values, kind="stable")]

    def count(self, facet: Facet, containing: str = "") -> FacetCounts:
        """Return how many rows have each value of a facet.

        Parameters
        ----------
        facet : Facet
        containing : str
            Only values that hold this text, whatever the case.
        """
        counts = facet.values.count_among(self.rows(but_facet=facet.name))
        texts = facet.values.texts
        chosen = [text for text in self._state.facets.get(facet.name, ()) if text in texts]
        eligible = counts > 0
        if containing:
            wanted = containing.casefold()
            eligible &= np.fromiter((wanted in text.casefold() for text in texts), bool, len(texts))
        listed = np.flatnonzero(eligible)
        listed = listed[np.argsort(-counts[listed], kind="stable")]
        top = [(texts[code], int(counts[code])) for code in listed[:MOST_LISTED]]
        named = {text for text, _ in top}
        if not containing:
            place = {text: code for code, text in enumerate(texts)} if chosen else {}
            top += [(text, int(counts[place[text]])) for text in chosen if text not in named]
        more = max(0, len(listed) - MOST_LISTED)
        return FacetCounts(facet.name, facet.title, top, more, chosen)

    def histogram(self) -> Histogram | None:
        """Return how the values of the column in question are spread."""
        asked = self._state.range or self._state.sort or self._table.sort
        column = self._table.column(asked.column)
        values = column.values[self.rows(but_range=True)]
        values = values[np.isfinite(values)]
        if not len(values):
            return None
        low, high = float(values.min()), float(values.max())
        if column.form == "percent":
            low, high = 0.0, 100.0
        if low == high:
            edges = np.array([low, high])
            counts = np.array([len(values)])
        else:
            counts, edges = np.histogram(values, bins=BINS, range=(low, high))
        kept = values
        if self._state.range is not None:
            kept = values[_between(values, self._state.range)]
        inside = np.histogram(kept, bins=edges)[0] if low < high else np.array([len(kept)])
        return Histogram(column.name, edges, counts.astype(np.int64), inside.astype(np.int64))

    def _within(self, limits: Range | None) -> NDArray[np.bool_]:
        if limits is None:
            return np.ones(len(self._table), bool)
        values = self._table.column(limits.column).values
        if limits.low is None and limits.high is None:
            return np.ones(len(self._table), bool)
        return _between(values, limits)


def run_query(table: Table, state: State) -> Answer:
    """Return the rows of a table that match a state.

    Parameters
    ----------
    table : Table
    state : State

    Raises
    ------
    OptionError
        When the table has no such facet or column.
    """
    filtered = Filter(table, state)
    matching = filtered.rows()
    return Answer(
        order=filtered.order(),
        total=int(np.count_nonzero(filtered.present)),
        images=int(np.count_nonzero(_images_in(table, matching))),
        facets=[filtered.count(facet) for facet in filtered.facets.values()],
        histogram=filtered.histogram(),
    )


def _images_in(table: Table, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = table.rows.images_in(rows, len(table.images))
    return found & ~table.images.gone


def _between(values: NDArray[np.float64], limits: Range) -> NDArray[np.bool_]:
    low = -np.inf if limits.low is None else limits.low
    high = np.inf if limits.high is None else limits.high
    return (values >= low) & (values <= high)
