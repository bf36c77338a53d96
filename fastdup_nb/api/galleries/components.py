"""`create_components_gallery` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastdup_nb.api.galleries.groups import GroupCall, make_groups_gallery

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource, TextSource
    from fastdup_nb.views.members import GroupSource
    from fastdup_nb.views.slices import SliceSpec


def create_components_gallery(  # noqa: PLR0917 - the signature is the published one
    work_dir: GroupSource,
    save_path: str | PathLike[str],
    num_images: int = 20,
    lazy_load: bool = False,
    get_label_func: LabelSource = None,
    group_by: Literal["visual", "label"] = "visual",
    slice: SliceSpec = None,
    max_width: int | None = None,
    max_items: int | None = None,
    get_bounding_box_func: BoxSource = None,
    get_reformat_filename_func: TextSource = None,
    get_extra_col_func: TextSource = None,
    threshold: float | None = None,
    metric: str | None = None,
    descending: bool = True,
    min_items: int | None = None,
    keyword: str | None = None,
    input_dir: str | PathLike[str] | None = None,
    **kwargs: Any,
) -> int:
    """Write a page of the largest components: groups of images that are similar to each other.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    work_dir : path or DataFrame
        A work_dir, its `connected_components.csv`, or its content.
    save_path : path
        A folder for `components.html` (made when missing), or an .html file.
    num_images : int
        Components to show.
    lazy_load : bool
        Write the pictures to `images/` beside the page instead of into it.
        Also one sheet per component, `images/component_<rank>_<component_id>.jpg`, which
        `create_duplicates_gallery` pairs when given a `similarity_hierarchical_*.csv`.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    group_by : {'visual', 'label'}
        `label`: one group per label, of all images that have it.
    slice : str or list of str
        Only images with this label, or one of these, are shown; when no image has it, those with it
        inside a label. `diff`: groups with several labels, most similar first; `same`: with one.
    max_width : int
        Pixels of the gallery at most.
    max_items : int
        Labels to list per group; with `group_by="label"`, components to list per label.
    get_bounding_box_func : callable, dict or path
        Boxes x1, y1, x2, y2 in pixels of the upright image.
    get_reformat_filename_func : callable or dict
        From an absolute file name to what is shown for it.
    get_extra_col_func : callable or dict
        From an absolute file name to a text to add.
    threshold : float
        Only components whose least similarity is larger.
    metric : str
        A statistic: any column of `atrain_stats.csv`, or `size`. Groups are ordered by its mean.
    descending : bool
        Largest first: by the metric, else by the number of images.
    min_items : int
        Only groups of at least as many images.
    keyword : str
        Only groups that have this text inside a label.
    input_dir : path
        Where to look for images that are not where the results say.
    **kwargs
        split_sentence_to_label_list : bool
            Labels are sentences: make them lower case and split them at punctuation marks.
        limit_labels_printed : int
            Labels to list per group; `max_items` when not given.
        nrows : int
            Read no more rows than this.
        save_artifacts : bool
            Also write `top_components.csv` and copies of the shown images beside the page.
        ccthreshold : float
            Which components, when the run was given several; the strictest when not given.
        results_dir : path
            The work_dir, when a DataFrame without file names is given.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    return make_groups_gallery(
        create_components_gallery,
        GroupCall(
            work_dir=work_dir,
            save_path=save_path,
            num_images=num_images,
            max_items=max_items,
            lazy_load=lazy_load,
            max_width=max_width,
            choice={
                "group_by": group_by,
                "label_slice": slice,
                "threshold": threshold,
                "metric": metric,
                "descending": descending,
                "min_items": min_items,
                "keyword": keyword,
            },
            cards={
                "get_label_func": get_label_func,
                "get_bounding_box_func": get_bounding_box_func,
                "get_reformat_filename_func": get_reformat_filename_func,
                "get_extra_col_func": get_extra_col_func,
                "input_dir": input_dir,
            },
            further=kwargs,
        ),
    )
