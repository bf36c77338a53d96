"""What is measured of images, as columns of numbers with a title and a form."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import FastdupError
from fastdup_nb.store import names
from fastdup_nb.views.statistics import FORMS, POSITIVE, SIZE
from fastdup_nb.views.wording import as_unicode, word_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.gallery import Form

ASPECT_RATIO = "aspect_ratio"
_TITLES = {
    "file_size": "file size",
    SIZE: "pixels",
    "mean": "brightness",
    "blur": "sharpness",
    "stdv": "spread of brightness",
    "unique": "different greys",
    ASPECT_RATIO: "aspect ratio (width / height)",
}
# What people look for comes first.
_ORDER = ("blur", "mean", SIZE, ASPECT_RATIO, "file_size", "contrast", "width", "height")
_NO_MEASURES = {"index", "filename", "from", "to"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One number per thing.

    Attributes
    ----------
    name, title : str
    form : {'similarity', 'number', 'whole', 'bytes', 'percent'}
    numbers : ndarray of float64, shape (m,)
        NaN where it is not known.
    chosen : ndarray of int, shape (n,), optional
        Which of the numbers are meant, in order; all when not given. So that every view of the
        same images shares their statistics.
    """

    name: str
    title: str
    form: Form
    numbers: NDArray[np.float64] = field(repr=False)
    chosen: NDArray[np.integer] | None = field(default=None, repr=False)

    @property
    def values(self) -> NDArray[np.float64]:
        """The numbers, shape (n,)."""
        return self.numbers if self.chosen is None else self.numbers[self.chosen]

    def at(self, place: int) -> float | None:
        """Return one number; None when it is not known."""
        value = float(self.numbers[place if self.chosen is None else self.chosen[place]])
        return value if math.isfinite(value) else None

    def of(self, places: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return some of the numbers."""
        chosen: NDArray[np.float64] = self.values[places]
        return chosen

    def text_at(self, place: int) -> str:
        """Return one number in words; empty when it is not known."""
        value = self.at(place)
        return "" if value is None else word_value(value, self.form)


Measures = dict[str, Measure]


def read_measures(results: WorkDir, file_names: Sequence[str]) -> Measures:
    """Return the statistics of a run, with those that follow from them.

    Parameters
    ----------
    results : WorkDir
    file_names : sequence of str, length n
        The images.
    """
    if not results.has(names.STATISTICS):
        return {}
    try:
        table = results.read_table(names.STATISTICS)
    except FastdupError:  # the images can be seen all the same
        return {}
    place = _place_of(file_names, table, results)
    if place is None:
        return {}
    found: dict[str, NDArray[np.float64]] = {}
    for column in table.columns:
        values = _numbers(table[column]) if column not in _NO_MEASURES else None
        if values is not None:
            found[as_unicode(str(column))] = np.where(place >= 0, values[place], np.nan)
    return make_measures(found)


def make_measures(found: dict[str, NDArray[np.float64]]) -> Measures:
    """Return statistics with titles and forms, in the order to show them."""
    for name in POSITIVE:
        if name in found:
            found[name] = np.where(found[name] > 0, found[name], np.nan)
    if {"width", "height"} <= set(found):
        found.setdefault(SIZE, found["width"] * found["height"])
        found.setdefault(ASPECT_RATIO, found["width"] / found["height"])
    first = [name for name in _ORDER if name in found]
    ordered = [*first, *(name for name in found if name not in first)]
    return {
        name: Measure(name, _TITLES.get(name, name), FORMS.get(name, "number"), found[name])
        for name in ordered
    }


def _place_of(file_names: Sequence[str], table: Any, results: WorkDir) -> NDArray[np.int64] | None:
    """Return the row of the statistics that each image has; -1 for none."""
    import pandas as pd

    if "filename" in table.columns:
        listed = table["filename"].tolist()
        if listed == file_names:  # as a run of ours writes it
            return np.arange(len(listed))
        rows: pd.Index[Any] = pd.Index(listed, dtype=object)
        wanted: pd.Index[Any] = pd.Index(list(file_names), dtype=object)
    elif "index" in table.columns:
        rows, wanted = pd.Index(table["index"]), pd.Index(results.indices)
    else:
        return None
    first = ~rows.duplicated()
    place = rows[first].get_indexer(wanted)
    return np.where(place >= 0, np.flatnonzero(first)[place], -1)


def _numbers(column: Any) -> NDArray[np.float64] | None:
    import pandas as pd

    values: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    known = np.isfinite(values) & (values != -1)  # the original writes -1 for what it cannot read
    return np.where(known, values, np.nan) if known.any() else None
