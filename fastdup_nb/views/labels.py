"""What users give to name, label and mark images, in all its published forms, as functions."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.workdir import WorkDir

Labels = tuple[str, ...]
LabelSource = Callable[[str], Any] | Mapping[str, Any] | Sequence[Any] | str | PathLike[str] | None
TextSource = Callable[[str], Any] | Mapping[str, Any] | None


class Labeller(Protocol):
    """Gives the labels of an image; empty when it has none."""

    def __call__(self, path: str, /) -> Labels:
        """Return the labels of the image at an absolute path."""


class ImageList(Protocol):
    """The images that labels are joined to by index or by row; a `WorkDir` is one."""

    @property
    def file_names(self) -> Sequence[str]:
        """File name of every row."""

    @property
    def indices(self) -> Sequence[int]:
        """Number of every row."""


def make_labeller(source: LabelSource, work_dir: ImageList | None = None) -> Labeller:
    """Return a function from an absolute path to labels.

    Parameters
    ----------
    source : callable, mapping, path, sequence or None
        A function of the absolute path; a mapping from it; a CSV file with a column `label` joined
        by its column `filename` or `index`, or by row; or one label per image in the order of the
        file list. A label is a text or a list of texts; None, "" and NaN are no label. Without a
        source the labels that the run found in annotations or archives, if any.
    work_dir : WorkDir or ImageList, optional
        Needed to join by `index` or by row.

    Raises
    ------
    OptionError
        When the source is of no such form, or a file does not fit the images.
    InputNotFoundError
        When the file does not exist.

    Notes
    -----
    V0.2 API page, `get_label_func`.
    """
    if source is None:
        return _from_mapping(read_stored_labels(work_dir))
    if isinstance(source, Mapping):
        return _from_mapping(source)
    if callable(source):
        return _from_function(source, "get_label_func")
    if isinstance(source, (str, PathLike)):
        return _from_mapping(read_label_file(Path(source).expanduser(), work_dir))
    values = list(source)
    return _from_mapping(_by_row(values, work_dir, f"The list of {len(values):,} labels"))


def has_stored_labels(work_dir: object) -> bool:
    """Return whether a run found labels in annotations or archives."""
    return isinstance(work_dir, WorkDir) and work_dir.has(names.LABELS)


def read_stored_labels(work_dir: object) -> dict[str, str]:
    """Return the labels that a run found in annotations or archives, by file name."""
    if not isinstance(work_dir, WorkDir) or not work_dir.has(names.LABELS):
        return {}
    columns = read_columns(work_dir.file(names.LABELS), ["filename", "label"])
    files, labels = (columns.get(name, []) for name in ("filename", "label"))
    return {name: label for name, label in zip(files, labels, strict=False) if label}


def make_text_function(source: TextSource, option: str) -> Callable[[str], str] | None:
    """Return a function from an absolute path to a text; None when there is no source.

    Parameters
    ----------
    source : callable, mapping or None
    option : str
        The name of the option, for errors.

    Raises
    ------
    OptionError
        When it is something else.
    """
    if source is None:
        return None
    if isinstance(source, Mapping):
        return lambda path: _as_text(source.get(path, ""))
    if not callable(source):
        message = f"{option} is a {type(source).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give a function of the file name, or a dict.")
    return lambda path: _as_text(call_user_function(source, path, option))


def call_user_function(function: Callable[[str], Any], path: str, option: str) -> Any:
    """Call a function of the user's; its failure names the option and the file.

    Raises
    ------
    OptionError
        When it raises.
    """
    try:
        return function(path)
    except Exception as error:
        message = f"{option} fails for {path}: {type(error).__name__}: {error}."
        raise OptionError(message, "It is called with the absolute file name.") from error


def as_labels(value: Any) -> Labels:
    """Return a label or a list of labels as a tuple of texts, without empty ones.

    >>> as_labels(["cat", None, 3])
    ('cat', '3')
    """
    if value is None:
        return ()
    many = isinstance(value, Iterable) and not isinstance(value, (str, bytes))
    texts = (_as_text(item) for item in (value if many else (value,)))
    return tuple(dict.fromkeys(text for text in texts if text))


def read_label_file(path: Path, work_dir: ImageList | None) -> dict[str, str]:
    """Read a CSV file with a column `label`.

    Parameters
    ----------
    path : Path
        The file. Relative names in its column `filename` are looked up beside it and in the
        current folder.
    work_dir : WorkDir or ImageList, optional
        Needed when there is no column `filename`.

    Returns
    -------
    dict of str to str
        Label by absolute file name.
    """
    if not path.is_file():
        hint = "Give a function, a dict, or a CSV file with a column label."
        raise InputNotFoundError(f"The label file {path} does not exist.", hint)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row]
    header = [name.strip() for name in rows[0]] if rows else []
    if "label" not in header:
        columns = ", ".join(header) or "none"
        message = f"The label file {path} has no column label (its columns: {columns})."
        raise OptionError(message, "Write filename,label or index,label as its first row.")
    short = next((row for row in rows[1:] if len(row) < len(header)), None)
    if short is not None:
        hint = 'Put names that hold a comma into "quotes".'
        raise OptionError(f"The label file {path} has a short row: {','.join(short)!r}.", hint)
    columns_of = {name: [row[place] for row in rows[1:]] for place, name in enumerate(header)}
    labels = columns_of["label"]
    if "filename" in columns_of:
        return _by_file_name(columns_of["filename"], labels, path.parent)
    if "index" in columns_of:
        return _by_index(columns_of["index"], labels, work_dir, path)
    return _by_row(labels, work_dir, f"The label file {path} ({len(labels):,} rows)")


def _from_mapping(mapping: Mapping[str, Any]) -> Labeller:
    return lambda path: as_labels(mapping.get(path))


def _from_function(function: Callable[[str], Any], option: str) -> Labeller:
    return lambda path: as_labels(call_user_function(function, path, option))


def _by_file_name(file_names: list[str], labels: list[str], folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, label in zip(file_names, labels, strict=True):
        if not Path(name).is_absolute():
            found.setdefault(str(absolute(name)), label)
        found[str(absolute(folder / name))] = label
    return found


def _by_index(
    index: list[str], labels: list[str], work_dir: ImageList | None, path: Path
) -> dict[str, str]:
    try:
        numbers = [int(number) for number in index]
    except ValueError as error:
        message = f"The column index of {path} holds more than whole numbers."
        raise OptionError(
            message, "It numbers the images as atrain_features.dat.csv does."
        ) from error
    if work_dir is None:
        raise _needs_work_dir(f"The label file {path}")
    file_names = work_dir.file_names
    if numbers == list(range(len(file_names))):
        # "same length and same order" as the list of images, whatever bad files lie between.
        return _by_row(labels, work_dir, f"The label file {path}")
    label_of = dict(zip(numbers, labels, strict=True))
    pairs = zip(work_dir.indices, file_names, strict=True)
    return {str(absolute(name)): label_of[number] for number, name in pairs if number in label_of}


def _by_row(labels: Sequence[Any], work_dir: ImageList | None, what: str) -> dict[str, Any]:
    if work_dir is None:
        raise _needs_work_dir(what)
    file_names = work_dir.file_names
    if len(labels) != len(file_names):
        message = f"{what} does not fit: there are {len(file_names):,} images."
        raise OptionError(message, "Give one label per row of atrain_features.dat.csv.")
    return {str(absolute(name)): label for name, label in zip(file_names, labels, strict=True)}


def _needs_work_dir(what: str) -> OptionError:
    hint = "Give work_dir, or a column filename."
    return OptionError(f"{what} is joined by position, which needs the list of images.", hint)


def _as_text(value: Any) -> str:
    # NaN is the only value that is not itself.
    return "" if value is None or value != value else str(value)  # noqa: PLR0124
