"""Plans and what came of them as text for a terminal; names are quoted, never obeyed."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING

from fastdup_nb.clean.apply import Left, undo_hint
from fastdup_nb.clean.content import NO_LONGER_THERE
from fastdup_nb.clean.plan import Action
from fastdup_nb.views.wording import as_printable, count_of, word_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_nb.clean.apply import Outcome
    from fastdup_nb.clean.plan import Decision, Plan
    from fastdup_nb.clean.undo import Restored

MOST_ROWS = 1000
MOST_NAMES = 3
_PLACES = {
    "system": "in the trash of the system",
    "trash": "in the trash of the work_dir",
    "permanent": "deleted permanently",
    "move": "moved",
}


def quote(path: str) -> str:
    r"""Return a path as one word of a POSIX shell.

    Names with control characters, or bytes that are not UTF-8, go through `printf`, so that the
    command stays on its line and nothing reaches the terminal raw.

    >>> quote("/photos/semi;colon #.jpg")
    "'/photos/semi;colon #.jpg'"
    >>> quote("/photos/new\nline.jpg")
    '"$(printf %b \'/photos/new\\0012line.jpg\')"'
    """
    if all(character.isprintable() for character in path):
        return shlex.quote(path)
    codes = "".join(
        character if character.isprintable() and character != "\\" else _octal(character)
        for character in path
    )
    return f'"$(printf %b {shlex.quote(codes)})"'


def _octal(character: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def commands(plan: Plan) -> list[str]:
    """Return one shell command for every file that would be deleted or moved."""
    lines = []
    for decision in plan.going:
        if decision.action is Action.DELETE:
            lines.append(f"rm -f -- {quote(decision.path)}")
        elif decision.action is Action.MOVE:
            lines.append(f"mv -n -- {quote(decision.path)} {quote(decision.target)}")
    return lines


def plan_text(plan: Plan) -> str:
    """Return a plan as a table of what goes and what stays, then the commands, then the sums."""
    lines = []
    previous = None
    for decision in plan.decisions[:MOST_ROWS]:
        if decision.group and decision.group != previous:
            lines.append(f"cluster {as_printable(decision.group)}")
            previous = decision.group
        lines.append(_row(decision))
    if len(plan.decisions) > MOST_ROWS:
        lines.append(f"  ... and {len(plan.decisions) - MOST_ROWS:,} more files")
    lines += [as_printable(note) for note in plan.notes]
    lines += commands(plan)
    lines.append(_sums(plan))
    return "\n".join(lines)


def outcome_text(plan: Plan, outcome: Outcome) -> str:
    """Return what came of a plan: how many went where, what was left and why, how to undo it."""
    went = Counter(outcome.done.values())
    lines = [f"{count_of(count, 'file')} {_PLACES[where]}." for where, count in went.items()]
    if not lines:
        lines.append("Nothing was changed.")
    elif set(went) != {"move"}:
        lines[-1] += f" {word_size(outcome.freed)} in all."
    lines += _left_lines([*_not_going(plan), *outcome.left], "left in place")
    if set(went) - {"permanent"}:
        lines.append(undo_hint(outcome.folder))
    return "\n".join(lines)


def retagged_text(plan: Plan, folder: str) -> str:
    """Return how many images were handed over to a labelling tool, and what was not."""
    lines = [f"{count_of(len(plan.going), 'file')} to retag in {as_printable(folder)}."]
    return "\n".join([*lines, *_left_lines(_not_going(plan), "left out")])


def _not_going(plan: Plan) -> list[Left]:
    return [
        Left(decision.path, decision.why)
        for decision in plan.decisions
        if decision.action in (Action.STAY, Action.GONE)
    ]


def restored_text(restored: Restored) -> str:
    """Return what came of an undo: what is back, what is not and why."""
    if not restored.batch:
        return f"There is nothing to undo in {as_printable(str(restored.folder))}."
    lines = [f"Cleaning {restored.batch}: {count_of(len(restored.back), 'file')} put back."]
    if restored.already:
        lines.append(f"{count_of(len(restored.already), 'file')} already in place.")
    lines += _left_lines(restored.left, "not put back")
    if restored.earlier:
        plural = "s" if restored.earlier > 1 else ""
        lines.append(f"{restored.earlier} earlier cleaning{plural} can be undone.")
    return "\n".join(lines)


def _row(decision: Decision) -> str:
    label = f"  [{as_printable(decision.label)}]" if decision.label else ""
    action, path = decision.action.value, as_printable(decision.path)
    return f"  {action:<6}  {path}{label}  ({as_printable(decision.why)})"


def _sums(plan: Plan) -> str:
    going = plan.going
    if not going:
        return "Dry run: there is nothing to do."
    exact = sum(decision.exact for decision in going)
    copies = f", {exact:,} of them exact copies" if exact else ""
    verb = {"delete": "go", "move": "be moved", "retag": "be retagged"}[going[0].action.value]
    return (
        f"Dry run: nothing was changed. {count_of(len(going), 'file')} ({word_size(plan.freed)}) "
        f"would {verb}{copies}. To do it: dry_run=False."
    )


def _left_lines(left: Iterable[Left], what: str) -> list[str]:
    """Return one line per reason, with some names."""
    names: dict[str, list[str]] = {}
    for entry in left:
        place = f" (now {entry.place})" if entry.place else ""
        names.setdefault(entry.reason, []).append(entry.path + place)
    lines = []
    for reason, paths in names.items():
        shown = ", ".join(map(as_printable, paths[:MOST_NAMES]))
        more = f" and {len(paths) - MOST_NAMES:,} more" if len(paths) > MOST_NAMES else ""
        told = f"{what}: {as_printable(reason)}" if reason != NO_LONGER_THERE else "no longer there"
        lines.append(f"{count_of(len(paths), 'file')} {told}: {shown}{more}.")
    return lines
