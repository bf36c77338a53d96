"""What a user has decided about images, step by step, so that every step can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEEP, DELETE, RELABEL = "keep", "delete", "relabel"
ACTIONS = (KEEP, DELETE, RELABEL)
MOST_STEPS = 200


@dataclass(frozen=True, slots=True)
class Mark:
    """A decision about an image; `label` only of those to be relabelled."""

    action: str
    label: str = ""

    @classmethod
    def make(cls, action: str, label: str | None = None) -> Mark:
        """Return a mark.

        Raises
        ------
        OptionError
            When there is no such action, or a label is missing or too much.
        """
        if action not in ACTIONS:
            raise unknown_name("action", action, ACTIONS)
        text = (label or "").strip()
        if action == RELABEL and not text:
            raise OptionError("The new label is empty.", "Type the label it shall have.")
        if action != RELABEL and text:
            raise OptionError(f"{action} takes no label.", "Use relabel to change a label.")
        return cls(action, text)

    def to_json(self) -> dict[str, str]:
        """Return the JSON object."""
        return {"action": self.action, **({"label": self.label} if self.label else {})}


class Marks:
    """The marks of all images, at most one each."""

    def __init__(self) -> None:
        self._marks: dict[int, Mark] = {}
        # Each step: what the images it changed had before.
        self._done: list[tuple[str, dict[int, Mark | None]]] = []
        self._undone: list[tuple[str, dict[int, Mark | None]]] = []
        self.version = 0

    def __len__(self) -> int:
        return len(self._marks)

    def get(self, image: int) -> Mark | None:
        """Return the mark of an image; None when it has none."""
        return self._marks.get(image)

    def images(self, action: str) -> list[int]:
        """Return the images with a mark of one action."""
        return [image for image, mark in self._marks.items() if mark.action == action]

    def chosen(self, action: str) -> dict[int, Mark]:
        """Return the marks of one action, by image, in the order of the images."""
        return {i: mark for i, mark in sorted(self._marks.items()) if mark.action == action}

    def change(self, changes: Mapping[int, Mark | None], what: str) -> int:
        """Set marks, or remove them with None, as one step; return how many changed."""
        before = {
            image: self._marks.get(image)
            for image, mark in changes.items()
            if self._marks.get(image) != mark
        }
        if before:
            self._put({image: changes[image] for image in before})
            self._done = [*self._done[-MOST_STEPS + 1 :], (what, before)]
            self._undone.clear()
        return len(before)

    def drop(self, images: Iterable[int]) -> None:
        """Remove marks that have been carried out; the steps before it cannot be taken back."""
        self._put(dict.fromkeys(images))
        self._done.clear()
        self._undone.clear()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return bool(self._undone)

    def undo(self) -> str:
        """Take back the last step and return what it was; empty when there is none."""
        return self._step_back(self._done, self._undone)

    def redo(self) -> str:
        """Do again what was taken back last and return what it was; empty when there is nothing."""
        return self._step_back(self._undone, self._done)

    def to_json(self) -> dict[str, Any]:
        """Return the marks by image, as JSON takes them."""
        return {str(image): mark.to_json() for image, mark in self._marks.items()}

    def _step_back(
        self,
        steps: list[tuple[str, dict[int, Mark | None]]],
        others: list[tuple[str, dict[int, Mark | None]]],
    ) -> str:
        if not steps:
            return ""
        what, before = steps.pop()
        others.append((what, {image: self._marks.get(image) for image in before}))
        self._put(before)
        return what

    def _put(self, changes: Mapping[int, Mark | None]) -> None:
        for image, mark in changes.items():
            if mark is None:
                self._marks.pop(image, None)
            else:
                self._marks[image] = mark
        self.version += 1
