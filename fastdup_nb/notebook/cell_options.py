"""The options in a cell under `%%fastdup run`: one `name = value` or `name: value` per line.

`#` begins a comment; a name alone is a switch; `- value` lines under a name are a list. What cannot
be read names its line, counted from the first one of the cell as notebooks number them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from fastdup_nb import commands

FIRST_LINE = 2  # the magic itself is on line 1
# What may stand for an argument, beside its own name.
ARGUMENT_NAMES = {
    "input_dir": "inputs",
    "input": "inputs",
    "image": "images",
    "results": "work_dir",
}
ON, OFF = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_LINE = re.compile(r"(?:--)?(?P<name>[A-Za-z][\w-]*)(?:\s*[=:]\s*|\s+|$)(?P<value>.*)")
# A quote that begins a value and its end; or a # that begins a comment.
_QUOTED_OR_COMMENT = re.compile(r"""(?<=[\s=:,\[])(?:'[^']*'|"[^"]*")|(?:^|(?<=\s))\#.*""")
_HINT = "Write name = value, one per line; # begins a comment."


@dataclass
class CellOption:
    """One option of a cell.

    Attributes
    ----------
    line : int
        Where it is, from 1.
    name : str
        As written, without dashes before it.
    values : list of str
        What it is set to, without quotes; empty for a name alone.
    """

    line: int
    name: str
    values: list[str] = field(default_factory=list)


def read_options(cell: str) -> list[CellOption]:
    """Return the options of a cell.

    Parameters
    ----------
    cell : str
        What is under the line of the magic.

    Raises
    ------
    OptionError
        When a line is none, or a name stands twice.
    """
    options: list[CellOption] = []
    open_list = False
    for number, line in enumerate(cell.splitlines(), start=FIRST_LINE):
        text = _without_comment(line)
        if not text:
            continue
        if text[0] == "-" and text[1:2].isspace():
            if not open_list:
                raise OptionError(f"Line {number}: a list needs a name before it.", _HINT)
            options[-1].values.append(_unquoted(text[1:].strip(), number))
            continue
        match = _LINE.fullmatch(text)
        if match is None or (match["value"] and not _has_separator(text)):
            raise OptionError(f"Line {number}: cannot read {text!r}.", _HINT)
        options.append(CellOption(number, match["name"], _values(match["value"], number)))
        open_list = not match["value"]
    _check_repeated(options)
    return options


def as_words(
    options: list[CellOption], parser: commands.Parser, expand: Callable[[str], str]
) -> list[str]:
    """Return the options as words of the command, its arguments at the end.

    Parameters
    ----------
    options : list of CellOption
    parser : Parser
        Of the command.
    expand : callable
        Puts variables into a value.

    Raises
    ------
    OptionError
        For a name that the command does not know, with the closest one, and for a value that the
        option does not take; the message names the line.
    """
    words: list[str] = []
    arguments: dict[str, list[str]] = {}
    for option in options:
        values = [_expanded(value, option.line, expand) for value in option.values]
        argument = _argument(option, parser)
        if argument:
            arguments[argument] = values
            continue
        made = list(_option_words(option, values, parser))
        try:
            parser.read(made)
        except OptionError as error:
            raise OptionError(f"Line {option.line}: {error.message}", error.hint) from error
        words += made
    known = [name for name in parser.argument_names() if name in arguments]
    return words + [value for name in known for value in arguments[name]]


def check_not_repeated(
    options: list[CellOption], words: list[str], parser: commands.Parser
) -> None:
    """Raise when a cell sets what the line above it has set.

    Raises
    ------
    OptionError
    """
    given = {_spelt(word[2:].partition("=")[0]) for word in words if word.startswith("--")}
    for option in options:
        if _spelt(option.name).removeprefix("no_") in given and parser.knows(f"--{option.name}"):
            message = f"Line {option.line}: {option.name} is given again, after line 1."
            raise OptionError(message, "Leave one of them.")


def names_of(parser: commands.Parser) -> list[str]:
    """Return the names that a cell may set, as its lines spell them."""
    options = [name.removeprefix("--").replace("-", "_") for name in parser.option_names()]
    switched = [name.removeprefix("no_") for name in options if name != "help"]
    return [*parser.argument_names(), *dict.fromkeys(switched)]


def _has_separator(text: str) -> bool:
    # `--name value` is what shells take; without the dashes it is more likely a mistake.
    return text.startswith("--") or re.match(r"[\w-]+\s*[=:]", text) is not None


def _without_comment(line: str) -> str:
    def kept(match: re.Match[str]) -> str:
        return "" if match[0][0] == "#" else match[0]

    return _QUOTED_OR_COMMENT.sub(kept, line).strip()


def _values(text: str, line: int) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        parts = re.findall(r"""\s*('[^']*'|"[^"]*"|[^,]+)\s*(?:,|$)""", text[1:-1])
        return [_unquoted(part.strip(), line) for part in parts]
    return [_unquoted(text, line)] if text else []


def _unquoted(text: str, line: int) -> str:
    if text[:1] in {"'", '"'}:
        if len(text) < 2 or text[-1] != text[0]:
            raise OptionError(f"Line {line}: a quote is not closed in: {text}", "Close it.")
        return text[1:-1]
    return text


def _check_repeated(options: list[CellOption]) -> None:
    ordered = sorted(options, key=lambda item: (_spelt(item.name), item.line))
    for first, second in pairwise(ordered):
        if _spelt(first.name) == _spelt(second.name):
            message = f"Line {second.line}: {second.name} is given again, after line {first.line}."
            raise OptionError(message, "Leave one of them.")


def _spelt(name: str) -> str:
    return name.replace("-", "_")


def _expanded(value: str, line: int, expand: Callable[[str], str]) -> str:
    try:
        return expand(value)
    except OptionError as error:
        raise OptionError(f"Line {line}: {error.message}", error.hint) from error


def _argument(option: CellOption, parser: commands.Parser) -> str:
    name = _spelt(option.name)
    return next(
        (
            known
            for known in parser.argument_names()
            if known in {name, ARGUMENT_NAMES.get(name, "")} and option.values
        ),
        "",
    )


def _option_words(option: CellOption, values: list[str], parser: commands.Parser) -> Iterator[str]:
    name = "--" + option.name.replace("_", "-")
    if not parser.knows(name) or name == "--help":
        raise _unknown(option, parser)
    text = ",".join(values)
    if parser.takes_value(name):
        if not values:
            message = f"Line {option.line}: {option.name} has no value."
            raise OptionError(message, f"Write {option.name} = value.")
        yield f"{name}={text}"
    elif not values or text.lower() in ON:
        yield name
    elif text.lower() in OFF:
        opposite = "--" + name[5:] if name.startswith("--no-") else "--no-" + name[2:]
        if parser.knows(opposite):
            yield opposite
    else:
        message = f"Line {option.line}: {option.name} is on or off, not {text!r}."
        raise OptionError(message, f"Write {option.name} = true, or false.")


def _unknown(option: CellOption, parser: commands.Parser) -> OptionError:
    close = get_close_matches(_spelt(option.name), names_of(parser), n=1)
    guess = f"Did you mean {close[0]}? " if close else ""
    return OptionError(
        f"Line {option.line}: unknown option {option.name!r}.",
        f"{guess}{parser.prog} --help lists the options.",
    )
