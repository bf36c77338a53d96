"""One statistic of every image of some results, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.options import unknown_name
from fastdup_nb.store import names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.views.members import Members

SIZE = "size"


def read_metric(metric: str, members: Members) -> NDArray[np.float64]:
    """Return a statistic of every image; NaN where it is not known.

    Parameters
    ----------
    metric : str
        A column of the statistics, or `size`: width x height.
    members : Members
        The images.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    OptionError
        When there is no such statistic; the known ones are named.
    ResultNotFoundError
        When the run kept no statistics.
    """
    results = members.results
    if results is None:
        raise OptionError(f"metric={metric!r} needs the statistics.", "Give the work_dir.")
    if not results.has(names.STATISTICS):
        message = f"{results.path} holds no {names.STATISTICS}."
        raise ResultNotFoundError(message, "Run with turi_param='run_stats=1'.")
    table = results.read_table(names.STATISTICS)
    known = [name for name in table.columns if name not in ("index", "filename")]
    if {"width", "height"} <= set(known):
        known.append(SIZE)
    if metric not in known:
        raise unknown_name("metric", metric, known)
    values = table["width"] * table["height"] if metric == SIZE else table[metric]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    by_name = "filename" in table.columns
    rows = pd.Index(table["filename"].astype(object) if by_name else table["index"])
    wanted = members.files if by_name else members.ids
    if not rows.is_unique:  # boxes of one image: its first row
        first = ~rows.duplicated()
        rows, numbers = rows[first], numbers[first]
    place = rows.get_indexer(wanted)
    return np.where(place >= 0, numbers[place], np.nan)
