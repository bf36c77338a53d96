"""Boxes that users want to see on images, in all their published forms, as a function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.views.labels import call_user_function

Box = tuple[float, float, float, float]
BoxSource = Callable[[str], Any] | Mapping[str, Any] | str | PathLike[str] | None
_CROP_COLUMNS = ("filename", "col_x", "row_y", "width", "height")
_FORM = "A box is four numbers x1, y1, x2, y2 in pixels; give a list of boxes per image."


def make_box_function(source: BoxSource) -> Callable[[str], tuple[Box, ...]]:
    """Return a function from an absolute path to the boxes of the image.

    Parameters
    ----------
    source : callable, mapping, path or None
        A function of the absolute path; a mapping from it; a CSV file with the columns
        filename,col_x,row_y,width,height; or a work_dir that holds `atrain_crops.csv`.

    Raises
    ------
    OptionError
        When it is something else.
    InputNotFoundError
        When the file does not exist.

    Notes
    -----
    V0.2 API page, `get_bounding_box_func`.
    """
    if source is None:
        return lambda _path: ()
    if isinstance(source, (str, PathLike)):
        boxes = read_box_file(Path(source).expanduser())
        return lambda path: boxes.get(path, ())
    if isinstance(source, Mapping):
        return lambda path: as_boxes(source.get(path), path)
    if not callable(source):
        kind = type(source).__name__  # type: ignore[unreachable]
        message = f"get_bounding_box_func is a {kind}."
        raise OptionError(message, "Give a function, a dict, a CSV file, or a work_dir.")
    return lambda path: as_boxes(call_user_function(source, path, "get_bounding_box_func"), path)


def as_boxes(value: Any, path: str) -> tuple[Box, ...]:
    """Return one box or a list of boxes as (x1, y1, x2, y2), left above right below.

    Raises
    ------
    OptionError
        When they are not boxes.

    Examples
    --------
    >>> as_boxes([[10, 20, 0, 5]], "a.jpg")
    ((0.0, 5.0, 10.0, 20.0),)
    """
    if value is None:
        return ()
    try:
        listed = value.tolist() if hasattr(value, "tolist") else list(value)
        if listed and not hasattr(listed[0], "__len__"):
            listed = [listed]
        return tuple(_as_box(box) for box in listed)
    except (TypeError, ValueError) as error:
        message = f"The boxes of {path} cannot be used: {value!r}."
        raise OptionError(message, _FORM) from error


def read_box_file(path: Path) -> dict[str, tuple[Box, ...]]:
    """Read boxes from a CSV file or from the `atrain_crops.csv` of a work_dir."""
    file = path / names.CROPS if path.is_dir() else path
    if not file.is_file():
        hint = f"Give a CSV file, or a work_dir that holds {names.CROPS}."
        raise InputNotFoundError(f"The box file {file} does not exist.", hint)
    columns = read_columns(file, _CROP_COLUMNS)
    missing = [name for name in _CROP_COLUMNS if name not in columns]
    if missing:
        message = f"The box file {file} has no column {', '.join(missing)}."
        raise OptionError(message, f"Its columns are {','.join(_CROP_COLUMNS)}.")
    boxes: dict[str, list[Box]] = defaultdict(list)
    for name, *numbers in zip(*(columns[column] for column in _CROP_COLUMNS), strict=True):
        try:
            x, y, width, height = (float(number) for number in numbers)
        except ValueError as error:
            message = f"The box file {file} has a row without four numbers, for {name}."
            raise OptionError(message, f"Its columns are {','.join(_CROP_COLUMNS)}.") from error
        boxes[str(absolute(name))].append((x, y, x + width, y + height))
    return {name: tuple(found) for name, found in boxes.items()}


def _as_box(numbers: Any) -> Box:
    x1, y1, x2, y2 = (float(number) for number in numbers)
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
