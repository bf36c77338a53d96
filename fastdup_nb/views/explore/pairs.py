"""The view of similar pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdup_nb.views.explore.edges import without_mirrored
from fastdup_nb.views.explore.facets import Facet, Values
from fastdup_nb.views.explore.measures import Measure
from fastdup_nb.views.explore.rows import RowImages
from fastdup_nb.views.explore.state import Sort
from fastdup_nb.views.explore.table import Table, ViewKind
from fastdup_nb.views.gallery import Badge
from fastdup_nb.views.statistics import SIZE
from fastdup_nb.views.wording import word_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.labels import LabelTable
    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.views.explore.images import Images

EXACT, NEAR = "exact copy", "near-duplicate"
SAME, DIFFER, UNKNOWN = "same label", "labels differ", "not both labelled"


class PairTable(Table):
    """Similar pairs, each once, the most similar first.

    Parameters
    ----------
    images : Images
    edges : Edges
        Between the images, most similar first.
    """

    kind: ClassVar[ViewKind] = ViewKind("duplicates", "Duplicates", "pair", "pair", 2)
    orders: ClassVar[tuple[str, str]] = ("most similar first", "least similar first")

    def __init__(self, images: Images, edges: Edges) -> None:
        pairs = without_mirrored(edges)
        self._first, self._second = pairs.source, pairs.target
        self._same = images.same_content(pairs.source, pairs.target)
        rows = RowImages.two_each(pairs.source, pairs.target, pairs.similarity)
        columns = [Measure("similarity", "similarity", "similarity", pairs.similarity)]
        columns += _sizes(images, pairs)
        super().__init__(images, rows, columns, Sort("similarity", descending=True))

    def own_facets(self) -> list[Facet]:
        """Return the kind of the pairs, and whether their labels agree."""
        found = []
        if self._same is not None:
            kinds = Values.single((NEAR, EXACT), self._same.astype(np.int32))
            found.append(Facet("kind", "kind", kinds))
        if self.images.labels is not None:
            texts = (UNKNOWN, SAME, DIFFER)
            found.append(
                Facet("labels", "labels of a pair", Values.single(texts, self._agreement()))
            )
        return found

    def badges(self, row: int) -> list[Badge]:
        """Return whether the files are copies, and whether their labels differ."""
        found = []
        if self._same is not None and self._same[row]:
            found.append(Badge(EXACT, "exact"))
        labels = [set(self.images.labels_of(int(end[row]))) for end in (self._first, self._second)]
        if all(labels) and not labels[0] & labels[1]:
            found.append(Badge(DIFFER, "differ"))
        return found

    def why(self, row: int, image: int) -> list[str]:
        """Return how alike the two are."""
        ends = int(self._first[row]), int(self._second[row])
        other = self.images.folder_and_name(ends[1] if image == ends[0] else ends[0])[1]
        similarity = float(self.columns["similarity"].values[row])
        lines = [f"Similarity {word_score(similarity)} to {other}."]
        if self._same is not None and self._same[row]:
            lines.append("Both files hold the same, byte for byte.")
        return lines

    def _agreement(self) -> NDArray[np.int32]:
        table = self.images.labels
        if table is None:
            return np.zeros(len(self), np.int32)
        both = (table.counts[self._first] > 0) & (table.counts[self._second] > 0)
        return np.where(both, np.where(_share_label(table, self._first, self._second), 1, 2), 0)


def _share_label(
    table: LabelTable, first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which pairs have a label in common."""
    shares = np.zeros(len(first), bool)
    place, label = table.spread(second)
    shares[place[table.has(first[place], label)]] = True
    return shares


def _sizes(images: Images, pairs: Edges) -> list[Measure]:
    """Return how much larger the one is than the other, and what the smaller file takes."""
    found = []
    pixels = images.measure(SIZE)
    one, other = pixels[pairs.source], pixels[pairs.target]
    if np.isfinite(one).any():
        with np.errstate(invalid="ignore"):
            ratio = np.maximum(one, other) / np.minimum(one, other)
        found.append(Measure("pixel_ratio", "larger / smaller (pixels)", "number", ratio))
    size = images.measure("file_size")
    if np.isfinite(size).any():
        smaller = np.minimum(size[pairs.source], size[pairs.target])
        found.append(Measure("bytes", "smaller file", "bytes", smaller))
    return found
