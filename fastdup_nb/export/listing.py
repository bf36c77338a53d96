"""Images to label in another tool: files and labels, in all the forms users give them in."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.errors import EmptyInputError, InputNotFoundError, OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.sources.file_list import read_list
from fastdup_nb.views.labels import Labels, LabelSource, as_labels, make_labeller, read_label_file

if TYPE_CHECKING:
    from collections.abc import Sequence

FileSource = Iterable[str | PathLike[str]] | str | PathLike[str]


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """An image file and its labels.

    Attributes
    ----------
    path : str
        Absolute.
    labels : tuple of str
        Empty when it has none.
    """

    path: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class ListedImages:
    """The images that labels are joined to by index or by row.

    Attributes
    ----------
    file_names : sequence of str
    indices : sequence of int
    """

    file_names: Sequence[str]
    indices: Sequence[int]

    @classmethod
    def of(cls, file_names: Sequence[str]) -> ListedImages:
        """Return images numbered in their order."""
        return cls(file_names, range(len(file_names)))


def list_files(files: FileSource, option: str = "files") -> list[str]:
    """Return the absolute paths of a list, or of a text or CSV file that holds one.

    Parameters
    ----------
    files : list of paths, or path of a list
    option : str
        The name of the option, for errors.

    Raises
    ------
    EmptyInputError
        When it lists nothing.
    InputNotFoundError
        When the list file does not exist.
    OptionError
        When it is something else.
    """
    if isinstance(files, (str, PathLike)):
        place = Path(files).expanduser()
        if not place.is_file():
            message = f"{option}: there is no list {str(place)!r}."
            raise InputNotFoundError(message, "Give a list of paths, or a text file of paths.")
        found: Iterable[str | PathLike[str]] = read_list(str(place))
    elif isinstance(files, Iterable):
        found = files
    else:
        message = f"{option} is a {type(files).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give a list of paths, or a text file of paths.")
    try:
        paths = [str(absolute(path)) for path in found]
    except TypeError as error:
        message = f"{option} holds more than paths: {error}."
        raise OptionError(message, "Give a list of paths, or a text file of paths.") from error
    if not paths:
        raise EmptyInputError(f"{option}: the list is empty.", "Give at least one image.")
    return paths


def pair_up(files: FileSource, labels: LabelSource) -> tuple[LabelledFile, ...]:
    """Return every image once, in the order of `files`, with all labels it is given.

    Parameters
    ----------
    files : list of paths, or path of a list
    labels : list, path of a list, mapping, callable or None
        A list has one entry per file: a label, a list of labels, or None. A text file has one
        label per line; a CSV file a column `label`, joined by its column `filename` if it has one.

    Raises
    ------
    EmptyInputError, InputNotFoundError, OptionError
        When there are no files, a list does not exist, or the two do not fit.
    """
    paths = list_files(files)
    merged: dict[str, list[str]] = {}
    for path, given in zip(paths, _labels_of(paths, labels), strict=True):
        merged.setdefault(path, []).extend(given)
    return tuple(LabelledFile(path, tuple(dict.fromkeys(given))) for path, given in merged.items())


def _labels_of(paths: list[str], labels: LabelSource) -> list[Labels]:
    if labels is None or isinstance(labels, Mapping) or callable(labels):
        label_of = make_labeller(labels)
        return [label_of(path) for path in paths]
    if isinstance(labels, (str, PathLike)):
        labels = _read_labels(Path(labels).expanduser(), paths)
    if not isinstance(labels, Iterable):
        message = f"labels is a {type(labels).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give one label per file, or a text file of labels.")
    given = [as_labels(label) for label in labels]
    if len(given) != len(paths):
        message = f"There are {len(paths):,} files and {len(given):,} labels."
        raise OptionError(message, "Give one label per file; None for a file without one.")
    return given


def _read_labels(place: Path, paths: list[str]) -> list[str | None]:
    if not place.is_file():
        hint = "Give one label per file, or a text file with one label per line."
        raise InputNotFoundError(f"labels: there is no list {str(place)!r}.", hint)
    text = place.read_text(encoding="utf-8-sig", errors="surrogateescape")
    lines: list[str | None] = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[-1] == "":
        lines.pop()
    header = next(csv.reader([lines[0] or ""]), []) if lines else []
    columns = [name.strip() for name in header]
    if "label" not in columns:
        return lines
    if "filename" in columns:
        by_name = read_label_file(place, None)
        return [by_name.get(path) for path in paths]
    column = columns.index("label")
    rows = list(csv.reader(text.split("\n")))[1 : len(lines)]
    return [row[column] if column < len(row) else None for row in rows]
