"""Which annotations something holds, and reading them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import InputError, InputNotFoundError
from fastdup_nb.sources.annotations import coco, table, yolo
from fastdup_nb.sources.paths import absolute, local_path
from fastdup_nb.sources.suffixes import suffix_of

if TYPE_CHECKING:
    from fastdup_nb.sources.annotations.collected import Annotations


_YAML, _JSON, _TABLES = ("yaml", "yml"), ("json",), ("csv", "txt", "tsv")
_ACCEPTED = "Give a DataFrame, a CSV file of boxes, a COCO JSON file or the YAML file of YOLO."


def holds_boxes(given: Any) -> bool:
    """Return whether an input is annotations: a table of boxes, COCO JSON, YOLO YAML."""
    if is_frame(given):
        return True
    if not isinstance(given, (str, os.PathLike)):
        return False
    text = os.fsdecode(given)
    if "://" in text or not text.strip():
        return False
    path = absolute(local_path(text))
    if suffix_of(path) in (*_YAML, *_JSON):
        return os.path.isfile(path)  # noqa: PTH113
    return suffix_of(path) in _TABLES and table.file_has_boxes(path)


def is_frame(given: Any) -> bool:
    """Return whether something is a DataFrame; pandas is not loaded to find out."""
    return hasattr(given, "columns") and hasattr(given, "iloc")


def read_annotations(source: Any, folders: Sequence[str] = (), part: str = "") -> Annotations:
    """Read annotations of any kind.

    Parameters
    ----------
    source : DataFrame or path
    folders : sequence of str
        Where images with relative names are.
    part : str
        Of a YOLO data set: `train`, `val` or `test`.

    Raises
    ------
    InputNotFoundError
        When there is no such file.
    InputError
        When it is no annotations, or holds none.
    """
    if is_frame(source):
        return table.read_frame(source, folders)
    if not isinstance(source, (str, os.PathLike)):
        raise InputError(f"annotations cannot be of type {type(source).__name__}.", _ACCEPTED)
    path = absolute(local_path(source))
    if not os.path.isfile(path):  # noqa: PTH113
        raise InputNotFoundError(f"There is no file {path!r}.", _ACCEPTED)
    suffix = suffix_of(path)
    if suffix in _YAML:
        return yolo.read_yolo(path, part)
    if suffix in _JSON:
        return coco.read_coco(path, folders)
    return table.read_csv(path, folders)
