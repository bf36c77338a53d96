"""Planning what becomes of the images with an unusual statistic."""

from __future__ import annotations

import os
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.clean.content import entry_of, look_at
from fastdup_nb.clean.moving import free_name
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.clean.results import read_table
from fastdup_nb.clean.selection import OUTLIER_DISTANCE
from fastdup_nb.errors import ImageError, ImageProblem, OptionError
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from fastdup_nb.clean.results import RunFacts
    from fastdup_nb.clean.selection import Selection


def read_statistics(source: Any, metric: str, filename_col: str, folder: Path) -> pd.DataFrame:
    """Return the table that holds a metric.

    Parameters
    ----------
    source : DataFrame or path
        Statistics, or the work_dir or file that holds them.
    metric : str
        `outlier_distance` is read from `outliers.csv`: the least similarity of each image there.
    filename_col : str
    folder : Path
        The work_dir.

    Raises
    ------
    FastdupError
        When there is no such table.
    """
    import pandas as pd

    is_frame = isinstance(source, pd.DataFrame)
    if metric == OUTLIER_DISTANCE and not (is_frame and metric in source.columns):
        return _outlier_distances(source if is_frame else None, filename_col, folder)
    if isinstance(source, (str, PathLike)) and absolute(source).is_dir():
        return WorkDir.open(source).read_table(names.STATISTICS)
    return read_table(source, "stats_file")


def plan_outliers(
    selection: Selection,
    facts: RunFacts,
    action: Action,
    *,
    rename: Callable[[str], str] | None = None,
    save_path: Path | None = None,
) -> Plan:
    """Decide for every chosen image.

    Parameters
    ----------
    selection : Selection
    facts : RunFacts
        What the run knew about the files.
    action : Action
        What to do with them.
    rename : callable, optional
        From the name in the table to that of the file to act on.
    save_path : Path, optional
        Where moved files go; they keep their sub-folders.
    """
    decisions = []
    seen: set[str] = set()
    for name, why, label in selection.chosen:
        path = str(absolute(rename(name))) if rename else facts.resolve(name)
        entry = entry_of(path)
        if entry not in seen:
            seen.add(entry)
            decisions.append(_judge(path, why, label, action, facts))
    if action is Action.MOVE and save_path is not None:
        decisions = _give_targets(decisions, save_path, facts)
    stay = selection.total - len(selection.chosen)
    return Plan(tuple(decisions), (f"{stay:,} of {selection.total:,} images are not concerned.",))


def _judge(path: str, why: str, label: str, action: Action, facts: RunFacts) -> Decision:
    try:
        state = look_at(path)
    except ImageError as error:
        missing = error.problem is ImageProblem.MISSING
        return Decision(path, Action.GONE if missing else Action.STAY, error.message, label=label)
    if action is not Action.RETAG and facts.changed_size(path, state.size):
        changed = "it was changed since the run"
        return Decision(path, Action.STAY, changed, label=label, state=state)
    return Decision(path, action, why, label=label, state=state)


def _give_targets(decisions: list[Decision], folder: Path, facts: RunFacts) -> list[Decision]:
    going = [Path(decision.path) for decision in decisions if decision.goes]
    if not going:
        return decisions
    root = facts.root()
    if root is None or not all(path.is_relative_to(root) for path in going):
        root = Path(os.path.commonpath([path.parent for path in going]))
    taken: set[str] = set()
    return [
        _give_target(decision, root, folder, taken) if decision.goes else decision
        for decision in decisions
    ]


def _give_target(decision: Decision, root: Path, folder: Path, taken: set[str]) -> Decision:
    wanted = folder / Path(decision.path).relative_to(root)
    if wanted == Path(decision.path):
        return replace(decision, action=Action.STAY, why="it is in that folder already")
    target = str(free_name(wanted, taken))
    taken.add(target)
    return replace(decision, target=target)


def _outlier_distances(frame: pd.DataFrame | None, filename_col: str, folder: Path) -> pd.DataFrame:
    pairs = WorkDir.open(folder).read_pairs(names.OUTLIERS) if frame is None else frame
    missing = [name for name in ("from", "distance") if name not in pairs.columns]
    if missing:
        raise OptionError(
            f"The table of outliers has no column {', '.join(missing)}.",
            "Give a work_dir, or a table with the columns from, to, distance.",
        )
    worst = pairs.groupby("from", sort=False)["distance"].min().reset_index()
    worst.columns = ["from", OUTLIER_DISTANCE]
    return worst.assign(**{filename_col: worst["from"]})
