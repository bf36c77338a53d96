"""Images of a collection as users want to see them: labelled, renamed, with boxes and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar

from fastdup_nb.errors import OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.views.boxes import BoxSource, make_box_function
from fastdup_nb.views.gallery import ImageCard
from fastdup_nb.views.labels import (
    Labels,
    LabelSource,
    TextSource,
    has_stored_labels,
    make_labeller,
)
from fastdup_nb.views.labels import make_text_function as make_text
from fastdup_nb.views.places import make_resolver

if TYPE_CHECKING:
    from fastdup_nb.store.workdir import WorkDir

Size = tuple[int | None, int | None, int | None]
T = TypeVar("T")


class CardOptions(TypedDict, total=False):
    """The options that all galleries have in common: how images are found, named and marked.

    Attributes
    ----------
    get_label_func : callable, mapping, path or sequence
        See `fastdup_nb.views.labels.make_labeller`.
    get_bounding_box_func : callable, mapping or path
        See `fastdup_nb.views.boxes.make_box_function`.
    get_reformat_filename_func : callable or mapping
        From an absolute file name to the name to show.
    get_extra_col_func : callable or mapping
        From an absolute file name to a text to add.
    input_dir : path
        Where images lie that are not where the results say.
    """

    get_label_func: LabelSource
    get_bounding_box_func: BoxSource
    get_reformat_filename_func: TextSource
    get_extra_col_func: TextSource
    input_dir: str | PathLike[str] | None


class CardMaker:
    """Turns stored file names into cards; what users' functions give is asked for once per image.

    Parameters
    ----------
    results : WorkDir or None
        Where statistics and the list of images are, to join labels by position.
    options : CardOptions

    Raises
    ------
    OptionError, InputNotFoundError
        When an option cannot be used.
    """

    def __init__(self, results: WorkDir | None, options: CardOptions) -> None:
        self._results = results
        self.path = make_resolver(results, options.get("input_dir"))
        label_source = options.get("get_label_func")
        self.has_labels = label_source is not None or has_stored_labels(results)
        box_source = options.get("get_bounding_box_func")
        self._find_labels = by_either_name(label_source, make_labeller(label_source, results))
        self._find_boxes = by_either_name(box_source, make_box_function(box_source))
        rename, extra = "get_reformat_filename_func", "get_extra_col_func"
        self._rename = make_text(options.get(rename), rename)  # type: ignore[arg-type]
        self._add = make_text(options.get(extra), extra)  # type: ignore[arg-type]
        self._labels: dict[str, Labels] = {}
        self._cards: dict[str, ImageCard] = {}
        self._sizes: dict[str, Size] = {}

    def labels(self, stored: str) -> Labels:
        """Return the labels of an image."""
        if stored not in self._labels:
            self._labels[stored] = self._find_labels(self.path(stored), stored)
        return self._labels[stored]

    def prepare(self, stored: Iterable[str]) -> None:
        """Read the sizes of images that cards will be asked for."""
        self._sizes |= read_sizes(self._results, stored)

    def card(self, stored: str) -> ImageCard:
        """Return the card of an image."""
        if stored not in self._cards:
            self._cards[stored] = self._make(stored)
        return self._cards[stored]

    def shown_name(self, stored: str) -> str:
        """Return the name to show for an image."""
        path = self.path(stored)
        return (self._rename(path) if self._rename else "") or path

    def _make(self, stored: str) -> ImageCard:
        path = self.path(stored)
        width, height, file_size = self._sizes.get(stored, (None, None, None))
        return ImageCard(
            path=path,
            name=self.shown_name(stored),
            labels=self.labels(stored),
            extra=self._add(path) if self._add else "",
            width=width,
            height=height,
            file_size=file_size,
            boxes=self._find_boxes(path, stored),
        )


def read_sizes(results: WorkDir | None, wanted: Iterable[str]) -> dict[str, Size]:
    """Return width, height and file size by stored name, as far as the statistics know them."""
    if results is None or not results.has(names.STATISTICS):
        return {}
    asked = ("filename", "width", "height", "file_size")
    columns = read_columns(results.file(names.STATISTICS), asked)
    if len(columns) < len(asked):
        return {}
    remaining = set(wanted)
    rows = zip(*(columns[name] for name in asked), strict=True)
    return {
        name: (_as_size(width), _as_size(height), _as_size(file_size))
        for name, width, height, file_size in rows
        if name in remaining
    }


def run_date(results: WorkDir | None) -> str:
    """Return the day of a run as `2026-11-20`; empty when unknown."""
    if results is None:
        return ""
    for name in (names.SIMILARITY, names.FEATURE_NAMES, names.CONFIG):
        path = Path(results.path / name)
        if path.is_file():
            return datetime.fromtimestamp(path.stat().st_mtime).astimezone().date().isoformat()
    return ""


def place_of(results: WorkDir | None) -> str:
    """Return the path of a work_dir; empty when unknown."""
    return str(results.path) if results is not None else ""


def check_count(name: str, value: object, *, least: int = 1) -> None:
    """Check an option that counts something.

    Raises
    ------
    OptionError
        When it is not a whole number of at least `least`.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        message = f"{name}={value!r} cannot be used."
        raise OptionError(message, f"Give a whole number of at least {least}.")


def by_either_name(
    source: object, find: Callable[[str], tuple[T, ...]]
) -> Callable[[str, str], tuple[T, ...]]:
    """Look for what is listed by name under the name the results hold, too.

    Lists of labels and boxes may name images as they lay when the run was made.
    """

    def find_either(path: str, stored: str) -> tuple[T, ...]:
        found = find(path)
        if found or callable(source):
            return found
        return find(stored) or find(str(absolute(stored)))

    return find_either


def _as_size(text: str) -> int | None:
    try:
        return int(float(text)) or None
    except (ValueError, OverflowError):
        return None
