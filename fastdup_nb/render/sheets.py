"""Sheets of small pictures: a whole component as one image."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from fastdup_nb.errors import ImageError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.thumbnail import make_thumbnail
from fastdup_nb.sources import read_shown
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.views.hierarchical import SHEETS, find_sheets, sheet_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

MAX_PICTURES = 54
CELL, GAP = 128, 4


def write_sheets(folder: Path, groups: Iterable[tuple[int, int, Sequence[str]]]) -> list[Path]:
    """Write one image per group, of all its pictures side by side.

    Parameters
    ----------
    folder : Path
        The folder of the page; the sheets go to `images/` in it.
    groups : iterable of (rank, number, paths)
        Place in the gallery, number of the component, and its images, of which the first 54 are
        shown.

    Returns
    -------
    list of Path

    Raises
    ------
    WorkDirError
        When they cannot be written.
    """
    with readable_errors(folder):
        (folder / SHEETS).mkdir(parents=True, exist_ok=True)
    written = []
    with silenced_codecs():
        for rank, number, paths in groups:
            path = folder / sheet_name(rank, number)
            with write_atomically(path) as stream:
                stream.write(make_sheet(paths[:MAX_PICTURES]))
            written.append(path)
    return written


def drop_sheets(folder: Path) -> None:
    """Remove the sheets of an earlier gallery: components are numbered anew by every run."""
    for component, rank in find_sheets(folder).items():
        path = folder / sheet_name(rank, component)
        with readable_errors(path):
            path.unlink(missing_ok=True)


def make_sheet(paths: Sequence[str]) -> bytes:
    """Return images side by side as one JPEG; those that cannot be read are grey.

    The grid has int(1.4 * ceil(sqrt(n))) columns, as the sheets of V0.2.
    """
    columns = max(1, min(len(paths), int(1.4 * math.ceil(math.sqrt(len(paths))))))
    lines = math.ceil(len(paths) / columns)
    step = CELL + GAP
    sheet = Image.new("RGB", (columns * step + GAP, max(lines, 1) * step + GAP), "white")
    for place, path in enumerate(paths):
        left, top = GAP + place % columns * step, GAP + place // columns * step
        _paste(sheet, path, left, top)
    stream = io.BytesIO()
    sheet.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _paste(sheet: Image.Image, path: str, left: int, top: int) -> None:
    try:
        picture = Image.open(io.BytesIO(make_thumbnail(read_shown(path), CELL, 85)))
    except ImageError:
        ImageDraw.Draw(sheet).rectangle((left, top, left + CELL, top + CELL), fill="#d4d4d4")
        return
    sheet.paste(picture, (left + (CELL - picture.width) // 2, top + (CELL - picture.height) // 2))
