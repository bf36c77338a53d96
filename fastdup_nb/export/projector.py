"""Embeddings for TensorBoard's projector, without TensorFlow and without TensorBoard.

Four files in a log folder: `tensors.bytes` (little-endian float32, row-major), `metadata.tsv`,
`sprite.png` and `projector_config.pbtxt`, which names the others. Row i of each is the same image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.sampling import sample_rows
from fastdup_nb.errors import EmptyInputError, OptionError
from fastdup_nb.export.listing import FileSource, ListedImages, list_files
from fastdup_nb.export.numbers import check_whole
from fastdup_nb.export.result import Export, Unreadable
from fastdup_nb.export.sprite import FILE as SPRITE
from fastdup_nb.export.sprite import Grid, draw_sheet, save_sheet
from fastdup_nb.export.staging import stage
from fastdup_nb.export.text import harmless_cell
from fastdup_nb.options import unknown_name
from fastdup_nb.paths import absolute
from fastdup_nb.views.labels import LabelSource, make_labeller

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

CONFIG = "projector_config.pbtxt"
TENSORS = "tensors.bytes"
METADATA = "metadata.tsv"
TENSOR_NAME = "fastdup_nb"
NO_LABEL = "N/A"
SAMPLE_METHODS = ("random",)
MAX_SPRITE_SIDE = 8192  # the projector's own limit
MIN_CELL = 8
_ROWS_PER_WRITE = 4096


@dataclass(frozen=True, slots=True)
class ProjectorOptions:
    """What to show.

    Attributes
    ----------
    sample_size : int
        Images at most.
    sample_method : {'random'}
        The same sample every time.
    with_images : bool
        Also write the sheet of thumbnails.
    labels : callable, dict, path or list
        See `fastdup_nb.views.labels.make_labeller`.
    d : int, optional
        Length of the embedding; taken from the feature file when not given.
    file_list : list or path, optional
        File names of the rows, in their order, instead of the stored ones.
    """

    sample_size: int = 900
    sample_method: str = "random"
    with_images: bool = True
    labels: LabelSource = None
    d: int | None = None
    file_list: FileSource | None = None


def write_projector(
    work_dir: WorkDir,
    log_dir: str | PathLike[str],
    options: ProjectorOptions,
    progress: Progress | None = None,
) -> Export:
    """Write the embeddings of a sample of images for TensorBoard's projector.

    Parameters
    ----------
    work_dir : WorkDir
    log_dir : path
        Folder; made when missing. An earlier export in it is replaced.
    options : ProjectorOptions
    progress : Progress, optional

    Returns
    -------
    Export
        Images that cannot be read have a crossed thumbnail.

    Raises
    ------
    FastdupError
        When the results are missing, the options do not fit, or the files cannot be written.

    Notes
    -----
    V0.2 API page, `export_to_tensorboard_projector`. Limits as TensorBoard's source states them:
    100,000 points on screen, a sheet of 8192 x 8192 pixels.
    """
    folder = absolute(log_dir)
    names = _file_names(work_dir, options.file_list)
    rows = choose_rows(len(names), options.sample_size, options.sample_method)
    files = [names[row] for row in rows]
    label_of = make_labeller(options.labels, ListedImages(names, work_dir.indices))
    labels = [label_of(file) for file in files] if options.labels is not None else None
    unreadable: tuple[Unreadable, ...] = ()
    with work_dir.open_features(options.d) as features, stage(folder, last=CONFIG) as staging:
        d = features.shape[1]
        _write_tensors(staging / TENSORS, features, rows)
        (staging / METADATA).write_bytes(metadata(files, labels))
        grid = square_grid(len(files)) if options.with_images else None
        if grid is not None:
            sheet, unreadable = draw_sheet(files, grid, progress)
            save_sheet(sheet, staging / SPRITE)
        (staging / CONFIG).write_text(projector_config(len(files), d, grid), "ascii")
    return Export(folder, len(files), unreadable, "shown as a crossed square")


def choose_rows(count: int, sample_size: int, sample_method: str = "random") -> NDArray[np.int64]:
    """Return the rows of a sample, in order; all when there are no more than that.

    Raises
    ------
    OptionError
        When the size is not a positive number, or the method unknown.
    EmptyInputError
        When there is nothing to choose from.

    Examples
    --------
    >>> choose_rows(3, 900).tolist()
    [0, 1, 2]
    """
    if sample_method not in SAMPLE_METHODS:
        raise unknown_name("sample_method", sample_method, SAMPLE_METHODS)
    check_whole(1, sample_size=sample_size)
    if not count:
        raise EmptyInputError("There are no embeddings to export.", "Run on some images first.")
    return sample_rows(count, sample_size)


def square_grid(count: int) -> Grid:
    """Return the largest square sheet with cells of 100 pixels at most that the projector takes.

    Raises
    ------
    OptionError
        When there are too many images.
    """
    columns = math.ceil(math.sqrt(count))
    cell = min(100, MAX_SPRITE_SIDE // columns)
    if cell < MIN_CELL:
        most = (MAX_SPRITE_SIDE // MIN_CELL) ** 2
        message = f"{count:,} thumbnails do not fit on one sheet; the most are {most:,}."
        raise OptionError(message, "Give a smaller sample_size, or with_images=False.")
    return Grid(count, columns, cell, cell)


def metadata(files: Sequence[str], labels: Sequence[tuple[str, ...]] | None) -> bytes:
    """Return `metadata.tsv`: label and file name with a header, or file names alone without one.

    TensorBoard takes the first line for a header if and only if there are several columns.
    """
    names = [harmless_cell(file) for file in files]
    if labels is None:
        lines = names
    else:
        shown = [harmless_cell(", ".join(given)) or NO_LABEL for given in labels]
        lines = ["label\tfilename"]
        lines += [f"{label}\t{name}" for label, name in zip(shown, names, strict=True)]
    return "".join(f"{line}\n" for line in lines).encode()


def projector_config(count: int, d: int, grid: Grid | None) -> str:
    """Return `projector_config.pbtxt`: the message `ProjectorConfig` as protobuf text."""
    lines = [
        f'  tensor_name: "{TENSOR_NAME}"',
        f'  tensor_path: "{TENSORS}"',
        f"  tensor_shape: {count}",
        f"  tensor_shape: {d}",
        f'  metadata_path: "{METADATA}"',
    ]
    if grid is not None:
        lines += [
            "  sprite {",
            f'    image_path: "{SPRITE}"',
            f"    single_image_dim: {grid.width}",
            f"    single_image_dim: {grid.height}",
            "  }",
        ]
    return "\n".join(["embeddings {", *lines, "}", ""])


def _file_names(work_dir: WorkDir, file_list: FileSource | None) -> list[str]:
    stored = work_dir.file_names
    if file_list is None:
        return [str(absolute(name)) for name in stored]
    given = list_files(file_list, "file_list")
    if len(given) != len(stored):
        message = f"file_list names {len(given):,} files; there are {len(stored):,} embeddings."
        raise OptionError(
            message, "Give one file per row of atrain_features.dat.csv, in its order."
        )
    return given


def _write_tensors(target: Path, features: Rows, rows: NDArray[np.int64]) -> None:
    with target.open("wb") as stream:
        for start in range(0, len(rows), _ROWS_PER_WRITE):
            block = features.take(rows[start : start + _ROWS_PER_WRITE])
            data = np.ascontiguousarray(block, "<f4").tobytes()
            stream.write(_not_text(data) if start == 0 else data)


def _not_text(data: bytes) -> bytes:
    # TensorBoard takes the file for a table of text unless it meets bytes that are not UTF-8, and
    # vectors of round numbers can be all UTF-8. Then the last bits of the first number give way.
    try:
        data.partition(b"\n")[0].decode()
    except UnicodeDecodeError:
        return data
    return b"\x80" + data[1:]
