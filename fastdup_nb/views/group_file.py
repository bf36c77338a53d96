"""The table of the largest groups as a file."""

from __future__ import annotations

import json
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.paths import absolute
from fastdup_nb.store.files import readable_errors
from fastdup_nb.store.tables import defuse_formula, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from fastdup_nb.views.members import Kind

TABLE_NAMES: dict[Kind, str] = {"component": "top_components.csv", "cluster": "top_clusters.csv"}


def write_groups(frame: pd.DataFrame, save_path: str | PathLike[str], kind: Kind) -> Path:
    """Write the table of `find_top_components`; lists become JSON.

    Parameters
    ----------
    frame : DataFrame
    save_path : path
        A .csv file, or a folder (made when missing) for `top_components.csv` or
        `top_clusters.csv`.
    kind : {'component', 'cluster'}

    Returns
    -------
    Path
        The file.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    given = absolute(save_path)
    path = given if given.suffix.lower() == ".csv" else given / TABLE_NAMES[kind]
    with readable_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    rows = frame.itertuples(index=False, name=None)
    write_table(path, list(frame.columns), (as_cells(row) for row in rows))
    return path


def as_cells(row: Sequence[Any]) -> list[Any]:
    """Return a row as a file holds it: lists as JSON, nothing a spreadsheet would calculate.

    >>> as_cells((3, ["a.jpg", "b.jpg"], "=1+1"))
    [3, '["a.jpg", "b.jpg"]', "'=1+1"]
    """
    return [_as_cell(value) for value in row]


def _as_cell(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return defuse_formula(value)
