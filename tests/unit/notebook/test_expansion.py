"""Variables in the words of a magic, and braces in file names that mean themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.notebook.expansion import expand_line, expand_word

VARIABLES = {
    "folder": "my photos",
    "table": {"key": "value"},
    "files": ["a.jpg"],
    "share": 0.7,
    "path": Path("a b/c"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("set {1}", "cost $share", "{{twice}}"):
        Path(name).mkdir()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("run {folder}", ["run", "my photos"]),
        ('run "{folder}" x', ["run", "my photos", "x"]),
        ("run {folder}/in --threshold={share}", ["run", "my photos/in", "--threshold=0.7"]),
        ("run $path", ["run", "a b/c"]),
        ("run $path.name/$share", ["run", "c/0.7"]),
        ('run "{table["key"]}"', ["run", "value"]),
        ("run {', '.join(files + ['}'])}", ["run", "a.jpg, }"]),
        ("run {folder!r}", ["run", "'my photos'"]),
        # What is no variable stays.
        (
            "run $HOME {} {{folder}} $$share a{b",
            ["run", "$HOME", "{}", "{folder}", "$share", "a{b"],
        ),
        ("run '$share'", ["run", "$share"]),
        # What names something on the disk stays too.
        ("run 'set {1}' --work-dir='set {1}'", ["run", "set {1}", "--work-dir=set {1}"]),
        ("run {folder}/x", ["run", "my photos/x"]),
        ("run 'cost $share'", ["run", "cost $share"]),
        ("run {{twice}}", ["run", "{{twice}}"]),
        ("run 'set {2}'", ["run", "set 2"]),
    ],
)
def test_words(line: str, words: list[str]):
    assert expand_line(line, VARIABLES) == words


def test_a_folder_named_like_a_field_is_the_folder():
    assert expand_line("run {folder}", VARIABLES) == ["run", "my photos"]
    Path("{folder}").mkdir()
    assert expand_line("run {folder}", VARIABLES) == ["run", "{folder}"]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("run {foldr}", "no variable 'foldr', which {foldr} names", "Did you mean 'folder'?"),
        ("run {nothing.like.it}", "no variable 'nothing'", "Write {{ and }}"),
        ("run {files[3]}", "{files[3]} fails: IndexError", "a cell of its own"),
        ("run {a b}", "{a b} is not an expression", "Write {{ and }}"),
    ],
)
def test_what_cannot_be_put_in_is_explained(line: str, message: str, hint: str):
    with pytest.raises(OptionError) as caught:
        expand_line(line, VARIABLES)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_text_stays_one_word():
    text = expand_word('it\'s {folder} "and" more', VARIABLES)
    assert text == 'it\'s my photos "and" more'
    assert expand_word("{1}\0{share}", VARIABLES) == "10.7"
