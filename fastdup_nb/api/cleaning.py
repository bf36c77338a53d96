"""The cleaning functions of the V0.2 API, and `undo`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError, OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import pandas as pd

    from fastdup_nb.clean.plan import Plan
    from fastdup_nb.clean.results import RunFacts
    from fastdup_nb.progress import Progress
    from fastdup_nb.views.labels import TextSource

LONG = 200  # files or clusters from which on progress is shown
STATISTICS_WAYS = ("delete", "move", "retag=labelImg", "retag=cvat")


def delete_components(
    top_components: pd.DataFrame | str | PathLike[str],
    to_delete: Sequence[int] | None = None,
    min_distance: float = 0.96,
    how: str = "one",
    dry_run: bool = True,
    *,
    keep: str = "largest",
    work_dir: str | PathLike[str] | None = None,
    trash: str = "auto",
    permanent: bool = False,
) -> list[str]:
    """Delete duplicates by connected component, one image of each staying.

    The V0.2 function of that name (API page), with its names and defaults; `docs/cleaning.md` says
    what is checked before a file goes. What is listed below is what this version adds to or makes
    precise in that page.

    Parameters
    ----------
    top_components : DataFrame or path
        The table of `find_top_components`, a CSV file of it, or a work_dir.
    to_delete : list of int
        Ids of components to clean; None for all.
    min_distance : float
        Components whose least similarity is larger than this are cleaned, no others.
    how : {'one', 'all'}
        One image of each component stays, or none.
    dry_run : bool
        Print what goes, what stays and the `rm` commands, and do nothing.
    keep : {'largest', 'sharpest', 'oldest', 'first'}
        Which image stays: most pixels, highest blur statistic, earliest EXIF or file date, first
        in the table. It must be readable.
    work_dir : path
        Where the journal and the trash are; the one that the table comes from when not given.
    trash : {'auto', 'system', 'work_dir'}
        The trash of the system where files can be found again in it, else that of the work_dir.
    permanent : bool
        Delete for good; cannot be undone.

    Returns
    -------
    list of str
        The files that were deleted; by a dry run those that would be. Empty after an error, which
        is written to standard error in one line with a hint.
    """
    from fastdup_nb.clean.apply import check_trash
    from fastdup_nb.clean.components import plan_components
    from fastdup_nb.clean.groups import read_groups, select_by_id

    try:
        check_trash(trash, permanent=permanent)
        facts = _facts(work_dir, top_components)
        groups = select_by_id(read_groups(top_components), to_delete)
        plan = plan_components(
            groups,
            facts,
            how=how,
            min_distance=min_distance,
            keep=keep,
            progress=_progress(len(groups)),
        )
    except FastdupError as error:
        report(error)
        return []
    return _carry_out(plan, facts, dry_run, trash, permanent)


def delete_components_by_label(
    top_components_file: pd.DataFrame | str | PathLike[str],
    min_items: int = 10,
    min_distance: float = 0.96,
    how: str = "one",
    dry_run: bool = True,
    *,
    keep: str = "largest",
    work_dir: str | PathLike[str] | None = None,
    trash: str = "auto",
    permanent: bool = False,
) -> list[str]:
    """Delete duplicates by connected component, heeding labels.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    top_components_file : DataFrame or path
        The table of `find_top_components` with its column `label` (or `labels`), or a CSV file of
        it, or a work_dir. A pickle is refused: opening one can run any program.
    min_items : int
        Components with at least as many images are cleaned.
    min_distance : float
        Components whose least similarity is larger than this are cleaned, no others.
    how : {'one', 'all', 'majority'}
        One image of each component stays; none; or, where half of a component or more carry one
        label, one image of that label, and those of other labels for you to look at. Without such
        a label nothing of the component goes.
    dry_run : bool
        Print what goes, what stays and the `rm` commands, and do nothing.
    keep, work_dir, trash, permanent
        As in `delete_components`.

    Returns
    -------
    list of str
        The files that were deleted; by a dry run those that would be. Empty after an error, which
        is written to standard error in one line with a hint.
    """
    from fastdup_nb.clean.apply import check_trash
    from fastdup_nb.clean.components import LABEL_WAYS, plan_components
    from fastdup_nb.clean.groups import read_groups

    try:
        check_trash(trash, permanent=permanent)
        facts = _facts(work_dir, top_components_file)
        groups = read_groups(top_components_file)
        plan = plan_components(
            groups,
            facts,
            how=how,
            min_distance=min_distance,
            keep=keep,
            min_items=min_items,
            ways=LABEL_WAYS,
            progress=_progress(len(groups)),
        )
    except FastdupError as error:
        report(error)
        return []
    return _carry_out(plan, facts, dry_run, trash, permanent)


def delete_or_retag_stats_outliers(  # noqa: PLR0917 - the signature is the published one
    stats_file: pd.DataFrame | str | PathLike[str],
    metric: str,
    filename_col: str = "filename",
    label_col: str | None = None,
    lower_percentile: float | None = None,
    upper_percentile: float | None = None,
    lower_threshold: float | None = None,
    upper_threshold: float | None = None,
    get_reformat_filename_func: TextSource = None,
    dry_run: bool = True,
    how: str = "delete",
    save_path: str | PathLike[str] | None = None,
    work_dir: str | PathLike[str] | None = None,
    *,
    trash: str = "auto",
    permanent: bool = False,
) -> list[str]:
    """Delete, move or retag the images with an unusually low or high statistic.

    The V0.2 function of that name (API page), with its names and defaults. What is listed below is
    what this version adds to or makes precise in that page.

    Parameters
    ----------
    stats_file : path or DataFrame
        A work_dir, its `atrain_stats.csv`, or a table with a column of file names and the metric.
    metric : str
        Any column of numbers; `size` (width times height), `outlier_distance` (the least
        similarity in `outliers.csv`), `score` (of the table of `create_similarity_gallery`).
    filename_col, label_col : str
        Columns of the table. Labels are shown, and written when retagging; a column `label` is
        taken when none is named.
    lower_percentile, upper_percentile : float, 0 to 1
        Images below the one quantile, and above the other. Give a percentile or a threshold of a
        side, not both.
    lower_threshold, upper_threshold : float
        Images strictly below the one, and strictly above the other.
    get_reformat_filename_func : callable or dict
        From the name in the table to the path of the file to act on.
    dry_run : bool
        Print what goes and the commands, and do nothing.
    how : {'delete', 'move', 'retag=labelImg', 'retag=cvat'}
        Moved files keep their sub-folders and never overwrite one another.
    save_path : path
        Where moved files, or the files for the labelling tool, go.
    work_dir : path
        Where the journal and the trash are; the one that the table comes from when not given.
    trash, permanent
        As in `delete_components`.

    Returns
    -------
    list of str
        The files that were deleted, moved or retagged; by a dry run those that would be. Empty
        after an error, and when no image or every image is selected: then one line on standard
        error says so.
    """
    from fastdup_nb.clean.apply import check_trash
    from fastdup_nb.clean.outliers import plan_outliers, read_statistics
    from fastdup_nb.clean.plan import Action
    from fastdup_nb.clean.selection import Limits, select_outliers
    from fastdup_nb.paths import absolute
    from fastdup_nb.views.labels import make_text_function

    limits = Limits(lower_percentile, upper_percentile, lower_threshold, upper_threshold)
    try:
        check_trash(trash, permanent=permanent)
        _check_way(how, save_path)
        rename = make_text_function(get_reformat_filename_func, "get_reformat_filename_func")
        facts = _facts(work_dir, stats_file)
        table = read_statistics(stats_file, metric, filename_col, facts.folder)
        selection = select_outliers(
            table, metric, limits, filename_col=filename_col, label_col=label_col
        )
        action = Action(how.partition("=")[0])
        folder = absolute(save_path) if save_path is not None else None
        plan = plan_outliers(selection, facts, action, rename=rename, save_path=folder)
        if how.startswith("retag") and not dry_run:
            return _retag(plan, how, str(folder))
    except FastdupError as error:
        report(error)
        return []
    return _carry_out(plan, facts, dry_run, trash, permanent)


def undo(work_dir: str | PathLike[str], *, batch: int | None = None) -> list[str]:
    """Put back the files that the last cleaning deleted or moved. Called again, the one before.

    Nothing is overwritten. What cannot be put back (deleted permanently, changed since, its place
    taken) is told, with the place where it is.

    Parameters
    ----------
    work_dir : path
        The work_dir of the cleaning.
    batch : int, optional
        The number of a cleaning, to undo that one or to try it again.

    Returns
    -------
    list of str
        The files that were put back. Empty when there is nothing to undo, and after an error,
        which is written to standard error in one line with a hint.
    """
    from fastdup_nb.clean.report import restored_text
    from fastdup_nb.clean.undo import undo_batch

    try:
        restored = undo_batch(work_dir, batch, _progress)
    except FastdupError as error:
        report(error)
        return []
    sys.stdout.write(f"{restored_text(restored)}\n")
    return restored.back


def _facts(work_dir: str | PathLike[str] | None, source: Any) -> RunFacts:
    from fastdup_nb.clean.results import RunFacts, choose_work_dir

    return RunFacts(choose_work_dir(work_dir, source))


def _progress(count: int) -> Progress:
    """Return what to report progress to; nothing for work that takes no time."""
    from fastdup_nb.progress import default_progress

    return default_progress(quiet=count < LONG)


def _carry_out(
    plan: Plan, facts: RunFacts, dry_run: bool, trash: str, permanent: bool
) -> list[str]:
    from fastdup_nb.clean.apply import apply_plan
    from fastdup_nb.clean.report import outcome_text, plan_text

    if dry_run:
        sys.stdout.write(f"{plan_text(plan)}\n")
        return plan.files
    try:
        outcome = apply_plan(
            plan,
            facts,
            trash_choice=trash,
            permanent=permanent,
            progress=_progress(len(plan.going)),
        )
    except FastdupError as error:
        report(error)
        return []
    sys.stdout.write(f"{outcome_text(plan, outcome)}\n")
    if outcome.stopped is not None:
        report(outcome.stopped)
    return list(outcome.done)


def _check_way(how: str, save_path: str | PathLike[str] | None) -> None:
    from pathlib import Path

    if how == "retag":
        raise OptionError("how='retag' names no tool.", "Give retag=labelImg or retag=cvat.")
    if how not in STATISTICS_WAYS:
        raise unknown_name("how", how, STATISTICS_WAYS)
    if how != "delete" and save_path is None:
        raise OptionError(f"how={how!r} needs save_path.", "Give the folder to write to.")
    if save_path is not None and Path(save_path).expanduser().is_file():
        raise OptionError(f"save_path={str(save_path)!r} is a file.", "Give a folder.")


def _retag(plan: Plan, how: str, save_path: str) -> list[str]:
    """Hand the chosen images over to the labelling tool."""
    from fastdup_nb.api.export import export_to_cvat, export_to_labelImg
    from fastdup_nb.clean.report import retagged_text

    export = export_to_cvat if how == "retag=cvat" else export_to_labelImg
    labels = [decision.label or "N/A" for decision in plan.going]
    if plan.files and export(plan.files, labels, save_path) != 0:
        return []  # it has said why
    sys.stdout.write(f"{retagged_text(plan, save_path)}\n")
    return plan.files
