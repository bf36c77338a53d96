"""`create_duplicates_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.api.galleries.shared import make_gallery

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.cards import CardOptions
    from fastdup_nb.views.duplicates import DuplicatesView
    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.pairs import PairSource
    from fastdup_nb.views.slices import SliceSpec


def create_duplicates_gallery(  # noqa: PLR0917 - the signature is the published one
    similarity_file: PairSource,
    save_path: str | PathLike[str],
    num_images: int = 20,
    descending: bool = True,
    lazy_load: bool = False,
    get_label_func: LabelSource = None,
    slice: SliceSpec = None,
    max_width: int | None = None,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    input_dir: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | None = None,
    threshold: float | None = None,
    **kwargs: Any,
) -> int:
    """Write a page of duplicates and near-duplicates, and show a preview of it in a notebook.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    similarity_file : path or DataFrame
        A work_dir, its `similarity.csv` or a table with the columns from, to, distance. Given
        `similarity_hierarchical_<ccthreshold>.csv` of a run with `run_hierarchical=1`, the page is
        `similarity_hierarchical.html` and shows pairs of components: the sheets that
        `create_components_gallery(..., lazy_load=True)` writes, or, where it has not, new ones.
    save_path : path
        A folder for `duplicates.html` (made when missing), or an .html file.
    num_images : int
        Pairs to show. A pair and its mirror image are one.
    descending : bool
        Most similar first.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    slice : str or list of str
        A label (pairs of it with other labels), several, `diff` or `same`.
    max_width : int
        Pixels of the gallery at most.
    get_bounding_box_func : callable, dict or path
        Boxes x1, y1, x2, y2 in pixels of the upright image.
    get_reformat_filename_func : callable or dict
        From an absolute file name to what is shown for it.
    get_extra_col_func : callable or dict
        From an absolute file name to a text to add.
    input_dir : path
        Where to look for images that are stored by relative names.
    work_dir : path
        The work_dir, when similarity_file does not lie in it.
    threshold : float, 0 to 1
        Least similarity of a pair to show.
    **kwargs
        save_artifacts : bool
            Also write `duplicates.csv` and copies of the shown images beside the page.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    cards: CardOptions = {
        "get_label_func": get_label_func,
        "get_bounding_box_func": get_bounding_box_func,
        "get_reformat_filename_func": get_reformat_filename_func,
        "get_extra_col_func": get_extra_col_func,
        "input_dir": input_dir,
    }
    choice = {
        "num_images": num_images,
        "descending": descending,
        "threshold": threshold,
        "label_slice": slice,
    }
    view = make_gallery(
        create_duplicates_gallery,
        lambda: _build(similarity_file, save_path, work_dir, cards, choice),
        save_path,
        kwargs,
        lazy_load=lazy_load,
        max_width=max_width,
    )
    return 0 if view else 1


def _build(
    source: Any,
    save_path: str | PathLike[str],
    work_dir: str | PathLike[str] | None,
    cards: CardOptions,
    choice: dict[str, Any],
) -> DuplicatesView:
    from fastdup_nb.views.duplicates import build_duplicates
    from fastdup_nb.views.hierarchical import build_similar_components, is_hierarchical

    if not is_hierarchical(source):
        return build_duplicates(source, work_dir=work_dir, **choice, **cards)
    from fastdup_nb.render.html import page_path
    from fastdup_nb.render.sheets import write_sheets

    folder = page_path(save_path, "page.html").parent
    view = build_similar_components(source, folder, work_dir=work_dir, cards=cards, **choice)
    # Those of the components gallery are made anew: it may have shown another run.
    write_sheets(folder, (sheet for sheet in view.sheets if sheet[2]))
    return view
