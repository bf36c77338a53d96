"""Boxes in a CSV file or a DataFrame: one row per box."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import InputError
from fastdup_nb.sources.annotations.collected import Annotations, Collector, left_out

if TYPE_CHECKING:
    import pandas as pd

_FILE_NAMES = ("filename", "img_filename", "image_filename")
_BOX = ("col_x", "row_y", "width", "height")
_CORNERS = ("x1", "y1", "x2", "y2")
_ROTATED = (*_CORNERS, "x3", "y3", "x4", "y4")
_LABELS = ("label", "class", "category", "class_name")
_CONFIDENCES = ("confidence", "score")
_FORMS = (
    "Write filename,col_x,row_y,width,height,label; filename,x1,y1,x2,y2,label; or, for rotated "
    "boxes, filename,x1,y1,x2,y2,x3,y3,x4,y4,label."
)


def is_box_header(names: Sequence[str]) -> bool:
    """Return whether the columns of a table are those of boxes."""
    columns = {name.strip().lower() for name in names}
    return bool(columns & set(_FILE_NAMES)) and bool(columns & {"col_x", "row_y", "x1", "y1"})


def file_has_boxes(path: str) -> bool:
    """Return whether a text file begins with the header of a table of boxes."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            line = stream.readline(65_536)
    except OSError:
        return False
    if "\0" in line:
        return False
    return is_box_header(next(csv.reader([line]), []))


def read_csv(path: str, folders: Sequence[str]) -> Annotations:
    """Read the boxes of a CSV file.

    Parameters
    ----------
    path : str
        With a header in one of the published forms; `index`, `label` and `confidence` are optional.
    folders : sequence of str
        Where images with relative names are, besides the current folder and that of the file.

    Raises
    ------
    InputError
        When it cannot be read, or its columns are none of the forms.
    """
    beside = str(Path(path).resolve().parent)
    found = Collector([*folders, str(Path.cwd()), beside], next(iter(folders), beside))
    try:
        with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            rows = csv.reader(stream)
            header = next(rows, [])
            return _collect(header, rows, found, repr(path))
    except (OSError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The list {path!r} cannot be read: {reason}.", _FORMS) from error


def read_frame(frame: pd.DataFrame, folders: Sequence[str]) -> Annotations:
    """Read the boxes of a DataFrame with the columns of the CSV file.

    Raises
    ------
    InputError
        When its columns are none of the forms.
    """
    header = [str(name) for name in frame.columns]
    columns = [_as_texts(frame.iloc[:, place].tolist()) for place in range(len(header))]
    rows = (list(row) for row in zip(*columns, strict=True))
    found = Collector([*folders, str(Path.cwd())])
    return _collect(header, rows, found, "The table of annotations")


def _as_texts(values: Iterable[Any]) -> list[str]:
    return [_as_text(value) for value in values]


def _as_text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is the only value like that
        return ""
    if isinstance(value, (str, os.PathLike)):
        return os.fsdecode(value)
    # A missing value makes floats of a whole column of numbers.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _collect(
    header: Sequence[str], rows: Iterable[list[str]], found: Collector, what: str
) -> Annotations:
    names = [cell.strip().lower() for cell in header]
    file_at = _find(names, _FILE_NAMES)
    numbers_at, corners = _number_columns(names)
    if file_at is None or not numbers_at:
        message = f"{what} has the columns {','.join(header)!r}, which are not those of boxes."
        raise InputError(message, _FORMS)
    label_at, sure_at = _find(names, _LABELS), _find(names, _CONFIDENCES)
    for row in _whole(rows, len(names), found):
        texts = [row[place].strip() for place in numbers_at]
        try:
            numbers: Sequence[float] | str = [float(text or "nan") for text in texts]
        except ValueError:
            numbers = ",".join(text or "nan" for text in texts)
        if corners and not isinstance(numbers, str):
            left, top, right, bottom = numbers
            numbers = [left, top, right - left, bottom - top]
        label = row[label_at].strip() if label_at is not None else ""
        sure = row[sure_at].strip() if sure_at is not None else ""
        found.add(row[file_at], numbers, label, sure, rotated=len(numbers_at) == len(_ROTATED))
    return found.close()


def _whole(rows: Iterable[list[str]], wanted: int, found: Collector) -> Iterator[list[str]]:
    """Yield the rows that have all columns; say how many have not."""
    short, first = 0, ""
    for row in rows:
        if not row:
            continue
        if len(row) < wanted:
            first = first or ",".join(row)
            short += 1
            continue
        yield row
    if short:
        like = f"with too few columns, such as {first!r},"
        found.notes.append(left_out(short, f"row {like}", f"rows {like}"))


def _number_columns(names: list[str]) -> tuple[list[int], bool]:
    """Return where the numbers of a box are, and whether they are two corners."""
    for form in (_ROTATED, _BOX, _CORNERS):
        if all(name in names for name in form):
            return [names.index(name) for name in form], form is _CORNERS
    return [], False


def _find(names: list[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)
