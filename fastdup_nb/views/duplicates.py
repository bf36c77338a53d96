"""What the duplicates gallery shows: the most similar pairs, each once, with what users add."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import Badge, GalleryView, ImageCard, Layout
from fastdup_nb.views.pairs import PairSource, merge_mirrored, open_pairs
from fastdup_nb.views.slices import SliceSpec, choose_pairs, describe_slice

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.store.workdir import WorkDir

# Below it two files are never the same, and need not be compared.
LEAST_SIMILARITY_OF_COPIES = 0.999


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

    @property
    def images(self) -> tuple[ImageCard, ImageCard]:
        """Both images."""
        return self.first, self.second

    @property
    def value(self) -> float:
        """The similarity."""
        return self.similarity

    @property
    def badges(self) -> tuple[Badge, ...]:
        """Whether the files are copies, and whether the labels differ."""
        exact = (Badge("exact copy", "exact"),) if self.kind == "exact" else ()
        return (*exact, Badge("labels differ", "differ")) if self.labels_differ else exact


@dataclass(frozen=True)
class DuplicatesView(GalleryView):
    """The pairs to show and what they were chosen from; mirrored pairs are counted once."""

    rows: tuple[PairRow, ...]

    name: ClassVar[str] = "duplicates"
    layout: ClassVar[Layout] = "pair"
    noun: ClassVar[str] = "pair"
    kinds: ClassVar[tuple[tuple[str, str], ...]] = (
        ("exact", "exact copies"),
        ("near", "near-duplicates"),
    )
    no_result: ClassVar[str] = "The run found no similar pair; a lower threshold finds more."

    @property
    def table_name(self) -> str:
        """The file name of the shown pairs as a table."""
        return "duplicates.csv"

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


def build_duplicates(
    source: PairSource,
    *,
    num_images: int = 20,
    descending: bool = True,
    threshold: float | None = None,
    label_slice: SliceSpec = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Unpack[CardOptions],
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
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.
    **options
        See `fastdup_nb.views.cards.CardOptions`.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `create_duplicates_gallery`.
    """
    check_count("num_images", num_images)
    _check_threshold(threshold)
    stored, results = open_pairs(source, work_dir)
    maker = CardMaker(results, options)
    pairs = merge_mirrored(_sort(stored, descending=descending))
    chosen = pairs if threshold is None else pairs[pairs["distance"] >= threshold]
    chosen = chosen[choose_pairs(chosen, label_slice, maker.labels)]
    top = chosen.head(num_images)
    return DuplicatesView(
        title="Duplicates",
        rows=tuple(_make_rows(top, maker, results)),
        total=len(pairs),
        matching=len(chosen),
        filters=_describe(label_slice, threshold, len(pairs), descending=descending),
        run_date=run_date(results),
        work_dir=place_of(results),
    )


def _make_rows(top: pd.DataFrame, maker: CardMaker, results: WorkDir | None) -> Iterator[PairRow]:
    wanted = {*top["from"], *top["to"]}
    maker.prepare(wanted)
    digests = _read_digests(results, wanted)

    def same_content(first: str, second: str) -> bool:
        if first in digests and second in digests:
            return bool(digests[first] == digests[second])
        try:
            return filecmp.cmp(maker.path(first), maker.path(second), shallow=False)
        except (OSError, ValueError):  # gone, unreadable, a name no file can have
            return False

    columns = (top["from"], top["to"], top["distance"].astype(float))
    for number, (first, second, similarity) in enumerate(zip(*columns, strict=True), 1):
        copies = similarity >= LEAST_SIMILARITY_OF_COPIES and same_content(first, second)
        cards = maker.card(first), maker.card(second)
        yield PairRow(number, *cards, similarity, "exact" if copies else "near")


def _sort(pairs: pd.DataFrame, *, descending: bool) -> pd.DataFrame:
    known = pairs.dropna(subset="distance")
    order = [not descending, True, True]
    return known.sort_values(["distance", "from", "to"], ascending=order)


def _check_threshold(threshold: object) -> None:
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
