"""The rows of a table as a gallery: for a page to keep, a preview, a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.views.cards import place_of, run_date
from fastdup_nb.views.duplicates import PairRow
from fastdup_nb.views.explore.pairs import EXACT
from fastdup_nb.views.gallery import (
    Form,
    GalleryView,
    GroupRow,
    ImageCard,
    ImageRow,
    Layout,
    NeighboursRow,
    Row,
    Scale,
)
from fastdup_nb.views.wording import as_unicode, word_value

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.views.explore.measures import Measure
    from fastdup_nb.views.explore.query import Answer
    from fastdup_nb.views.explore.state import Range, State
    from fastdup_nb.views.explore.table import Table


@dataclass(frozen=True)
class ExploredView(GalleryView):
    """Rows that a user has filtered and sorted, as a gallery."""

    view_name: str = ""
    view_layout: Layout = "image"
    view_noun: str = "image"
    column: str = "value"
    form: Form = "number"

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name of the view."""
        return self.view_name

    @property
    def layout(self) -> Layout:  # type: ignore[override]
        """The form of its rows."""
        return self.view_layout

    @property
    def noun(self) -> str:  # type: ignore[override]
        """What a row is called."""
        return self.view_noun

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """The kinds of rows that can be told apart."""
        if self.view_layout != "pair":
            return ()
        return (("exact", "exact copies"), ("near", "near-duplicates"))

    @property
    def scale(self) -> Scale:
        """The column that the rows are sorted by."""
        return Scale(self.column, self.form)

    def to_frame(self) -> pd.DataFrame:
        """Return the images of the shown rows: row, filename, label, value."""
        import pandas as pd

        rows = [
            (row.number, card.path, "|".join(card.labels), row.value)
            for row in self.rows
            for card in row.images
        ]
        return pd.DataFrame(rows, columns=["row", "filename", "label", self.column])


def gallery_of(table: Table, state: State, answer: Answer, most: int) -> ExploredView:
    """Return the first rows of an answer as a gallery.

    Parameters
    ----------
    table : Table
    state : State
        What was asked.
    answer : Answer
        What was found.
    most : int
        Rows at most.
    """
    column = table.column((state.sort or table.sort).column)
    kind = table.kind
    shown = answer.order[:most].tolist()
    return ExploredView(
        title=table.heading,
        rows=tuple(_row(table, row, number, column) for number, row in enumerate(shown, 1)),
        total=answer.total,
        matching=len(answer.order),
        filters=describe_state(table, state, answer),
        run_date=run_date(table.images.results),
        work_dir=place_of(table.images.results),
        view_name=kind.name,
        view_layout=kind.layout,
        view_noun=kind.noun,
        column=column.title,
        form=column.form,
    )


def describe_state(table: Table, state: State, answer: Answer) -> str:
    """Return the order and what is filtered by in words."""
    sort = state.sort or table.sort
    column = table.column(sort.column)
    if sort.column == next(iter(table.columns)):
        parts = [table.orders[0 if sort.descending else 1]]
    else:
        parts = [f"{column.title}: {'highest' if sort.descending else 'lowest'} first"]
    if state.text.strip():
        parts.append(f"“{state.text.strip()}”")
    parts += [
        f"{table.facet(name).title}: {', '.join(values)}" for name, values in state.facets.items()
    ]
    limits = state.range
    if limits is not None and (limits.low is not None or limits.high is not None):
        parts.append(_word_range(table.column(limits.column), limits))
    if len(answer.order) != answer.total:
        parts.append(f"{answer.total:,} in all")
    return as_unicode(" · ".join(parts))


def _word_range(column: Measure, limits: Range) -> str:
    low, high = (
        "" if end is None else word_value(end, column.form) for end in (limits.low, limits.high)
    )
    if low and high:
        return f"{column.title} {low} to {high}"
    return f"{column.title} {low} or more" if low else f"{column.title} {high} or less"


def _row(table: Table, row: int, number: int, column: Measure) -> Row:
    value = column.at(row)
    ids = table.ids_of(row)
    cards = tuple(_card(table, image) for image in ids[: table.kind.shown])
    badges = tuple(table.badges(row))
    if table.kind.layout == "pair" and len(cards) == 2:
        exact = any(badge.text == EXACT for badge in badges)
        return PairRow(number, *cards, value or 0.0, "exact" if exact else "near")
    if table.kind.layout == "neighbours":
        return _neighbours(table, row, number, cards, value)
    if table.kind.layout == "group":
        facts = tuple((name, as_unicode(text)) for name, text in table.facts(row))
        title = as_unicode(table.title(row))
        return GroupRow(number, title, cards, len(ids), value, facts, (), badges)
    fact = next(iter(table.facts(row)), ("", ""))
    return ImageRow(number, cards[0], value, fact, badges)


def _neighbours(
    table: Table, row: int, number: int, cards: tuple[ImageCard, ...], value: float | None
) -> NeighboursRow:
    values = table.rows.values_of(row)
    known = {} if values is None else dict(zip(table.rows.of(row).tolist(), values, strict=True))
    ids = table.ids_of(row)
    similar = tuple(float(known.get(image, np.nan)) for image in ids[1 : len(cards)])
    badges = tuple(table.badges(row))
    return NeighboursRow(number, cards[0], cards[1:], similar, value, len(ids) - 1, badges)


def _card(table: Table, image: int) -> ImageCard:
    images = table.images
    sizes = [images.measure(name)[image] for name in ("width", "height", "file_size")]
    path = images.path(image)
    width, height, size = (int(value) if np.isfinite(value) else None for value in sizes)
    return ImageCard(path, path, images.labels_of(image), "", width, height, size)
