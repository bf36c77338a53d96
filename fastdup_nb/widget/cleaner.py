"""Carrying out marks: a plan first, then the trash and a file of labels, then back again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastdup_nb.clean.apply import apply_plan, undo_hint
from fastdup_nb.clean.cleaning import Cleaning
from fastdup_nb.clean.corrections import CorrectedLabels
from fastdup_nb.clean.marked import MarkedGroup, plan_marked
from fastdup_nb.clean.plan import Plan
from fastdup_nb.clean.report import outcome_text, restored_text
from fastdup_nb.clean.results import RunFacts
from fastdup_nb.clean.undo import removed_files, undo_batch
from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.views.wording import as_printable, base_name, count_of, word_size
from fastdup_nb.widget.marks import DELETE, KEEP, RELABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.clean.apply import Outcome
    from fastdup_nb.progress import Progress
    from fastdup_nb.views.explore.collection import Collection
    from fastdup_nb.views.labels import Labels
    from fastdup_nb.widget.marks import Marks

NAMED = 3
_NO_PLAN = "Look at the plan first, then confirm it."


@dataclass(frozen=True)
class MarkedPlan:
    """What carrying out all marks would do.

    Attributes
    ----------
    token : str
        What confirms it, once.
    cleaning : Cleaning
        The files.
    relabel : dict of int to str
        The labels.
    refused : dict of int to str
        Images that stay although they are marked, and why.
    """

    token: str
    cleaning: Cleaning
    relabel: dict[int, str]
    refused: dict[int, str]

    def lines(self) -> list[str]:
        """Return the plan in words."""
        going = self.cleaning.plan.going
        lines = []
        if going:
            size = word_size(self.cleaning.plan.freed)
            lines.append(f"{count_of(len(going), 'file')} ({size}) will go to the trash:")
            lines.append(_list_names([decision.path for decision in going]))
        if self.relabel:
            changed = count_of(len(self.relabel), "image")
            lines.append(f"{changed} will get another label; the files stay as they are.")
        if self.refused:
            lines.append(f"{count_of(len(self.refused), 'marked image')} will stay.")
        return lines or ["Nothing is marked to be deleted or relabelled."]


@dataclass(frozen=True)
class Done:
    """What came of marks.

    Attributes
    ----------
    lines : list of str
        In words.
    images : list of int
        Images that have gone, or are back.
    left : dict of int to str
        Images that were to go and did not, and why.
    relabelled : bool
        Whether labels have changed.
    """

    lines: list[str]
    images: list[int] = field(default_factory=list)
    left: dict[int, str] = field(default_factory=dict)
    relabelled: bool = False


@dataclass(frozen=True)
class _Step:
    """What can be taken back."""

    batch: int
    images: dict[str, int]
    labels: dict[int, Labels] | None
    file: bytes | None


class Cleaner:
    """Plans, applies and undoes marks.

    Parameters
    ----------
    collection : Collection
    marks : Marks
    """

    def __init__(self, collection: Collection, marks: Marks) -> None:
        self._collection, self._marks = collection, marks
        self._latest: tuple[MarkedPlan, int] | None = None
        self._steps: list[_Step] = []

    @property
    def can_undo(self) -> bool:
        """Whether something was applied that can be taken back."""
        return bool(self._steps)

    def leave_out_removed(self) -> None:
        """Leave out the images that earlier cleanings of the work_dir took."""
        images = self._collection.images
        try:
            removed = set(removed_files(images.results.path))
        except WorkDirError as error:
            images.notes.append(str(error))
            return
        if removed:
            gone = [image for image in range(len(images)) if images.path(image) in removed]
            self._collection.mark_gone(gone)

    def plan(self, *, whole_groups: bool = False) -> MarkedPlan:
        """Plan all marks. Changes nothing.

        Parameters
        ----------
        whole_groups : bool
            Let groups go of which all images are marked; else one image of each stays.
        """
        marked = self._marks.chosen(DELETE)
        images = self._collection.images
        facts = RunFacts(images.results.path)
        groups = [] if whole_groups else list(self._groups_of(set(marked)))
        wanted = self._marks.chosen(KEEP)
        plan, refused = plan_marked(marked, groups, images.path, facts, wanted=wanted)
        relabel = {i: mark.label for i, mark in self._marks.chosen(RELABEL).items()}
        if relabel:
            note = f"{count_of(len(relabel), 'image')} to relabel: apply() of the explorer does it."
            plan = Plan(plan.decisions, (*plan.notes, note))
        made = MarkedPlan(secrets.token_hex(8), Cleaning(plan, facts), relabel, refused)
        self._latest = made, self._marks.version
        return made

    def confirm(self, token: str) -> MarkedPlan:
        """Return the plan of a token, which can be used once.

        Raises
        ------
        OptionError
            When it is not the latest plan, or marks have changed since.
        """
        latest, self._latest = self._latest, None
        if latest is None or not secrets.compare_digest(
            latest[0].token.encode(), token.encode("utf-8", "replace")
        ):
            raise OptionError("This plan is not the latest one.", _NO_PLAN)
        if latest[1] != self._marks.version:
            raise OptionError("The marks have changed since the plan was made.", _NO_PLAN)
        return latest[0]

    def apply(self, plan: MarkedPlan, progress: Progress | None = None) -> Done:
        """Carry out a plan: files to the trash, labels into a file of the work_dir.

        Raises
        ------
        FastdupError
            When it cannot be begun; nothing was done.
        """
        before, labels = self._write_labels(plan.relabel) if plan.relabel else (None, None)
        outcome = self._move(plan.cleaning, progress)
        number_of = {self._path(image): image for image in self._marks.chosen(DELETE)}
        went = {path: number_of[path] for path in outcome.done if path in number_of}
        self._collection.mark_gone(went.values())
        if went or labels is not None:
            self._steps.append(_Step(outcome.batch, went, labels, before))
        self._marks.drop([*went.values(), *plan.relabel])
        self._latest = None
        left = {number_of[entry.path]: entry.reason for entry in outcome.left}
        lines = self._words(plan, outcome)
        return Done(lines, list(went.values()), {**plan.refused, **left}, labels is not None)

    def undo(self) -> Done:
        """Take back what was applied last.

        Raises
        ------
        FastdupError
            When it cannot be done.
        """
        if not self._steps:
            return self._undo_earlier()
        step = self._steps[-1]
        lines: list[str] = []
        back: list[int] = []
        if step.batch and step.images:
            restored = undo_batch(self._collection.results.path, step.batch)
            back = [
                step.images[path]
                for path in (*restored.back, *restored.already)
                if path in step.images
            ]
            self._collection.mark_gone(back, gone=False)
            lines += restored_text(restored).splitlines()
        if step.labels is not None:
            CorrectedLabels(self._collection.results.path).restore(step.file)
            self._collection.relabel(step.labels)
            lines.append(f"{count_of(len(step.labels), 'label')} put back.")
        self._steps.pop()
        return Done([as_printable(line) for line in lines], back, {}, step.labels is not None)

    def _undo_earlier(self) -> Done:
        """Take back the last cleaning of the work_dir, by whatever made."""
        restored = undo_batch(self._collection.results.path)
        images = self._collection.images
        wanted = {*restored.back, *restored.already}
        back = [i for i in range(len(images)) if images.gone[i] and images.path(i) in wanted]
        self._collection.mark_gone(back, gone=False)
        return Done([as_printable(line) for line in restored_text(restored).splitlines()], back)

    def _groups_of(self, marked: set[int]) -> Iterator[MarkedGroup]:
        import numpy as np

        images = self._collection.images
        chosen = np.zeros(len(images), bool)
        chosen[list(marked)] = True
        for table in self._collection.groups():
            for row in np.flatnonzero(table.rows.count(chosen) > 0).tolist():
                yield MarkedGroup(table.title(row) or f"group {row + 1}", table.ids_of(row))

    def _write_labels(self, relabel: dict[int, str]) -> tuple[bytes | None, dict[int, Labels]]:
        """Write all labels with the changes; return what the file was, and the labels before."""
        images = self._collection.images
        before = {image: images.labels_of(image) for image in relabel}
        self._collection.relabel({image: (label,) for image, label in relabel.items()})
        rows = (
            (images.path(image), label)
            for image in range(len(images))
            for label in images.labels_of(image)
        )
        try:
            return CorrectedLabels(images.results.path).write(rows), before
        except BaseException:
            self._collection.relabel(before)
            raise

    def _move(self, cleaning: Cleaning, progress: Progress | None) -> Outcome:
        return apply_plan(cleaning.plan, cleaning.facts, progress=progress)

    def _words(self, plan: MarkedPlan, outcome: Outcome) -> list[str]:
        lines = []
        if plan.cleaning.plan.decisions:
            told = outcome_text(plan.cleaning.plan, outcome).splitlines()
            # The explorer has an undo of its own.
            lines += [line for line in told if line != undo_hint(outcome.folder)]
        if plan.relabel:
            file = CorrectedLabels(self._collection.results.path).path
            lines.append(
                f"{count_of(len(plan.relabel), 'label')} changed: all labels are in {file}."
            )
        if outcome.stopped is not None:
            lines += outcome.stopped.lines()
        return [as_printable(line) for line in lines] or ["Nothing was changed."]

    def _path(self, image: int) -> str:
        return self._collection.images.path(image)


def _list_names(paths: list[str]) -> str:
    names = [as_printable(base_name(path)) for path in paths[:NAMED]]
    more = len(paths) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
