"""Puts variables into the words of a magic: `{name}`, `{any.expression[0]}` and `$name`.

IPython would do it before the magic sees the line. Here a word that names something on the disk is
left as it is, so that braces in file names mean themselves; a text with spaces stays one word; and
an unknown name is an error that says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from fastdup_nb import commands
from fastdup_nb.errors import OptionError
from fastdup_nb.notebook.words import split_words

# Stands for a variable while the line is split; no line and no path holds a NUL.
_MARK = re.compile("\0([0-9]+)\0")
_NAME = re.compile(r"\$\$?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_STRING = re.compile(r"""'[^']*'|"[^"]*\"""")


@dataclass(frozen=True)
class _Field:
    """A part of the line that stands for something else.

    Attributes
    ----------
    raw : str
        As written.
    expression : str
        What to evaluate.
    text : str
        What it stands for when there is nothing to evaluate.
    """

    raw: str
    expression: str = ""
    text: str = ""


def expand_line(line: str, variables: Mapping[str, Any]) -> list[str]:
    """Split a line into words and put variables into them.

    Parameters
    ----------
    line : str
        What is written after the name of the magic.
    variables : mapping of str to object
        What the expressions may name.

    Raises
    ------
    OptionError
        When a quote is not closed, a name is unknown, or an expression fails.
    """
    fields: list[_Field] = []
    words = split_words(_mark_fields(line.replace("\0", ""), fields))
    return [_expand(word, fields, variables) for word in words]


def expand_word(text: str, variables: Mapping[str, Any]) -> str:
    """Put variables into a text that is one word, whatever spaces and quotes it holds.

    Raises
    ------
    OptionError
        As `expand_line`.
    """
    fields: list[_Field] = []
    return _expand(_mark_fields(text.replace("\0", ""), fields, quotes=""), fields, variables)


def _mark_fields(line: str, fields: list[_Field], quotes: str = "'") -> str:
    """Replace every field by a mark and note it."""
    done, place, quote = [], 0, ""
    while place < len(line):
        field = _field_at(line, place, expands_names=not quote or quote not in quotes)
        if field is not None:
            done.append(f"\0{len(fields)}\0")
            fields.append(field)
            place += len(field.raw)
            continue
        char = line[place]
        if char in "'\"" and (not quote or quote == char):
            quote = "" if quote else char
        done.append(char)
        place += 1
    return "".join(done)


def _field_at(line: str, place: int, *, expands_names: bool) -> _Field | None:
    two = line[place : place + 2]
    if two in {"{{", "}}"}:
        return _Field(two, text=two[0])
    if line[place] == "{":
        end = _closing_brace(line, place)
        return _Field(line[place : end + 1], line[place + 1 : end]) if end > 0 else None
    match = _NAME.match(line, place) if expands_names else None
    if match is None:
        return None
    if match[0][1] == "$":
        return _Field(match[0], text=match[0][1:])
    return _Field(match[0], match[1])


def _closing_brace(line: str, start: int) -> int:
    depth, place = 0, start
    while place < len(line):
        if (string := _STRING.match(line, place)) and depth:
            place = string.end()
            continue
        depth += {"{": 1, "}": -1}.get(line[place], 0)
        if not depth:
            return place
        place += 1
    return -1


def _expand(word: str, fields: list[_Field], variables: Mapping[str, Any]) -> str:
    def raw(match: re.Match[str]) -> str:
        return fields[int(match[1])].raw

    def value(match: re.Match[str]) -> str:
        return _evaluate(fields[int(match[1])], variables)

    if not _MARK.search(word):
        return word
    written = _MARK.sub(raw, word)
    option, equals, path = written.partition("=")
    if commands.exists(path if option.startswith("--") and equals else written):
        return written
    return _MARK.sub(value, word)


def _evaluate(field: _Field, variables: Mapping[str, Any]) -> str:
    from IPython.utils.text import FullEvalFormatter

    if field.text:
        return field.text
    if field.raw[0] == "$" and field.expression.split(".")[0] not in variables:
        return field.raw  # a dollar may well be part of a path
    try:
        return FullEvalFormatter().vformat(f"{{{field.expression}}}", (), dict(variables))
    except NameError as error:
        raise _unknown_name(str(getattr(error, "name", "")), field, variables) from error
    except SyntaxError:
        if field.expression.strip():
            hint = "Write {{ and }} for braces that mean themselves."
            raise OptionError(f"{field.raw} is not an expression.", hint) from None
        return field.raw
    except Exception as error:
        message = f"{field.raw} fails: {type(error).__name__}: {error}."
        raise OptionError(message, "Try the expression in a cell of its own.") from error


def _unknown_name(name: str, field: _Field, variables: Mapping[str, Any]) -> OptionError:
    close = get_close_matches(name, [known for known in variables if known[:1] != "_"], n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return OptionError(
        f"There is no variable {name!r}, which {field.raw} names.",
        f"{guess}Write {{{{ and }}}} for braces that mean themselves.",
    )
