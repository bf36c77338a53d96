"""What the duplicates gallery shows: the most similar pairs, each once, with what users add."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.views.boxes import Box, BoxSource, make_box_function
from fastdup_nb.views.labels import (
    Labels,
    LabelSource,
    TextSource,
    make_labeller,
    make_text_function,
)
from fastdup_nb.views.pairs import PairSource, make_resolver, merge_mirrored, open_pairs
from fastdup_nb.views.slices import SliceSpec, choose_pairs, describe_slice

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.store.workdir import WorkDir

# Below it two files are never the same, and need not be compared.
LEAST_SIMILARITY_OF_COPIES = 0.999


@dataclass(frozen=True, slots=True)
class ImageCard:
    """One image of a pair.

    Attributes
    ----------
    path : str
        Absolute file name.
    name : str
        What to show instead, as `get_reformat_filename_func` wants it; else the path.
    labels : tuple of str
    extra : str
        What `get_extra_col_func` gives.
    width, height, file_size : int or None
        Pixels and bytes; None when the run kept no statistics.
    boxes : tuple of (x1, y1, x2, y2)
        Pixels of the upright image.
    """

    path: str
    name: str
    labels: Labels = ()
    extra: str = ""
    width: int | None = None
    height: int | None = None
    file_size: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair: its place in the view (from 1), its images, their similarity (1 = identical).

    `kind` is `exact` when the files have the same content, byte for byte, else `near`.
    """

    number: int
    first: ImageCard
    second: ImageCard
    similarity: float
    kind: Literal["exact", "near"]

    @property
    def labels_differ(self) -> bool:
        """Whether both images have labels and none in common."""
        first, second = set(self.first.labels), set(self.second.labels)
        return bool(first and second and not first & second)


@dataclass(frozen=True)
class DuplicatesView:
    """The pairs to show and what they were chosen from.

    Attributes
    ----------
    title : str
    rows : tuple of PairRow
    total : int
        Pairs in the results, mirrored ones counted once.
    matching : int
        Pairs that the threshold and the slice leave.
    filters : str
        The order, the threshold and the slice in words.
    run_date : str
        Day of the run, `2026-11-20`; empty when unknown.
    work_dir : str
        The work_dir; empty when unknown.
    """

    title: str
    rows: tuple[PairRow, ...]
    total: int
    matching: int
    filters: str
    run_date: str = ""
    work_dir: str = ""

    @property
    def shown(self) -> int:
        """Pairs in the view."""
        return len(self.rows)

    @property
    def headline(self) -> str:
        """The counts in words: `20 of 1,503 pairs`."""
        pairs = "pair" if self.matching == 1 else "pairs"
        return f"{self.shown:,} of {self.matching:,} {pairs}"

    @property
    def labels(self) -> list[str]:
        """All labels of the shown images, sorted."""
        cards = (card for row in self.rows for card in (row.first, row.second))
        return sorted({label for card in cards for label in card.labels})

    def to_frame(self) -> pd.DataFrame:
        """Return the shown pairs: from, to, distance, kind, label, label2, extra, extra2."""
        import pandas as pd

        columns = ["from", "to", "distance", "kind", "label", "label2", "extra", "extra2"]
        rows = [
            (
                *(row.first.path, row.second.path, row.similarity, row.kind),
                *("|".join(row.first.labels), "|".join(row.second.labels)),
                *(row.first.extra, row.second.extra),
            )
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=columns)


def build_duplicates(  # noqa: PLR0913 - the published arguments
    source: PairSource,
    *,
    num_images: int = 20,
    descending: bool = True,
    threshold: float | None = None,
    label_slice: SliceSpec = None,
    get_label_func: LabelSource = None,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
) -> DuplicatesView:
    """Choose the pairs to show.

    Mirrored pairs (a, b) and (b, a) are one pair before anything is counted.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        See `fastdup_nb.views.pairs.open_pairs`.
    num_images : int
        Pairs to show at most.
    descending : bool
        Most similar first.
    threshold : float, optional
        Least similarity, 0 to 1.
    label_slice : str or list of str, optional
        See `fastdup_nb.views.slices.choose_pairs`.
    get_label_func : callable, mapping, path or sequence, optional
        See `fastdup_nb.views.labels.make_labeller`.
    get_bounding_box_func : callable, mapping or path, optional
        See `fastdup_nb.views.boxes.make_box_function`.
    get_reformat_filename_func : callable or mapping, optional
        From an absolute file name to the name to show.
    get_extra_col_func : callable or mapping, optional
        From an absolute file name to a text to add.
    input_dir : path, optional
        Where images lie that are stored by relative names.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `create_duplicates_gallery`.
    """
    _check_numbers(num_images, threshold)
    stored, results = open_pairs(source, work_dir)
    resolve = make_resolver(results, input_dir)
    labeller = make_labeller(get_label_func, results)
    pairs = merge_mirrored(_sort(stored, descending=descending))
    chosen = pairs if threshold is None else pairs[pairs["distance"] >= threshold]
    chosen = chosen[choose_pairs(chosen, label_slice, lambda name: labeller(resolve(name)))]
    top = chosen.head(num_images)
    maker = _RowMaker(
        results=results,
        stored={*top["from"], *top["to"]},
        resolve=resolve,
        labeller=labeller,
        boxes=make_box_function(get_bounding_box_func),
        rename=make_text_function(get_reformat_filename_func, "get_reformat_filename_func"),
        add=make_text_function(get_extra_col_func, "get_extra_col_func"),
    )
    columns = (top["from"], top["to"], top["distance"])
    return DuplicatesView(
        title="Duplicates",
        rows=tuple(maker.row(n, *pair) for n, pair in enumerate(zip(*columns, strict=True), 1)),
        total=len(pairs),
        matching=len(chosen),
        filters=_describe(label_slice, threshold, len(pairs), descending=descending),
        run_date=_run_date(results),
        work_dir=str(results.path) if results is not None else "",
    )


@dataclass(kw_only=True)
class _RowMaker:
    """Turns a stored pair into a row; what users' functions give is asked for once per image."""

    results: WorkDir | None
    stored: set[str]
    resolve: Callable[[str], str]
    labeller: Callable[[str], Labels]
    boxes: Callable[[str], tuple[Box, ...]]
    rename: Callable[[str], str] | None
    add: Callable[[str], str] | None

    def __post_init__(self) -> None:
        self._sizes = _read_sizes(self.results, self.stored)
        self._digests = _read_digests(self.results, self.stored)
        self._cards: dict[str, ImageCard] = {}

    def row(self, number: int, first: str, second: str, similarity: float) -> PairRow:
        """Return one row."""
        copies = similarity >= LEAST_SIMILARITY_OF_COPIES and self._same_content(first, second)
        kind: Literal["exact", "near"] = "exact" if copies else "near"
        return PairRow(number, self._card(first), self._card(second), float(similarity), kind)

    def _card(self, stored: str) -> ImageCard:
        if stored not in self._cards:
            self._cards[stored] = self._make_card(stored)
        return self._cards[stored]

    def _make_card(self, stored: str) -> ImageCard:
        path = self.resolve(stored)
        width, height, file_size = self._sizes.get(stored, (None, None, None))
        return ImageCard(
            path=path,
            name=(self.rename(path) if self.rename else "") or path,
            labels=self.labeller(path),
            extra=self.add(path) if self.add else "",
            width=width,
            height=height,
            file_size=file_size,
            boxes=self.boxes(path),
        )

    def _same_content(self, first: str, second: str) -> bool:
        if first in self._digests and second in self._digests:
            return bool(self._digests[first] == self._digests[second])
        try:
            return filecmp.cmp(self.resolve(first), self.resolve(second), shallow=False)
        except (OSError, ValueError):  # gone, unreadable, a name no file can have
            return False


def _sort(pairs: pd.DataFrame, *, descending: bool) -> pd.DataFrame:
    known = pairs.dropna(subset="distance")
    order = [not descending, True, True]
    return known.sort_values(["distance", "from", "to"], ascending=order)


def _check_numbers(num_images: object, threshold: object) -> None:
    if not isinstance(num_images, int) or isinstance(num_images, bool) or num_images < 1:
        message = f"num_images={num_images!r} cannot be used."
        raise OptionError(message, "Give a whole number of at least 1.")
    if threshold is None:
        return
    if not isinstance(threshold, (int, float)) or not 0 <= threshold <= 1:
        message = f"threshold={threshold!r} cannot be used."
        raise OptionError(message, "Give a number from 0 to 1.")


def _describe(
    label_slice: SliceSpec, threshold: float | None, total: int, *, descending: bool
) -> str:
    parts = ["most similar first" if descending else "least similar first"]
    if threshold is not None:
        parts.append(f"similarity {threshold:g} or more")
    if label_slice is not None:
        parts.append(describe_slice(label_slice))
    if len(parts) > 1:
        parts.append(f"{total:,} pairs in all")
    return " · ".join(parts)


def _read_sizes(
    results: WorkDir | None, wanted: Iterable[str]
) -> dict[str, tuple[int | None, int | None, int | None]]:
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


def _as_size(text: str) -> int | None:
    try:
        return int(float(text)) or None
    except (ValueError, OverflowError):
        return None


def _read_digests(results: WorkDir | None, wanted: Iterable[str]) -> dict[str, Any]:
    if results is None or not results.has(names.FEATURE_NAMES):
        return {}
    try:
        digests = results.digests()
    except WorkDirError:  # only a shortcut: files are compared instead
        return {}
    if digests is None:
        return {}
    remaining = set(wanted)
    return {
        name: digests[row].tobytes()
        for row, name in enumerate(results.file_names)
        if name in remaining
    }


def _run_date(results: WorkDir | None) -> str:
    if results is None:
        return ""
    for name in (names.SIMILARITY, names.FEATURE_NAMES, names.CONFIG):
        path = Path(results.path / name)
        if path.is_file():
            return datetime.fromtimestamp(path.stat().st_mtime).astimezone().date().isoformat()
    return ""
