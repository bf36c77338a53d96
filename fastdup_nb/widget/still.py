"""The explorer where it is not alive: a picture of it, a page to keep, lines of text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import OptionError
from fastdup_nb.views.explore.pages import gallery_of
from fastdup_nb.views.explore.query import run_query
from fastdup_nb.views.wording import as_unicode

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.views.explore.state import State
    from fastdup_nb.views.explore.table import Table

TEXT_ROWS = 5
# A preview never keeps the user waiting: what is not decoded by then is left out.
PREVIEW_SECONDS = 1.5
MOST_ROWS = 10_000


def preview_html(table: Table, state: State, title: str, mark: str) -> str:
    """Return what is shown now as static HTML: at most 24 pictures, below 100 kB, no script.

    Parameters
    ----------
    table : Table
    state : State
    title : str
        Of the explorer.
    mark : str
        By which the living widget finds and hides it.
    """
    from fastdup_nb.render.html import FRAGMENT_ROWS, explorer_html

    rows = FRAGMENT_ROWS[table.kind.layout]
    view = gallery_of(table, state, run_query(table, state), rows)
    return explorer_html(view, title, mark, until=time.monotonic() + PREVIEW_SECONDS)


def write_page(table: Table, state: State, path: str | PathLike[str], rows: Any) -> Path:
    """Write what is shown now as a page that needs nothing else.

    Raises
    ------
    OptionError
        When `rows` cannot be used.
    WorkDirError
        When the page cannot be written.
    """
    from fastdup_nb.render.html import write_gallery

    if not isinstance(rows, int) or isinstance(rows, bool) or not 1 <= rows <= MOST_ROWS:
        raise OptionError(f"rows={rows!r} cannot be used.", f"Give a number from 1 to {MOST_ROWS}.")
    view = gallery_of(table, state, run_query(table, state), rows)
    return write_gallery(view, path)


def text_of(table: Table, state: State, title: str) -> str:
    """Return what is shown now as a few lines of text."""
    from fastdup_nb.render.rows import gallery_text

    view = gallery_of(table, state, run_query(table, state), TEXT_ROWS)
    how = "Shown as a widget in Jupyter; to_html('page.html') writes a page."
    return f"{as_unicode(title)}\n{gallery_text(view)}\n{how}"
