"""Galleries and tables as lines of text for a terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, cast

from fastdup_nb.render.text import duplicates_text
from fastdup_nb.render.words import as_printable, count_of, shorten, word_score, word_value

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.views.duplicates import DuplicatesView
    from fastdup_nb.views.gallery import GalleryView, GroupRow, ImageRow, NeighboursRow, Row

NARROWEST = 40
WIDEST_NAME = 60


def gallery_text(view: GalleryView, width: int | None = None) -> str:
    """Return a gallery as one line per row: its value and the names of its images.

    Parameters
    ----------
    view : GalleryView
    width : int, optional
        Columns; those of the terminal when not given.
    """
    if view.layout == "pair":
        return duplicates_text(cast("DuplicatesView", view), width)
    columns = max(NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)
    title = f"{view.title}: {view.headline}"
    lines = [f"{title} ({view.filters})" if view.filters else title]
    for row in view.rows:
        value = "" if row.value is None else word_value(row.value, view.scale.form)
        lines.append(f"  {value:>9}  {_describe(row, columns - 14)}")
    if not view.rows:
        lines.append(f"  {view.no_result or 'Nothing to show.'}")
    return "\n".join(line.rstrip() for line in lines)


def _describe(row: Any, room: int) -> str:
    if hasattr(row, "query"):
        return _neighbours(row, room)
    return _group(row, room) if hasattr(row, "title") else _image(row, room)


def _image(row: ImageRow, room: int) -> str:
    labels = ", ".join(row.image.labels)
    left = max(8, room - len(labels) - 2)
    return f"{shorten(as_printable(row.image.name), left)}  {as_printable(labels)}"


def _neighbours(row: NeighboursRow, room: int) -> str:
    half = max(8, (room - 24) // 2)
    nearest = ""
    if row.neighbours:
        name = shorten(as_printable(row.neighbours[0].name), half)
        more = f" and {row.count - 1} more" if row.count > 1 else ""
        nearest = f"{word_score(row.similarities[0])}  {name}{more}"
    return f"{shorten(as_printable(row.query.name), half):<{half}}  {nearest}"


def _group(row: GroupRow, room: int) -> str:
    title = shorten(as_printable(row.title), max(8, room // 3))
    start = f"{title:<20}  {count_of(row.count, 'image'):>13}  "
    return f"{start}{_first_name(row, max(8, room - len(start)))}"


def _first_name(row: Row, room: int) -> str:
    return shorten(as_printable(row.images[0].name), room) if row.images else ""


def table_text(frame: pd.DataFrame, most: int) -> str:
    """Return the first rows of a table as aligned text.

    Parameters
    ----------
    frame : DataFrame
    most : int
        Rows at most; a line says how many there are.
    """
    names = [str(name) for name in frame.columns]
    rows = [
        [_cell(value) for value in row]
        for row in frame.head(most).itertuples(index=False, name=None)
    ]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (names, *rows)
    ]
    if len(frame) > most:
        lines.append(f"... {count_of(len(frame), 'row')} in all")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - 1} more" if len(value) > 1 else ""
        return f"{_cell(value[0]) if value else ''}{more}"
    if isinstance(value, float):
        return "" if value != value else f"{value:g}"  # noqa: PLR0124 - NaN
    return shorten(as_printable(str(value)), WIDEST_NAME)
