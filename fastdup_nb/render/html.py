"""Views as HTML: the page of a gallery, and static fragments for notebooks."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup

from fastdup_nb._version import __version__
from fastdup_nb.errors import OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.render import words
from fastdup_nb.render.axes import Axis, axis_of
from fastdup_nb.render.environment import environment, policy_hash, read_asset
from fastdup_nb.render.findings import list_findings
from fastdup_nb.render.pictures import Picture, PictureMaker
from fastdup_nb.sources import exists
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastdup_nb.render.plots import Figure
    from fastdup_nb.views.gallery import GalleryView, Layout, Row, Scale
    from fastdup_nb.views.summary import Summary

WIDEST_PAGE = 1760
MANY_IMAGES = 400
# Pixels of the longer side of a picture, when there are few and when there are many.
SIDES: dict[Layout, tuple[int, int]] = {
    "pair": (400, 256),
    "image": (400, 256),
    "neighbours": (320, 192),
    "group": (256, 160),
}
SMALLEST_SIDE, LARGEST_SIDE = 48, 1600
FRAGMENT_ROWS: dict[Layout, int] = {"pair": 12, "image": 24, "neighbours": 8, "group": 6}
FRAGMENT_PICTURES, FRAGMENT_OF_ONE_ROW = 24, 6
FRAGMENT_SIDE, FRAGMENT_QUALITY = 96, 70
FRAGMENT_BYTES = 93_000
BYTES_OF_MARKUP_PER_IMAGE = 1100


@dataclass(frozen=True)
class Page:
    """What the templates need to know about a page as a whole.

    Attributes
    ----------
    axis : Axis
    scale : Scale
    measured : bool
        Whether any row has a value.
    filters : bool
        Whether there is anything to filter.
    folder, prefix : str
        The folder that holds all images, and what their paths begin with.
    lazy : bool
        Whether pictures are files, loaded when they come into sight.
    missing : int
        Images that are not where they should be.
    figure : Markup or None
        Plots to show above the rows.
    """

    axis: Axis
    scale: Scale
    measured: bool
    filters: bool
    folder: str
    prefix: str
    lazy: bool
    missing: int
    figure: Markup | None = None


def write_gallery(
    view: GalleryView,
    save_path: str | os.PathLike[str],
    name: str | None = None,
    *,
    lazy_load: bool = False,
    max_width: int | None = None,
    figure: Figure | None = None,
) -> Path:
    """Write the page of a gallery: one file that needs nothing else, or also pictures beside it.

    The page is written row by row, so memory does not grow with their number, and appears only
    when complete.

    Parameters
    ----------
    view : GalleryView
    save_path : path
        A folder (made when missing), or an .html file.
    name : str, optional
        The file name in that folder; the view's own when not given: `duplicates.html`.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    max_width : int, optional
        Pixels of the gallery at most; the pictures are smaller, too.
    figure : Figure, optional
        Plots to show above the rows.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OptionError
        When `max_width` cannot be used.
    WorkDirError
        When the page cannot be written.
    """
    side = _picture_side(view, max_width)
    path = page_path(save_path, name or view.page_name)
    with readable_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    maker = PictureMaker(side, path.parent if lazy_load else None)
    folder = words.common_folder(card.path for card in view.cards)
    script = read_asset("gallery.js")
    parts = (
        environment()
        .get_template("gallery.html.j2")
        .generate(
            view=view,
            page=_describe_page(view, folder, figure, lazy=lazy_load),
            rows=maker.pictures(view.rows),
            folder=folder if view.shows_paths else "",
            max_width=max_width or WIDEST_PAGE,
            style=read_asset("gallery.css"),
            script=script,
            script_hashes=[policy_hash(text) for text in (script, *_scripts(figure))],
            version=__version__,
        )
    )
    with write_atomically(path) as stream:
        for part in parts:
            stream.write(part.encode())
    return path


def page_path(save_path: str | os.PathLike[str], name: str) -> Path:
    """Return the page for a save_path, which is a folder or itself an .html file."""
    given = absolute(save_path)
    return given if given.suffix.lower() in (".html", ".htm") else given / name


def gallery_html(view: GalleryView, page: Path | None = None) -> str:
    """Return a static preview for a notebook: no script, below 100 kB, at most 24 pictures.

    Parameters
    ----------
    view : GalleryView
    page : Path, optional
        The full page, to link to.
    """
    return _fragment(view, page)


def explorer_html(view: GalleryView, title: str, mark: str, until: float) -> str:
    """Return a static preview of an explorer, as `gallery_html` makes it.

    Parameters
    ----------
    view : GalleryView
        What it shows.
    title : str
        What it is called.
    mark : str
        By which the living widget finds and hides it.
    until : float
        When to stop making pictures, by `time.monotonic`.
    """
    still = _fragment(view, None, until)
    return (
        environment()
        .get_template("explorer.html.j2")
        .render(
            still=Markup(still),  # noqa: S704 - made by a template
            title=title,
            mark=mark,
        )
    )


def _fragment(view: GalleryView, page: Path | None, until: float = math.inf) -> str:
    maker = PictureMaker(FRAGMENT_SIDE, quality=FRAGMENT_QUALITY)
    pictures = maker.pictures(view.rows[: FRAGMENT_ROWS[view.layout]])
    rows = list(_as_many_as_fit(pictures, until))
    template = environment().get_template("fragment.html.j2")
    axis = axis_of(view)
    return template.render(view=view, axis=axis, rows=rows, page=page, link=_link(page))


def summary_html(summary: Summary) -> str:
    """Return a summary for a notebook: static, without script."""
    from fastdup_nb.views.summary import steps_in_notebook

    template = environment().get_template("summary.html.j2")
    return template.render(
        summary=summary, findings=list_findings(summary), steps=steps_in_notebook(summary)
    )


def _describe_page(view: GalleryView, folder: str, figure: Figure | None, *, lazy: bool) -> Page:
    return Page(
        axis=axis_of(view),
        scale=view.scale,
        measured=any(row.value is not None for row in view.rows),
        filters=bool(view.rows) and figure is None,
        folder=folder,
        prefix=f"{folder}{os.sep}" if folder else "",
        lazy=lazy,
        missing=_count_missing(card.path for card in view.cards),
        figure=figure.markup if figure else None,
    )


def _scripts(figure: Figure | None) -> tuple[str, ...]:
    return figure.scripts if figure else ()


def _picture_side(view: GalleryView, max_width: Any) -> int:
    few, many = SIDES[view.layout]
    if max_width is None:
        return few if sum(len(row.images) for row in view.rows) <= MANY_IMAGES else many
    whole = isinstance(max_width, int) and not isinstance(max_width, bool)
    if not whole or max_width < 100:
        message = f"max_width={max_width!r} cannot be used."
        raise OptionError(message, "Give a whole number of pixels, 100 or more.")
    if view.layout == "image":
        return max(SMALLEST_SIDE, min(LARGEST_SIDE, int(max_width)))
    wanted = int(max_width) // 2
    if view.layout != "pair":
        wanted = min(wanted, few)
    return max(SMALLEST_SIDE, min(LARGEST_SIDE, wanted))


def _count_missing(paths: Iterable[str]) -> int:
    # What lies on other machines is not asked for.
    return sum(not is_remote(path) and not exists(path) for path in sorted(set(paths)))


def _as_many_as_fit(
    rows: Iterable[tuple[Row, list[Picture]]], until: float
) -> Iterator[tuple[Row, list[Picture]]]:
    room, left = FRAGMENT_BYTES, FRAGMENT_PICTURES
    for row, pictures in rows:
        first = pictures[:FRAGMENT_OF_ONE_ROW]
        room -= sum(BYTES_OF_MARKUP_PER_IMAGE + len(picture.source) for picture in first)
        left -= len(first)
        if room < 0 or left < 0:
            return
        yield row, first
        if time.monotonic() > until:
            return


def _link(page: Path | None) -> str:
    """Return a link that a notebook server can follow: relative to the current folder."""
    if page is None:
        return ""
    try:
        relative = page.relative_to(Path.cwd())
    except (ValueError, OSError):
        return ""
    return quote(relative.as_posix())
