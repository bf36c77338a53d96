"""File names and labels made harmless for formats that cannot hold every character."""

from __future__ import annotations

from typing import Any

from fastdup_nb.store.tables import defuse_formula

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
    return defuse_formula(one_line(value)) if isinstance(value, str) else value


def _printable(letter: str) -> str:
    if letter.isprintable() or letter == _JOINER:
        return letter
    return "\ufffd" if "\ud800" <= letter <= "\udfff" else " "
