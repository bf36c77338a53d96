"""`create_outliers_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.shared import make_gallery

if TYPE_CHECKING:
    from os import PathLike
    from typing import Literal

    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.pairs import PairSource
    from fastdup_nb.views.slices import SliceSpec


def create_outliers_gallery(  # noqa: PLR0917 - the signature is the published one
    outliers_file: PairSource,
    save_path: str | PathLike[str],
    num_images: int = 20,
    lazy_load: bool = False,
    get_label_func: LabelSource = None,
    how: Literal["one", "all"] = "one",
    slice: SliceSpec = None,
    max_width: int | None = None,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> int:
    """Write a page of the images that resemble others least, and preview it in a notebook.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    outliers_file : path or DataFrame
        A work_dir, its `outliers.csv` or a table with the columns from, to, distance.
    save_path : path
        A folder for `outliers.html` (made when missing), or an .html file.
    num_images : int
        Images to show, the worst first.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    how : {'one', 'all'}
        `one`: far from one of its neighbours, by its lowest similarity. `all`: far from all of
        them, also from its nearest neighbour, by its highest similarity.
    slice : str or list of str
        Labels to show.
    max_width : int
        Pixels of the gallery at most.
    get_bounding_box_func : callable, dict or path
        Boxes x1, y1, x2, y2 in pixels of the upright image.
    get_reformat_filename_func : callable or dict
        From an absolute file name to what is shown for it.
    get_extra_col_func : callable or dict
        From an absolute file name to a text to add.
    input_dir : path
        Where the images lie now, when they are not where the results say.
    work_dir : path
        The work_dir, when outliers_file does not lie in it.
    **kwargs
        save_artifacts : bool
            Also write `outliers_gallery.csv` and copies of the shown images beside the page.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.views.outliers import build_outliers

    view = make_gallery(
        create_outliers_gallery,
        lambda: build_outliers(
            outliers_file,
            num_images=num_images,
            how=how,
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
