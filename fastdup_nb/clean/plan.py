"""What a cleaning would do, file by file and with the reason, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.clean.content import FileState

COLUMNS = ("action", "filename", "group", "label", "why", "keeper", "exact", "bytes", "target")


class Action(StrEnum):
    """What becomes of a file."""

    DELETE = "delete"
    MOVE = "move"
    RETAG = "retag"
    KEEP = "keep"  # the image for which the others of its group go
    STAY = "stay"  # not touched, for the reason given
    GONE = "gone"  # it was no longer there


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one file.

    Attributes
    ----------
    path : str
        Absolute.
    action : Action
    why : str
        The reason, for people.
    group : str
        Its cluster; empty when it is judged by itself.
    label : str
        Its label; empty when it has none.
    keeper : str
        The image that must be there and readable when this one goes; empty for none.
    exact : bool
        Whether it goes as a copy of the keeper, byte for byte. Checked again before it goes.
    state : FileState or None
        What the file was when the plan was made; None when it could not be looked at.
    target : str
        Where a moved file goes.
    """

    path: str
    action: Action
    why: str
    group: str = ""
    label: str = ""
    keeper: str = ""
    exact: bool = False
    state: FileState | None = None
    target: str = ""

    @property
    def goes(self) -> bool:
        """Whether something is to be done with the file."""
        return self.action in (Action.DELETE, Action.MOVE, Action.RETAG)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a cleaning would do.

    Attributes
    ----------
    decisions : tuple of Decision
        Group by group, the keeper of each first.
    notes : tuple of str
        What else is worth knowing, a line each.
    """

    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def going(self) -> list[Decision]:
        """The files something is to be done with, in order."""
        return [decision for decision in self.decisions if decision.goes]

    @property
    def files(self) -> list[str]:
        """Their paths."""
        return [decision.path for decision in self.going]

    @property
    def freed(self) -> int:
        """Bytes of the files that go."""
        return sum(decision.state.size for decision in self.going if decision.state)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per file: action, filename, group, label, why, keeper, exact, ..."""
        import pandas as pd

        rows = [
            (
                decision.action.value,
                decision.path,
                decision.group,
                decision.label,
                decision.why,
                decision.keeper,
                decision.exact,
                decision.state.size if decision.state else -1,
                decision.target,
            )
            for decision in self.decisions
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))
