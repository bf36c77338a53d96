"""Views of groups: of duplicates, connected components, k-means clusters."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdup_nb.core.linking import link_rows
from fastdup_nb.views.explore.edges import DUPLICATE, least_and_mean
from fastdup_nb.views.explore.facets import Facet, Values
from fastdup_nb.views.explore.measures import Measure
from fastdup_nb.views.explore.rows import RowImages
from fastdup_nb.views.explore.state import Sort
from fastdup_nb.views.explore.table import Table, ViewKind
from fastdup_nb.views.gallery import Badge
from fastdup_nb.views.statistics import SIZE
from fastdup_nb.views.wording import as_unicode, word_score, word_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.members import Members

SHOWN = 12
MOST_LABELS = 3
ONE_LABEL, SEVERAL_LABELS, NO_LABEL = "one label", "several labels", "no label"
COPIES, NOT_ALL_COPIES = "exact copies only", "near-duplicates too"


class GroupTable(Table):
    """Groups of images, the largest first; of each the largest image first.

    Parameters
    ----------
    images : Images
    row : ndarray of int64, shape (m,)
        Groups of members, sorted; every number from 0 on occurs.
    members : ndarray of int64, shape (m,)
        Images.
    number : ndarray of int64, shape (n,)
        What each group is called.
    columns : list of Measure
        Of the groups, beside how many images they have.
    values : ndarray of float64, shape (m,), optional
        What is known of every member.
    """

    def __init__(
        self,
        images: Images,
        row: NDArray[np.int64],
        members: NDArray[np.int64],
        number: NDArray[np.int64],
        columns: list[Measure],
        values: NDArray[np.float64] | None = None,
    ) -> None:
        sizes = np.bincount(row, minlength=len(number))
        order = np.argsort(-sizes, kind="stable")
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        row = rank[row]
        inner = -np.nan_to_num(images.measure(SIZE)[members]) if values is None else values
        entry = np.lexsort((members, inner, row))
        kept = None if values is None else values[entry]
        rows = RowImages.grouped(row[entry], members[entry], kept)
        self._number = number[order]
        count = Measure("count", "images", "whole", sizes[order].astype(np.float64))
        sorted_columns = [
            Measure(column.name, column.title, column.form, column.values[order])
            for column in columns
        ]
        spare = self._bytes_of(images, rows)
        all_columns = [count, *sorted_columns, *([spare] if spare else [])]
        super().__init__(images, rows, all_columns, Sort("count", descending=True))

    orders: ClassVar[tuple[str, str]] = ("largest first", "smallest first")

    def own_facets(self) -> list[Facet]:
        """Return whether the images of a group have one label."""
        labels = self.images.label_values()
        table = self.images.labels
        if labels is None or table is None:
            return []
        of_rows = labels.of_rows(self.rows)
        real = np.array([text in set(table.classes) for text in of_rows.texts], bool)
        entries = of_rows.owner[real[of_rows.code]]
        different = np.minimum(np.bincount(entries, minlength=len(self)), 2)
        texts = (NO_LABEL, ONE_LABEL, SEVERAL_LABELS)
        return [Facet("labels", "labels of a group", Values.single(texts, different))]

    @staticmethod
    def _bytes_of(images: Images, rows: RowImages) -> Measure | None:
        """Return what the images of each group take beside the largest file."""
        size = images.measure("file_size")
        if not np.isfinite(size).any():
            return None
        return Measure("bytes", "can be freed", "bytes", rows.total(size) - rows.most(size))

    def title(self, row: int) -> str:
        """Return the number of the group."""
        return f"{self.kind.noun} {self._number[row]}"

    def badges(self, row: int) -> list[Badge]:
        """Return whether the labels differ."""
        counts = self._labels(row)
        return [Badge(f"{len(counts)} labels", "differ")] if len(counts) > 1 else []

    def facts(self, row: int) -> list[tuple[str, str]]:
        """Return the other columns, and the most frequent labels."""
        known = [
            (column.title, column.text_at(row))
            for name, column in self.columns.items()
            if name != "count" and column.at(row) is not None
        ]
        top = self._labels(row).most_common(MOST_LABELS)
        if top:
            listed = ", ".join(f"{as_unicode(label)} ({count:,})" for label, count in top)
            known.append(("labels", listed))
        return known

    def why(self, row: int, image: int) -> list[str]:  # noqa: ARG002 - all are there for one reason
        """Return what holds the group together."""
        count = int(self.rows.sizes[row])
        lines = [f"One of {count:,} images of {self.title(row) or 'a group of duplicates'}."]
        least = self.columns.get("min_similarity")
        if least is not None and np.isfinite(least.values[row]):
            text = word_score(float(least.values[row]))
            lines.append(f"Its least similar pair of neighbours has {text}.")
        return lines

    def _labels(self, row: int) -> Counter[str]:
        ids = self.ids_of(row)
        return Counter(label for image in ids for label in self.images.labels_of(image))


class DuplicateGroups(GroupTable):
    """Images that are duplicates of each other, directly or over others.

    Parameters
    ----------
    images : Images
    edges : Edges
    threshold : float
        Least similarity of duplicates.
    """

    kind: ClassVar[ViewKind] = ViewKind("groups", "Duplicate groups", "group", "group", SHOWN)

    def __init__(self, images: Images, edges: Edges, threshold: float = DUPLICATE) -> None:
        strong = edges.at_least(threshold)
        first = link_rows(len(images), strong.source, strong.target)
        members, row = _of_two_or_more(first)
        count = int(row.max(initial=-1)) + 1
        group = np.full(len(images), -1, np.int64)
        group[members] = row
        least, mean = least_and_mean(group, strong, count)
        columns = [
            Measure("min_similarity", "least similarity", "similarity", least),
            Measure("mean_similarity", "mean similarity", "similarity", mean),
        ]
        super().__init__(images, row, members, np.arange(1, count + 1), columns)

    def title(self, row: int) -> str:  # noqa: ARG002
        """Return nothing: the groups have no numbers that stand anywhere else."""
        return ""

    def own_facets(self) -> list[Facet]:
        """Return whether all images of a group are the same file, too."""
        first = self.rows.first.astype(np.int64)[self.rows.row_of_entries()]
        same = self.images.same_content(self.rows.ids.astype(np.int64), first)
        found = super().own_facets()
        if same is None or not len(self):
            return found
        all_same = np.logical_and.reduceat(same, self.rows.starts[:-1])
        kinds = Values.single((NOT_ALL_COPIES, COPIES), all_same.astype(np.int32))
        return [Facet("kind", "kind", kinds), *found]


class ComponentTable(GroupTable):
    """The connected components of the run that have two images or more."""

    kind: ClassVar[ViewKind] = ViewKind("components", "Components", "component", "group", SHOWN)

    def __init__(self, images: Images, members: Members) -> None:
        ids, group, least, mean = _known(images, members)
        kept, row = _of_two_or_more(group)
        named, at = np.unique(row, return_index=True)
        first = kept[at]
        columns = [
            Measure("min_similarity", "least similarity", "similarity", least[first]),
            Measure("mean_similarity", "mean similarity", "similarity", mean[first]),
        ]
        super().__init__(images, row, ids[kept], group[first] if len(named) else row, columns)


class ClusterTable(GroupTable):
    """The k-means clusters of the run."""

    kind: ClassVar[ViewKind] = ViewKind("clusters", "k-means clusters", "cluster", "group", SHOWN)

    def __init__(self, images: Images, members: Members) -> None:
        ids, group, distance, _ = _known(images, members)
        number, row = np.unique(group, return_inverse=True)
        count = np.bincount(row, minlength=len(number))
        mean = np.bincount(row, weights=np.nan_to_num(distance), minlength=len(number)) / count
        columns = [Measure("mean_distance", "mean distance to the centre", "number", mean)]
        super().__init__(images, row, ids, number, columns, distance)

    def why(self, row: int, image: int) -> list[str]:
        """Return how far the image is from the centre."""
        place = int(np.flatnonzero(self.rows.of(row) == image)[0])
        values = self.rows.values_of(row)
        lines = [f"One of {int(self.rows.sizes[row]):,} images of {self.title(row)}."]
        if values is not None and np.isfinite(values[place]):
            lines.append(f"Squared distance to its centre: {self.image_text(values[place])}.")
        return lines

    @staticmethod
    def _bytes_of(images: Images, rows: RowImages) -> Measure | None:
        size = images.measure("file_size")  # the images are alike, but no copies: none can go
        if not np.isfinite(size).any():
            return None
        return Measure("bytes", "all files", "bytes", rows.total(size))

    def image_text(self, value: float) -> str:
        """Return a distance in words."""
        return word_value(value, "number")


def _known(
    images: Images, members: Members
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return image, group, distance and mean of the members that the list of images holds."""
    import pandas as pd

    if members.files.tolist() == images.names:
        image = np.arange(len(images))
    else:
        known = pd.Index(images.names, dtype=object)
        first = ~known.duplicated()
        place = known[first].get_indexer(pd.Index(members.files, dtype=object))
        image = np.where(place >= 0, np.flatnonzero(first)[place], -1)
    found = image >= 0
    kept = members.take(found)
    return image[found], kept.group, kept.distance, kept.mean


def _of_two_or_more(group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places whose group occurs more than once, by group, and their rows."""
    _, code, count = np.unique(group, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(count[code] > 1)
    order = kept[np.argsort(code[kept], kind="stable")]
    return order, np.unique(code[order], return_inverse=True)[1].astype(np.int64)
