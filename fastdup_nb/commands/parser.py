"""Reads the words of a command; what it cannot read is an `OptionError`, never an exit."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

from fastdup_nb.errors import OptionError
from fastdup_nb.options import DefaultText

HELP_WORDS = frozenset({"-h", "--help"})
END_OF_OPTIONS = "--"
# What stands in the help for the value of an option that takes an object of the notebook.
LABELS, FUNCTION, TABLE = "LABELS", "FUNCTION", "TABLE"


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting and takes `_` for `-` in option names.

    Only what the user gave is in what it returns; defaults stay where they are defined.

    Parameters
    ----------
    prog : str
        How the command is called, for example `fastdup-nb run`.
    usage : str
        Its other words.
    description : str
        What it does.
    example : str
        Words that make sense after `prog`.
    """

    def __init__(self, prog: str, usage: str, description: str, example: str) -> None:
        super().__init__(
            prog=prog,
            usage=f"{prog} {usage}".replace("%", "%%"),
            description=description,
            epilog=f"Example: {prog} {example}",
            formatter_class=_HelpFormatter,
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
            add_help=False,
        )
        self.color = False  # from Python 3.14 on; the same text goes into docstrings
        self._positionals.title = "arguments"
        self._optionals.title = "general options"
        self.add_argument(
            "-h", "--help", action="store_true", help="Show this text.", default=argparse.SUPPRESS
        )

    def error(self, message: str) -> NoReturn:
        """Raise what argparse has to say."""
        text = message.removeprefix("argument ")
        raise OptionError(f"{text[:1].upper()}{text[1:]}.", self._see_help())

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the values of the options and arguments given.

        Raises
        ------
        OptionError
            For an unknown option (with the closest known one), a missing or a superfluous value.
        """
        end = words.index(END_OF_OPTIONS) if END_OF_OPTIONS in words else len(words)
        values, left = self.parse_known_intermixed_args(with_dashes(words[:end]))
        for word in left:
            raise self._unknown(word)
        self._add_arguments(values, words[end + 1 :])
        return values

    def option_names(self) -> list[str]:
        """Return the names of the options that are shown, in the order of the help."""
        shown = (action for action in self._actions if action.help != argparse.SUPPRESS)
        return [name for action in shown for name in action.option_strings if name[:2] == "--"]

    def argument_names(self) -> list[str]:
        """Return what the arguments are called in the values, in their order."""
        return [action.dest for action in self._get_positional_actions()]

    def knows(self, name: str) -> bool:
        """Return whether there is an option of that name, shown or not."""
        return with_dashes([name])[0] in self._option_string_actions

    def metavar_of(self, name: str) -> str:
        """Return what stands for the value of an option in the help; empty for an unknown one."""
        action = self._option_string_actions.get(with_dashes([name])[0])
        return str(action.metavar) if action is not None else ""

    def choices_of(self, name: str) -> list[str]:
        """Return the values that are suggested for an option; none for a free or unknown one."""
        action = self._option_string_actions.get(with_dashes([name])[0])
        return list(getattr(action, "suggested", ()))

    def argument_at(self, place: int) -> str:
        """Return what stands in the help for the argument at a place, from 0; the last goes on."""
        arguments = self._get_positional_actions()
        return str(arguments[min(place, len(arguments) - 1)].metavar) if arguments else ""

    def argument_choices(self, place: int) -> list[str]:
        """Return the values that are suggested for the argument at a place."""
        arguments = self._get_positional_actions()
        return list(getattr(arguments[place], "suggested", ())) if place < len(arguments) else []

    def takes_value(self, name: str) -> bool:
        """Return whether the word after this one is its value."""
        action = self._option_string_actions.get(with_dashes([name])[0])
        return action is not None and action.nargs != 0

    def _add_arguments(self, values: argparse.Namespace, words: Sequence[str]) -> None:
        # argparse forgets, between its passes, that `--` has ended the options.
        for word in words:
            for action in self._get_positional_actions():
                if action.nargs == "*":
                    setattr(values, action.dest, [*getattr(values, action.dest, []), word])
                    break
                if not hasattr(values, action.dest):
                    setattr(values, action.dest, word)
                    break
            else:
                raise self._too_many(word)

    def _unknown(self, word: str) -> OptionError:
        if word.startswith("-"):
            name = word.partition("=")[0]
            close = get_close_matches(name, self.option_names(), n=1)
            guess = f"Did you mean {close[0]}? " if close else ""
            return OptionError(f"Unknown option {name}.", guess + self._see_help())
        return self._too_many(word)

    def _too_many(self, word: str) -> OptionError:
        hint = "Put quotes around a path with spaces."
        return OptionError(f"Cannot use {word!r}: one word too many.", hint)

    def _see_help(self) -> str:
        return f"{self.prog} --help lists the options."


class _HelpFormatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30, width=96)


def with_dashes(words: Sequence[str]) -> list[str]:
    """Spell the option names of V0.2 with dashes.

    >>> with_dashes(["my_photos", "--work_dir=my_results"])
    ['my_photos', '--work-dir=my_results']
    """
    spelt, options_ended = [], False
    for word in words:
        options_ended = options_ended or word == END_OF_OPTIONS
        if word.startswith("--") and not options_ended:
            name, equals, value = word.partition("=")
            spelt.append(name.replace("_", "-") + equals + value)
        else:
            spelt.append(word)
    return spelt


def asks_for_help(words: Sequence[str]) -> bool:
    """Return whether `-h` or `--help` is among the options."""
    ended = words.index(END_OF_OPTIONS) if END_OF_OPTIONS in words else len(words)
    return not HELP_WORDS.isdisjoint(words[:ended])


def add_options(parser: Parser, definition: type, title: str) -> None:
    """Add an option for every field of a dataclass that is meant to be one."""
    group = parser.add_argument_group(title)
    for item in dataclasses.fields(definition):
        if item.metadata.get("flag"):
            _add_option(group, item)


def _add_option(group: Any, item: dataclasses.Field[Any]) -> None:
    name = item.name.replace("_", "-")
    text = item.metadata["help"].replace("%", "%%")
    if "bool" in str(item.type):
        shown, hidden = (
            (f"--no-{name}", f"--{name}") if item.default else (f"--{name}", f"--no-{name}")
        )
        if item.default:
            text = item.metadata.get("off") or f"Do not {text[:1].lower()}{text[1:]}"
        for flag, help_text in ((shown, text), (hidden, argparse.SUPPRESS)):
            action = "store_false" if flag.startswith("--no-") else "store_true"
            group.add_argument(flag, dest=item.name, action=action, help=help_text)
        return
    action = group.add_argument(
        f"--{name}",
        dest=item.name,
        type=_reader(item),
        metavar=item.metadata["metavar"] or _metavar(item),
        help=f"{text}{_choices_and_default(item)}",
    )
    action.suggested = [str(choice) for choice in item.metadata["choices"]]
    if alias := item.metadata.get("alias"):  # the name in V0.2
        group.add_argument(
            f"--{alias.replace('_', '-')}",
            dest=item.name,
            metavar=action.metavar,
            help=argparse.SUPPRESS,
        )


def _metavar(item: dataclasses.Field[Any]) -> str:
    if isinstance(item.default, int):
        return "N"
    return "NAME" if item.metadata["choices"] else "TEXT"


def _choices_and_default(item: dataclasses.Field[Any]) -> str:
    choices = item.metadata["choices"]
    parts = []
    # Numbered choices are explained in the help itself.
    if choices and isinstance(choices[0], str):
        parts.append(f" One of: {', '.join(choices)}.")
    default = "|".join(map(str, item.default)) if isinstance(item.default, tuple) else item.default
    if default not in ("", ".", None) and not isinstance(default, DefaultText):
        parts.append(f" (default: {default})")
    return "".join(parts)


def _reader(item: dataclasses.Field[Any]) -> Callable[[str], Any]:
    kind = str(item.type)
    if "tuple" in kind:
        return _read_numbers
    if kind == "ids":
        return _read_ids
    if "float" in kind:
        return _read_number
    return _read_whole_number if "int" in kind else str


def _read_numbers(text: str) -> tuple[float, ...]:
    return tuple(_read_number(part) for part in text.replace(",", "|").split("|"))


def _read_ids(text: str) -> list[int]:
    return [_read_whole_number(part) for part in text.split(",") if part.strip()]


def _read_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _read_whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
