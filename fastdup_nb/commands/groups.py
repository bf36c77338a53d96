"""The views of groups from the arguments of their gallery functions."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.groups import FURTHER, GroupCall, build_groups

if TYPE_CHECKING:
    from fastdup_nb.views.component_gallery import ComponentsView


def build_components(source: Any, **arguments: Any) -> ComponentsView:
    """Return the view of `create_components_gallery`."""
    return _build(source, arguments)


def build_clusters(source: Any, **arguments: Any) -> ComponentsView:
    """Return the view of `create_kmeans_clusters_gallery`."""
    return _build(source, arguments, kind="cluster")


def build_video_groups(source: Any, **arguments: Any) -> ComponentsView:
    """Return the view of `create_component_videos_gallery`."""
    return _build(source, arguments, by_video=True)


def _build(source: Any, arguments: dict[str, Any], **details: Any) -> ComponentsView:
    from fastdup_nb.views.top_components import Choice

    given = dict(arguments)
    if "work_dir" in given:
        given["results_dir"] = given.pop("work_dir")
    shape = {name: given.pop(name, None) for name in ("num_images", "max_items")}
    further = {name: given.pop(name) for name in FURTHER if name in given}
    choice = {item.name: given.pop(item.name) for item in fields(Choice) if item.name in given}
    return build_groups(
        GroupCall(
            work_dir=source,
            save_path="",
            lazy_load=False,
            max_width=None,
            choice=choice,
            cards=given,
            further=further,
            **{**shape, **details},
        )
    )
