"""From words to a command, its help or its result."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from keyword import iskeyword
from typing import TYPE_CHECKING

from fastdup_nb.commands.command import BIND
from fastdup_nb.commands.definitions import COMMANDS
from fastdup_nb.commands.parser import END_OF_OPTIONS, HELP_WORDS, asks_for_help
from fastdup_nb.commands.place import Place, exists
from fastdup_nb.commands.wording import in_commands
from fastdup_nb.errors import FastdupError, OptionError, RunInterruptedError

if TYPE_CHECKING:
    from fastdup_nb.commands.command import Command

HELP = "help"
HELP_HELP = "Show this, or the options of the command named after it."


def execute(words: Sequence[str], place: Place) -> object:
    """Do what the words say and return the result.

    Parameters
    ----------
    words : sequence of str
        The name of a command, then its arguments and options.
    place : Place
        Where they were given.

    Raises
    ------
    FastdupError
        When it cannot be done; for an interrupted run the hint is the line that goes on with it.
    """
    command = find_command(words[0], place)
    parser = command.parser(place.prog)
    values = parser.read(words[1:])
    place = replace(place, command=command.name)
    variable = _variable(values)
    try:
        result = command.execute(values, place)
    except RunInterruptedError as error:
        raise RunInterruptedError(
            error.message, f"To go on: {_resume_line(words, place)}"
        ) from error
    except FastdupError as error:
        parsers = parser, COMMANDS["run"].parser(place.prog)
        error.message = in_commands(error.message, place.prog, parsers)
        error.hint = in_commands(error.hint, place.prog, parsers)
        raise
    place.tell_failures()
    if variable and place.bind is not None:
        place.bind(variable, result)
    return result


def _variable(values: Namespace) -> str:
    """Take the name that the result shall have out of the values."""
    name = str(vars(values).pop(BIND, ""))
    if name and (not name.isidentifier() or iskeyword(name)):
        raise OptionError(f"--as {name!r} is not a name for a variable.", "Give one such as fd.")
    return name


def find_command(name: str, place: Place) -> Command:
    """Return the command of that name.

    Raises
    ------
    OptionError
        When there is none; the hint holds the closest one.
    """
    if name in COMMANDS:
        return COMMANDS[name]
    if exists(name) or name in place.variables:
        hint = f"Did you mean {place.prog} run {shlex.quote(name)}?"
    elif close := get_close_matches(name, [*COMMANDS, HELP], n=1):
        hint = f"Did you mean {place.prog} {close[0]}?"
    else:
        hint = f"Commands: {', '.join(COMMANDS)}. {place.prog} {HELP} tells more."
    raise OptionError(f"Unknown command {name!r}.", hint)


def help_asked_for(words: Sequence[str], place: Place) -> str | None:
    """Return the help text the words ask for, or None when they ask for something else.

    `help`, `-h` and `--help` ask for the overview, `help run` and `run --help` for one command.
    """
    if not words:
        return None
    first, *rest = words
    if first in HELP_WORDS or first == HELP:
        if not rest:
            return overview(place.prog)
        first = rest[0]
    elif not asks_for_help(rest):
        return None
    return find_command(first, place).parser(place.prog).format_help()


def overview(prog: str) -> str:
    """Return what the commands are, in a few lines.

    Parameters
    ----------
    prog : str
        What they are called with: `fastdup-nb` or `%fastdup`.
    """
    lines = [
        f"usage: {prog} COMMAND ...",
        "",
        "Find duplicates, near-duplicates, outliers, clusters",
    ]
    lines[-1] += " and bad photos in a folder of images."
    lines += ["", "commands:"]
    lines += [f"  {command.name:<17}{command.help}" for command in COMMANDS.values()]
    lines += [f"  {HELP:<17}{HELP_HELP}"]
    lines += ["", f"{prog} COMMAND --help lists the options of one."]
    if prog.startswith("%"):
        lines += [f"%{prog} COMMAND takes options in the cell: name = value, one per line."]
    lines += [""]
    return "\n".join(lines)


def manual(prog: str) -> str:
    """Return the overview and the help of every command: what `%fastdup?` shows.

    Parameters
    ----------
    prog : str
        What they are called with.
    """
    texts = [command.parser(prog).format_help() for command in COMMANDS.values()]
    return "\n\n".join([overview(prog), *texts])


def _resume_line(words: Sequence[str], place: Place) -> str:
    again = list(words)
    if "--resume" not in again:
        end = again.index(END_OF_OPTIONS) if END_OF_OPTIONS in again else len(again)
        again.insert(end, "--resume")
    return f"{place.prog} {shlex.join(again)}"
