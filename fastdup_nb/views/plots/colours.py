"""What the points of a map are coloured by: a category, a number, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fastdup_nb.core.bins import LOGARITHMIC
from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.options import unknown_name
from fastdup_nb.store import names
from fastdup_nb.views.plots.rows import row_of_name
from fastdup_nb.views.statistics import FORMS, METRICS, open_statistics, read_metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.cards import CardMaker
    from fastdup_nb.views.gallery import Form

# As many colours can be told apart; the rest is one grey.
MAX_CATEGORIES = 10
OTHER, NONE = "other", "none"
LABEL, FOLDER, COMPONENT, CLUSTER, SPLIT = "label", "folder", "component", "cluster", "split"
CHOICES = (LABEL, FOLDER, COMPONENT, CLUSTER, SPLIT)


@dataclass(frozen=True)
class Categories:
    """Points in groups.

    Attributes
    ----------
    title : str
    codes : ndarray of int64, shape (n,)
        The group of every point; the last ones are those without a colour of their own.
    entries : tuple of (str, int)
        Name and size of every group, the largest first; then `other` and `none`, as far as there
        are any.
    plain : int
        How many of the entries, from the end, have no colour of their own.
    texts : tuple of str
        What every point says when it is pointed at.
    """

    title: str
    codes: NDArray[np.int64]
    entries: tuple[tuple[str, int], ...]
    plain: int
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """Points with a value.

    Attributes
    ----------
    title : str
    values : ndarray of float64, shape (n,)
        NaN where there is none.
    low, high : float
        What the ends of the colour scale stand for: the 2nd and 98th percentile, so that one
        extreme does not take all colours.
    form : {'similarity', 'number', 'whole', 'bytes', 'percent'}
        How a value is written.
    """

    title: str
    values: NDArray[np.float64]
    low: float
    high: float
    form: Form = "number"

    @property
    def logarithmic(self) -> bool:
        """Whether a logarithmic scale suits the values better."""
        return self.low > 0 and self.high >= LOGARITHMIC * self.low


def choose_colours(
    work_dir: WorkDir,
    color: str,
    stored: list[str],
    rows: NDArray[np.int64],
    cards: CardMaker,
) -> Categories | Numbers | None:
    """Return what points are coloured by; None when they are all alike.

    Parameters
    ----------
    work_dir : WorkDir
    color : str
        `label`, `folder`, `component`, `cluster` (k-means), `split` (train and test), a statistic
        or `size`; "" for the labels when there are any, else nothing.
    stored : list of str, length n
        The images.
    rows : ndarray of int64, shape (n,)
        Their rows; those of test images follow those of the work_dir.
    cards : CardMaker
        Knows the labels.

    Raises
    ------
    OptionError
        When there is no such thing, or no labels are given.
    ResultNotFoundError
        When the run did not leave it.
    """
    if not color and not cards.has_labels:
        return None
    if color in {"", LABEL}:
        return _labels(stored, cards)
    if color in _CATEGORIES:
        return categorise(color, _CATEGORIES[color](work_dir, stored, rows))
    return _statistic(work_dir, color, rows)


def categorise(title: str, texts: Sequence[str]) -> Categories:
    """Group points by a text; the largest groups have a colour each, the rest share one.

    Parameters
    ----------
    title : str
    texts : sequence of str, length n
        Empty where there is none.

    Examples
    --------
    >>> categorise("label", ["cat", "dog", "cat", ""]).entries
    (('cat', 2), ('dog', 1), ('none', 1))
    """
    counts = Counter(texts)
    without = counts.pop("", 0)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    own, rest = ranked[:MAX_CATEGORIES], ranked[MAX_CATEGORIES:]
    entries = list(own)
    if rest:
        entries.append((f"{OTHER} ({len(rest):,} more)", sum(count for _, count in rest)))
    if without:
        entries.append((NONE, without))
    place = {text: number for number, (text, _) in enumerate(own)}
    codes = [place.get(text, len(own)) if text else len(entries) - 1 for text in texts]
    return Categories(
        title=title,
        codes=np.array(codes, dtype=np.int64),
        entries=tuple(entries),
        plain=len(entries) - len(own),
        texts=tuple(texts),
    )


def _labels(stored: list[str], cards: CardMaker) -> Categories:
    if not cards.has_labels:
        message = "Colours by label need labels."
        raise OptionError(message, "Give get_label: a function, a dict, or a label file.")
    texts = [", ".join(cards.labels(name)) for name in stored]
    if not any(texts):
        message = "None of these images has a label."
        raise OptionError(message, "Labels are looked up by the absolute file name.")
    return categorise(LABEL, texts)


def _folders(_work_dir: WorkDir, stored: list[str], _rows: NDArray[np.int64]) -> list[str]:
    return [PurePath(name.replace("\\", "/")).parent.name for name in stored]


def _components(work_dir: WorkDir, stored: list[str], _rows: NDArray[np.int64]) -> list[str]:
    table = work_dir.read_components()
    sizes = table["component_id"].map(table["component_id"].value_counts())
    pairs = zip(table["filename"], table["component_id"], sizes, strict=True)
    # An image that is alone is in no group.
    component = {name: f"component {number}" for name, number, size in pairs if size > 1}
    return [component.get(name, "") for name in stored]


def _clusters(work_dir: WorkDir, stored: list[str], _rows: NDArray[np.int64]) -> list[str]:
    if not work_dir.has(names.KMEANS_ASSIGNMENTS):
        message = f"{work_dir.path} holds no k-means clusters."
        raise ResultNotFoundError(message, "Make them with fd.kmeans().")
    table = work_dir.read_table(names.KMEANS_ASSIGNMENTS)
    nearest = table[~table.duplicated("index")]
    pairs = zip(nearest["filename"].astype(str), nearest["cluster"], strict=True)
    cluster = {name: f"cluster {number}" for name, number in pairs}
    return [cluster.get(name, "") for name in stored]


def _splits(work_dir: WorkDir, _stored: list[str], rows: NDArray[np.int64]) -> list[str]:
    # Test images are numbered after those of the work_dir.
    count = len(work_dir.file_names)
    return ["train" if row < count else "test" for row in rows]


def _statistic(work_dir: WorkDir, metric: str, rows: NDArray[np.int64]) -> Numbers:
    table, _ = open_statistics(work_dir)
    own = [str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    if metric not in {*METRICS, *own} or metric == "index":
        raise unknown_name("color", metric, (*CHOICES, *METRICS))
    values = read_metric(table, metric)
    of_row = np.full(len(work_dir.file_names), np.nan)
    places = row_of_name(work_dir, table["filename"][values.index])
    of_row[places[places >= 0]] = values.to_numpy(dtype=np.float64)[places >= 0]
    found = of_row[rows]
    if not np.isfinite(found).any():
        message = f"None of these images has a value of {metric}."
        raise ResultNotFoundError(message, "Give another color.")
    low, high = np.nanpercentile(found, [2, 98])
    form = FORMS.get(metric, "number")
    return Numbers(metric.replace("_", " "), found, float(low), float(high), form)


_CATEGORIES: dict[str, Callable[[WorkDir, list[str], Any], list[str]]] = {
    FOLDER: _folders,
    COMPONENT: _components,
    CLUSTER: _clusters,
    SPLIT: _splits,
}
