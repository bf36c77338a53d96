"""What the galleries of components, clusters and videos have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fastdup_nb.api.galleries.shared import ARTIFACTS, make_gallery
from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.views.component_gallery import ComponentsView
    from fastdup_nb.views.members import GroupSource

SPLIT, LIMIT = "split_sentence_to_label_list", "limit_labels_printed"
FURTHER = (ARTIFACTS, SPLIT, LIMIT, "nrows", "ccthreshold", "results_dir")


@dataclass(frozen=True, kw_only=True)
class GroupCall:
    """The arguments of such a gallery function.

    Attributes
    ----------
    kind : {'component', 'cluster'}
    by_video : bool
        Whether the images are frames of videos.
    choice : mapping
        Fields of `fastdup_nb.views.top_components.Choice`.
    cards : mapping
        Fields of `fastdup_nb.views.cards.CardOptions`.
    further : mapping
        The `**kwargs` of the call.
    work_dir, save_path, num_images, max_items, lazy_load, max_width
        As in `create_components_gallery`.
    """

    work_dir: GroupSource
    save_path: str | PathLike[str]
    num_images: int
    max_items: int | None
    lazy_load: bool
    max_width: int | None
    choice: Mapping[str, Any]
    cards: Mapping[str, Any]
    further: Mapping[str, Any]
    kind: Literal["component", "cluster"] = "component"
    by_video: bool = False


def make_groups_gallery(function: Callable[..., object], call: GroupCall) -> int:
    """Write the page, and with lazy_load one sheet per component; return 0, or 1 for an error."""
    view = make_gallery(
        function,
        lambda: build_groups(call),
        call.save_path,
        call.further,
        allowed=FURTHER,
        lazy_load=call.lazy_load,
        max_width=call.max_width,
    )
    if view is None:
        return 1
    if call.lazy_load:
        from fastdup_nb.render.html import page_path

        try:
            write_component_sheets(view, page_path(call.save_path, view.page_name).parent)
        except FastdupError as error:
            return report(error)
    return 0


def build_groups(call: GroupCall) -> ComponentsView:
    """Return the view of such a gallery."""
    from fastdup_nb.views.component_gallery import build_components
    from fastdup_nb.views.members import read_members
    from fastdup_nb.views.top_components import Choice

    members = read_members(
        call.work_dir,
        call.kind,
        ccthreshold=call.further.get("ccthreshold"),
        nrows=call.further.get("nrows"),
        work_dir=call.further.get("results_dir"),
    )
    return build_components(
        members,
        Choice(**call.choice, split_sentences=bool(call.further.get(SPLIT))),
        num_images=call.num_images,
        max_items=call.max_items,
        limit_labels=call.further.get(LIMIT),
        by_video=call.by_video,
        **call.cards,
    )


def write_component_sheets(view: ComponentsView, folder: Path) -> None:
    """Write `images/component_<rank>_<id>.jpg`, which the hierarchical gallery pairs.

    Nothing is written for clusters and for groups by label, which have no such numbers.

    Raises
    ------
    WorkDirError
        When they cannot be written.
    """
    from fastdup_nb.render.sheets import drop_sheets, write_sheets
    from fastdup_nb.views.component_gallery import LabelsView

    by_label = isinstance(view, LabelsView)
    if by_label or view.table is None or "component_id" not in view.table:
        return
    drop_sheets(folder)
    groups = zip(view.rows, view.table["component_id"].tolist(), strict=True)
    write_sheets(
        folder,
        ((row.number, number, [card.path for card in row.images]) for row, number in groups),
    )
