"""Options made of the signature and the docstring of a public function.

A new parameter of a function is a new option of its command: names, defaults, choices and texts
stand in one place.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastdup_nb.commands.parser import FUNCTION, LABELS, TABLE, add_options
from fastdup_nb.commands.place import is_labels, is_table
from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from argparse import Namespace

    from fastdup_nb.commands.parser import Parser
    from fastdup_nb.commands.place import Place

# Parameters that take Python objects, the names of their options, and what these take.
OBJECTS = {
    "get_label_func": "labels",
    "get_label": "labels",
    "get_bounding_box_func": "boxes",
    "get_reformat_filename_func": "shown_names",
    "get_filename_reformat_func": "shown_names",
    "get_extra_col_func": "extra",
}
TEXTS = {
    "labels": "Labels of the images: a label file; in a notebook a function or dict too.",
    "boxes": "Boxes to draw: a CSV file or a work_dir; in a notebook a function or dict too.",
    "shown_names": "In a notebook: a function or dict from a file name to what is shown for it.",
    "extra": "In a notebook: a function or dict from a file name to a text to add.",
    "annotations": (
        "A CSV file with a column filename, and columns to filter by such as label and split; in a "
        "notebook a DataFrame too."
    ),
}
METAVARS = {"labels": LABELS, "boxes": LABELS, "annotations": TABLE}
# What the default order of a gallery is the opposite of.
OFF = {"descending": "The opposite order.", "with_images": "Leave the images out."}
_ENTRY = re.compile(r"(\*{0,2}\w+(?:, \w+)*)(?: : (.+))?")
_METAVARS = (("ids", "ID,..."), ("int", "N"), ("float", "X"), ("PathLike", "PATH"))


@dataclass(frozen=True)
class Described:
    """What a docstring says about one parameter: its type and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class FunctionOptions:
    """The options of a command that is a public function.

    Attributes
    ----------
    function : callable
        The function.
    skip : tuple of str
        Parameters that are no options.
    further : tuple of str
        Keys of its `**kwargs` that are options too.
    texts : tuple of (str, str)
        Help of options that the docstring does not put well for a command, by parameter.
    kinds : tuple of (str, str)
        Types of parameters that have another form here, by parameter.
    optional : tuple of str
        Parameters without a default that the command has one for.
    strict : bool
        Whether a function of the user's that fails for one image ends the command.
    """

    function: Callable[..., Any]
    skip: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()
    optional: tuple[str, ...] = ()
    strict: bool = False

    def declare(self, parser: Parser) -> None:
        """Add the options to a parser."""
        add_options(parser, fields_of(self), "options")

    def arguments(self, values: Namespace, place: Place) -> dict[str, Any]:
        """Return what the user gave, by parameter; names of variables are replaced by these.

        Raises
        ------
        OptionError
            When an option is missing, or names nothing that fits.
        """
        given = {}
        for item in dataclasses.fields(fields_of(self)):
            metadata = item.metadata
            if not hasattr(values, item.name):
                if metadata["required"]:
                    name = item.name.replace("_", "-")
                    hint = f"Give it as --{name} {metadata['metavar'] or 'TEXT'}."
                    raise OptionError(f"No {item.name} is given.", hint)
                continue
            value = getattr(values, item.name)
            if metadata["metavar"] in {LABELS, FUNCTION}:
                value = read_object(value, item.name, place, strict=self.strict)
            elif metadata["metavar"] == TABLE:
                value = place.read_object(value, is_table, "a CSV file or a DataFrame")
            given[metadata["parameter"]] = value
        return given


def read_object(word: str, name: str, place: Place, *, strict: bool = False) -> Any:
    """Return what an option for an object stands for: a variable, or the path of a file.

    A function that fails for an image gives it no label, box or text; the place tells so when the
    command is done. Where files are touched (`strict`) the failure ends the command instead.
    """
    if not place.variables and name in {"shown_names", "extra"}:
        message = f"--{name.replace('_', '-')} takes a function or a dict."
        raise OptionError(message, "There are none in a shell: use it in a notebook.")
    what = {"labels": "a label file", "boxes": "a CSV file"}.get(name, "")
    more = "a function or a dict" if place.variables else ""
    found = place.read_object(word, is_labels, ", ".join(filter(None, (what, more))))
    if strict or not callable(found) or isinstance(found, Mapping):
        return found
    return place.tolerate(found, word, lambda path: path if name == "shown_names" else None)


@lru_cache(maxsize=64)
def fields_of(options: FunctionOptions) -> type:
    """Return a dataclass with one field per option, in the form of `fastdup_nb.options.option`."""
    described = describe_parameters(options.function)
    fields: list[tuple[str, str, Any]] = []
    for name, parameter in inspect.signature(options.function).parameters.items():
        if name not in options.skip and parameter.kind is not parameter.VAR_KEYWORD:
            required = parameter.default is parameter.empty and name not in options.optional
            default = None if parameter.default is parameter.empty else parameter.default
            field = _field(name, str(parameter.annotation), default, options, required=required)
            fields.append(field)
    for name in options.further:
        kind = described[name].kind
        fields.append(_field(name, kind, False if kind == "bool" else None, options))
    return dataclasses.make_dataclass("Options", fields, frozen=True, kw_only=True)


def _field(
    name: str, annotation: str, default: Any, options: FunctionOptions, *, required: bool = False
) -> tuple[str, str, Any]:
    described = describe_parameters(options.function).get(name, Described("", ""))
    shown = OBJECTS.get(name, name)
    kind = dict(options.kinds).get(name, annotation)
    help_text = dict(options.texts).get(name) or TEXTS.get(shown) or described.text.replace("`", "")
    metadata = {
        "help": help_text,
        "choices": _choices(annotation, described.kind),
        "metavar": _metavar(shown, kind),
        "flag": True,
        "parameter": name,
        "required": required,
        "off": OFF.get(name, ""),
        "alias": name if shown != name else "",
    }
    if isinstance(default, bool):
        kind = "bool"
    return shown, kind, dataclasses.field(default=default, metadata=metadata)


def _metavar(name: str, kind: str) -> str:
    if name in TEXTS:
        return METAVARS.get(name, FUNCTION)
    if name.endswith("_dir"):
        return "DIR"
    return next((metavar for part, metavar in _METAVARS if part in kind), "")


def _choices(annotation: str, kind: str) -> tuple[str, ...]:
    for text, mark in ((kind, "{"), (annotation, "Literal")):
        if text.startswith(mark):
            return tuple(re.findall(r"'([^']+)'", text))
    return ()


@lru_cache(maxsize=64)
def describe_parameters(function: Callable[..., Any]) -> Mapping[str, Described]:
    """Return what the numpydoc docstring of a function says about its parameters.

    The keys of `**kwargs` are among them. Empty when Python runs without docstrings.
    """
    text = inspect.getdoc(function) or ""
    section = text.partition("Parameters\n----------\n")[2]
    lines = re.split(r"\n\n[A-Z]\w+\n-+\n", section)[0].splitlines()
    found: dict[str, Described] = {}
    _read_entries(lines, "", found)
    return found


def _read_entries(lines: Sequence[str], indent: str, found: dict[str, Described]) -> None:
    heads = [
        number
        for number, line in enumerate(lines)
        if line.startswith(indent) and _ENTRY.fullmatch(line[len(indent) :])
    ]
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        match = _ENTRY.fullmatch(lines[start][len(indent) :])
        if match is None:
            continue
        if match[1] == "**kwargs":
            _read_entries(lines[start + 1 : end], f"{indent}    ", found)
            continue
        words = " ".join(line.strip() for line in lines[start + 1 : end] if line.strip())
        for name in match[1].split(", "):
            found[name] = Described(match[2] or "", words)
