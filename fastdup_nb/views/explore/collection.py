"""All views of a work_dir, opened when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.errors import FastdupError, OptionError, ResultNotFoundError
from fastdup_nb.options import unknown_name
from fastdup_nb.store import names
from fastdup_nb.views.explore.edges import read_edges
from fastdup_nb.views.explore.groups import ClusterTable, ComponentTable, DuplicateGroups
from fastdup_nb.views.explore.neighbours import SimilarityTable, WrongLabelTable
from fastdup_nb.views.explore.pairs import PairTable
from fastdup_nb.views.explore.singles import OutlierTable, SearchTable, StatisticsTable
from fastdup_nb.views.members import read_members

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.explore.table import Table, ViewKind
    from fastdup_nb.views.labels import Labels

SEARCH = "search"
_NO_LABELS = "There are no labels: give get_label= or annotations= with a column label."
_NO_SEARCH = "Choose an image and ask for more like it."


@dataclass(frozen=True, slots=True)
class ViewInfo:
    """A view that can be chosen.

    Attributes
    ----------
    kind : ViewKind
    count : int or None
        Rows; None until the view was opened.
    missing : str
        Why it cannot be opened; empty when it can.
    table : Table or None
        None until the view was opened.
    """

    kind: ViewKind
    count: int | None
    missing: str
    table: Table | None


class Collection:
    """The images of a work_dir and all views of them.

    Parameters
    ----------
    images : Images
    """

    def __init__(self, images: Images) -> None:
        self.images = images
        self._tables: dict[str, Table] = {}
        self._failed: dict[str, str] = {}

    @property
    def results(self) -> WorkDir:
        """The work_dir."""
        return self.images.results

    @cached_property
    def edges(self) -> Edges:
        """The similar pairs of the run."""
        return self.read_edges(names.SIMILARITY)

    def read_edges(self, name: str) -> Edges:
        """Return the pairs of a file; a note tells of those that cannot be shown."""
        edges, others = read_edges(self.results, name)
        if others:
            self.images.notes.append(
                f"{others:,} pairs of {name} are not shown: they are with images that are not in "
                "the list, such as those of a test set."
            )
        return edges

    def missing_edges(self) -> bool:
        """Return whether the work_dir holds no similar pairs."""
        return not self.results.has(names.SIMILARITY)

    def names(self) -> list[str]:
        """Return the names of all views, in order."""
        return list(_VIEWS)

    def views(self) -> list[ViewInfo]:
        """Return all views, in order."""
        return [self._describe(name) for name in _VIEWS]

    def first_usable(self) -> str:
        """Return the name of the first view that can be opened.

        Raises
        ------
        ResultNotFoundError
            When none can.
        """
        for view in self.views():
            if not view.missing:
                return view.kind.name
        message = f"{self.results.path} holds nothing to explore."
        raise ResultNotFoundError(message, "Give the work_dir of a finished run.")

    def open(self, name: str) -> Table:
        """Return the table of a view.

        Raises
        ------
        OptionError
            When there is no such view.
        FastdupError
            When its data cannot be read.
        """
        if name not in _VIEWS:
            raise unknown_name("view", name, list(_VIEWS))
        if name not in self._tables:
            missing = self._missing(name)
            if missing:
                raise ResultNotFoundError(missing)
            try:
                self._tables[name] = _VIEWS[name].make(self)
            except FastdupError as error:
                self._failed[name] = str(error)
                raise
        return self._tables[name]

    def show_matches(self, query: str, ids: list[int], similarity: list[float]) -> Table:
        """Make what a search found the view `search`, and return it."""
        found = np.array(ids, np.int64), np.array(similarity, np.float64)
        self._tables[SEARCH] = SearchTable(self.images, *found, query)
        return self._tables[SEARCH]

    def mark_gone(self, ids: Iterable[int], *, gone: bool = True) -> None:
        """Note that images have gone, or are back."""
        self.images.gone[np.fromiter(ids, np.int64)] = gone

    def relabel(self, changes: Mapping[int, Labels]) -> None:
        """Give images other labels; what follows from labels is worked out again."""
        self.images.relabel(changes)
        for name in ("similarity", "labels"):
            self._tables.pop(name, None)
            self._failed.pop(name, None)
        for table in self._tables.values():
            table.forget_labels()

    def groups(self) -> list[Table]:
        """Return the views of groups of which one image must stay."""
        return [self.open(name) for name in ("groups", "components") if not self._missing(name)]

    def check_images(self, ids: Iterable[int]) -> None:
        """Raise `OptionError` when there is no image of an id."""
        for image in ids:
            if not 0 <= image < len(self.images):
                message = f"There is no image {image}."
                raise OptionError(message, f"Images are numbered from 0 to {len(self.images) - 1}.")

    def _describe(self, name: str) -> ViewInfo:
        table = self._tables.get(name)
        count = None if table is None else int(np.count_nonzero(table.present()))
        return ViewInfo(_VIEWS[name].kind, count, self._missing(name), table)

    def _missing(self, name: str) -> str:
        if name in self._tables:
            return ""
        if name in self._failed:
            return self._failed[name]
        view = _VIEWS[name]
        if view.file and not self.results.has(view.file):
            return f"The work_dir holds no {view.file}. {view.advice}".rstrip()
        if name == SEARCH:
            return _NO_SEARCH
        if name == "labels" and self.images.labels is None:
            return _NO_LABELS
        return ""


def _open_components(collection: Collection) -> Table:
    members = read_members(collection.results, "component")
    return ComponentTable(collection.images, members)


def _open_clusters(collection: Collection) -> Table:
    return ClusterTable(collection.images, read_members(collection.results, "cluster"))


def _open_outliers(collection: Collection) -> Table:
    return OutlierTable(collection.images, collection.read_edges(names.OUTLIERS))


def _open_wrong_labels(collection: Collection) -> Table:
    labels = collection.images.labels
    if labels is None:
        raise ResultNotFoundError(_NO_LABELS)
    return WrongLabelTable(collection.images, collection.edges, labels)


def _nothing_found(collection: Collection) -> Table:
    none: NDArray[np.int64] = np.empty(0, np.int64)
    return SearchTable(collection.images, none, np.empty(0))


@dataclass(frozen=True, slots=True)
class _View:
    kind: ViewKind
    file: str
    make: Callable[[Collection], Table]
    advice: str = "Run again."


_VIEWS = {
    view.kind.name: view
    for view in (
        _View(PairTable.kind, names.SIMILARITY, lambda of: PairTable(of.images, of.edges)),
        _View(
            DuplicateGroups.kind, names.SIMILARITY, lambda of: DuplicateGroups(of.images, of.edges)
        ),
        _View(ComponentTable.kind, names.COMPONENTS, _open_components),
        _View(
            ClusterTable.kind,
            names.KMEANS_ASSIGNMENTS,
            _open_clusters,
            "Make clusters by k-means: fd.kmeans().",
        ),
        _View(OutlierTable.kind, names.OUTLIERS, _open_outliers),
        _View(
            SimilarityTable.kind, names.SIMILARITY, lambda of: SimilarityTable(of.images, of.edges)
        ),
        _View(
            StatisticsTable.kind,
            names.STATISTICS,
            lambda of: StatisticsTable(of.images),
            "Run with turi_param='run_stats=1'.",
        ),
        _View(WrongLabelTable.kind, names.SIMILARITY, _open_wrong_labels),
        _View(SearchTable.kind, "", _nothing_found),
    )
}
