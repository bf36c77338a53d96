"""Views of images beside those most similar to them: similarity, and labels that do not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdup_nb.core.labels import score_labels, vote_by_neighbors
from fastdup_nb.views.explore.facets import NONE, Facet, Values
from fastdup_nb.views.explore.measures import Measure
from fastdup_nb.views.explore.rows import RowImages
from fastdup_nb.views.explore.state import Sort
from fastdup_nb.views.explore.table import Table, ViewKind, columns_of_images
from fastdup_nb.views.gallery import Badge
from fastdup_nb.views.wording import as_unicode, word_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.labels import LabelTable, Votes
    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.views.explore.images import Images

SHOWN = 8
# Fewer of its labelled neighbours have the label of an image, and more have one and the same other.
HALF = 50.0
SCORE, NEAREST = "label_score", "nearest"


class NeighboursTable(Table):
    """Images with their neighbours.

    Parameters
    ----------
    images : Images
    edges : Edges
        From an image to its neighbours.
    chosen : ndarray of int64, shape (n,)
        Images that have neighbours, in the order of the rows.
    columns : list of Measure
        Of the rows.
    sort : Sort
    """

    def __init__(
        self,
        images: Images,
        edges: Edges,
        chosen: NDArray[np.int64],
        columns: list[Measure],
        sort: Sort,
    ) -> None:
        self.ids = chosen
        row_of = np.full(len(images), -1, np.int64)
        row_of[chosen] = np.arange(len(chosen))
        row = row_of[edges.source]
        kept = row >= 0
        own = np.arange(len(chosen))
        rows = np.concatenate([own, row[kept]])
        ids = np.concatenate([chosen, edges.target[kept]])
        values = np.concatenate([np.full(len(own), np.nan), edges.similarity[kept]])
        rank = np.concatenate([np.full(len(own), -2.0), -edges.similarity[kept]])
        entry = np.lexsort((ids, rank, rows))
        shown = RowImages.grouped(rows[entry], ids[entry], values[entry])
        super().__init__(images, shown, columns, sort)

    def why(self, row: int, image: int) -> list[str]:
        """Return how alike an image is to the first of its row."""
        ids, values = self.rows.of(row), self.rows.values_of(row)
        place = int(np.flatnonzero(ids == image)[0])
        if values is None or place == 0:
            near = "neighbour" if len(ids) == 2 else "neighbours"
            return [f"The run found {len(ids) - 1} {near} of it."]
        name = self.images.folder_and_name(int(ids[0]))[1]
        return [f"Similarity {word_score(float(values[place]))} to {name}."]


class SimilarityTable(NeighboursTable):
    """Every image that has neighbours; the lowest label score first, or the most similar.

    Parameters
    ----------
    images : Images
    edges : Edges
    """

    kind: ClassVar[ViewKind] = ViewKind(
        "similarity", "Similarity", "image", "neighbours", SHOWN + 1
    )

    def __init__(self, images: Images, edges: Edges) -> None:
        n = len(images)
        number = np.bincount(edges.source, minlength=n)
        nearest = np.full(n, np.nan)
        np.fmax.at(nearest, edges.source, edges.similarity)
        total = np.bincount(edges.source, weights=edges.similarity, minlength=n)
        mean = total / np.maximum(number, 1)
        found = np.flatnonzero(number)
        scores = None
        if images.labels is not None:
            scores = score_labels(edges, images.labels)
            chosen = found[np.argsort(scores[found], kind="stable")]
            sort = Sort(SCORE)
        else:
            chosen = found[np.argsort(-nearest[found], kind="stable")]
            sort = Sort(NEAREST, descending=True)
        columns = [
            *(
                [Measure(SCORE, "label score", "percent", scores[chosen])]
                if scores is not None
                else []
            ),
            Measure(NEAREST, "similarity of the nearest", "similarity", nearest[chosen]),
            Measure("mean_similarity", "mean similarity", "similarity", mean[chosen]),
            *columns_of_images(images, chosen),
        ]
        super().__init__(images, edges, chosen, columns, sort)
        self.has_scores = scores is not None

    @property
    def orders(self) -> tuple[str, str]:  # type: ignore[override]
        """The words for the two orders of the first column."""
        if self.has_scores:
            return "highest score first", "lowest score first"
        return "most similar first", "least similar first"


class WrongLabelTable(NeighboursTable):
    """Images whose label is probably wrong, the surest first.

    More than half of their labelled neighbours have one and the same other label, and fewer than
    half have theirs.

    Parameters
    ----------
    images : Images
    edges : Edges
    labels : LabelTable
    """

    kind: ClassVar[ViewKind] = ViewKind("labels", "Wrong labels", "image", "neighbours", SHOWN + 1)
    orders: ClassVar[tuple[str, str]] = ("highest score first", "lowest score first")

    def __init__(self, images: Images, edges: Edges, labels: LabelTable) -> None:
        scores, votes = score_labels(edges, labels), vote_by_neighbors(edges, labels)
        wrong = np.flatnonzero((scores < HALF) & (votes.share > HALF))
        order = np.lexsort((-votes.voters[wrong], -votes.share[wrong], scores[wrong]))
        chosen = wrong[order]
        self._votes: Votes = votes
        self._labels = labels
        columns = [
            Measure(SCORE, "label score", "percent", scores[chosen]),
            Measure("share", "share of the suggested label", "percent", votes.share[chosen]),
            Measure("voters", "labelled neighbours", "whole", votes.voters[chosen].astype(float)),
            *columns_of_images(images, chosen),
        ]
        super().__init__(images, edges, chosen, columns, Sort(SCORE))

    def own_facets(self) -> list[Facet]:
        """Return the labels that are suggested."""
        codes = self._votes.label[self.ids]
        texts = (*self._labels.classes, NONE)
        return [Facet("suggested", "suggested label", Values.single(texts, codes))]

    def title(self, row: int) -> str:
        """Return the label and what it should probably be."""
        own = ", ".join(self.images.labels_of(int(self.ids[row]))) or NONE
        return as_unicode(f"{own} → {self.suggestion(row)}?")

    def badges(self, row: int) -> list[Badge]:
        """Return how many neighbours say so."""
        image = int(self.ids[row])
        voters = int(self._votes.voters[image])
        agree = round(voters * float(self._votes.share[image]) / 100)
        return [Badge(f"{agree} of {voters} neighbours", "differ")]

    def suggestion(self, row: int) -> str:
        """Return the label that most neighbours have."""
        code = int(self._votes.label[self.ids[row]])
        return as_unicode(self._labels.classes[code]) if code >= 0 else ""

    def why(self, row: int, image: int) -> list[str]:
        """Return what the neighbours say."""
        if image != int(self.ids[row]):
            return super().why(row, image)
        share = float(self._votes.share[image])
        score = float(self.columns[SCORE].values[row])
        voters = "of its labelled neighbours"
        return [f"{share:.0f} % {voters} are {self.suggestion(row)}, {score:.0f} % have its label."]
