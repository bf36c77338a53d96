"""Rows and images as plain dictionaries, with every text ready to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.sources import exists
from fastdup_nb.views.explore.edges import partners
from fastdup_nb.views.statistics import SIZE
from fastdup_nb.views.wording import as_unicode, word_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_nb.views.explore.collection import Collection
    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.explore.measures import Measure
    from fastdup_nb.views.explore.table import Table

MOST_NEIGHBOURS = 50
_SIZES = ("width", "height", "file_size", SIZE)


def row_records(table: Table, rows: Sequence[int], column: str | None) -> list[dict[str, Any]]:
    """Return what to draw of some rows; those whose images have gone are left out.

    Parameters
    ----------
    table : Table
    rows : sequence of int
    column : str, optional
        What their values are of; the first column when not given.

    Raises
    ------
    OptionError
        When there is no such row or column.
    """
    measure = table.column(column)
    for row in rows:
        table.check_row(row)
    present = table.present()
    return [_row_record(table, row, measure) for row in rows if present[row]]


def image_records(images: Images, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return what to draw of some images, by themselves."""
    return [_image_record(images, image) for image in ids]


def details_of(
    collection: Collection, image: int, table: Table | None, row: int | None
) -> dict[str, Any]:
    """Return all that is known of an image, and why it is in a row of a view.

    Parameters
    ----------
    collection : Collection
    image : int
    table : Table or None
    row : int or None

    Raises
    ------
    OptionError
        When there is no such row, or the image is not in it.
    """
    images = collection.images
    why: list[str] = []
    if table is not None and row is not None:
        table.check_row(row)
        if image in table.rows.of(row):
            why = [as_unicode(line) for line in table.why(row, image)]
    neighbours = []
    if not collection.missing_edges():
        found = partners(collection.edges, image, MOST_NEIGHBOURS)
        neighbours = [
            {"id": other, "similarity": value} for other, value in found if not images.gone[other]
        ]
    return {
        "id": image,
        "path": as_unicode(images.path(image)),
        "labels": [as_unicode(label) for label in images.labels_of(image)],
        "present": not images.gone[image] and exists(images.path(image)),
        "facts": _facts(images, image),
        "why": why,
        "neighbours": neighbours,
    }


def _row_record(table: Table, row: int, measure: Measure) -> dict[str, Any]:
    ids = table.ids_of(row)
    shown = ids[: table.kind.shown]
    values = _values_by_image(table, row)
    return {
        "row": row,
        "title": as_unicode(table.title(row)),
        "value": measure.at(row),
        "text": table.value_text(measure, row),
        "badges": [{"text": badge.text, "tone": badge.tone} for badge in table.badges(row)],
        "facts": [[name, as_unicode(text)] for name, text in table.facts(row)],
        "suggest": table.suggestion(row),
        "more": len(ids) - len(shown),
        "images": [_image_record(table.images, image, table, values.get(image)) for image in shown],
    }


def _values_by_image(table: Table, row: int) -> dict[int, float]:
    values = table.rows.values_of(row)
    if values is None:
        return {}
    return dict(zip(table.rows.of(row).tolist(), values.tolist(), strict=True))


def _image_record(
    images: Images, image: int, table: Table | None = None, value: float | None = None
) -> dict[str, Any]:
    folder, name = images.folder_and_name(image)
    if value is not None and not np.isfinite(value):
        value = None
    return {
        "id": image,
        "name": name,
        "folder": folder,
        "labels": [as_unicode(label) for label in images.labels_of(image)],
        "width": _whole(images, "width", image),
        "height": _whole(images, "height", image),
        "bytes": _whole(images, "file_size", image),
        "value": value,
        "text": "" if table is None or value is None else table.image_text(value),
    }


def _facts(images: Images, image: int) -> list[list[Any]]:
    width, height, size = (_whole(images, name, image) for name in ("width", "height", "file_size"))
    first = []
    if width and height:
        first.append(["size", f"{width} × {height}"])  # noqa: RUF001 - the times sign
    if size:
        first.append(["file", word_size(size)])
    measured = [
        [column.title, column.text_at(image)]
        for name, column in images.measures.items()
        if name not in _SIZES and column.at(image) is not None
    ]
    noted = [[as_unicode(name), _one(values, image)] for name, values in images.facets.items()]
    sections = (("image", first), ("statistics", measured), ("annotations", noted))
    return [[title, facts] for title, facts in sections if facts]


def _one(values: Any, image: int) -> str:
    return str(values.texts[values.code[image]])


def _whole(images: Images, name: str, image: int) -> int | None:
    found = images.measures.get(name)
    value = None if found is None else found.at(image)
    return None if value is None else int(value)
