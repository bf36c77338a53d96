"""The label functions of the V0.2 API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    import pandas as pd

    from fastdup_nb.views.labels import LabelSource
    from fastdup_nb.views.pairs import PairSource
    from fastdup_nb.views.predictions import Predictions


def top_k_label(
    labels_col: Sequence[Any],
    distance_col: Sequence[float],
    k: int = 10,
    threshold: float | None = None,
    min_count: int | None = None,
    unknown_class: Any = None,
) -> Any:
    """Classify an image by the labels of its k nearest neighbours.

    The V0.2 function of that name (API page), with its names and defaults.

    Parameters
    ----------
    labels_col : sequence of length n
        The label of each neighbour, or a list of its labels.
    distance_col : sequence of float, length n
        Their similarities to the image, 1 = identical, in any order.
    k : int
        How many neighbours vote: the most similar ones.
    threshold : float, optional
        Neighbours less similar than this do not vote.
    min_count : int, optional
        The winner needs at least this many votes.
    unknown_class : optional
        The answer when no neighbour votes, when the winner has too few votes, and, if it is given,
        when there is a tie. Without it, of tied labels the first in the alphabet wins.

    Returns
    -------
    object
        The label that most of them have; `unknown_class` (None by default) when there is none.

    Raises
    ------
    OptionError
        When the lists differ in length, or `k` is below 1.

    Examples
    --------
    >>> top_k_label(["cat", "dog", "dog"], [0.99, 0.95, 0.91])
    'dog'
    >>> top_k_label(["cat", "dog", "dog"], [0.99, 0.95, 0.91], k=1)
    'cat'
    """
    from fastdup_nb.core.labels import top_k_label as choose

    labels, distances = list(labels_col), list(distance_col)
    return choose(labels, distances, k, threshold, min_count, unknown_class)


def create_knn_classifier(
    work_dir: PairSource,
    k: int,
    get_label_func: LabelSource,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Predict the label of every image from its nearest neighbours, and print how good that is.

    The V0.2 function of that name (API page), with its names and defaults. An image's own label has
    no say in its prediction. The report counts images that have a label and a prediction, and says
    how many have not.

    Parameters
    ----------
    work_dir : path or DataFrame
        A work_dir, its `similarity.csv` or a table with the columns from, to, distance.
    k : int
        How many neighbours vote: the most similar ones. The results hold no more than
        `nearest_neighbors_k` of the run (plus exact copies), and none below its `threshold`. Of
        labels with equally many votes, the more similar neighbours win.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row. Images without a
        label do not vote; they are predicted.
    threshold : float, 0 to 1, optional
        Neighbours less similar than this do not vote.

    Returns
    -------
    DataFrame
        One row per image: filename; label (several joined by `|`); prediction (missing when no
        labelled neighbour is near); score (share of the votes for it, 0 to 100). Empty after an
        error, which is written to standard error in one line with a hint.
    """

    def predict() -> Predictions:
        from fastdup_nb.views.predictions import predict_by_neighbors

        return predict_by_neighbors(work_dir, k, get_label_func, threshold)

    return _classify(predict)


def create_kmeans_classifier(
    work_dir: pd.DataFrame | str | PathLike[str],
    k: int,
    get_label_func: LabelSource,
    threshold: float | None = None,
) -> pd.DataFrame:
    """Predict the label of every image from its k-means cluster, and print how good that is.

    The V0.2 function of that name (API page), with its names and defaults. Every image counts once,
    in its nearest cluster; its own label has no say in its prediction.

    Parameters
    ----------
    work_dir : path or DataFrame
        A work_dir in which k-means was run, its `kmeans_assignments.csv` (of another file, the one
        beside it) or a table with the columns filename, cluster, distance.
    k : int
        Unused, as published.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    threshold : float, optional
        Unused, as published.

    Returns
    -------
    DataFrame
        One row per image: filename; label (several joined by `|`); prediction (missing when no
        other image of its cluster has a label); score (share of those that have the predicted one,
        0 to 100). Empty after an error, which is written to standard error in one line with a hint.
    """

    def predict() -> Predictions:
        from fastdup_nb.views.predictions import predict_by_clusters

        return predict_by_clusters(work_dir, get_label_func)

    return _classify(predict)


def _classify(predict: Callable[[], Predictions]) -> pd.DataFrame:
    import pandas as pd

    from fastdup_nb.render.classification import classification_text
    from fastdup_nb.views.predictions import PREDICTION_COLUMNS

    try:
        predictions = predict()
    except FastdupError as error:
        report(error)
        return pd.DataFrame(columns=list(PREDICTION_COLUMNS))
    sys.stdout.write(f"{classification_text(predictions)}\n")
    return predictions.to_frame()
