"""Views as HTML: the duplicates page, and static fragments for notebooks."""

from __future__ import annotations

import math
import os
from base64 import b64encode
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from fastdup_nb._version import __version__
from fastdup_nb.errors import OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.render import words
from fastdup_nb.render.findings import list_findings
from fastdup_nb.render.pictures import Picture, PictureMaker
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.views.duplicates import DuplicatesView, ImageCard, PairRow
    from fastdup_nb.views.summary import Summary

PAGE = "duplicates.html"
WIDEST_PAGE = 1760
SIDE, SIDE_OF_MANY, MANY_PAIRS = 400, 256, 200
SMALLEST_SIDE, LARGEST_SIDE = 48, 1600
FRAGMENT_PAIRS, FRAGMENT_SIDE, FRAGMENT_QUALITY = 12, 96, 70
FRAGMENT_BYTES = 95_000
BYTES_OF_MARKUP_PER_PAIR = 1_600


def write_duplicates(
    view: DuplicatesView,
    save_path: str | os.PathLike[str],
    *,
    lazy_load: bool = False,
    max_width: int | None = None,
) -> Path:
    """Write the duplicates page: one file that needs nothing else, or also pictures beside it.

    The page is written pair by pair, so memory does not grow with their number, and appears only
    when complete.

    Parameters
    ----------
    view : DuplicatesView
    save_path : path
        A folder (made when missing; the page is `duplicates.html` in it) or an .html file.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    max_width : int, optional
        Pixels of the gallery at most; the pictures of a pair are at most half as wide.

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
    side = _picture_side(max_width, view.shown)
    page = page_path(save_path)
    with readable_errors(page.parent):
        page.parent.mkdir(parents=True, exist_ok=True)
    maker = PictureMaker(side, page.parent if lazy_load else None)
    folder = words.common_folder(_paths(view))
    style, script = _asset("duplicates.css"), _asset("duplicates.js")
    parts = (
        _environment()
        .get_template("duplicates.html.j2")
        .generate(
            view=view,
            rows=_pictured(view, maker, folder),
            folder=folder if _shows_paths(view) else "",
            prefix=f"{folder}{os.sep}" if folder else "",
            lazy=lazy_load,
            max_width=max_width or WIDEST_PAGE,
            scale_from=scale_from(view),
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704
            script_hash=f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
            version=__version__,
        )
    )
    with write_atomically(page) as stream:
        for part in parts:
            stream.write(part.encode())
    return page


def page_path(save_path: str | os.PathLike[str]) -> Path:
    """Return the page for a save_path, which is a folder or itself an .html file."""
    given = absolute(save_path)
    return given if given.suffix.lower() in (".html", ".htm") else given / PAGE


def duplicates_html(view: DuplicatesView, page: Path | None = None) -> str:
    """Return a static preview for a notebook: no script, below 100 kB, at most 24 pictures.

    Parameters
    ----------
    view : DuplicatesView
    page : Path, optional
        The full page, to link to.
    """
    maker = PictureMaker(FRAGMENT_SIDE, quality=FRAGMENT_QUALITY)
    folder = words.common_folder(_paths(view))
    rows: list[tuple[PairRow, Picture, Picture]] = []
    room = FRAGMENT_BYTES
    for row, first, second in _pictured(view, maker, folder):
        room -= BYTES_OF_MARKUP_PER_PAIR + len(first.source) + len(second.source)
        if room < 0 or len(rows) == FRAGMENT_PAIRS:
            break
        rows.append((row, first, second))
    template = _environment().get_template("duplicates_fragment.html.j2")
    return template.render(view=view, rows=rows, page=page, link=_link(page))


def summary_html(summary: Summary) -> str:
    """Return a summary for a notebook: static, without script."""
    template = _environment().get_template("summary.html.j2")
    return template.render(summary=summary, findings=list_findings(summary))


def scale_from(view: DuplicatesView) -> float:
    """Return where the bars of a view begin: the lowest similarity rounded down to 0.05."""
    lowest = min((row.similarity for row in view.rows), default=0.0)
    return min(0.95, max(0.0, math.floor(lowest * 20 + 1e-9) / 20))


def _picture_side(max_width: Any, shown: int) -> int:
    if max_width is None:
        return SIDE if shown <= MANY_PAIRS else SIDE_OF_MANY
    whole = isinstance(max_width, int) and not isinstance(max_width, bool)
    if not whole or max_width < 100:
        message = f"max_width={max_width!r} cannot be used."
        raise OptionError(message, "Give a whole number of pixels, 100 or more.")
    return max(SMALLEST_SIDE, min(LARGEST_SIDE, int(max_width) // 2))


def _paths(view: DuplicatesView) -> Iterator[str]:
    for row in view.rows:
        yield row.first.path
        yield row.second.path


def _shows_paths(view: DuplicatesView) -> bool:
    cards = (card for row in view.rows for card in (row.first, row.second))
    return any(card.name == card.path for card in cards)


def _pictured(
    view: DuplicatesView, maker: PictureMaker, folder: str
) -> Iterator[tuple[PairRow, Picture, Picture]]:
    for row in view.rows:
        named = replace(row, first=_named(row.first, folder), second=_named(row.second, folder))
        yield named, maker.picture(row.first), maker.picture(row.second)


def _named(card: ImageCard, folder: str) -> ImageCard:
    return replace(card, name=words.relative_name(card.name, folder))


def _link(page: Path | None) -> str:
    """Return a link that a notebook server can follow: relative to the current folder."""
    if page is None:
        return ""
    try:
        relative = page.relative_to(Path.cwd())
    except (ValueError, OSError):
        return ""
    return quote(relative.as_posix())


def _facts(picture: Picture) -> str:
    parts = []
    if picture.width and picture.height:
        parts.append(f"{picture.width} × {picture.height}")  # noqa: RUF001 - the times sign
    if picture.file_size:
        parts.append(words.word_size(picture.file_size))
    if not picture.source and not parts:
        parts.append("not shown")
    return " · ".join(parts)


def _bar(similarity: float, start: float) -> str:
    return f"{min(1.0, max(0.0, (similarity - start) / (1 - start))):.3f}"


def _finalize(value: Any) -> Any:
    if isinstance(value, str) and not isinstance(value, Markup):
        return words.as_unicode(value)
    return value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("fastdup_nb.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        bar=_bar,
        base_name=words.base_name,
        facts=_facts,
        count_of=words.count_of,
        list_names=words.list_names,
        score=words.word_score,
        split_name=words.split_name,
    )
    return environment


def _asset(name: str) -> str:
    return (files("fastdup_nb.render") / "templates" / name).read_text("utf-8")
