"""Carrying out a plan: every file is checked again, noted in the journal, and only then moved."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.clean import trash
from fastdup_nb.clean.content import digest_of, look_at, same_content
from fastdup_nb.clean.keepers import check_keeper
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.clean.removal import PERMANENT, Remover
from fastdup_nb.errors import (
    FastdupError,
    ImageError,
    ImageProblem,
    OptionError,
    RunInterruptedError,
)
from fastdup_nb.options import unknown_name
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from fastdup_nb.clean.content import FileState
    from fastdup_nb.clean.results import RunFacts
    from fastdup_nb.progress import Progress

_READ_ONLY = {errno.EACCES, errno.EPERM, errno.EROFS}


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was to go, or to come back, and did not.

    Attributes
    ----------
    path : str
    reason : str
    place : str
        Where it is, when that is elsewhere.
    """

    path: str
    reason: str
    place: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a plan.

    Attributes
    ----------
    folder : Path
        The work_dir with the journal.
    batch : int
        The number to undo it by.
    done : dict of str to str
        Path -> where it went: trash, system, permanent or move.
    left : list of Left
    freed : int
        Bytes of the files that went.
    stopped : FastdupError or None
        Why it ended before its end.
    """

    folder: Path
    batch: int = 0
    done: dict[str, str] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    freed: int = 0
    stopped: FastdupError | None = None


def apply_plan(
    plan: Plan,
    facts: RunFacts,
    *,
    trash_choice: str = "auto",
    permanent: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Do what a plan says, file by file.

    Parameters
    ----------
    plan : Plan
    facts : RunFacts
        Of the work_dir, which keeps the journal and the trash.
    trash_choice : {'auto', 'system', 'work_dir'}
        Where deleted files go.
    permanent : bool
        Delete for good instead.
    progress : Progress, optional

    Returns
    -------
    Outcome
        Files that cannot go are left, with the reason; they do not end it.

    Raises
    ------
    OptionError
        When there is no such trash.
    WorkDirError
        When the work_dir cannot be written or is in use; nothing was done.
    """
    check_trash(trash_choice, permanent=permanent)
    if not plan.going:
        return Outcome(facts.folder)
    work_dir = WorkDir.create(facts.folder)
    with work_dir.lock():
        remover = Remover(work_dir.path, PERMANENT if permanent else trash_choice)
        outcome = Outcome(work_dir.path, remover.batch)
        _work(plan, _Checks(plan, facts), remover, outcome, progress or SilentProgress())
    return outcome


def check_trash(choice: str, *, permanent: bool) -> None:
    """Raise `OptionError` when there is no such trash, or one is named and not to be used."""
    if choice not in trash.CHOICES:
        raise unknown_name("trash", choice, trash.CHOICES)
    if permanent and choice != "auto":
        raise OptionError("permanent=True and trash are both given.", "Give one of them.")


def undo_hint(folder: Path) -> str:
    """Return what a user calls to take the last cleaning back."""
    return f"Take it back: fastdup_nb.undo({str(folder)!r})."


def _work(
    plan: Plan, checks: _Checks, remover: Remover, outcome: Outcome, progress: Progress
) -> None:
    going = plan.going
    progress.start("Cleaning", len(going), "files")
    try:
        for decision in going:
            try:
                outcome.done[decision.path] = remover.remove(decision, checks.digest(decision))
            except ImageError as error:
                outcome.left.append(Left(decision.path, error.message))
            except OSError as error:
                outcome.left.append(Left(decision.path, _explain(error, decision.path)))
            else:
                outcome.freed += decision.state.size if decision.state else 0
            progress.advance(1)
    except FastdupError as error:  # the journal cannot be written, or a package is missing
        outcome.stopped = error
    except KeyboardInterrupt:
        done = f"Interrupted: {len(outcome.done):,} of {len(going):,} files are done."
        hint = f"The rest is untouched. {undo_hint(outcome.folder)}"
        outcome.stopped = RunInterruptedError(done, hint)
    finally:
        progress.finish()


class _Checks:
    """Whether the plan still holds for a file, at the moment it is to go."""

    def __init__(self, plan: Plan, facts: RunFacts) -> None:
        self._facts = facts
        self._states: dict[str, FileState | None] = {
            decision.path: decision.state
            for decision in plan.decisions
            if decision.action is Action.KEEP
        }
        self._readable: dict[str, str] = {}  # keeper -> why not; empty when it is

    def digest(self, decision: Decision) -> str:
        """Return the digest of a file that may go.

        Raises
        ------
        ImageError
            When it must not.
        OSError
            When it cannot be read.
        """
        if not os.access(os.path.dirname(decision.path), os.W_OK | os.X_OK):  # noqa: PTH120
            raise PermissionError(errno.EACCES, "Permission denied", decision.path)
        if look_at(decision.path) != decision.state:
            raise _refuse("it was changed since the plan was made")
        if decision.keeper:
            self._check_keeper(decision.keeper)
        if decision.exact and not same_content(decision.path, decision.keeper):
            raise _refuse("it does not have the content of the kept image any more")
        digest = digest_of(decision.path)
        known = self._facts.digest(decision.path)
        if known and not digest.startswith(known):
            raise _refuse("it was changed since the run")
        return digest

    def _check_keeper(self, path: str) -> None:
        planned = self._states.get(path)
        reason = "it is not part of the plan"
        try:
            if planned is not None and look_at(path) != planned:
                reason = "it was changed since the plan was made"
            elif planned is not None:
                if path not in self._readable:
                    self._readable[path] = check_keeper(path)
                reason = self._readable[path]
        except ImageError as error:
            reason = error.message
        if reason:
            raise _refuse(f"the image to keep cannot be relied on: {reason}")


def _refuse(reason: str) -> ImageError:
    return ImageError(ImageProblem.UNREADABLE, reason)


def _explain(error: OSError, path: str) -> str:
    if error.errno in _READ_ONLY:
        return f"the folder {os.path.dirname(path)} cannot be changed"  # noqa: PTH120
    return f"it cannot be moved: {error.strerror or error}"
