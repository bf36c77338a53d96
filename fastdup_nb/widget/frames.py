"""Images of the explorer as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fastdup_nb.views.explore.query import run_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.explore.state import State
    from fastdup_nb.views.explore.table import Table
    from fastdup_nb.widget.marks import Marks


def image_frame(images: Images, ids: Sequence[int], marks: Marks) -> pd.DataFrame:
    """Return what is known of images, one row each.

    Returns
    -------
    DataFrame
        id, filename, label (several joined by `|`), new_label, mark, and the statistics.
    """
    found = [marks.get(image) for image in ids]
    columns: dict[str, object] = {
        "id": np.array(ids, np.int64),
        "filename": _texts([images.path(image) for image in ids]),
        "label": _texts(["|".join(images.labels_of(image)) for image in ids]),
        "mark": _texts([mark.action if mark else "" for mark in found]),
        "new_label": _texts([mark.label if mark else "" for mark in found]),
    }
    chosen = np.array(ids, np.int64)
    columns |= {name: column.of(chosen) for name, column in images.measures.items()}
    return pd.DataFrame(columns)


def matching_frame(table: Table, state: State, marks: Marks) -> pd.DataFrame:
    """Return the images of all rows that match, row by row: `row`, then as `image_frame`."""
    order = run_query(table, state).order.tolist()
    members = [table.ids_of(row) for row in order]
    ids = [image for row in members for image in row]
    frame = image_frame(table.images, ids, marks)
    frame.insert(0, "row", np.repeat(order, [len(row) for row in members]).astype(np.int64))
    return frame


def _texts(values: list[str]) -> pd.Series[str]:
    # As objects: a text type backed by Arrow refuses names that are not UTF-8.
    return pd.Series(values, dtype=object)
