"""What the similarity gallery shows: images beside those most similar to them, label scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import numpy as np
import pandas as pd

from fastdup_nb.core.labels import (
    LabelTable,
    clean_edges,
    keep_nearest,
    score_labels,
    vote_by_neighbors,
)
from fastdup_nb.errors import OptionError
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import (
    SIMILARITY,
    Badge,
    GalleryView,
    Layout,
    NeighboursRow,
    Scale,
)
from fastdup_nb.views.pairs import PairSource, open_pairs
from fastdup_nb.views.slices import SliceSpec, choose_images, describe_image_slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import Labels

LABEL_SCORE = "label_score"
# Neighbours to show of each image: fewer on long pages.
DISPLAYED, LEAST_DISPLAYED = 10, 2
IMAGES_OF_A_PAGE = 3500
COLUMNS = ("from", "to", "distance", "length")
LABELLED_COLUMNS = ("from", "to", "label", "label2", "distance", "score", "length")
_SCORE = Scale("label score", "percent", highest="highest score first", lowest="lowest score first")


@dataclass(frozen=True)
class SimilarityView(GalleryView):
    """Images beside their neighbours.

    Attributes
    ----------
    scored : bool
        Whether the value of a row is its label score, 0 to 100; else it is the mean similarity.
    table : DataFrame
        A row per matching image, not only the shown ones: from, to, label, label2, distance,
        score, length; label, label2 and score only when there are labels. All but from, score and
        length are lists with an entry per neighbour.
    """

    rows: tuple[NeighboursRow, ...]
    scored: bool = False
    table: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False, repr=False)

    name: ClassVar[str] = "similarity"
    layout: ClassVar[Layout] = "neighbours"
    no_result: ClassVar[str] = "The run found no similar pair; a lower threshold finds more."

    @property
    def scale(self) -> Scale:
        """The label score when there are labels, else the similarity."""
        return _SCORE if self.scored else SIMILARITY

    def to_frame(self) -> pd.DataFrame:
        """Return the shown rows of `table`; lists as text, their entries joined by `|`."""
        shown = self.table.head(self.shown)
        lists = [name for name in ("to", "label", "label2", "distance") if name in shown]
        return shown.assign(**{name: shown[name].map(_joined) for name in lists})


def build_similarity(
    source: PairSource,
    *,
    num_images: int = 20,
    descending: bool = False,
    min_items: int = 2,
    max_items: int | None = None,
    label_slice: SliceSpec = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Unpack[CardOptions],
) -> SimilarityView:
    """Choose the images to show with their neighbours.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        See `fastdup_nb.views.pairs.open_pairs`.
    num_images : int
        Rows to show at most.
    descending : bool
        Highest label score first; without labels the most similar first.
    min_items : int
        Least neighbours of an image.
    max_items : int, optional
        The most similar neighbours to keep of an image. Not given: all, of which 10 are shown,
        fewer on long pages.
    label_slice : str or list of str, optional
        Labels of the images to show, or `label_score` for all.
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
    V0.2 API page, `create_similarity_gallery`. The label score is that of
    `fastdup_nb.core.labels.score_labels`.
    """
    check_count("num_images", num_images)
    check_count("min_items", min_items)
    if max_items is not None:
        check_count("max_items", max_items)
    stored, results = open_pairs(source, work_dir)
    maker = CardMaker(results, options)
    known = _Neighborhood.read(stored, maker, max_items)
    matching = known.choose(label_slice, min_items)
    ordered = known.order(matching, descending=descending)
    shown = ordered[:num_images]
    maker.prepare(known.names_of(shown))
    room = IMAGES_OF_A_PAGE // max(1, len(shown)) - 1
    limit = max_items or min(DISPLAYED, max(LEAST_DISPLAYED, room))
    total = int(np.count_nonzero(known.counts))
    return SimilarityView(
        title="Similar images",
        rows=tuple(known.row(n, image, limit) for n, image in enumerate(shown.tolist(), 1)),
        total=total,
        matching=len(ordered),
        filters=_describe(
            known, label_slice, min_items, max_items, total - len(ordered), descending=descending
        ),
        run_date=run_date(results),
        work_dir=place_of(results),
        scored=known.table is not None,
        table=known.to_frame(ordered),
    )


def empty_table(*, labelled: bool) -> pd.DataFrame:
    """Return a table without rows, as for an error."""
    return pd.DataFrame(columns=list(LABELLED_COLUMNS if labelled else COLUMNS))


@dataclass(frozen=True)
class _Neighborhood:
    """The images of all pairs, numbered by name, and the edges between them, most similar first."""

    names: list[str]
    edges: Edges
    maker: CardMaker
    table: LabelTable | None

    @classmethod
    def read(cls, pairs: pd.DataFrame, maker: CardMaker, max_items: int | None) -> _Neighborhood:
        both = np.concatenate([pairs["from"].to_numpy(), pairs["to"].to_numpy()])
        codes, names = pd.factorize(both, sort=True)
        codes = codes.astype(np.int64)
        similarity = pairs["distance"].to_numpy(np.float64)
        edges = clean_edges(codes[: len(pairs)], codes[len(pairs) :], similarity)
        if max_items is not None:
            edges = keep_nearest(edges, max_items)
        listed = names.tolist()
        table = None
        if maker.has_labels:
            table = LabelTable.from_lists([maker.labels(name) for name in listed])
        return cls(listed, edges, maker, table)

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Neighbours of every image."""
        return np.bincount(self.edges.source, minlength=len(self.names))

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """Mean similarity of the neighbours of every image; 0 when it has none."""
        sums = np.bincount(
            self.edges.source, weights=self.edges.similarity, minlength=len(self.names)
        )
        return sums / np.maximum(self.counts, 1)

    @cached_property
    def scores(self) -> NDArray[np.float64] | None:
        """Label score of every image, NaN when unknown; None without labels."""
        return None if self.table is None else score_labels(self.edges, self.table)

    @cached_property
    def suggestions(self) -> list[str]:
        """A label that more than half of the labelled neighbours have and the image has not."""
        if self.table is None:
            return [""] * len(self.names)
        votes = vote_by_neighbors(self.edges, self.table)
        named = zip(self.names, votes.label.tolist(), (votes.share > 50).tolist(), strict=True)
        classes = self.table.classes
        return [
            classes[label]
            if most and (own := self.maker.labels(name)) and classes[label] not in own
            else ""
            for name, label, most in named
        ]

    @cached_property
    def _by_image(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the edges sorted by image, the most similar first, and where each begins."""
        order = np.argsort(self.edges.source, kind="stable")
        return order, np.concatenate([[0], np.cumsum(self.counts)])

    def edges_of(self, image: int) -> NDArray[np.int64]:
        """Return the places of an image's edges, the most similar first."""
        order, starts = self._by_image
        return order[starts[image] : starts[image + 1]]

    def names_of(self, images: NDArray[np.int64]) -> set[str]:
        """Return the names of images and of their neighbours."""
        numbers = {*images.tolist()}
        for image in images.tolist():
            numbers.update(self.edges.target[self.edges_of(image)].tolist())
        return {self.names[number] for number in numbers}

    def choose(self, label_slice: SliceSpec, min_items: int) -> NDArray[np.int64]:
        """Return the images that have enough neighbours and are in the slice."""
        queries = np.flatnonzero(self.counts > 0)
        named = [self.names[image] for image in queries.tolist()]
        if label_slice == LABEL_SCORE:
            if self.table is None or not self.table.classes:
                message = f"slice='{LABEL_SCORE}' needs labels; no image has one."
                raise OptionError(
                    message, "Give get_label_func: a function, a dict or a label file."
                )
            label_slice = None
        kept = choose_images(named, label_slice, self.maker.labels)
        return queries[kept & (self.counts[queries] >= min_items)]

    def order(self, images: NDArray[np.int64], *, descending: bool) -> NDArray[np.int64]:
        """Sort images by score, then neighbours; or by similarity. Unknown scores come last.

        Of equal ones the more similar first: their label is the more certainly wrong, or right.
        """
        sign = -1.0 if descending else 1.0
        means = self.means[images]
        if self.scores is None:
            return images[np.lexsort((images, sign * means))]
        scores = self.scores[images]
        counts = self.counts[images]
        keys = (images, -means, sign * counts, np.where(np.isnan(scores), np.inf, sign * scores))
        return images[np.lexsort(keys)]

    def row(self, number: int, image: int, limit: int) -> NeighboursRow:
        """Return a row of the view."""
        places = self.edges_of(image)[:limit]
        value = float((self.means if self.scores is None else self.scores)[image])
        suggested = self.suggestions[image]
        return NeighboursRow(
            number=number,
            query=self.maker.card(self.names[image]),
            neighbours=tuple(
                self.maker.card(self.names[target]) for target in self.edges.target[places].tolist()
            ),
            similarities=tuple(self.edges.similarity[places].tolist()),
            value=None if np.isnan(value) else value,
            count=int(self.counts[image]),
            badges=(Badge(f"most neighbours: {suggested}", "differ"),) if suggested else (),
        )

    def to_frame(self, images: NDArray[np.int64]) -> pd.DataFrame:
        """Return the published table."""
        paths = [self.maker.path(name) for name in self.names]
        cells = [_as_cell(self.maker.labels(name)) for name in self.names]
        target, similarity = self.edges.target.tolist(), self.edges.similarity.tolist()
        rows: list[tuple[Any, ...]] = []
        for image in images.tolist():
            places = self.edges_of(image).tolist()
            near = [target[place] for place in places]
            found = [paths[other] for other in near]
            distances = [similarity[place] for place in places]
            if self.scores is None:
                rows.append((paths[image], found, distances, len(near)))
                continue
            labels = [cells[image]] * len(near), [cells[other] for other in near]
            score = float(self.scores[image])
            rows.append((paths[image], found, *labels, distances, score, len(near)))
        columns = COLUMNS if self.scores is None else LABELLED_COLUMNS
        return pd.DataFrame(rows, columns=list(columns))


def _as_cell(labels: Labels) -> str | list[str] | None:
    return labels[0] if len(labels) == 1 else (list(labels) or None)


def _joined(values: list[Any]) -> str:
    return "|".join("" if value is None else str(value) for value in values)


def _describe(
    known: _Neighborhood,
    label_slice: SliceSpec,
    min_items: int,
    max_items: int | None,
    left_out: int,
    *,
    descending: bool,
) -> str:
    scale = SIMILARITY if known.table is None else _SCORE
    parts = [scale.highest if descending else scale.lowest]
    if min_items > 1:
        parts.append(f"with {min_items} neighbours or more")
    if max_items is not None:
        parts.append(f"the {max_items} nearest of each")
    if label_slice is not None and label_slice != LABEL_SCORE:
        parts.append(describe_image_slice(label_slice))
    if left_out:
        parts.append(f"{left_out:,} more left out")
    return " · ".join(parts)
