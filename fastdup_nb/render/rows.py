"""Galleries and tables as lines of text for a terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from fastdup_nb.render.words import (
    as_printable,
    common_folder,
    count_of,
    relative_name,
    shorten,
    word_score,
    word_value,
)

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.views.duplicates import PairRow
    from fastdup_nb.views.gallery import GalleryView, GroupRow, ImageCard, ImageRow, NeighboursRow

NARROWEST = 40
WIDEST_NAME = 60


def gallery_text(view: GalleryView, width: int | None = None) -> str:
    """Return a gallery as one line per row: its value and the names of its images.

    Names are relative to the folder that all shown images have in common, so that what tells them
    apart is not cut off.

    Parameters
    ----------
    view : GalleryView
    width : int, optional
        Columns; those of the terminal when not given.
    """
    columns = max(NARROWEST, width or shutil.get_terminal_size((100, 24)).columns)
    folder = common_folder(card.path for card in view.cards)
    title = f"{view.title}: {view.headline}"
    lines = [f"{title} ({view.filters})" if view.filters else title]
    if folder and view.shows_paths:
        lines.append(f"Names are relative to {as_printable(folder)}")
    lines += [_describe(view, row, folder, columns) for row in view.rows]
    if not view.rows:
        lines.append(f"  {view.no_result or 'Nothing to show.'}")
    return "\n".join(line.rstrip() for line in lines)


def _describe(view: GalleryView, row: Any, folder: str, columns: int) -> str:
    if view.layout == "pair":
        return _pair(row, folder, columns - 20)
    value = "" if row.value is None else word_value(row.value, view.scale.form)
    room = columns - 14
    if hasattr(row, "query"):
        text = _neighbours(row, folder, room)
    else:
        text = _group(row, folder, room) if hasattr(row, "title") else _image(row, folder, room)
    return f"  {value:>9}  {text}"


def _pair(row: PairRow, folder: str, room: int) -> str:
    half = max(8, room // 2)
    first, second = _name(row.first, folder, half), _name(row.second, folder, half)
    return f"  {word_score(row.similarity)}  {row.kind:<5}  {first:<{half}}  {second}"


def _image(row: ImageRow, folder: str, room: int) -> str:
    labels = ", ".join(row.image.labels)
    left = max(8, room - len(labels) - 2)
    return f"{_name(row.image, folder, left)}  {as_printable(labels)}"


def _neighbours(row: NeighboursRow, folder: str, room: int) -> str:
    half = max(8, (room - 24) // 2)
    nearest = ""
    if row.neighbours:
        more = f" and {row.count - 1} more" if row.count > 1 else ""
        name = _name(row.neighbours[0], folder, half)
        nearest = f"{word_score(row.similarities[0])}  {name}{more}"
    return f"{_name(row.query, folder, half):<{half}}  {nearest}"


def _group(row: GroupRow, folder: str, room: int) -> str:
    title = shorten(as_printable(row.title), max(8, room // 3))
    start = f"{title:<20}  {count_of(row.count, 'image'):>13}  "
    return start + (_name(row.images[0], folder, max(8, room - len(start))) if row.images else "")


def _name(card: ImageCard, folder: str, room: int) -> str:
    return shorten(as_printable(relative_name(card.name, folder)), room)


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
