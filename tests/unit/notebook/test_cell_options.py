"""The options in a cell under `%%fastdup`."""

from __future__ import annotations

import pytest

from fastdup_nb import commands
from fastdup_nb.errors import OptionError
from fastdup_nb.notebook.cell_options import as_words, read_options

RUN = commands.COMMANDS["run"].parser("%fastdup")


def words_of(cell: str, command: str = "run") -> list[str]:
    parser = commands.COMMANDS[command].parser("%fastdup")
    return as_words(read_options(cell), parser, lambda text: text.replace("{n}", "3"))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", []),
        ("\n# only a comment\n   # another\n", []),
        ("threshold = 0.8", ["--threshold=0.8"]),
        ("threshold: 0.8   # why", ["--threshold=0.8"]),
        ("  nearest_neighbors_k=3", ["--nearest-neighbors-k=3"]),
        ("nearest-neighbors-k : {n}", ["--nearest-neighbors-k=3"]),
        ("--threshold 0.8", ["--threshold=0.8"]),
        ("ccthreshold: [0.9, 0.96]", ["--ccthreshold=0.9,0.96"]),
        ("run_stats: no", ["--no-run-stats"]),
        ("run_stats: yes", ["--run-stats"]),
        ("no_run_stats = off", ["--run-stats"]),
        ("quiet", ["--quiet"]),
        ("quiet = false", []),
        ("work_dir = my results", ["--work-dir=my results"]),
        ("work_dir = 'a # b'", ["--work-dir=a # b"]),
        ("work_dir = it's#1", ["--work-dir=it's#1"]),
        (r"work_dir = C:\new", [r"--work-dir=C:\new"]),
        ("work_dir: s=1", ["--work-dir=s=1"]),
        ("input_dir = my photos\nthreshold = 1", ["--threshold=1", "my photos"]),
        ("inputs:\n  - a b\n  - 'c'  # the third\nresume", ["--resume", "a b", "c"]),
        ("inputs = ['a, b', c]", ["a, b", "c"]),
        ("as = fd", ["--as=fd"]),
    ],
)
def test_words(cell: str, words: list[str]):
    assert words_of(cell) == words
    RUN.read(words)


def test_arguments_keep_the_order_of_the_command():
    assert words_of("work_dir = results\nkind = csv", "export") == ["csv", "results"]


@pytest.mark.parametrize(
    ("cell", "message", "hint"),
    [
        ("\ntresh = 3", "Line 3: unknown option 'tresh'.", "Did you mean threshold?"),
        ("threshold = x", "Line 2: --threshold: 'x' is not a number.", "--help"),
        ("threshold", "Line 2: threshold has no value.", "threshold = value"),
        ("quiet = maybe", "Line 2: quiet is on or off, not 'maybe'.", "true"),
        ("run it now", "Line 2: cannot read 'run it now'.", "name = value"),
        ("= 3", "Line 2: cannot read '= 3'.", "name = value"),
        ("- a", "Line 2: a list needs a name before it.", "name = value"),
        ("quiet = yes\n- a", "Line 3: a list needs a name before it.", "name = value"),
        ("work_dir = 'a b", "Line 2: a quote is not closed in: 'a b", "Close it"),
        (
            "min_file_size = 1\n\nmin-file-size: 2",
            "Line 4: min-file-size is given again, after line 2.",
            "Leave one",
        ),
        ("help", "Line 2: unknown option 'help'.", "--help lists"),
    ],
)
def test_what_cannot_be_read_names_its_line(cell: str, message: str, hint: str):
    with pytest.raises(OptionError) as caught:
        words_of(cell)
    assert caught.value.message == message
    assert hint in caught.value.hint
