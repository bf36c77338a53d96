"""Planning what of each cluster goes and which image stays for it."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastdup_nb.clean.content import identity_of, look_at, same_content
from fastdup_nb.clean.groups import NO_LABEL, Group
from fastdup_nb.clean.keepers import RULES, Candidate, check_rule, choose_keeper
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.errors import ImageError, ImageProblem, OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_nb.clean.results import RunFacts
    from fastdup_nb.progress import Progress

COMPONENT_WAYS = ("one", "all")
LABEL_WAYS = ("one", "all", "majority")


@dataclass(slots=True)
class _Draft:
    """A group while its plan is made."""

    group: Group
    candidates: list[Candidate]
    pool: list[Candidate] = field(default_factory=list)  # that one stays of, the others go
    keeper: Candidate | None = None
    settled: list[Decision] = field(default_factory=list)

    def stay(self, path: str, why: str, label: str = "", action: Action = Action.STAY) -> None:
        self.settled.append(Decision(path, action, why, self.group.key, label))


def plan_components(
    groups: Sequence[Group],
    facts: RunFacts,
    *,
    how: str = "one",
    min_distance: float = 0.96,
    keep: str = "largest",
    min_items: int = 2,
    ways: Sequence[str] = COMPONENT_WAYS,
    progress: Progress | None = None,
) -> Plan:
    """Decide for every image of the clusters.

    Parameters
    ----------
    groups : sequence of Group
    facts : RunFacts
        What the run knew about the files.
    how : {'one', 'all', 'majority'}
        One image stays; none; or one of the label that most of the cluster carry, and all those
        with another label.
    min_distance : float
        Clusters whose least similarity is larger are cleaned, no others.
    keep : str
        The rule for the image that stays.
    min_items : int
        Clusters of as many images at least.
    ways : sequence of str
        The values of `how` that are allowed.
    progress : Progress, optional

    Raises
    ------
    OptionError
        When an option cannot be used.
    """
    _check_options(how, min_distance, keep, min_items, ways)
    chosen = [
        group
        for group in groups
        if group.distance > min_distance and len(group.files) >= max(min_items, 1)
    ]
    notes = []
    if len(chosen) < len(groups):
        notes.append(
            f"{len(groups) - len(chosen):,} of {len(groups):,} clusters are left as they are: "
            f"not above {min_distance:g}, or too small."
        )
    drafts = [_draft(group, facts) for group in chosen]
    if how != "all":
        _set_repeated_aside(drafts)
        _choose_all(drafts, how, keep, facts, progress or SilentProgress())
    decisions = _decide(drafts, keep)
    return Plan(tuple(decisions), tuple(notes))


def _check_options(
    how: str, min_distance: float, keep: str, min_items: int, ways: Sequence[str]
) -> None:
    if how not in ways:
        raise unknown_name("how", how, ways)
    check_rule(keep)
    if isinstance(min_distance, bool) or not isinstance(min_distance, (int, float)):
        raise OptionError(f"min_distance={min_distance!r} cannot be used.", "Give a number.")
    if math.isnan(min_distance):
        raise OptionError("min_distance is not a number.", "Give a similarity, 0 to 1.")
    if isinstance(min_items, bool) or not isinstance(min_items, int):
        raise OptionError(f"min_items={min_items!r} cannot be used.", "Give a whole number.")


def _draft(group: Group, facts: RunFacts) -> _Draft:
    draft = _Draft(group, [])
    seen: dict[str, str] = {}
    labels = group.labels or ("",) * len(group.files)
    for order, (name, label) in enumerate(zip(group.files, labels, strict=True)):
        path = facts.resolve(name)
        try:
            state = look_at(path)
        except ImageError as error:
            missing = error.problem is ImageProblem.MISSING
            draft.stay(path, error.message, label, Action.GONE if missing else Action.STAY)
            continue
        identity = identity_of(path, state)
        if identity in seen:
            if seen[identity] != path:
                draft.stay(path, f"the same file as {seen[identity]}, under another name", label)
            continue
        seen[identity] = path
        if facts.changed_size(path, state.size):
            draft.stay(path, "it was changed since the run", label)
        else:
            draft.candidates.append(Candidate(path, identity, state, order, label))
    draft.pool = draft.candidates
    return draft


def _set_repeated_aside(drafts: list[_Draft]) -> None:
    """Let files stay that are in several clusters: boxes of one image, or a second best cluster."""
    count = Counter(candidate.identity for draft in drafts for candidate in draft.candidates)
    for draft in drafts:
        for candidate in draft.candidates:
            if count[candidate.identity] > 1:
                draft.stay(candidate.path, "it is in several clusters", candidate.label)
        draft.pool = [c for c in draft.candidates if count[c.identity] == 1]


def _choose_all(
    drafts: list[_Draft], how: str, keep: str, facts: RunFacts, progress: Progress
) -> None:
    progress.start("Choosing what to keep", len(drafts), "clusters")
    try:
        for draft in drafts:
            _choose(draft, how, keep, facts)
            progress.advance(1)
    finally:
        progress.finish()


def _choose(draft: _Draft, how: str, keep: str, facts: RunFacts) -> None:
    if how == "majority" and not _keep_to_majority(draft):
        return
    draft.keeper, unusable = choose_keeper(draft.pool, keep, facts)
    for candidate in draft.pool:
        if candidate.path in unusable:
            draft.stay(
                candidate.path, f"cannot be read: {unusable[candidate.path]}", candidate.label
            )
        elif draft.keeper is None:
            draft.stay(candidate.path, "no image of its cluster could be read", candidate.label)
    draft.pool = [c for c in draft.pool if draft.keeper and c.path not in unusable]


def _keep_to_majority(draft: _Draft) -> bool:
    """Leave in the pool the images of the label that half of the cluster or more carry."""
    if not draft.group.labels:
        raise OptionError(
            "how='majority' needs labels, which the table of components does not have.",
            "Give find_top_components(..., get_label_func=...).",
        )
    top = dominant_label(draft.group.labels)
    for candidate in draft.pool:
        if top is None:
            draft.stay(candidate.path, "no label has a majority in its cluster", candidate.label)
        elif candidate.label != top:
            why = f"its label is not {top!r}, which most of its cluster carry: look at it"
            draft.stay(candidate.path, why, candidate.label)
    draft.pool = [c for c in draft.pool if c.label == top]
    return top is not None


def dominant_label(labels: Sequence[str]) -> str | None:
    """Return the label that half or more carry and no other does as often; None for none."""
    ranked = Counter(labels).most_common(2)
    label, count = ranked[0]
    tied = len(ranked) > 1 and ranked[1][1] == count
    return None if tied or 2 * count < len(labels) or label == NO_LABEL else label


def _decide(drafts: list[_Draft], keep: str) -> list[Decision]:
    protected = _protect([draft.keeper for draft in drafts if draft.keeper])
    decisions: list[Decision] = []
    judged: set[str] = set()
    for draft in drafts:
        keeper = draft.keeper
        if keeper:
            why = f"kept: {RULES[keep][1]}"
            key, label = draft.group.key, keeper.label
            decisions.append(
                Decision(keeper.path, Action.KEEP, why, key, label, state=keeper.state)
            )
        for candidate in draft.pool:
            if candidate is not keeper and candidate.identity not in judged:
                judged.add(candidate.identity)
                decisions.append(_judge(candidate, draft, protected))
        decisions += draft.settled
    return decisions


def _protect(keepers: list[Candidate]) -> set[str]:
    """Return the identities of the keepers, and of the files that those that are links lead to."""
    protected = {keeper.identity for keeper in keepers}
    for keeper in keepers:
        if keeper.state.link:
            leads_to = os.path.realpath(keeper.path)
            protected.add(identity_of(leads_to, look_at(leads_to)))
    return protected


def _judge(candidate: Candidate, draft: _Draft, protected: set[str]) -> Decision:
    group, keeper = draft.group, draft.keeper

    def decide(action: Action, why: str, *, exact: bool = False) -> Decision:
        kept = keeper.path if keeper else ""
        key, label, state = group.key, candidate.label, candidate.state
        return Decision(candidate.path, action, why, key, label, kept, exact, state)

    if candidate.identity in protected:
        return decide(Action.STAY, "a kept image is a link to it")
    if keeper is None:
        return decide(Action.DELETE, "the whole cluster goes (how='all')")
    try:
        exact = _is_copy(candidate, keeper)
    except OSError as error:
        return decide(Action.STAY, f"cannot be read: {error.strerror or error}")
    if exact:
        return decide(Action.DELETE, "same content as the kept image", exact=True)
    return decide(Action.DELETE, f"similar (cluster at {group.distance:.4f})")


def _is_copy(candidate: Candidate, keeper: Candidate) -> bool:
    one, other = candidate.state, keeper.state
    return one.size == other.size and same_content(candidate.path, keeper.path)
