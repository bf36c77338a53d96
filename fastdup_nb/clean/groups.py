"""The clusters to clean, from the table of `find_top_components` or from a work_dir."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastdup_nb.clean.results import read_table
from fastdup_nb.errors import OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    import pandas as pd

ID = "component_id"
LABEL_COLUMNS = ("label", "labels")
NO_LABEL = "N/A"
_HINT = "Give the table that find_top_components returns, or the work_dir."


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster of images.

    Attributes
    ----------
    key : str
        Its id.
    files : tuple of str
        As the table names them.
    distance : float
        The least similarity that holds it together; NaN when unknown.
    labels : tuple of str
        One per file; empty when there are none.
    """

    key: str
    files: tuple[str, ...]
    distance: float
    labels: tuple[str, ...] = ()


def read_groups(source: Any) -> list[Group]:
    """Return the clusters of a table, a CSV file of it, or a work_dir.

    Parameters
    ----------
    source : DataFrame or path

    Raises
    ------
    OptionError
        When it is no such table.
    ResultNotFoundError
        When the work_dir holds no components.
    """
    if isinstance(source, (str, PathLike)) and absolute(source).is_dir():
        return _from_components(WorkDir.open(source).read_components())
    table = read_table(source, "The table of components")
    if "files" not in table.columns and {"filename", "component_id"} <= set(table.columns):
        return _from_components(table)
    missing = [name for name in ("files", "distance") if name not in table.columns]
    if missing:
        raise OptionError(f"The table of components has no column {', '.join(missing)}.", _HINT)
    return _from_table(table)


def select_by_id(groups: Sequence[Group], wanted: Iterable[Any] | int | None) -> list[Group]:
    """Return the clusters with the given ids; all when None.

    Raises
    ------
    OptionError
        When there is no cluster of an id.
    """
    if wanted is None:
        return list(groups)
    ids = [wanted] if isinstance(wanted, (int, str)) else list(wanted)
    keys = {_key(value) for value in ids}
    unknown = sorted(keys - {group.key for group in groups})
    if unknown:
        raise OptionError(
            f"The table has no component {', '.join(unknown[:5])}.",
            "to_delete lists ids of its column component_id.",
        )
    return [group for group in groups if group.key in keys]


def _from_components(table: pd.DataFrame) -> list[Group]:
    if "min_distance" not in table.columns:
        raise OptionError("How alike the images of a component are is not known.", "Run again.")
    listed = table.dropna(subset=["filename"])
    several = listed[listed["component_id"].duplicated(keep=False)]
    groups = []
    for key, rows in several.groupby("component_id", sort=True):
        files = tuple(rows["filename"].astype(str))
        least = float(rows["min_distance"].min())
        groups.append(Group(_key(key), files, least, _column_of_labels(rows)))
    return sorted(groups, key=lambda group: -len(group.files))


def _column_of_labels(rows: pd.DataFrame) -> tuple[str, ...]:
    name = next((name for name in LABEL_COLUMNS if name in rows.columns), None)
    return tuple(map(_label, rows[name])) if name else ()


def _from_table(table: pd.DataFrame) -> list[Group]:
    _check_kind(table)
    labels = next((name for name in LABEL_COLUMNS if name in table.columns), None)
    ids = table[ID].tolist() if ID in table.columns else range(len(table))
    cells = table[labels].tolist() if labels else [None] * len(table)
    groups = []
    rows = zip(ids, table["files"].tolist(), table["distance"].tolist(), cells, strict=True)
    for number, named, distance, marked in rows:
        key = _key(number)
        files = tuple(str(name) for name in _as_list(named, "files"))
        given = tuple(map(_label, _as_list(marked, str(labels)))) if labels else ()
        if given and len(given) != len(files):
            raise OptionError(
                f"Component {key} has {len(files)} files and {len(given)} labels.", _HINT
            )
        groups.append(Group(key, files, _number(distance), given))
    return groups


def _check_kind(table: pd.DataFrame) -> None:
    """Refuse groups that are not of copies: one image of each would be all that stays."""
    if "cluster" in table.columns and ID not in table.columns:
        raise OptionError(
            "The table holds k-means clusters: their images are alike, but no copies.",
            "Give find_top_components(..., comp_type='component').",
        )
    ids = table[ID] if ID in table.columns else ()
    if any(isinstance(value, (list, tuple)) or str(value).startswith("[") for value in ids):
        raise OptionError(
            "The table is grouped by label: its groups are classes, not copies of one image.",
            "Give find_top_components(..., group_by='visual').",
        )


def _as_list(value: Any, column: str) -> list[Any]:
    if isinstance(value, str):  # a cell of a CSV file
        value = _parse_list(value)
    if isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) == 1:
        return list(value)
    raise OptionError(f"The column {column} does not hold lists.", _HINT)


def _parse_list(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)  # literals only: runs nothing
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _label(value: Any) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(sorted(map(str, value))) or NO_LABEL
    empty = value is None or value != value or value == ""  # noqa: PLR0124 - NaN
    return NO_LABEL if empty else str(value)


def _key(value: Any) -> str:
    """Return an id as text; 3, 3.0 and numpy's 3 are one."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise OptionError("The column distance holds more than numbers.", _HINT) from error
