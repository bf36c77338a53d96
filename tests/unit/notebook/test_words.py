"""The line of a magic, split as users expect it on every system."""

from __future__ import annotations

import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.notebook.words import split_words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("run photos  --quiet", ["run", "photos", "--quiet"]),
        ("run 'my photos' \"your photos\"", ["run", "my photos", "your photos"]),
        (r"run my\ photos", ["run", "my photos"]),
        (r"run C:\photos\new", ["run", r"C:\photos\new"]),
        (r'run "C:\my photos\new"', ["run", r"C:\my photos\new"]),
        (r"run 'C:\my photos\new'", ["run", r"C:\my photos\new"]),
        (r"run \\server\share", ["run", r"\\server\share"]),
        (r'run "\\server\my share"', ["run", r"\\server\my share"]),
        (r"run it\'s", ["run", "it's"]),
        ('run "it\'s" C:\\x', ["run", "it's", r"C:\x"]),
        (r'run "say \"hi\""', ["run", 'say "hi"']),
        ("run #1.jpg", ["run", "#1.jpg"]),
        ("--ccthreshold 0.85|0.95", ["--ccthreshold", "0.85|0.95"]),
        ("--ccthreshold=0.85,0.95", ["--ccthreshold=0.85,0.95"]),
        ("run --labels=''", ["run", "--labels="]),
    ],
)
def test_words(line: str, words: list[str]):
    assert split_words(line) == words


@pytest.mark.parametrize("line", ["run 'photos", 'run "C:\\photos\\"'])
def test_open_quote_is_explained(line: str):
    with pytest.raises(OptionError, match="quote is not closed"):
        split_words(line)
