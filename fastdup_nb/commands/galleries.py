"""The galleries as commands; their options are the parameters of the V0.2 functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastdup_nb.api.galleries.aspect_ratio import create_aspect_ratio_gallery
from fastdup_nb.api.galleries.components import create_components_gallery
from fastdup_nb.api.galleries.duplicates import create_duplicates_gallery
from fastdup_nb.api.galleries.groups import FURTHER, write_component_sheets
from fastdup_nb.api.galleries.kmeans import create_kmeans_clusters_gallery
from fastdup_nb.api.galleries.outliers import create_outliers_gallery
from fastdup_nb.api.galleries.similarity import create_similarity_gallery
from fastdup_nb.api.galleries.statistics import create_stats_gallery
from fastdup_nb.api.galleries.videos import (
    create_component_videos_gallery,
    create_duplicate_videos_gallery,
)
from fastdup_nb.commands import interactive
from fastdup_nb.commands.command import Command, declare_results
from fastdup_nb.commands.results import Gallery
from fastdup_nb.commands.signatures import FunctionOptions
from fastdup_nb.errors import WorkDirError

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place
    from fastdup_nb.views.component_gallery import ComponentsView
    from fastdup_nb.views.gallery import GalleryView
    from fastdup_nb.widget.explorer import Explorer

RESULTS_HELP = "The folder with the results of a run, or the file to show; in a notebook a table."
SAVE_PATH_HELP = (
    "Where to write the page: a folder or an .html file. Not given: WORK_DIR; in a notebook only "
    "when there is more than can be shown."
)
ARTIFACTS = "save_artifacts"
# What is about the page, not about what to show.
APPEARANCE = ("lazy_load", "max_width")


@dataclass(frozen=True)
class GalleryKind:
    """A gallery as a command.

    Attributes
    ----------
    name, help, example : str
        See `fastdup_nb.commands.command.Command`.
    options : FunctionOptions
        The V0.2 function.
    build : str
        What makes its view: `module:function`, imported when it is used.
    draw : str
        What draws its plots, in the same form; empty when it has none.
    page : str, optional
        The name of its page, when it is not that of the view.
    sheets : bool
        Whether `--lazy-load` also writes a sheet per component, for the hierarchical gallery.
    """

    name: str
    help: str
    example: str
    options: FunctionOptions
    build: str
    draw: str = ""
    page: str | None = None
    sheets: bool = False

    def command(self) -> Command:
        """Return the command."""
        usage = "WORK_DIR [options]"
        execute = partial(show, self)
        return Command(self.name, self.help, usage, self.example, self._declare, execute)

    def _declare(self, parser: Parser) -> None:
        declare_results(parser, RESULTS_HELP)
        self.options.declare(parser)
        interactive.declare(self.name, parser)


def show(kind: GalleryKind, values: Namespace, place: Place) -> Gallery | Explorer:
    """Make a gallery: a page in the shell, pictures or the explorer in the notebook."""
    source, folder = open_results(getattr(values, "work_dir", None), place)
    given = kind.options.arguments(values, place)
    if getattr(values, interactive.FLAG, False):
        return interactive.explore(kind.name, source, given, place)
    save_path = given.pop("save_path", "")
    artifacts = given.pop(ARTIFACTS, False)
    appearance = {name: given.pop(name) for name in APPEARANCE if name in given}
    if "num_images" not in given and kind.options.function is not create_aspect_ratio_gallery:
        given["num_images"] = place.num_images
    view = build_view(kind, source, folder, given)
    figure = resolve(kind.draw)(view) if kind.draw else None
    details = {**appearance, "figure": figure, "name": kind.page}
    page = write_page(view, save_path, folder, details, place)
    if kind.sheets and page and appearance.get("lazy_load"):
        write_component_sheets(cast("ComponentsView", view), page.parent)
    if artifacts:
        from fastdup_nb.render.artifacts import write_artifacts

        write_artifacts(view, page.parent if page else folder)
    return Gallery(view, page)


def build_view(kind: GalleryKind, source: Any, folder: Path, given: dict[str, Any]) -> GalleryView:
    """Return the view of a gallery from the arguments of its V0.2 function."""
    renamed = {
        "slice": "label_slice",
        "get_filename_reformat_func": "get_reformat_filename_func",
    }
    arguments = {renamed.get(name, name): value for name, value in given.items()}
    if not isinstance(source, Path):
        arguments["work_dir"] = folder
    view: GalleryView = resolve(kind.build)(source, **arguments)
    return view


def open_results(word: str | None, place: Place) -> tuple[Any, Path]:
    """Return what to show, and the folder for pages of it.

    Raises
    ------
    ResultNotFoundError
        When a folder holds no results.
    """
    from fastdup_nb.store.workdir import WorkDir

    source = place.read_source(word)
    if not isinstance(source, Path):
        known = getattr(source, "attrs", {}).get("work_dir") or place.last_work_dir
        return source, Path(known or ".")
    if source.is_file():
        return source, source.parent
    folder = WorkDir.open(source).path
    return folder, folder


def write_page(
    view: GalleryView,
    save_path: str,
    folder: Path,
    appearance: Mapping[str, Any],
    place: Place,
) -> Path | None:
    """Write the page, unless a notebook shows everything without one."""
    from fastdup_nb.render.html import FRAGMENT_ROWS, write_gallery

    many = view.shown > FRAGMENT_ROWS[view.layout] or appearance["figure"] is not None
    if not (save_path or place.needs_page or many):
        return None
    try:
        return write_gallery(view, save_path or folder, **appearance)
    except WorkDirError:
        # Results may lie where nobody can write; a notebook shows the rows all the same.
        if save_path or place.needs_page:
            raise
        return None


def resolve(name: str) -> Callable[..., Any]:
    """Return what `module:function` names."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def _options(function: Callable[..., Any], source: str, *further: str) -> FunctionOptions:
    return FunctionOptions(
        function,
        skip=(source, "work_dir"),
        further=further or (ARTIFACTS,),
        texts=(("save_path", SAVE_PATH_HELP),),
        optional=("save_path",),
    )


# The folder of the results is an argument of every command.
OF_GROUPS = tuple(name for name in FURTHER if name != "results_dir")
GALLERIES = (
    GalleryKind(
        "duplicates",
        "Show the most similar pairs of images.",
        "photos_fastdup --num-images 50",
        _options(create_duplicates_gallery, "similarity_file"),
        "fastdup_nb.views.duplicates:build_duplicates",
    ),
    GalleryKind(
        "outliers",
        "Show the images that resemble others least.",
        "photos_fastdup --how all",
        _options(create_outliers_gallery, "outliers_file"),
        "fastdup_nb.views.outliers:build_outliers",
    ),
    GalleryKind(
        "components",
        "Show the largest groups of images that are similar to each other.",
        "photos_fastdup --metric blur",
        _options(create_components_gallery, "work_dir", *OF_GROUPS),
        "fastdup_nb.commands.groups:build_components",
        sheets=True,
    ),
    GalleryKind(
        "clusters",
        "Show the k-means clusters, which the command kmeans makes.",
        "photos_fastdup --num-images 50",
        _options(
            create_kmeans_clusters_gallery,
            "work_dir",
            *(name for name in OF_GROUPS if name != "ccthreshold"),
        ),
        "fastdup_nb.commands.groups:build_clusters",
        page="clusters.html",
    ),
    GalleryKind(
        "similarity",
        "Show images beside those most similar to them, and score their labels.",
        "photos_fastdup --labels labels.csv",
        _options(create_similarity_gallery, "similarity_file"),
        "fastdup_nb.views.similarity:build_similarity",
    ),
    GalleryKind(
        "stats",
        "Show the images with the lowest or highest statistic: blurry, dark, bright, small.",
        "photos_fastdup --metric blur",
        _options(create_stats_gallery, "stats_file"),
        "fastdup_nb.views.statistics:build_statistics",
    ),
    GalleryKind(
        "aspect-ratio",
        "Show how wide and high the images are.",
        "photos_fastdup",
        _options(create_aspect_ratio_gallery, "stats_file"),
        "fastdup_nb.views.shapes:build_aspect_ratios",
        "fastdup_nb.render.shapes:draw_shapes",
    ),
    GalleryKind(
        "duplicate-videos",
        "Show the most similar videos of a collection of frames.",
        "frames_fastdup",
        _options(create_duplicate_videos_gallery, "similarity_file"),
        "fastdup_nb.views.videos:build_duplicate_videos",
    ),
    GalleryKind(
        "component-videos",
        "Show groups of videos with similar frames.",
        "frames_fastdup",
        _options(create_component_videos_gallery, "work_dir", *OF_GROUPS),
        "fastdup_nb.commands.groups:build_video_groups",
        page="component_videos.html",
    ),
)
