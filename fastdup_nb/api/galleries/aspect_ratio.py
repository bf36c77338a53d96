"""`create_aspect_ratio_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.shared import ARTIFACTS, make_gallery

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.slices import SliceSpec
    from fastdup_nb.views.statistics import TableSource


def create_aspect_ratio_gallery(  # noqa: PLR0917 - the signature is the published one
    stats_file: TableSource,
    save_path: str | PathLike[str],
    get_label_func: LabelSource = None,
    lazy_load: bool = False,
    max_width: int | None = None,
    num_images: int = 0,
    slice: SliceSpec = None,
    get_filename_reformat_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> int:
    """Write a page of how wide and high the images are, with the widest and the tallest of them.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    stats_file : path or DataFrame
        A work_dir, its `atrain_stats.csv` or a table with the columns filename, width, height.
    save_path : path
        A folder for `aspect_ratio.html` (made when missing), or an .html file.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    max_width : int
        Pixels of the plots at most.
    num_images : int
        Only the first images of the table; 0 for all.
    slice : str or list of str
        Labels of the images to measure.
    get_filename_reformat_func : callable or dict
        From an absolute file name to what is shown for it.
    input_dir : path
        Where the images lie now, when they are not where the results say.
    **kwargs
        work_dir : path
            The work_dir, when stats_file does not lie in it.
        get_bounding_box_func, get_extra_col_func
            As in the other galleries.
        save_artifacts : bool
            Also write `aspect_ratio_gallery.csv` and copies of both images beside the page.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.render.shapes import draw_shapes
    from fastdup_nb.views.shapes import build_aspect_ratios

    view = make_gallery(
        create_aspect_ratio_gallery,
        lambda: build_aspect_ratios(
            stats_file,
            num_images=num_images,
            label_slice=slice,
            get_label_func=get_label_func,
            get_reformat_filename_func=get_filename_reformat_func,
            get_bounding_box_func=kwargs.get("get_bounding_box_func"),
            get_extra_col_func=kwargs.get("get_extra_col_func"),
            input_dir=input_dir,
            work_dir=kwargs.get("work_dir"),
        ),
        save_path,
        kwargs,
        allowed=(ARTIFACTS, "get_bounding_box_func", "get_extra_col_func", "work_dir"),
        lazy_load=lazy_load,
        max_width=max_width,
        draw=draw_shapes,
    )
    return 0 if view else 1
