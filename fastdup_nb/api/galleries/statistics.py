"""`create_stats_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.shared import make_gallery

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.slices import SliceSpec
    from fastdup_nb.views.statistics import TableSource


def create_stats_gallery(  # noqa: PLR0917 - the signature is the published one
    stats_file: TableSource,
    save_path: str | PathLike[str],
    num_images: int = 20,
    lazy_load: bool = False,
    get_label_func: LabelSource = None,
    metric: str = "blur",
    slice: SliceSpec = None,
    max_width: int | None = None,
    descending: bool = False,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> int:
    """Write a page of the images with the lowest or highest statistic: blurry, dark, bright, small.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    stats_file : path or DataFrame
        A work_dir, its `atrain_stats.csv` or a table with a column filename and the metric.
    save_path : path
        A folder for a page named after the metric (`blur.html`), or an .html file.
    num_images : int
        Images to show.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    metric : str
        A column of the statistics, or `size` (width x height); docs/statistics.md lists them. The
        advanced ones need a run with `turi_param='run_advanced_stats=1'`.
    slice : str or list of str
        Labels to show.
    max_width : int
        Pixels of the gallery at most.
    descending : bool
        Highest first.
    get_bounding_box_func : callable, dict or path
        Boxes x1, y1, x2, y2 in pixels of the upright image.
    get_reformat_filename_func : callable or dict
        From an absolute file name to what is shown for it.
    get_extra_col_func : callable or dict
        From an absolute file name to a text to add.
    input_dir : path
        Where the images lie now, when they are not where the results say.
    work_dir : path
        The work_dir, when stats_file does not lie in it.
    **kwargs
        save_artifacts : bool
            Also write `<metric>_gallery.csv` and copies of the shown images beside the page.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.views.statistics import build_statistics

    view = make_gallery(
        create_stats_gallery,
        lambda: build_statistics(
            stats_file,
            metric=metric,
            num_images=num_images,
            descending=descending,
            label_slice=slice,
            get_label_func=get_label_func,
            get_bounding_box_func=get_bounding_box_func,
            get_reformat_filename_func=get_reformat_filename_func,
            get_extra_col_func=get_extra_col_func,
            input_dir=input_dir,
            work_dir=work_dir,
        ),
        save_path,
        kwargs,
        lazy_load=lazy_load,
        max_width=max_width,
    )
    return 0 if view else 1
