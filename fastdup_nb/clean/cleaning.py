"""A cleaning to look at first and to carry out then: the form for programs and notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.clean.apply import apply_plan
from fastdup_nb.clean.components import plan_components
from fastdup_nb.clean.groups import read_groups
from fastdup_nb.clean.report import plan_text
from fastdup_nb.clean.results import RunFacts

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fastdup_nb.clean.apply import Outcome
    from fastdup_nb.clean.plan import Plan
    from fastdup_nb.progress import Progress


@dataclass(frozen=True, slots=True, repr=False)
class Cleaning:
    """A plan with what is needed to carry it out.

    Attributes
    ----------
    plan : Plan
    facts : RunFacts
        Of the work_dir that the plan is made from.
    """

    plan: Plan
    facts: RunFacts

    @property
    def files(self) -> list[str]:
        """The files that would go."""
        return self.plan.files

    def to_frame(self) -> pd.DataFrame:
        """Return one row per file: action, filename, group, label, why, keeper, exact, bytes."""
        return self.plan.to_frame()

    def apply(
        self, *, trash: str = "auto", permanent: bool = False, progress: Progress | None = None
    ) -> Outcome:
        """Do it. `fastdup_nb.undo` takes it back.

        Parameters
        ----------
        trash : {'auto', 'system', 'work_dir'}
        permanent : bool
            Delete for good.
        progress : Progress, optional

        Returns
        -------
        Outcome
            What went where, and what was left and why; `stopped` when it ended early.

        Raises
        ------
        OptionError, WorkDirError
            When it cannot be begun; nothing was done.
        """
        return apply_plan(
            self.plan, self.facts, trash_choice=trash, permanent=permanent, progress=progress
        )

    def __repr__(self) -> str:
        return plan_text(self.plan)


def plan_cleaning(
    work_dir: Path, *, min_distance: float = 0.96, how: str = "one", keep: str = "largest"
) -> Cleaning:
    """Plan which duplicates of a run go and which image of each component stays.

    Parameters
    ----------
    work_dir : Path
    min_distance, how, keep
        See `fastdup_nb.delete_components`.

    Raises
    ------
    FastdupError
        When the results cannot be read, or an option cannot be used.
    """
    facts = RunFacts(work_dir)
    groups = read_groups(work_dir)
    plan = plan_components(groups, facts, how=how, min_distance=min_distance, keep=keep)
    return Cleaning(plan, facts)
