"""`create_similarity_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.shared import make_gallery

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.pairs import PairSource
    from fastdup_nb.views.slices import SliceSpec


def create_similarity_gallery(  # noqa: PLR0917 - the signature is the published one
    similarity_file: PairSource,
    save_path: str | PathLike[str],
    num_images: int = 20,
    lazy_load: bool = False,
    get_label_func: LabelSource = None,
    slice: SliceSpec = None,
    max_width: int | None = None,
    descending: bool = False,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | None = None,
    min_items: int = 2,
    max_items: int | None = None,
    **kwargs: Any,
) -> pd.DataFrame:
    """Write a page of images, each beside those most similar to it, and score their labels.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    similarity_file : path or DataFrame
        A work_dir, its `similarity.csv` or a table with the columns from, to, distance.
    save_path : path
        A folder for `similarity.html` (made when missing), or an .html file.
    num_images : int
        Rows to show.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    slice : str or list of str
        Labels of the images to show, or `label_score` for all that are labelled. With labels the
        score is always computed.
    max_width : int
        Pixels of the gallery at most.
    descending : bool
        Highest label score first; without labels the most similar first. The default is the
        opposite: probably wrong labels first.
    get_bounding_box_func : callable, dict or path
        Boxes x1, y1, x2, y2 in pixels of the upright image.
    get_reformat_filename_func : callable or dict
        From an absolute file name to what is shown for it.
    get_extra_col_func : callable or dict
        From an absolute file name to a text to add.
    input_dir : path
        Where the images lie now, when they are not where the results say.
    work_dir : path
        The work_dir, when similarity_file does not lie in it.
    min_items : int
        Least neighbours of an image.
    max_items : int
        Only the most similar neighbours of an image. Not given: all, of which the page shows
        10, fewer when it is long.
    **kwargs
        save_artifacts : bool
            Also write `similarity_gallery.csv` and copies of the shown images beside the page.

    Returns
    -------
    DataFrame
        A row per image that has enough neighbours, not only the shown ones, in the order of the
        page: from (file name), to (list of file names, most similar first), label (list: that of
        from, for every neighbour), label2 (list: those of to), distance (list of similarities),
        score (0 to 100: the share of the labelled neighbours that have the label of from), length
        (number of neighbours). label, label2 and score only with get_label_func. Without rows for
        an error, which is written to standard error in one line with a hint.
    """
    from fastdup_nb.views.similarity import build_similarity, empty_table

    view = make_gallery(
        create_similarity_gallery,
        lambda: build_similarity(
            similarity_file,
            num_images=num_images,
            descending=descending,
            min_items=min_items,
            max_items=max_items,
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
    return view.table if view else empty_table(labelled=get_label_func is not None)
