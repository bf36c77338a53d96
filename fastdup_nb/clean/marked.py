"""Planning what becomes of images that somebody has marked, one by one or in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.clean.content import entry_of, look_at
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.errors import ImageError

if TYPE_CHECKING:
    from fastdup_nb.clean.content import FileState
    from fastdup_nb.clean.results import RunFacts

MARKED = "marked to be deleted"
LAST_ONE = "every image of its group is marked, and one stays"


@dataclass(frozen=True, slots=True)
class MarkedGroup:
    """Images of which one must stay.

    Attributes
    ----------
    key : str
        What the group is called.
    images : sequence of int
        The best one first: it stays when all are marked.
    """

    key: str
    images: Sequence[int]


def plan_marked(
    marked: Iterable[int],
    groups: Iterable[MarkedGroup],
    path_of: Callable[[int], str],
    facts: RunFacts,
    *,
    wanted: Iterable[int] = (),
) -> tuple[Plan, dict[int, str]]:
    """Decide for every marked image.

    Where all images of a group are marked, the first one that is there stays. An image goes
    only as long as the one that its group keeps is there.

    Parameters
    ----------
    marked : iterable of int
        Images to delete.
    groups : iterable of MarkedGroup
        With at least one marked image each.
    path_of : callable
        From an image to its absolute file name.
    facts : RunFacts
        Of the work_dir.
    wanted : iterable of int
        Images that are marked to be kept: what a group keeps, rather than others.

    Returns
    -------
    plan : Plan
    refused : dict of int to str
        Images that stay although they are marked, and why.
    """
    draft = _Draft(marked, path_of, facts)
    keepers: dict[int, tuple[str, int]] = {}
    preferred = set(wanted)
    for group in groups:
        draft.protect(group, preferred, keepers)
    return draft.plan(keepers), draft.refused


class _Draft:
    """A plan while it is made."""

    def __init__(
        self, marked: Iterable[int], path_of: Callable[[int], str], facts: RunFacts
    ) -> None:
        self._path_of = path_of
        self.refused: dict[int, str] = {}
        self._states: dict[int, FileState] = {}
        entries: dict[str, int] = {}
        for image in sorted(set(marked)):
            path = path_of(image)
            try:
                state = look_at(path)
            except ImageError as error:
                self.refused[image] = error.message
                continue
            if entries.setdefault(entry_of(path), image) != image:
                self.refused[image] = "the same file as another marked image"
            elif facts.changed_size(path, state.size):
                self.refused[image] = "it was changed since the run"
            else:
                self._states[image] = state

    def protect(
        self, group: MarkedGroup, preferred: set[int], keepers: dict[int, tuple[str, int]]
    ) -> None:
        """Choose what stays of a group, and let the others depend on it."""
        going = [image for image in group.images if image in self._states]
        if not going:
            return
        staying = [image for image in group.images if image not in self._states]
        staying.sort(key=lambda image: image not in preferred)  # stable: the best one first
        keeper = next((image for image in staying if self._is_usable(image)), None)
        if keeper is None:
            keeper = next((image for image in going if self._is_usable(image)), going[0])
            self._states.pop(keeper)
            self.refused[keeper] = LAST_ONE
        for image in going:
            if image != keeper:
                keepers.setdefault(image, (group.key, keeper))

    def plan(self, keepers: Mapping[int, tuple[str, int]]) -> Plan:
        """Return the plan. What stays of a group never goes: marks of it were refused."""
        decisions: list[Decision] = []
        named: set[int] = set()
        for image, state in self._states.items():
            key, keeper = keepers.get(image, ("", -1))
            if keeper >= 0 and keeper not in named:
                named.add(keeper)
                decisions.append(self._keep(keeper, key))
            path = self._path_of(keeper) if keeper >= 0 else ""
            decisions.append(
                Decision(self._path_of(image), Action.DELETE, MARKED, key, keeper=path, state=state)
            )
        for image, why in self.refused.items():
            if image not in named:
                decisions.append(Decision(self._path_of(image), Action.STAY, why))
        return Plan(tuple(decisions))

    def _keep(self, image: int, key: str) -> Decision:
        path = self._path_of(image)
        return Decision(path, Action.KEEP, "stays of its group", key, state=look_at(path))

    def _is_usable(self, image: int) -> bool:
        try:
            look_at(self._path_of(image))
        except ImageError:
            return False
        return True  # whether it can be read is seen when the plan is carried out
