"""What neighbours and clusters say about labels: predictions, label scores, wrong labels."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fastdup_nb.core.labels import (
    LabelTable,
    Votes,
    check_neighbors,
    clean_edges,
    keep_nearest,
    score_labels,
    vote_by_cluster,
    vote_by_neighbors,
)
from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_frame
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.cards import CardMaker
from fastdup_nb.views.pairs import PairSource, open_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.views.labels import Labels, LabelSource

PREDICTION_COLUMNS = ("filename", "label", "prediction", "score")
SCORE_COLUMNS = ("filename", "label", "score", "suggested_label", "suggested_share", "neighbors")
_NO_CLUSTERS = "Run run_kmeans_on_extracted on that work_dir first."


@dataclass(frozen=True)
class Predictions:
    """The predicted label of every image, from the labels of other images.

    Attributes
    ----------
    method : str
        How it was predicted, in words.
    file_names : tuple of str
        The images, in the order of the results.
    labels : tuple of tuple of str
        What each is labelled with; empty when it is not.
    predictions : tuple of str or None
        None when no labelled neighbour or image of its cluster says anything.
    scores : ndarray of float64
        How many of the voters have the predicted label, 0 to 100; NaN when there are none.
    note : str
        What the user should know; may be empty.
    """

    method: str
    file_names: tuple[str, ...]
    labels: tuple[Labels, ...]
    predictions: tuple[str | None, ...]
    scores: NDArray[np.float64]
    note: str = ""

    @property
    def judged(self) -> list[tuple[str, str]]:
        """True label and prediction of every image that has both.

        Of several labels the predicted one counts as the true one, else the first.
        """
        pairs = zip(self.labels, self.predictions, strict=True)
        return [
            (predicted if predicted in own else own[0], predicted)
            for own, predicted in pairs
            if own and predicted is not None
        ]

    @property
    def labelled(self) -> int:
        """Images that have a label."""
        return sum(bool(own) for own in self.labels)

    def to_frame(self) -> pd.DataFrame:
        """Return filename, label, prediction, score; several labels are joined by `|`."""
        columns = (self.file_names, _as_cells(self.labels), self.predictions, self.scores)
        return _frame(PREDICTION_COLUMNS, columns)


def predict_by_neighbors(
    source: PairSource, k: int, get_label_func: LabelSource, threshold: float | None = None
) -> Predictions:
    """Predict the label of every image from its nearest neighbours.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        See `fastdup_nb.views.pairs.open_pairs`.
    k : int
        Neighbours that vote; no more than were stored.
    get_label_func : callable, mapping, path or sequence
        See `fastdup_nb.views.labels.make_labeller`.
    threshold : float, optional
        Least similarity of a neighbour that votes.

    Raises
    ------
    OptionError
        When an argument cannot be used, or no image has a label.
    InputNotFoundError, WorkDirError
        When the results or the labels cannot be read.

    Notes
    -----
    V0.2 API page, `create_knn_classifier`. An image's own label has no say (leave-one-out).
    """
    check_neighbors(k)
    neighborhood = _Neighborhood.read(source, get_label_func)
    edges = neighborhood.edges
    stored = int(np.bincount(edges.source).max(initial=0))
    if threshold is not None:
        edges = edges.at_least(_checked_threshold(threshold))
    votes = vote_by_neighbors(keep_nearest(edges, k), neighborhood.table)
    note = ""
    if k > stored:
        note = (
            f"k={k}, but the results hold at most {stored} neighbours per image. "
            f"Run again with nearest_neighbors_k={k} and a lower threshold for more."
        )
    method = "the nearest neighbour" if k == 1 else f"the {k} nearest neighbours"
    return neighborhood.images.predictions(method, votes, note)


def predict_by_clusters(
    source: pd.DataFrame | str | PathLike[str] | WorkDir, get_label_func: LabelSource
) -> Predictions:
    """Predict the label of every image from the other images in its nearest k-means cluster.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        A table filename, cluster, distance; a CSV file of it; or a work_dir or another file in one,
        of which `kmeans_assignments.csv` is read.
    get_label_func : callable, mapping, path or sequence
        See `fastdup_nb.views.labels.make_labeller`.

    Raises
    ------
    OptionError
        When an argument cannot be used, or no image has a label.
    InputNotFoundError, WorkDirError
        When the results or the labels cannot be read.

    Notes
    -----
    V0.2 API page, `create_kmeans_classifier`. An image's own label has no say.
    """
    frame, work_dir = _open_assignments(source)
    nearest = frame.sort_values("distance", kind="stable").drop_duplicates("filename").sort_index()
    file_names = nearest["filename"].tolist() if work_dir is None else work_dir.file_names
    images = _Images.label(file_names, get_label_func, work_dir)
    cluster_of = dict(zip(nearest["filename"], nearest["cluster"], strict=True))
    cluster = np.array([cluster_of.get(name, -1) for name in file_names], np.int64)
    votes = vote_by_cluster(cluster, LabelTable.from_lists(images.labels))
    return images.predictions("the images of the same k-means cluster", votes)


def label_scores(source: PairSource, get_label_func: LabelSource) -> pd.DataFrame:
    """Score the label of every image by its neighbours and suggest one.

    Returns
    -------
    DataFrame
        One row per image, in the order of the results: filename; label; score (share of its
        labelled neighbours that have its label, 0 to 100); suggested_label (what most of them
        have); suggested_share (how many have that, 0 to 100); neighbors (labelled ones).
    """
    neighborhood = _Neighborhood.read(source, get_label_func)
    table, images = neighborhood.table, neighborhood.images
    votes = vote_by_neighbors(neighborhood.edges, table)
    columns = (
        *(images.file_names, _as_cells(images.labels), score_labels(neighborhood.edges, table)),
        *(_names_of(votes, table), votes.share, votes.voters),
    )
    return _frame(SCORE_COLUMNS, columns)


def wrong_labels(source: PairSource, get_label_func: LabelSource) -> pd.DataFrame:
    """Return the images whose label is probably wrong, the surest first.

    These are the labelled images of which more than half of the labelled neighbours have one and
    the same other label, and fewer than half have theirs.

    Returns
    -------
    DataFrame
        The columns of `label_scores`, sorted by score, then by suggested_share and neighbors
        (descending).
    """
    scores = label_scores(source, get_label_func)
    wrong = scores[(scores["score"] < 50) & (scores["suggested_share"] > 50)]
    by = ["score", "suggested_share", "neighbors"]
    ordered = wrong.sort_values(by, ascending=[True, False, False], kind="stable")
    return ordered.reset_index(drop=True)


@dataclass(frozen=True)
class _Images:
    """The images of some results with their labels."""

    file_names: tuple[str, ...]
    labels: tuple[Labels, ...]

    @classmethod
    def label(
        cls, file_names: Sequence[str], source: LabelSource, work_dir: WorkDir | None
    ) -> _Images:
        cards = CardMaker(work_dir, {"get_label_func": source})
        labels = tuple(cards.labels(name) for name in file_names)
        if not any(labels):
            message = f"None of the {len(labels):,} images has a label."
            hint = "get_label_func is asked by absolute file name"
            example = f", such as {cards.path(file_names[0])}" if file_names else ""
            raise OptionError(message, f"{hint}{example}.")
        return cls(tuple(file_names), labels)

    def predictions(self, method: str, votes: Votes, note: str = "") -> Predictions:
        predicted = _names_of(votes, LabelTable.from_lists(self.labels))
        return Predictions(method, self.file_names, self.labels, predicted, votes.share, note)


@dataclass(frozen=True)
class _Neighborhood:
    """Labelled images and the stored edges between them."""

    images: _Images
    table: LabelTable
    edges: Edges

    @classmethod
    def read(cls, source: PairSource, get_label_func: LabelSource) -> _Neighborhood:
        pairs, work_dir = open_pairs(source)
        listed = _listed_names(pairs, work_dir)
        images = _Images.label(listed, get_label_func, work_dir)
        row_of = pd.Index(listed, dtype=object)
        edges = clean_edges(
            row_of.get_indexer(pd.Index(pairs["from"], dtype=object)),
            row_of.get_indexer(pd.Index(pairs["to"], dtype=object)),
            pairs["distance"].to_numpy(np.float64),
        )
        return cls(images, LabelTable.from_lists(images.labels), edges)


def _listed_names(pairs: pd.DataFrame, work_dir: WorkDir | None) -> list[str]:
    """Return all images: those of the work_dir, then those that only the pairs name."""
    listed = work_dir.file_names if work_dir and work_dir.has(names.FEATURE_NAMES) else []
    paired = sorted({*pairs["from"], *pairs["to"]} - set(listed))
    return list(dict.fromkeys([*listed, *paired]))


def _open_assignments(
    source: pd.DataFrame | str | PathLike[str] | WorkDir,
) -> tuple[pd.DataFrame, WorkDir | None]:
    if isinstance(source, pd.DataFrame):
        return _checked_assignments(source, "The table of clusters"), None
    if not isinstance(source, (str, PathLike, WorkDir)):
        message = f"work_dir is a {type(source).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give a work_dir, a file in it, or a DataFrame.")
    work_dir = source if isinstance(source, WorkDir) else WorkDir.open(source)
    path = work_dir.path / names.KMEANS_ASSIGNMENTS
    if not isinstance(source, WorkDir) and _holds_clusters(Path(source).expanduser()):
        path = Path(source).expanduser()
    if not path.is_file():
        message = f"{work_dir.path} holds no {names.KMEANS_ASSIGNMENTS}."
        raise ResultNotFoundError(message, _NO_CLUSTERS)
    return _checked_assignments(read_frame(path), str(path)), work_dir


def _holds_clusters(path: Path) -> bool:
    return path.is_file() and path.suffix == ".csv" and "cluster" in read_frame(path).columns


def _checked_assignments(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    missing = [name for name in names.KMEANS_ASSIGNMENTS_COLUMNS[1:] if name not in frame.columns]
    if missing:
        message = f"{what} has no column {', '.join(missing)}."
        raise OptionError(
            message, f"Its columns are {', '.join(names.KMEANS_ASSIGNMENTS_COLUMNS)}."
        )
    kinds = {"filename": object, "cluster": np.int64, "distance": np.float64}
    try:
        table = frame.reset_index(drop=True).astype(kinds)
        return table.assign(filename=_as_texts(map(str, table["filename"])))
    except (TypeError, ValueError) as error:
        message = f"{what} has a cluster or a distance that is not a number."
        raise OptionError(message, "Clusters are whole numbers, distances are numbers.") from error


def _names_of(votes: Votes, table: LabelTable) -> tuple[str | None, ...]:
    return tuple(table.classes[label] if label >= 0 else None for label in votes.label.tolist())


def _as_cells(labels: Sequence[Labels]) -> list[str | None]:
    return ["|".join(own) if own else None for own in labels]


def _frame(columns: Sequence[str], values: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: value if isinstance(value, np.ndarray) else _as_texts(value)
            for name, value in zip(columns, values, strict=True)
        }
    )


def _as_texts(values: Iterable[str | None]) -> pd.Series[Any]:
    # As objects: a text type backed by Arrow refuses names that are not UTF-8.
    return pd.Series(list(values), dtype=object)


def _checked_threshold(threshold: float) -> float:
    if isinstance(threshold, bool) or not 0 <= threshold <= 1:
        message = f"threshold={threshold!r} cannot be used."
        raise OptionError(message, "Give a number from 0 to 1.")
    return threshold
