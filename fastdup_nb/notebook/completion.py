"""Tab completion of `%fastdup`: commands, options, their values, paths and variables."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb import commands
from fastdup_nb.errors import OptionError
from fastdup_nb.notebook.cell_options import ARGUMENT_NAMES, names_of
from fastdup_nb.notebook.words import split_words

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult

PROG = "%fastdup"
MAX_PATHS = 200
PATH_METAVARS = frozenset({"DIR", "FILE", "PATH", commands.LABELS, commands.TABLE})
# What the values of options may be.
OBJECTS = {
    commands.LABELS: commands.is_labels,
    commands.FUNCTION: commands.is_labels,
    commands.TABLE: commands.is_table,
}
# What the arguments of commands may be, by what stands for them in the help.
ARGUMENTS = {
    "INPUT": commands.is_input,
    "DUMP_DIR": commands.is_input,
    "IMAGE": commands.is_image,
    "WORK_DIR": commands.is_results,
    "VIEW": commands.is_work_dir,
}
# `%fastdup ...`, also as the right side of an assignment or timed; and `%%fastdup ...`.
_LINE = re.compile(r"\s*(?:[^=%]*=\s*|%time\s+)?%%?fastdup\s+(?P<rest>.*)", re.DOTALL)
_CELL = re.compile(r"\s*%%fastdup[ \t]+(?P<command>\S+)[^\n]*\n")
# A line of a cell up to the cursor: a name, or a name and the beginning of its value.
_CELL_LINE = re.compile(r"\s*(?:--)?(?P<name>[\w-]*)(?:(?P<set>\s*[=:]\s*)(?P<value>.*))?")
# A variable inside a word: `{name`, `$name`.
_OPEN_FIELD = re.compile(r"(?P<before>.*(?:\{|\$))(?P<name>[A-Za-z_]\w*)?$", re.DOTALL)
# The word before the cursor; its quote may still be open.
_LAST_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"[^"]*"?|'[^']*'?)*$""")
_NEEDS_ESCAPE = re.compile(r"""([\s"'])""")


@dataclass(frozen=True)
class Completion:
    """What the word before the cursor may become.

    Attributes
    ----------
    text : str
        The whole of it.
    kind : str
        `command`, `option`, `value`, `path` or `variable`.
    """

    text: str
    kind: str


def make_matcher(
    variables: Callable[[], Mapping[str, Any]],
) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """Return the matcher that IPython asks.

    Parameters
    ----------
    variables : callable
        Returns the user's variables.
    """
    from IPython.core.completer import SimpleCompletion, context_matcher

    def match_fastdup(context: CompletionContext) -> SimpleMatcherResult:
        line = _LINE.fullmatch(context.text_until_cursor)
        cell = _CELL.match(context.full_text) if context.cursor_line else None
        if cell is not None:
            before = context.text_until_cursor
            fragment, found = complete_in_cell(cell["command"], before, variables())
        elif line is not None:
            fragment, found = complete(line["rest"], variables())
        else:
            return {"completions": []}
        return {
            "completions": [SimpleCompletion(item.text, type=item.kind) for item in found],
            "matched_fragment": fragment,
            "ordered": True,
            "suppress": True,
        }

    decorate: Any = context_matcher()
    matcher: Callable[[CompletionContext], SimpleMatcherResult] = decorate(match_fastdup)
    return matcher


def complete(rest: str, variables: Mapping[str, Any]) -> tuple[str, list[Completion]]:
    """Return what can stand at the end of a line.

    Parameters
    ----------
    rest : str
        What is written after `%fastdup`, up to the cursor.
    variables : mapping of str to object
        The user's variables.

    Returns
    -------
    fragment : str
        The end of `rest` that is replaced.
    completions : list of Completion
        In the order to show them.
    """
    match = _LAST_WORD.search(rest)
    start = match.start() if match else len(rest)
    fragment = rest[start:]
    try:
        words = split_words(rest[:start])
    except OptionError:
        return fragment, []
    place = commands.Place(prog=PROG, variables=variables)
    if not words or words == ["help"]:
        names = list(commands.COMMANDS) + ([] if words else ["help"])
        return fragment, [Completion(n, "command") for n in names if n.startswith(fragment)]
    if words[0] not in commands.COMMANDS:
        return fragment, []
    return _complete_argument(commands.COMMANDS[words[0]], words[1:], fragment, place)


def complete_in_cell(
    command: str, line: str, variables: Mapping[str, Any]
) -> tuple[str, list[Completion]]:
    """Return what can stand at the end of a line under `%%fastdup`.

    Parameters
    ----------
    command : str
        The one on the first line of the cell.
    line : str
        The line up to the cursor.
    variables : mapping of str to object
        The user's variables.

    Returns
    -------
    fragment : str
        The end of `line` that is replaced.
    completions : list of Completion
        In the order to show them.
    """
    match = _CELL_LINE.fullmatch(line)
    if match is None or command not in commands.COMMANDS:
        return "", []
    parser = commands.COMMANDS[command].parser(PROG)
    place = commands.Place(prog=PROG, variables=variables)
    if match["set"] is None:
        given = match["name"].replace("-", "_")
        names = [name for name in names_of(parser) if name.startswith(given)]
        return match["name"], [Completion(f"{name} = ", "option") for name in names]
    value = match["value"]
    spelt = match["name"].replace("-", "_")
    argument = ARGUMENT_NAMES.get(spelt, spelt)
    if argument in parser.argument_names():
        number = parser.argument_names().index(argument)
        return value, list(_argument_values(parser, number, value, place))
    return value, list(_values(parser, "--" + spelt, value, place))


def _complete_argument(
    command: commands.Command, words: list[str], fragment: str, place: commands.Place
) -> tuple[str, list[Completion]]:
    parser = command.parser(PROG)
    field = _OPEN_FIELD.match(fragment)
    if field is not None and not fragment.startswith("'"):
        return fragment, list(_in_field(field, place))
    name, equals, value = fragment.partition("=")
    if name.startswith("--") and equals:
        return value, list(_values(parser, name, value, place))
    if fragment.startswith("-"):
        given = fragment.replace("_", "-")
        names = [name for name in parser.option_names() if name.startswith(given)]
        return fragment, [Completion(name, "option") for name in names]
    if words and words[-1].startswith("--") and parser.takes_value(words[-1]):
        return fragment, list(_values(parser, words[-1], fragment, place))
    before = _count_arguments(parser, words)
    return fragment, list(_argument_values(parser, before, fragment, place))


def _in_field(field: re.Match[str], place: commands.Place) -> Iterator[Completion]:
    """Complete the name of a variable inside a word."""
    closing = "}" if field["before"].endswith("{") else ""
    for name in place.names_of(lambda value: isinstance(value, (str, os.PathLike, int, float))):
        if name.startswith(field["name"] or ""):
            yield Completion(f"{field['before']}{name}{closing}", "variable")


def _argument_values(
    parser: commands.Parser, before: int, fragment: str, place: commands.Place
) -> Iterator[Completion]:
    fits = ARGUMENTS.get(parser.argument_at(before))
    if fits is not None:
        yield from _variables(fragment, fits, place)
        yield from _paths(fragment)
    for choice in parser.argument_choices(before):
        if choice.startswith(fragment):
            yield Completion(choice, "value")


def _count_arguments(parser: commands.Parser, words: list[str]) -> int:
    """Return how many of the words are neither options nor their values."""
    values = {
        place + 1
        for place, word in enumerate(words)
        if word.startswith("-") and "=" not in word and parser.takes_value(word)
    }
    return sum(place not in values and not word.startswith("-") for place, word in enumerate(words))


def _values(
    parser: commands.Parser, name: str, fragment: str, place: commands.Place
) -> Iterator[Completion]:
    metavar = parser.metavar_of(name)
    if metavar in OBJECTS:
        yield from _variables(fragment, OBJECTS[metavar], place)
    if metavar in PATH_METAVARS:
        yield from _paths(fragment)
    for choice in parser.choices_of(name):
        if choice.startswith(fragment):
            yield Completion(choice, "value")


def _variables(
    fragment: str, fits: Callable[[Any], bool], place: commands.Place
) -> Iterator[Completion]:
    if fragment:  # an empty word would offer every text variable
        for name in place.names_of(fits):
            if name.startswith(fragment):
                yield Completion(name, "variable")


def _paths(fragment: str) -> Iterator[Completion]:
    quote = fragment[:1] if fragment[:1] in ("'", '"') else ""
    typed = fragment[1:] if quote else re.sub(r"""\\([\s"'])""", r"\1", fragment)
    folder, start = os.path.split(typed)
    try:
        entries = sorted(os.scandir(Path(folder or ".").expanduser()), key=lambda e: e.name)
    except (OSError, ValueError, RuntimeError):
        return
    shown = [e for e in entries if e.name.startswith(start) and (start or e.name[0] != ".")]
    for entry in shown[:MAX_PATHS]:
        # As typed: `./` stays, which a Path would drop.
        path = typed.removesuffix(start) + entry.name + ("/" if entry.is_dir() else "")
        yield Completion(quote + path if quote else _NEEDS_ESCAPE.sub(r"\\\1", path), "path")
