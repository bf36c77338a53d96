"""A user's table about the images, joined by name: labels, splits, anything."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store.tables import read_frame
from fastdup_nb.views.explore.facets import NONE, Values
from fastdup_nb.views.explore.labelling import label_table
from fastdup_nb.views.explore.measures import Measure, Measures
from fastdup_nb.views.labels import as_labels
from fastdup_nb.views.wording import as_unicode, base_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.core.labels import LabelTable
    from fastdup_nb.views.explore.images import Images

NAME_COLUMNS = ("filename", "file_name", "path", "image", "img_filename")
LABEL_COLUMNS = ("label", "labels")
# A column of numbers with more values than this is to sort by, not to choose from.
MOST_CHOICES = 30
_HINT = "Give a DataFrame with a column filename, and label or others."


@dataclass(frozen=True)
class Annotations:
    """What a user's table says of the images.

    Attributes
    ----------
    labels : LabelTable or None
    facets : dict of str to Values
        Columns to choose from.
    measures : dict of str to Measure
        Columns of numbers.
    """

    labels: LabelTable | None = None
    facets: dict[str, Values] = field(default_factory=dict)
    measures: Measures = field(default_factory=dict)


def join_annotations(source: Any, images: Images) -> Annotations:
    """Join a table to the images by name.

    A name is compared as it is, then as an absolute path, then by its last parts: as many as tell
    the images apart. What names no image is left out, which a note of `images` tells.

    Parameters
    ----------
    source : DataFrame, path or None
        Several rows of one image give it several labels, and the first of their other values.
    images : Images

    Raises
    ------
    OptionError
        When it is no such table, or names no image at all.
    InputNotFoundError
        When the file does not exist.
    """
    if source is None:
        return Annotations()
    table = _open(source)
    column = next((name for name in NAME_COLUMNS if name in table.columns), None)
    if column is None:
        known = ", ".join(map(str, table.columns)) or "none"
        raise OptionError(f"The annotations have no column filename (they have {known}).", _HINT)
    image = _find([str(name) for name in table[column]], images)
    found = image >= 0
    if not found.any() and len(table):
        example = f"{table[column].iloc[0]!s} is not like {images.names[0]}" if len(images) else ""
        message = f"None of the {len(table):,} annotations names an image."
        raise OptionError(message, f"The column {column} holds file names: {example}.")
    missing = int((~found).sum())
    if missing:
        images.notes.append(f"{missing:,} of {len(table):,} annotations name no image.")
    return _take_columns(table[found].drop(columns=column), image[found], len(images))


def _open(source: Any) -> pd.DataFrame:
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, PathLike)):
        raise OptionError(f"The annotations are a {type(source).__name__}.", _HINT)
    path = Path(source).expanduser()
    if not path.is_file():
        raise InputNotFoundError(f"The annotations {path} do not exist.", _HINT)
    return read_frame(path)


def _find(wanted: list[str], images: Images) -> NDArray[np.int64]:
    """Return the image that each name means; -1 for none."""
    import pandas as pd

    known = pd.Index(images.names, dtype=object)
    image = _look_up(known, wanted)
    if (image < 0).any():
        missing = np.flatnonzero(image < 0)
        resolved = pd.Index([images.path(number) for number in range(len(images))], dtype=object)
        full = [str(absolute(wanted[row])) for row in missing]
        image[missing] = _look_up(resolved, full)
    for keep in (3, 2, 1):
        missing = np.flatnonzero(image < 0)
        if not len(missing):
            break
        ends = pd.Index([_last_parts(name, keep) for name in images.names], dtype=object)
        asked = [_last_parts(wanted[row], keep) for row in missing]
        found = _look_up(ends, asked)
        # An end that several images have tells nothing.
        ambiguous = ends.duplicated(keep=False)
        image[missing] = np.where((found >= 0) & ~ambiguous[found], found, -1)
    return image


def _look_up(known: pd.Index[Any], wanted: list[str]) -> NDArray[np.int64]:
    import pandas as pd

    first = ~known.duplicated()
    place = known[first].get_indexer(pd.Index(wanted, dtype=object))
    return np.where(place >= 0, np.flatnonzero(first)[place], -1) if len(known) else place


def _last_parts(name: str, keep: int) -> str:
    parts = name.replace("\\", "/").split("/")
    return "/".join(parts[-keep:]) if keep > 1 else base_name(os.path.normpath(name))


def _take_columns(table: pd.DataFrame, image: NDArray[np.int64], count: int) -> Annotations:
    label = next((name for name in LABEL_COLUMNS if name in table.columns), None)
    labels = _labels(table[label], image, count) if label else None
    _, first = np.unique(image, return_index=True)
    facets: dict[str, Values] = {}
    measures: Measures = {}
    for name in table.columns:
        if name == label:
            continue
        title = as_unicode(str(name))
        numbers = _as_numbers(table[name].iloc[first])
        if numbers is not None:
            values = np.full(count, np.nan)
            values[image[first]] = numbers
            measures[title] = Measure(title, title, "number", values)
        else:
            facets[title] = _as_values(table[name].iloc[first], image[first], count)
    return Annotations(labels, facets, measures)


def _labels(column: pd.Series[Any], image: NDArray[np.int64], count: int) -> LabelTable:
    number: dict[str, int] = {}
    owner, code = [], []
    for which, value in zip(image.tolist(), column, strict=True):
        for text in as_labels(value):
            owner.append(which)
            code.append(number.setdefault(text, len(number)))
    entries = np.array(owner, np.int64), np.array(code, np.int64)
    return label_table(list(number), *entries, count)


def _as_numbers(column: pd.Series[Any]) -> NDArray[np.float64] | None:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    numbers: NDArray[np.float64] = column.to_numpy(np.float64, na_value=np.nan)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    return numbers if len(np.unique(numbers)) > MOST_CHOICES else None


def _as_values(column: pd.Series[Any], image: NDArray[np.int64], count: int) -> Values:
    texts = [", ".join(as_labels(value)) or NONE for value in column]
    number = {NONE: 0}
    codes = np.zeros(count, np.int32)
    codes[image] = [number.setdefault(text, len(number)) for text in texts]
    return Values.single(list(number), codes)
