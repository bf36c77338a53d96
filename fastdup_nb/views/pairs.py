"""Pairs of images as the views read them: from a file, a work_dir or a table; each pair once."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fastdup_nb.errors import InputNotFoundError, OptionError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

PairSource = pd.DataFrame | str | PathLike[str] | WorkDir


def open_pairs(
    source: PairSource,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    *,
    name: str = names.SIMILARITY,
) -> tuple[pd.DataFrame, WorkDir | None]:
    """Read pairs and find the work_dir they belong to.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        A table with the columns from, to, distance; a CSV file of it; or a work_dir.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.
    name : str
        The file to read of a work_dir.

    Returns
    -------
    pairs : DataFrame
        from, to (text, as stored) and distance (float, 1 = identical).
    work_dir : WorkDir or None

    Raises
    ------
    OptionError
        When the table has not these columns.
    InputNotFoundError
        When there is no such file or folder.
    ResultNotFoundError
        When the work_dir holds no such file.
    """
    given = open_work_dir(work_dir)
    if isinstance(source, WorkDir):
        return source.read_pairs(name), source
    if isinstance(source, pd.DataFrame):
        return _from_frame(source, given), given
    if not isinstance(source, (str, PathLike)):
        message = f"The table of pairs is a {type(source).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give a CSV file, a work_dir, or a DataFrame.")
    path = Path(source).expanduser()
    if path.is_dir():
        found = WorkDir.open(path)
        return found.read_pairs(name), found
    if not path.is_file():
        hint = f"Give the work_dir of a finished run, or its {name}."
        raise InputNotFoundError(f"{path} does not exist.", hint)
    return WorkDir(path.parent).read_pairs(path.name), given or find_beside(path)


def merge_mirrored(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return every pair once, in whichever direction it comes first; none of an image with itself.

    Parameters
    ----------
    pairs : DataFrame
        from, to and more; in the order of preference.
    """
    codes, _ = pd.factorize(np.concatenate([pairs["from"].to_numpy(), pairs["to"].to_numpy()]))
    source, target = codes[: len(pairs)], codes[len(pairs) :]
    low, high = np.minimum(source, target), np.maximum(source, target)
    key = low.astype(np.int64) * (len(codes) + 1) + high
    repeated = pd.Series(key).duplicated().to_numpy()
    kept: pd.DataFrame = pairs[~repeated & (source != target)]
    return kept


def open_work_dir(given: str | PathLike[str] | WorkDir | None) -> WorkDir | None:
    """Return the work_dir at a path; None when there is none given."""
    if given is None or isinstance(given, WorkDir):
        return given
    return WorkDir.open(given)


def find_beside(path: Path) -> WorkDir | None:
    """Return the work_dir that a file lies in; None when it lies in none."""
    try:
        return WorkDir.open(path.parent)
    except ResultNotFoundError:
        return None


def _from_frame(frame: pd.DataFrame, work_dir: WorkDir | None) -> pd.DataFrame:
    missing = [name for name in names.PAIR_COLUMNS if name not in frame.columns]
    if missing:
        message = f"The table of pairs has no column {', '.join(missing)}."
        raise OptionError(message, f"Its columns are {', '.join(names.PAIR_COLUMNS)}.")
    pairs = frame.loc[:, list(names.PAIR_COLUMNS)].reset_index(drop=True)
    try:
        pairs["distance"] = pairs["distance"].astype(float)
    except (TypeError, ValueError) as error:
        message = "The column distance holds more than numbers."
        raise OptionError(message, "It holds the similarity of each pair, 0 to 1.") from error
    for column in ("from", "to"):
        pairs[column] = _as_names(pairs[column], work_dir)
    return pairs


def _as_names(values: pd.Series[Any], work_dir: WorkDir | None) -> pd.Series[Any]:
    if not pd.api.types.is_numeric_dtype(values) or values.empty:
        return values.astype(str)
    if work_dir is None:
        message = "The pairs name images by number, which needs the list of images."
        raise OptionError(message, "Give work_dir.")
    name_of = work_dir.names_by_number()
    found = values.map(name_of)
    if found.isna().any():
        message = f"{work_dir.path} does not list image number {values[found.isna()].iloc[0]}."
        raise OptionError(message, "Give the work_dir that the pairs come from.")
    return found
