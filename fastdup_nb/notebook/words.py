"""Splits the line of a magic into words as a shell does, but leaves Windows paths whole."""

from __future__ import annotations

import re
import shlex

from fastdup_nb.errors import OptionError

# 'single quotes', "double quotes", and a backslash that protects neither a space nor a quote.
_QUOTED_OR_BACKSLASH = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\(?![\s'"])""")
_BACKSLASH_IN_QUOTES = re.compile(r'\\(?!")')
TWO_BACKSLASHES = r"\\\\"


def split_words(line: str) -> list[str]:
    r"""Return the words of a line.

    Parameters
    ----------
    line : str
        Quotes keep spaces; a backslash keeps the space or quote after it and is itself
        elsewhere.

    Raises
    ------
    OptionError
        When a quote is not closed.

    Examples
    --------
    >>> split_words(r'run "my photos" other\ photos C:\photos')
    ['run', 'my photos', 'other photos', 'C:\\photos']
    """
    try:
        return shlex.split(_QUOTED_OR_BACKSLASH.sub(_keep_backslashes, line))
    except ValueError as error:
        hint = "Close it; a backslash just before a quote makes the quote part of the word."
        raise OptionError(f"A quote is not closed in: {line.strip()}", hint) from error


def _keep_backslashes(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] == "'":
        return text
    if text[0] == '"':
        return f'"{_BACKSLASH_IN_QUOTES.sub(TWO_BACKSLASHES, text[1:-1])}"'
    return r"\\"
