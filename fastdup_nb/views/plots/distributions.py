"""The distributions of a run: statistics, shapes, similarities, group sizes and label scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fastdup_nb.core.bins import is_spread, make_edges
from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.options import TuriParams, unknown_name
from fastdup_nb.store import names
from fastdup_nb.views.cards import check_count
from fastdup_nb.views.explore.neighbours import SCORE
from fastdup_nb.views.pairs import merge_mirrored
from fastdup_nb.views.plots.histogram import Histogram, Mark
from fastdup_nb.views.plots.rows import row_of_name
from fastdup_nb.views.predictions import label_scores
from fastdup_nb.views.statistics import FORMS, METRICS, open_statistics, read_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import LabelSource

ASPECT_RATIO, SIMILARITY = "aspect_ratio", "similarity"
COMPONENTS, CLUSTERS, LABEL_SCORES = "components", "clusters", "label_scores"
BINS = 60
# Whose values begin at 0 and have no natural end; a logarithmic scale shows their low ends.
_OPEN_ENDED = ("blur", "width", "height", "size", "file_size")
_AXES = {
    "blur": "blur (variance of the Laplacian; low: blurry)",
    "mean": "mean brightness (low: dark)",
    "width": "width (pixels)",
    "height": "height (pixels)",
    "size": "size (pixels)",
    "file_size": "file size (bytes)",
}
_COMMON_RATIOS = ((0.75, "3:4"), (1.0, "1:1"), (4 / 3, "4:3"))
# Title, axis, what is counted, and the smallest that is shown.
_GROUPS = {
    COMPONENTS: ("Component sizes", "images in a component", "component", 2),
    CLUSTERS: ("Cluster sizes", "images in a k-means cluster", "cluster", 1),
}
_LEAST_PAIR = "The results hold no similar pair."


def build_histogram(
    work_dir: WorkDir, what: str = "blur", *, get_label: LabelSource = None, bins: int = BINS
) -> Histogram:
    """Read a distribution.

    Parameters
    ----------
    work_dir : WorkDir
    what : str
        A statistic (docs/statistics.md lists them), or `size`; `aspect_ratio`; `similarity` of the
        pairs; `components` and `clusters`: how many images they have; `label_scores`.
    get_label : callable, mapping, path or sequence
        The labels, for `label_scores`; see `fastdup_nb.views.labels.make_labeller`.
    bins : int
        Bars at most.

    Raises
    ------
    OptionError
        When there is no such distribution, or `label_scores` has no labels.
    ResultNotFoundError
        When the run did not leave what is needed, or there is nothing to show.
    """
    check_count("bins", bins)
    if what == LABEL_SCORES:
        return _label_scores(work_dir, get_label)
    if what in _BUILDERS:
        return _BUILDERS[what](work_dir, bins)
    table, _ = open_statistics(work_dir)
    own = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    if what not in {*METRICS, *own} or what == "index":
        raise unknown_name("plot", what, plot_names())
    return _statistic(work_dir, table, what, bins)


def plot_names() -> tuple[str, ...]:
    """Return what `build_histogram` can show of any run."""
    return (*METRICS, *_BUILDERS, LABEL_SCORES)


def _statistic(work_dir: WorkDir, table: pd.DataFrame, metric: str, bins: int) -> Histogram:
    values = read_metric(table, metric)
    rows = row_of_name(work_dir, table["filename"][values.index])
    known = rows >= 0
    found = values.to_numpy(dtype=np.float64)[known]
    _require(found, f"No image has a value of {metric}.")
    form = FORMS.get(metric, "number")
    log_x = metric in _OPEN_ENDED and is_spread(found)
    edges = make_edges(found, bins=bins, whole=form in {"whole", "bytes"}, logarithmic=log_x)
    missing = len(table) - len(found)
    return Histogram(
        name=metric,
        title=metric.replace("_", " ").capitalize(),
        axis=_AXES.get(metric, metric.replace("_", " ")),
        noun="image",
        values=found,
        edges=edges,
        owners=np.arange(len(found)),
        images=rows[known],
        file_names=work_dir.file_names,
        form=form,
        log_x=log_x,
        marks=(Mark(float(np.median(found)), "median"),),
        note=f"{missing:,} images have no value" if missing else "",
        view="statistics",
        column=metric,
    )


def _aspect_ratio(work_dir: WorkDir, bins: int) -> Histogram:
    table, _ = open_statistics(work_dir)
    width, height = read_metric(table, "width"), read_metric(table, "height")
    both = width.index.intersection(height.index)
    rows = row_of_name(work_dir, table["filename"][both])
    ratios = (width[both] / height[both]).to_numpy(dtype=np.float64)
    known = rows >= 0
    found = ratios[known]
    _require(found, "The width and height of no image are known.")
    low, high = min(float(found.min()), 0.5), max(float(found.max()), 2.0)
    return Histogram(
        name=ASPECT_RATIO,
        title="Aspect ratio",
        axis="width / height (below 1: upright, above 1: lying)",
        noun="image",
        values=found,
        # Evenly spaced on a logarithmic scale, so that an image and the same one turned by 90
        # degrees lie equally far from 1.
        edges=make_edges(found, bins=bins, logarithmic=True, low=low, high=high),
        owners=np.arange(len(found)),
        images=rows[known],
        file_names=work_dir.file_names,
        log_x=True,
        marks=tuple(Mark(value, text) for value, text in _COMMON_RATIOS if low <= value <= high),
        view="statistics",
        column=ASPECT_RATIO,
    )


def _similarity(work_dir: WorkDir, bins: int) -> Histogram:
    pairs = merge_mirrored(work_dir.read_pairs(names.SIMILARITY))
    _require(pairs["distance"].to_numpy(), _LEAST_PAIR, _lower_threshold())
    ends = [row_of_name(work_dir, pairs[side]) for side in ("from", "to")]
    known = (ends[0] >= 0) & (ends[1] >= 0) & np.isfinite(pairs["distance"].to_numpy())
    found = pairs["distance"].to_numpy(dtype=np.float64)[known]
    _require(found, _LEAST_PAIR, _lower_threshold())
    config = work_dir.read_config()
    threshold = config.get("threshold")
    low = threshold if isinstance(threshold, (int, float)) else float(found.min())
    return Histogram(
        name=SIMILARITY,
        title="Similarity of pairs",
        axis="similarity (1: identical)",
        noun="pair",
        values=found,
        edges=make_edges(found, bins=bins, low=min(low, float(found.min())), high=1.0),
        owners=np.tile(np.arange(len(found)), 2),
        images=np.concatenate([end[known] for end in ends]),
        file_names=work_dir.file_names,
        form="similarity",
        marks=tuple(Mark(value, "ccthreshold") for value in _component_thresholds(config)),
        from_above=True,
        note=f"only pairs from {low:g} on are in the results (threshold)",
        view="duplicates",
        column=SIMILARITY,
    )


def _components(work_dir: WorkDir, bins: int) -> Histogram:
    table = work_dir.read_components()
    return _group_sizes(work_dir, COMPONENTS, table["filename"], table["component_id"], bins)


def _clusters(work_dir: WorkDir, bins: int) -> Histogram:
    if not work_dir.has(names.KMEANS_ASSIGNMENTS):
        message = f"{work_dir.path} holds no k-means clusters."
        raise ResultNotFoundError(message, "Make them with fd.kmeans().")
    table = work_dir.read_table(names.KMEANS_ASSIGNMENTS)
    nearest = table[~table.duplicated("index")]  # of the k nearest clusters the first
    file_names = nearest["filename"].astype(str)
    return _group_sizes(work_dir, CLUSTERS, file_names, nearest["cluster"], bins)


def _group_sizes(
    work_dir: WorkDir, what: str, file_names: pd.Series[Any], groups: pd.Series[Any], bins: int
) -> Histogram:
    title, axis, noun, least = _GROUPS[what]
    rows = row_of_name(work_dir, file_names)
    known = rows >= 0
    _, owners = np.unique(groups.to_numpy()[known], return_inverse=True)
    sizes = np.bincount(owners)
    kept = sizes >= least
    hint = "A lower ccthreshold (turi_param) makes larger components."
    _require(sizes[kept], f"There is no {noun} of {least} images or more.", hint)
    values = sizes[kept].astype(np.float64)
    log_x = is_spread(values)
    edges = make_edges(values, bins=bins, whole=True, logarithmic=log_x)
    counts = np.histogram(values, edges)[0]
    belongs = kept[owners]
    alone = int((~kept).sum())
    return Histogram(
        name=what,
        title=title,
        axis=axis,
        noun=noun,
        values=values,
        edges=edges,
        owners=(np.cumsum(kept) - 1)[owners[belongs]],
        images=rows[known][belongs],
        file_names=work_dir.file_names,
        form="whole",
        log_x=log_x,
        # One large group beside hundreds of pairs would not be seen.
        log_y=bool((counts[counts > 0] * 50 <= counts.max()).any()),
        note=f"{alone:,} images are alone and not shown" if alone else "",
        view=what,
        column="count",
    )


def _label_scores(work_dir: WorkDir, get_label: LabelSource) -> Histogram:
    if get_label is None:
        message = "Label scores need labels."
        raise OptionError(message, "Give get_label: a function, a dict, or a label file.")
    table = label_scores(work_dir, get_label)
    scores = pd.to_numeric(table["score"], errors="coerce").to_numpy(dtype=np.float64)
    rows = row_of_name(work_dir, table["filename"])
    known = np.isfinite(scores) & (rows >= 0)
    hint = "Its neighbours need labels too: run with a lower threshold or a larger k."
    _require(scores[known], "No image has a label score.", hint)
    without = len(scores) - int(known.sum())
    return Histogram(
        name=LABEL_SCORES,
        title="Label scores",
        axis="share of the neighbours with the same label (percent; low: probably wrong)",
        noun="image",
        values=scores[known],
        edges=np.linspace(-2.5, 102.5, 22),  # 0, 50 and 100, the usual ones, amid their bins
        owners=np.arange(int(known.sum())),
        images=rows[known],
        file_names=work_dir.file_names,
        form="percent",
        note=f"{without:,} images have no label or no labelled neighbour" if without else "",
        view="similarity",
        column=SCORE,
    )


def _component_thresholds(config: dict[str, Any]) -> tuple[float, ...]:
    try:
        return TuriParams.parse(str(config.get("turi_param", ""))).ccthreshold
    except OptionError:  # a key that only the original knows
        return ()


def _require(values: NDArray[Any], message: str, hint: str = "") -> None:
    if not len(values):
        raise ResultNotFoundError(message, hint or "Run on more images.")


def _lower_threshold() -> str:
    return "Run again with a lower threshold, for example 0.7."


_BUILDERS: dict[str, Callable[[WorkDir, int], Histogram]] = {
    ASPECT_RATIO: _aspect_ratio,
    SIMILARITY: _similarity,
    COMPONENTS: _components,
    CLUSTERS: _clusters,
}
