"""File names and labels made harmless for formats that cannot hold every character."""

from __future__ import annotations

from typing import Any

# A spreadsheet takes a text that begins like this for a formula.
FORMULA_MARKS = ("=", "+", "-", "@")
_JOINER = "\u200d"  # holds composed emoji together


def one_line(text: str) -> str:
    r"""Return a text without line breaks, tabs, control characters and undecodable bytes.

    >>> one_line("a\tb\n")
    'a b'
    """
    return "".join(map(_printable, text)).strip()


def harmless_cell(value: Any) -> Any:
    """Return a table cell that no spreadsheet takes for a formula; numbers stay what they are.

    >>> harmless_cell("=1+1"), harmless_cell("-3")
    ("'=1+1", '-3')
    """
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.startswith(FORMULA_MARKS) and not _is_number(text) else text


def _printable(letter: str) -> str:
    if letter.isprintable() or letter == _JOINER:
        return letter
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else " "


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
