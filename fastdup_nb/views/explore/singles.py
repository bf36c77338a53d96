"""Views of single images: outliers, statistics, what a search found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdup_nb.views.explore.measures import Measure
from fastdup_nb.views.explore.rows import RowImages
from fastdup_nb.views.explore.state import Sort
from fastdup_nb.views.explore.table import Table, ViewKind, columns_of_images
from fastdup_nb.views.statistics import words_of
from fastdup_nb.views.wording import word_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.views.explore.images import Images

LONGEST = 40
# Sorted by the first of these that is known: people look for blurred and dark photos first.
_FIRST_MEASURES = ("blur", "mean", "file_size")


class OutlierTable(Table):
    """Images far from one of their neighbours, the farthest first.

    Parameters
    ----------
    images : Images
    edges : Edges
        The outliers of the run.
    """

    kind: ClassVar[ViewKind] = ViewKind("outliers", "Outliers", "image", "image", 1)
    orders: ClassVar[tuple[str, str]] = ("most similar first", "least similar first")

    def __init__(self, images: Images, edges: Edges) -> None:
        order = np.lexsort((edges.target, edges.source, edges.similarity))
        _, first = np.unique(edges.source[order], return_index=True)
        chosen = order[np.sort(first)]
        ids, self._other = edges.source[chosen], edges.target[chosen]
        values = edges.similarity[chosen]
        similarity = Measure("similarity", "similarity", "similarity", values)
        columns = [similarity, *columns_of_images(images, ids)]
        super().__init__(images, RowImages.one_each(ids), columns, Sort("similarity"))

    def facts(self, row: int) -> list[tuple[str, str]]:
        """Return the neighbour that the similarity is to."""
        return [("similar to", self.images.folder_and_name(int(self._other[row]))[1])]

    def why(self, row: int, image: int) -> list[str]:  # noqa: ARG002 - a row is one image
        """Return how unlike its neighbour it is."""
        similarity = word_score(float(self.columns["similarity"].values[row]))
        other = self.images.folder_and_name(int(self._other[row]))[1]
        count = len(self)
        place = int(np.count_nonzero(self.columns["similarity"].values < self._value(row))) + 1
        return [
            f"Its similarity to one of its neighbours, {other}, is only {similarity}.",
            f"Place {place:,} of {count:,} outliers, the least similar first.",
        ]

    def _value(self, row: int) -> float:
        return float(self.columns["similarity"].values[row])


class StatisticsTable(Table):
    """All images with their statistics."""

    kind: ClassVar[ViewKind] = ViewKind("statistics", "Statistics", "image", "image", 1)

    def __init__(self, images: Images) -> None:
        measures = images.measures
        names = list(measures)
        first = next((name for name in _FIRST_MEASURES if name in measures), names[0])
        ids = np.argsort(measures[first].values, kind="stable")
        columns = columns_of_images(images, ids)
        columns.sort(key=lambda column: column.name != first)
        super().__init__(images, RowImages.one_each(ids), columns, Sort(first))

    @property
    def orders(self) -> tuple[str, str]:  # type: ignore[override]
        """The words for the two orders of the first statistic."""
        lowest, highest = words_of(self.column(None).name)[2:]
        return highest, lowest

    def why(self, row: int, image: int) -> list[str]:  # noqa: ARG002 - a row is one image
        """Return its place among all images by the first statistic."""
        column = self.column(None)
        value = column.values[row]
        if not np.isfinite(value):
            return [f"Its {column.title} is not known."]
        known = column.values[np.isfinite(column.values)]
        share = 100 * np.count_nonzero(known < value) / len(known)
        text = column.text_at(row)
        return [f"Its {column.title} is {text}: above that of {share:.0f} % of the images."]


class SearchTable(Table):
    """The images most similar to one, most similar first.

    Parameters
    ----------
    images : Images
    ids : ndarray of int64, shape (n,)
        What was found.
    similarity : ndarray of float64, shape (n,)
    query : str
        What was searched for, as it is shown.
    """

    kind: ClassVar[ViewKind] = ViewKind("search", "Search", "image", "image", 1)
    orders: ClassVar[tuple[str, str]] = ("most similar first", "least similar first")

    def __init__(
        self,
        images: Images,
        ids: NDArray[np.int64],
        similarity: NDArray[np.float64],
        query: str = "",
    ) -> None:
        self.query = query
        column = Measure("similarity", "similarity", "similarity", similarity)
        columns = [column, *columns_of_images(images, ids)]
        rows = RowImages.one_each(ids)
        super().__init__(images, rows, columns, Sort("similarity", descending=True))

    @property
    def heading(self) -> str:
        """What was searched for."""
        query = self.query
        return f"Like {query if len(query) <= LONGEST else f'{query[: LONGEST - 1]}…'}"

    def why(self, row: int, image: int) -> list[str]:  # noqa: ARG002 - a row is one image
        """Return how alike it is to what was searched for."""
        similarity = word_score(float(self.columns["similarity"].values[row]))
        return [f"Similarity {similarity} to {self.query}."]
