"""Many small pictures on one sheet."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from fastdup_nb.errors import EmptyInputError, ImageError, OptionError
from fastdup_nb.export.numbers import check_whole
from fastdup_nb.export.result import Unreadable
from fastdup_nb.media.decode import decode
from fastdup_nb.paths import absolute
from fastdup_nb.progress import SilentProgress
from fastdup_nb.sources import read_bytes
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from fastdup_nb.progress import Progress

FILE = "sprite.png"
CELL = 100
WIDE = 1.4  # columns for each row of a square sheet
MAX_PIXELS = 200_000_000
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
_PAPER, _BLANK, _CROSS = (255, 255, 255), (238, 238, 238), (187, 187, 187)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a sheet are: row by row from the upper left.

    Attributes
    ----------
    count : int
        Cells in use.
    columns : int
        Cells in a row.
    width, height : int
        Pixels of a cell.
    """

    count: int
    columns: int
    width: int = CELL
    height: int = CELL

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the sheet: width, height."""
        return self.columns * self.width, math.ceil(self.count / self.columns) * self.height

    def corner(self, number: int) -> tuple[int, int]:
        """Return the upper left pixel of a cell."""
        row, column = divmod(number, self.columns)
        return column * self.width, row * self.height


def wide_grid(
    count: int,
    width: int = 0,
    height: int = 0,
    columns: int | None = None,
    max_width: int | None = None,
) -> Grid:
    """Return a sheet that is wider than high.

    Parameters
    ----------
    count : int
        Pictures.
    width, height : int
        Pixels of a cell; 0 for the other one, or for 100 when both are 0.
    columns : int, optional
        Pictures in a row; by default 1.4 times the side of a square, at most `count`.
    max_width : int, optional
        Pixels of the sheet at most; cells shrink to fit.

    Raises
    ------
    OptionError
        When a number makes no sense, or the sheet gets too large.
    """
    check_whole(0, h=height, w=width)
    check_whole(1, alternative_width=columns, max_width=max_width)
    if columns is None:
        columns = min(count, int(WIDE * math.ceil(math.sqrt(count))))
    width, height = width or height or CELL, height or width or CELL
    if max_width is not None and columns * width > max_width:
        shrunk = max_width // columns
        if not shrunk:
            message = f"max_width {max_width} leaves no pixel for each of {columns} columns."
            raise OptionError(message, "Give a larger max_width or a smaller alternative_width.")
        width, height = shrunk, max(1, round(height * shrunk / width))
    grid = Grid(count, columns, width, height)
    if math.prod(grid.size) > MAX_PIXELS:
        message = f"The sheet would have {grid.size[0]:,} x {grid.size[1]:,} pixels."
        raise OptionError(message, "Give a smaller sample_size, h and w, or max_width.")
    return grid


def draw_sheet(
    files: Sequence[str], grid: Grid, progress: Progress | None = None
) -> tuple[Image.Image, tuple[Unreadable, ...]]:
    """Draw pictures into the cells of a sheet, whole, centred on white.

    A file that cannot be read gets a crossed cell, so that cell i is always file i.

    Parameters
    ----------
    files : sequence of str, length grid.count
    grid : Grid
    progress : Progress, optional

    Returns
    -------
    image : PIL.Image.Image
        RGB.
    unreadable : tuple of Unreadable
    """
    reporter = SilentProgress() if progress is None else progress
    sheet = Image.new("RGB", grid.size, _PAPER)
    unreadable = []
    reporter.start("Drawing thumbnails", len(files))
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        cells = pool.map(lambda path: _draw_cell(path, grid), files)
        for number, (path, cell) in enumerate(zip(files, cells, strict=True)):
            if isinstance(cell, str):
                unreadable.append(Unreadable(path, cell))
                sheet.paste(_crossed_cell(grid), grid.corner(number))
            else:
                left, top = grid.corner(number)
                margin = ((grid.width - cell.width) // 2, (grid.height - cell.height) // 2)
                sheet.paste(cell, (left + margin[0], top + margin[1]))
            reporter.advance(1, int(isinstance(cell, str)))
    reporter.finish()
    return sheet, tuple(unreadable)


def write_sprite(
    files: Sequence[str],
    grid: Grid,
    log_dir: str | PathLike[str],
    file_name: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw a sheet and write it.

    Parameters
    ----------
    files : sequence of str
        Absolute paths; the first `grid.count` are drawn.
    grid : Grid
    log_dir : path
        Folder; made when missing.
    file_name : path, optional
        Instead of `sprite.png`: a name or path below `log_dir`, or an absolute path, that ends in
        .png, .jpg or .webp.
    progress : Progress, optional

    Raises
    ------
    EmptyInputError
        When there are no files.
    OptionError
        When the name ends otherwise.
    WorkDirError
        When it cannot be written.
    """
    if not files:
        raise EmptyInputError("There is no image to draw.", "Give at least one image file.")
    target = absolute(log_dir) / Path(file_name or FILE).expanduser()
    if target.suffix.lower() not in _FORMATS:
        message = f"alternative_filename {target.name!r} has no known suffix."
        raise OptionError(message, f"Let it end in one of {', '.join(_FORMATS)}.")
    sheet, _ = draw_sheet(files[: grid.count], grid, progress)
    with readable_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    save_sheet(sheet, target)
    return target


def save_sheet(sheet: Image.Image, target: Path) -> None:
    """Write a sheet atomically, in the format of the suffix."""
    with write_atomically(target) as stream:
        try:
            sheet.save(stream, _FORMATS[target.suffix.lower()])
        except ValueError as error:  # WebP and JPEG have limits of their own
            message = f"{sheet.width:,} x {sheet.height:,} pixels do not fit into {target.name}."
            raise OptionError(message, "Write a .png, or give max_width.") from error


def _draw_cell(path: str, grid: Grid) -> Image.Image | str:
    side = max(grid.width, grid.height)
    try:
        photo = decode(read_bytes(path), at_least=side, min_width=1, min_height=1)
    except ImageError as error:
        return error.message
    scale = min(grid.width / photo.width, grid.height / photo.height)
    size = max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
    return photo.image.resize(size, Image.Resampling.BILINEAR)


def _crossed_cell(grid: Grid) -> Image.Image:
    cell = Image.new("RGB", (grid.width, grid.height), _BLANK)
    pen = ImageDraw.Draw(cell)
    right, bottom = grid.width - 1, grid.height - 1
    pen.line((0, 0, right, bottom), _CROSS)
    pen.line((0, bottom, right, 0), _CROSS)
    return cell
