"""What commands return: text in a terminal, more in a notebook."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.reporting import errors_raised

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from fastdup_nb.views.gallery import GalleryView

ROWS_OF_A_TABLE = 20


@dataclass(frozen=True, repr=False)
class Gallery:
    """Rows of images that show themselves as text in a terminal, with pictures in a notebook.

    Attributes
    ----------
    view : GalleryView
        The rows.
    page : Path or None
        The page that was written of them.
    """

    view: GalleryView
    page: Path | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a table, as other commands take it."""
        return self.to_frame()

    def to_frame(self) -> pd.DataFrame:
        """Return the shown rows as a table."""
        return self.view.to_frame()

    def __repr__(self) -> str:
        from fastdup_nb.render.rows import gallery_text

        text = gallery_text(self.view)
        return f"{text}\n\nPage: {self.page}" if self.page else text

    def _repr_html_(self) -> str:
        from fastdup_nb.render.html import gallery_html

        return gallery_html(self.view, self.page)


@dataclass(frozen=True, repr=False)
class Found:
    """A table with a line or more about it.

    Attributes
    ----------
    frame : DataFrame
    text : str
        What to know about it.
    file : Path or None
        Where it was written.
    view : GalleryView or None
        The same with pictures, for a notebook.
    """

    frame: pd.DataFrame
    text: str = ""
    file: Path | None = None
    view: GalleryView | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the table."""
        return self.frame

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        from fastdup_nb.render.rows import table_text

        parts = [self.text, table_text(self.frame, ROWS_OF_A_TABLE) if len(self.frame) else ""]
        if self.file:
            parts.append(f"Written: {self.file}")
        return "\n\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        from html import escape

        from fastdup_nb.render.html import gallery_html

        told = f"<pre>{escape(self.text)}</pre>" if self.text else ""
        if self.view is not None and self.view.rows:
            return f"{told}{gallery_html(self.view)}"
        return f"{told}{self.frame.to_html(max_rows=ROWS_OF_A_TABLE)}"


@dataclass(frozen=True, repr=False)
class Files:
    """Files that something was done with, or would be.

    Attributes
    ----------
    files : tuple of str
        Their paths.
    text : str
        What was done, or would be.
    """

    files: tuple[str, ...]
    text: str

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def __repr__(self) -> str:
        return self.text


def call(function: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, str]:
    """Call a V0.2 function and return its value and what it has printed.

    Raises
    ------
    FastdupError
        What the function would have reported; what was printed before is written out first.
    """
    told = io.StringIO()
    try:
        with errors_raised(), contextlib.redirect_stdout(told):
            value = function(*args, **options)
    except BaseException:
        sys.stdout.write(told.getvalue())
        raise
    return value, told.getvalue().rstrip("\n")


def write_frame(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a table as CSV, with no cell that a spreadsheet takes for a formula.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    from fastdup_nb.paths import absolute
    from fastdup_nb.store.files import readable_errors
    from fastdup_nb.store.tables import write_table
    from fastdup_nb.views.group_file import as_cells

    target = absolute(path)
    with readable_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    rows = (as_cells(row) for row in frame.itertuples(index=False, name=None))
    write_table(target, list(frame.columns), rows)
    return target
