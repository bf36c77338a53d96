"""The export functions of the V0.2 API."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from fastdup_nb.export.listing import FileSource
    from fastdup_nb.export.result import Export
    from fastdup_nb.views.labels import LabelSource


def export_to_tensorboard_projector(
    work_dir: str | PathLike[str],
    log_dir: str | PathLike[str],
    sample_size: int = 900,
    sample_method: str = "random",
    with_images: bool = True,
    get_label_func: LabelSource = None,
    d: int = 576,
    file_list: FileSource | None = None,
) -> int:
    """Write embeddings for TensorBoard's projector; neither TensorFlow nor TensorBoard is needed.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page. Prints the command that shows them.

    Parameters
    ----------
    work_dir : path
        The results of a run, ours or the original's.
    log_dir : path
        Folder for the four files; made when missing. An earlier export in it is replaced.
    sample_size : int
        Images at most. TensorBoard shows 100,000.
    sample_method : {'random'}
        The same sample every time.
    with_images : bool
        Also write a sheet of thumbnails, 8192 pixels a side at most. An image that cannot be read
        has a crossed one, so that rows stay in line.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    d : int
        Length of the embedding.
    file_list : list of path, or path of a list
        File names of all embeddings in their order, instead of the stored ones; for images that
        have moved.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.export.projector import ProjectorOptions, write_projector
    from fastdup_nb.progress import default_progress
    from fastdup_nb.store.workdir import WorkDir

    options = ProjectorOptions(
        sample_size, sample_method, with_images, get_label_func, d, file_list
    )
    try:
        source = WorkDir.open(work_dir)
        done = write_projector(source, log_dir, options, default_progress())
    except FastdupError as error:
        return report(error)
    _warn(done)
    sys.stdout.write(f"tensorboard --logdir {shlex.quote(str(done.path))}\n")
    return 0


def generate_sprite_image(  # noqa: PLR0917 - the signature is the published one
    img_list: FileSource,
    sample_size: int,
    log_dir: str | PathLike[str],
    get_label_func: LabelSource = None,
    h: int = 0,
    w: int = 0,
    alternative_filename: str | PathLike[str] | None = None,
    alternative_width: int | None = None,
    max_width: int | None = None,
) -> tuple[str, list[str]]:
    """Write one large image made of a grid of small ones.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    img_list : list of path, or path of a list
        The images, row by row. One that cannot be read is a crossed square.
    sample_size : int
        Images at most: the first ones.
    log_dir : path
        Folder for `sprite.png`; made when missing.
    get_label_func : callable, dict, path or list
        A label file or list is joined by file name, or by position in `img_list`.
    h, w : int
        Pixels of a small image, which is fitted in whole on white; 0 for the other one, or for 100
        when both are 0.
    alternative_filename : path
        Another file name in `log_dir`, or an absolute path; ends in .png, .jpg or .webp.
    alternative_width : int
        Images per row; by default a sheet a little wider than high.
    max_width : int
        Pixels of the sheet at most; small images shrink to fit.

    Returns
    -------
    path : str
        The file; empty after an error, which is written to standard error in one line with a hint.
    labels : list of str
        The label of every image drawn; several are joined by commas, `N/A` stands for none.
    """
    from fastdup_nb.export.listing import ListedImages, list_files
    from fastdup_nb.export.numbers import check_whole
    from fastdup_nb.export.sprite import wide_grid, write_sprite
    from fastdup_nb.progress import default_progress
    from fastdup_nb.views.labels import make_labeller

    try:
        check_whole(1, sample_size=sample_size)
        files = list_files(img_list, "img_list")
        label_of = make_labeller(get_label_func, ListedImages.of(files))
        shown = files[:sample_size]
        labels = [", ".join(label_of(path)) or "N/A" for path in shown]
        grid = wide_grid(len(shown), w, h, alternative_width, max_width)
        path = write_sprite(shown, grid, log_dir, alternative_filename, default_progress())
    except FastdupError as error:
        report(error)
        return "", []
    return str(path), labels


def export_to_cvat(files: FileSource, labels: LabelSource, save_path: str | PathLike[str]) -> int:
    """Write images and labels as a CVAT task to label again.

    The V0.2 function of that name (API page): open `fastdup_label.zip` in CVAT by Tasks, Add,
    Create from backup.

    Parameters
    ----------
    files : list of path, or path of a list
        The images. Those that cannot be read are left out and named on standard error.
    labels : list, path of a list, callable, dict or None
        One label, list of labels, or None per file. Each becomes a rectangle around the image.
    save_path : path
        Folder for `fastdup_label.zip`; made when missing.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.export.cvat import write_cvat
    from fastdup_nb.export.listing import pair_up

    return _export(lambda: write_cvat(pair_up(files, labels), save_path))


def export_to_labelImg(  # noqa: N802 - the published name
    files: FileSource, labels: LabelSource, save_path: str | PathLike[str]
) -> int:
    """Write images and labels as Pascal VOC files to label again with labelImg.

    The V0.2 function of that name. Its API page speaks of an archive; labelImg opens none: what it
    opens is one XML file per image and `classes.txt`.

    Parameters
    ----------
    files : list of path, or path of a list
        The images. Those that cannot be read are left out and named on standard error.
    labels : list, path of a list, callable, dict or None
        One label, list of labels, or None per file. Each becomes a box around the image.
    save_path : path
        Folder; made when missing. Other annotations in it are never overwritten.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.export.labelimg import write_labelimg
    from fastdup_nb.export.listing import pair_up

    return _export(lambda: write_labelimg(pair_up(files, labels), save_path))


def _export(write: Callable[[], Export]) -> int:
    try:
        _warn(write())
    except FastdupError as error:
        return report(error)
    return 0


def _warn(done: Export) -> None:
    warning = done.warning()
    if warning:
        sys.stderr.write(f"{warning}\n")
