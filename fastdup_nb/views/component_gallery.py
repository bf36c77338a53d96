"""What the components gallery shows: the largest groups of similar images, and what is in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Unpack

import pandas as pd

from fastdup_nb.views.cards import CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import (
    SIMILARITY,
    Badge,
    GalleryView,
    GroupRow,
    ImageCard,
    Layout,
    Scale,
)
from fastdup_nb.views.group_file import TABLE_NAMES
from fastdup_nb.views.slices import DIFFERENT, SAME
from fastdup_nb.views.top_components import Choice, TopGroups, choose_groups
from fastdup_nb.views.videos import keep_one_frame, name_frame
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from fastdup_nb.views.members import Kind, Members

MAX_SHOWN = 54
SPREAD = Scale("distance", "number", "widest first", "tightest first")


@dataclass(frozen=True)
class ComponentsView(GalleryView):
    """The groups to show; `table` is what `find_top_components` gives for them."""

    rows: tuple[GroupRow, ...]
    table: pd.DataFrame | None = None
    kind_of_group: Kind = "component"
    metric: str | None = None

    name: ClassVar[str] = "components"
    layout: ClassVar[Layout] = "group"
    noun: ClassVar[str] = "component"
    no_result: ClassVar[str] = "The run found no two images that are similar enough."

    @property
    def scale(self) -> Scale:
        """The least similarity; of clusters the mean distance to the centre; or the metric."""
        if self.metric is not None:
            return Scale(f"mean {self.metric}")
        return SIMILARITY if self.kind_of_group == "component" else SPREAD

    @property
    def table_name(self) -> str:
        """The file name of the shown groups as a table."""
        return TABLE_NAMES[self.kind_of_group]

    def to_frame(self) -> pd.DataFrame:
        """Return the shown groups with all their images, see `find_top_components`."""
        return pd.DataFrame() if self.table is None else self.table


class ClustersView(ComponentsView):
    """K-means clusters."""

    noun: ClassVar[str] = "cluster"
    no_result: ClassVar[str] = "No cluster has two images."


class LabelsView(ComponentsView):
    """One group per label."""

    noun: ClassVar[str] = "label"
    no_result: ClassVar[str] = "No label has two images."


def build_components(
    members: Members,
    choice: Choice,
    *,
    num_images: int = 20,
    max_items: int | None = None,
    limit_labels: int | None = None,
    by_video: bool = False,
    **options: Unpack[CardOptions],
) -> ComponentsView:
    """Choose the groups to show.

    Parameters
    ----------
    members : Members
        From `fastdup_nb.views.members.read_members`.
    choice : Choice
    num_images : int
        Groups to show at most.
    max_items : int, optional
        Labels to list per group, or, of groups by label, components.
    limit_labels : int, optional
        Labels to list per group; `max_items` when not given.
    by_video : bool
        The images are frames: show of every group one frame per video.
    **options
        See `fastdup_nb.views.cards.CardOptions`.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `create_components_gallery`.
    """
    check_count("num_images", num_images)
    for name, count in (("max_items", max_items), ("limit_labels_printed", limit_labels)):
        if count is not None:
            check_count(name, count)
    if by_video:
        options["get_reformat_filename_func"] = (
            options.get("get_reformat_filename_func") or name_frame
        )
        members = keep_one_frame(members)
    chosen = choose_groups(members, choice, **options)
    title = "Similar videos" if by_video else ""
    return _view_of(chosen, num_images, max_items, limit_labels or max_items, title)


def _view_of(
    chosen: TopGroups,
    num_images: int,
    max_items: int | None,
    limit_labels: int | None,
    title: str,
) -> ComponentsView:
    members, choice = chosen.members, chosen.choice
    shape, usual = _view_type(members.kind, choice)
    return shape(
        title=title or usual,
        rows=tuple(_rows(chosen, num_images, max_items, limit_labels)),
        total=chosen.total,
        matching=len(chosen.groups),
        filters=_describe(choice, chosen.total, shape.noun),
        run_date=run_date(members.results),
        work_dir=place_of(members.results),
        table=chosen.to_frame(num_images),
        kind_of_group=members.kind,
        metric=choice.metric,
    )


def _view_type(kind: Kind, choice: Choice) -> tuple[type[ComponentsView], str]:
    if choice.group_by == "label":
        return LabelsView, "Images by label"
    if kind == "cluster":
        return ClustersView, "K-means clusters"
    return ComponentsView, "Components"


def _rows(
    chosen: TopGroups, num_images: int, max_items: int | None, limit_labels: int | None
) -> Iterator[GroupRow]:
    groups, members = chosen.groups, chosen.members
    means, average = groups.mean(members.mean), chosen.average
    first = range(min(num_images, len(groups)))
    wanted = [groups.members(group).tolist()[:MAX_SHOWN] for group in first]
    chosen.maker.prepare({members.files[row] for rows in wanted for row in rows})
    by_label = chosen.choice.group_by == "label"
    for group in first:
        least, mean = float(chosen.distance[group]), float(means[group])
        labels = _count_labels(chosen, group)
        shown = () if by_label else labels.most_common(limit_labels)
        value = mean if members.kind == "cluster" else least
        if average is not None:
            value = float(average[group])
        facts = _facts(chosen, group, least, mean, max_items)
        if shown and len(labels) > len(shown):
            facts.append(("further labels", f"{len(labels) - len(shown):,}"))
        yield GroupRow(
            number=group + 1,
            title=_title(chosen, group),
            images=tuple(_card(chosen, row) for row in wanted[group]),
            count=int(groups.size[group]),
            value=value if math.isfinite(value) else None,
            facts=tuple(facts),
            labels=tuple(shown),
            badges=tuple(_badges(chosen, group, labels)),
        )


def _title(chosen: TopGroups, group: int) -> str:
    key = chosen.groups.keys[group]
    return str(key) if chosen.choice.group_by == "label" else f"{chosen.members.kind} {key}"


def _card(chosen: TopGroups, row: int) -> ImageCard:
    card = chosen.maker.card(chosen.members.files[row])
    if chosen.labels is None or not chosen.choice.split_sentences:
        return card
    return replace(card, labels=chosen.labels.of[row])


def _count_labels(chosen: TopGroups, group: int) -> Counter[str]:
    if chosen.labels is None:
        return Counter()
    rows = chosen.groups.members(group).tolist()
    return Counter(label for row in rows for label in chosen.labels.of[row])


def _facts(
    chosen: TopGroups, group: int, least: float, mean: float, max_items: int | None
) -> list[tuple[str, str]]:
    facts = []
    if chosen.members.kind == "cluster":
        facts += [("mean distance", _word(mean)), ("least distance", _word(least))]
    elif chosen.choice.group_by == "label":
        facts += _components_of(chosen, group, max_items)
    else:
        facts += [("mean similarity", _word(mean)), ("least similarity", _word(least))]
    return [(name, text) for name, text in facts if text]


def _components_of(chosen: TopGroups, group: int, max_items: int | None) -> list[tuple[str, str]]:
    """Say into how many components the images of a label fall, and which are the largest."""
    components = Counter(chosen.members.group[chosen.groups.members(group)].tolist())
    largest = components.most_common(max_items or 5)
    named = ", ".join(f"{number} ({count:,})" for number, count in largest if count > 1)
    return [("components", f"{len(components):,}"), ("largest components (images)", named)]


def _badges(chosen: TopGroups, group: int, labels: Counter[str]) -> Iterator[Badge]:
    similar = chosen.members.kind == "component" and chosen.choice.group_by == "visual"
    if similar and len(labels) > 1 and not _share_a_label(chosen, group):
        yield Badge("labels differ", "differ")


def _share_a_label(chosen: TopGroups, group: int) -> bool:
    if chosen.labels is None:
        return True
    sets = [set(chosen.labels.of[row]) for row in chosen.groups.members(group).tolist()]
    return bool(set.intersection(*[labels for labels in sets if labels]))


def _word(number: float) -> str:
    if not math.isfinite(number):
        return ""
    # Cut off, not rounded: only what is 1 shows as 1.
    return f"{math.floor(number * 10_000 + 1e-6) / 10_000:.4f}" if number < 10 else f"{number:.1f}"


def _describe(choice: Choice, total: int, noun: str) -> str:
    parts = [_order_in_words(choice)]
    if choice.threshold is not None:
        parts.append(f"distance above {choice.threshold:g}")
    if choice.min_items is not None:
        parts.append(f"{choice.min_items:,} images or more")
    if choice.max_items is not None:
        parts.append(f"{choice.max_items:,} images or fewer")
    if choice.label_slice is not None:
        parts.append(_slice_in_words(choice))
    if choice.keyword is not None:
        parts.append(f"labels with “{choice.keyword}”")
    if len(parts) > 1:
        parts.append(f"{count_of(total, noun)} in all")
    return " · ".join(parts)


def _slice_in_words(choice: Choice) -> str:
    if choice.label_slice == DIFFERENT:
        return "of several labels only"
    if choice.label_slice == SAME:
        return "of one label only"
    asked = choice.label_slice
    named = [asked] if isinstance(asked, str) else list(asked or ())
    return f"images of {' or '.join(sorted(named))} only"


def _order_in_words(choice: Choice) -> str:
    if choice.metric is not None:
        return f"{'highest' if choice.descending else 'lowest'} mean {choice.metric} first"
    if choice.label_slice == DIFFERENT:
        return f"{'most' if choice.descending else 'least'} similar first"
    return f"{'largest' if choice.descending else 'smallest'} first"
