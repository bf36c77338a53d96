"""The largest groups of similar images, as `find_top_components` of the V0.2 API gives them."""

from __future__ import annotations

from dataclasses import dataclass
from os import sep
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

import numpy as np
import pandas as pd

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count
from fastdup_nb.views.group_labels import GroupLabels
from fastdup_nb.views.group_table import GroupTable, gather
from fastdup_nb.views.members import ID_COLUMN, Kind, Members
from fastdup_nb.views.metrics import read_metric
from fastdup_nb.views.slices import DIFFERENT, SAME, SliceSpec

if TYPE_CHECKING:
    from numpy.typing import NDArray

GROUPINGS = ("visual", "label")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which groups are wanted, and in which order.

    Attributes
    ----------
    group_by : {'visual', 'label'}
        Groups of similar images, or all images of a label.
    label_slice : str or list of str, optional
        Labels: only images that have one of them count; what is in no image is looked for inside
        the labels. `diff` and `same`: groups with several labels, with one.
    threshold : float, optional
        Groups whose `distance` is larger.
    metric : str, optional
        A statistic; groups are ordered by its mean.
    descending : bool
        Largest first: by the metric, with `diff` by the distance, else by the number of images.
    min_items, max_items : int, optional
        Groups of at least, at most as many images.
    keyword : str, optional
        Groups with this text inside a label.
    split_sentences : bool
        Whether labels are sentences, to be split into lists of labels.
    """

    group_by: Literal["visual", "label"] = "visual"
    label_slice: SliceSpec = None
    threshold: float | None = None
    metric: str | None = None
    descending: bool = True
    min_items: int | None = None
    max_items: int | None = None
    keyword: str | None = None
    split_sentences: bool = False

    def __post_init__(self) -> None:
        if self.group_by not in GROUPINGS:
            raise unknown_name("group_by", self.group_by, GROUPINGS)
        for name in ("min_items", "max_items"):
            if getattr(self, name) is not None:
                check_count(name, getattr(self, name))
        _check_number("threshold", self.threshold)
        _check_text("keyword", self.keyword)
        if self.group_by == "label" and self.label_slice in (DIFFERENT, SAME):
            message = f"slice={self.label_slice!r} compares the labels of similar images."
            raise OptionError(message, "Give a label or a list of labels, or group_by='visual'.")


@dataclass(frozen=True)
class TopGroups:
    """The chosen groups, in order.

    Attributes
    ----------
    members : Members
    groups : GroupTable
    labels : GroupLabels or None
        None when there are no labels.
    choice : Choice
    distance : ndarray of float64, shape (g,)
        The least similarity that holds a group together; NaN when unknown. Of clusters: the least
        squared distance to the centre.
    metric : ndarray of float64 or None, shape (n,)
        The chosen statistic of every image.
    total : int
        Groups of two or more images, chosen or not.
    maker : CardMaker
    moved : bool
        Whether the images may lie elsewhere than the results say.
    """

    members: Members
    groups: GroupTable
    labels: GroupLabels | None
    choice: Choice
    distance: NDArray[np.float64]
    metric: NDArray[np.float64] | None
    total: int
    maker: CardMaker
    moved: bool = False

    @property
    def average(self) -> NDArray[np.float64] | None:
        """The mean of the statistic in every group."""
        return None if self.metric is None else self.groups.mean(self.metric)

    def to_frame(self, limit: int | None = None) -> pd.DataFrame:
        """Return the (first) groups as a table, see `fastdup_nb.find_top_components`."""
        count = len(self.groups) if limit is None else min(limit, len(self.groups))
        groups, distance = self.groups.chosen(np.arange(count)), self.distance[:count]
        id_column, members = ID_COLUMN[self.members.kind], self.members
        files = groups.lists(self._absolute(members.files, groups))
        ids = groups.lists(members.ids)
        if self.choice.group_by == "label":
            columns: dict[str, Any] = {"label": groups.keys.tolist(), "files": files}
            columns[id_column] = groups.lists(members.group)
        else:
            columns = {id_column: groups.keys, "files": files}
            if self.labels is not None:
                columns["label"] = groups.lists(self.labels.cells)
        columns |= {"files_ids": ids, "distance": distance}
        if self.metric is not None:
            columns |= {"metric": groups.lists(self.metric), "avg_metric": groups.mean(self.metric)}
        return pd.DataFrame(columns | {"len": groups.size}, index=groups.number)

    def _absolute(self, files: NDArray[np.object_], groups: GroupTable) -> NDArray[np.object_]:
        rows = groups.all_members
        if not self.moved:
            listed = files[rows].tolist()
            # A million names: what begins with a slash is absolute, and not looked at closely.
            if {name[:1] for name in listed} <= {sep}:
                return files
            named = zip(rows.tolist(), listed, strict=True)
            rows = np.array([row for row, name in named if not Path(name).is_absolute()], np.int64)
        found = files.copy()
        for row in rows.tolist():
            found[row] = self.maker.path(files[row])
        return found


def columns_of(kind: Kind, *, by_label: bool, labelled: bool, measured: bool) -> list[str]:
    """Return the columns of the table."""
    first = [ID_COLUMN[kind], "files", *(["label"] if labelled else [])]
    if by_label:
        first = ["label", "files", ID_COLUMN[kind]]
    return [*first, "files_ids", "distance", *(["metric", "avg_metric"] if measured else []), "len"]


def choose_groups(members: Members, choice: Choice, **options: Unpack[CardOptions]) -> TopGroups:
    """Choose the groups that are wanted.

    Parameters
    ----------
    members : Members
        From `fastdup_nb.views.members.read_members`.
    choice : Choice
    **options
        See `fastdup_nb.views.cards.CardOptions`.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `find_top_components`.
    """
    maker = CardMaker(members.results, options)
    _check_labels_are_given(choice, maker)
    metric = read_metric(choice.metric, members) if choice.metric is not None else None
    rows = np.arange(len(members.group))
    keys, codes = np.unique(members.group, return_inverse=True)
    groups = gather(codes, keys, rows)
    labels = None
    if maker.has_labels:
        wanted = rows if choice.group_by == "label" else groups.all_members
        labels = GroupLabels(members.files, wanted, maker, split=choice.split_sentences)
    total = len(groups)
    if choice.group_by == "label" and labels is not None:
        groups = labels.by_label(choice.label_slice, choice.keyword)
        total = labels.count
    elif labels is not None:
        groups = labels.choose(groups, codes, keys, choice.label_slice, choice.keyword)
    distance = _distances(groups, members, choice)
    kept = _fits(groups, distance, choice)
    groups, distance = groups.chosen(kept), distance[kept]
    order = _order(groups, distance, choice, metric)
    return TopGroups(
        members,
        groups.chosen(order),
        labels,
        choice,
        distance[order],
        metric,
        total,
        maker,
        moved=bool(options.get("input_dir")),
    )


def _distances(groups: GroupTable, members: Members, choice: Choice) -> NDArray[np.float64]:
    values = members.distance
    if members.kind == "component" and choice.group_by == "label":
        values = np.where(values > 0, values, np.nan)  # images alone say nothing
    return groups.least(values)


def _fits(groups: GroupTable, distance: NDArray[np.float64], choice: Choice) -> NDArray[np.bool_]:
    kept = np.ones(len(groups), bool)
    if choice.threshold is not None:
        if len(groups) and np.isnan(distance).all():
            message = "How similar the images of a component are is not known."
            raise OptionError(message, "Leave threshold out, or run again.")
        kept &= distance > choice.threshold
    if choice.min_items is not None:
        kept &= groups.size >= choice.min_items
    if choice.max_items is not None:
        kept &= groups.size <= choice.max_items
    return kept


def _order(
    groups: GroupTable,
    distance: NDArray[np.float64],
    choice: Choice,
    metric: NDArray[np.float64] | None,
) -> NDArray[np.int64]:
    value: NDArray[Any] = groups.size
    if metric is not None:
        value = groups.mean(metric)
    elif choice.label_slice == DIFFERENT:
        value = distance
    number = value.astype(np.float64)
    # NaN goes last in either order.
    order: NDArray[np.int64] = np.argsort(-number if choice.descending else number, kind="stable")
    return order


def _check_labels_are_given(choice: Choice, maker: CardMaker) -> None:
    if maker.has_labels:
        return
    asked = {
        "group_by='label'": choice.group_by == "label",
        f"slice={choice.label_slice!r}": choice.label_slice is not None,
        f"keyword={choice.keyword!r}": choice.keyword is not None,
    }
    for option, given in asked.items():
        if given:
            hint = "Give get_label_func: a function, a dict or a label file."
            raise OptionError(f"{option} needs labels.", hint)


def _check_text(name: str, value: object) -> None:
    if value is not None and not (isinstance(value, str) and value):
        raise OptionError(f"{name}={value!r} cannot be used.", "Give a text.")


def _check_number(name: str, value: object) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and (not number or value != value):  # noqa: PLR0124 - NaN
        raise OptionError(f"{name}={value!r} cannot be used.", "Give a number.")
