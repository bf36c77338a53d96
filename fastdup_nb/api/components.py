"""`find_top_components` of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastdup_nb.api.galleries.shared import check_further
from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from fastdup_nb.views.labels import LabelSource
    from fastdup_nb.views.members import GroupSource
    from fastdup_nb.views.slices import SliceSpec

SPLIT = "split_sentence_to_label_list"
FURTHER = ("ccthreshold", "nrows", SPLIT, "input_dir", "results_dir")


def find_top_components(  # noqa: PLR0917 - the signature is the published one
    work_dir: GroupSource,
    get_label_func: LabelSource = None,
    group_by: Literal["visual", "label"] = "visual",
    slice: SliceSpec = None,
    threshold: float | None = None,
    metric: str | None = None,
    descending: bool = True,
    min_items: int | None = None,
    max_items: int | None = None,
    keyword: str | None = None,
    save_path: str | PathLike[str] | None = None,
    comp_type: Literal["component", "cluster"] = "component",
    **kwargs: Any,
) -> pd.DataFrame:
    """Return the largest components: groups of images that are similar to each other.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    work_dir : path or DataFrame
        A work_dir, its `connected_components.csv` (or `kmeans_assignments.csv`), or its content.
    get_label_func : callable, dict, path or list
        A label file is joined by its column `filename` or `index`, or by row.
    group_by : {'visual', 'label'}
        `label`: one group per label, of all images that have it.
    slice : str or list of str
        Only images with this label, or one of these, count; when no image has it, those with it
        inside a label. `diff`: groups with several labels, `same`: with one.
    threshold : float
        Only groups whose column `distance` is larger.
    metric : str
        Any column of `atrain_stats.csv`, or `size` (width x height). Groups are ordered by its
        mean.
    descending : bool
        Largest first: by the mean of the metric, with `slice='diff'` by the distance, else by the
        number of images. Groups that are equal in it come in the order of their numbers.
    min_items, max_items : int
        Only groups of at least, at most as many images.
    keyword : str
        Only groups that have this text inside a label.
    save_path : path
        Also write the table there: a .csv file, or a folder for `top_components.csv` or
        `top_clusters.csv`. Lists are written as JSON.
    comp_type : {'component', 'cluster'}
        `cluster`: the k-means clusters, every image in its nearest one.
    **kwargs
        ccthreshold : float
            Which components, when the run was given several; the strictest when not given.
        nrows : int
            Read no more rows than this.
        split_sentence_to_label_list : bool
            Labels are sentences: make them lower case and split them at punctuation marks.
        input_dir : path
            Where to look for images that are not where the results say.
        results_dir : path
            The work_dir, when a DataFrame without file names is given.

    Returns
    -------
    DataFrame
        One row per group of two or more images; the index is the number of the group before they
        were ordered. Columns: `component_id` (or `cluster`), `files` (list of absolute names),
        `label` (list; with labels only), `files_ids` (list of their `__id`), `distance` (the least
        similarity of a pair in the component; of clusters, the least squared distance to the
        centre), `metric` (list) and `avg_metric` (with a metric only), `len` (images). With
        `group_by='label'`: `label`, `files`, `component_id` (list), `files_ids`, `distance` and so
        on. Empty after an error, which is written to standard error in one line with a hint.
    """
    try:
        check_further(find_top_components, kwargs, FURTHER)
        return _find(
            work_dir,
            save_path,
            comp_type,
            kwargs,
            get_label_func=get_label_func,
            group_by=group_by,
            label_slice=slice,
            threshold=threshold,
            metric=metric,
            descending=descending,
            min_items=min_items,
            max_items=max_items,
            keyword=keyword,
        )
    except FastdupError as error:
        report(error)
        return _empty(comp_type, group_by, get_label_func, metric)


def _find(
    work_dir: GroupSource,
    save_path: str | PathLike[str] | None,
    comp_type: Literal["component", "cluster"],
    further: dict[str, Any],
    get_label_func: LabelSource,
    **choice: Any,
) -> pd.DataFrame:
    from fastdup_nb.views.group_file import write_groups
    from fastdup_nb.views.members import read_members
    from fastdup_nb.views.top_components import Choice, choose_groups

    members = read_members(
        work_dir,
        comp_type,
        ccthreshold=further.get("ccthreshold"),
        nrows=further.get("nrows"),
        work_dir=further.get("results_dir"),
    )
    chosen = choose_groups(
        members,
        Choice(**choice, split_sentences=bool(further.get(SPLIT))),
        get_label_func=get_label_func,
        input_dir=further.get("input_dir"),
    )
    frame = chosen.to_frame()
    if chosen.members.results is not None:
        # What cleans by this table keeps its journal and trash there.
        frame.attrs["work_dir"] = str(chosen.members.results.path)
    if save_path is not None:
        write_groups(frame, save_path, comp_type)
    return frame


def _empty(kind: Any, group_by: str, labels: object, metric: object) -> pd.DataFrame:
    import pandas as pd

    from fastdup_nb.views.top_components import columns_of

    by_label = group_by == "label"
    names = columns_of(
        "cluster" if kind == "cluster" else "component",
        by_label=by_label,
        labelled=labels is not None,
        measured=metric is not None,
    )
    return pd.DataFrame({name: [] for name in names})
