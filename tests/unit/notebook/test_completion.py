"""Tab completion, asked as IPython asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from fastdup_nb import commands
from fastdup_nb.notebook.completion import complete, complete_in_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(autouse=True)
def _photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("photos/cats", "photos/.hidden", "phone pictures"):
        Path(folder).mkdir(parents=True)
    Path("photos.txt").touch()


def texts(rest: str, **variables: Any) -> list[str]:
    return [item.text for item in complete(rest, variables)[1]]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("", [*commands.COMMANDS, "help"]),
        ("su", ["summary"]),
        ("help du", ["duplicates", "duplicate-videos"]),
        ("run --th", ["--threshold"]),
        ("run photos --min-i", ["--min-input-image-width", "--min-input-image-height"]),
        ("run --min_f", ["--min-file-size"]),
        ("run --distance c", ["cosine", "canberra"]),
        ("run --distance=c", ["cosine", "canberra"]),
        ("run --run-mode ", ["0", "1", "2", "3", "4", "5", "6"]),
        ("run --work-dir pho", ["phone\\ pictures/", "photos/", "photos.txt"]),
        ("run --threshold ", []),
        ("run pho", ["phone\\ pictures/", "photos/", "photos.txt"]),
        ("run photos/", ["photos/cats/"]),
        ("run photos/.", ["photos/.hidden/"]),
        ("run ./photos/c", ["./photos/cats/"]),
        ("run 'phone p", ["'phone pictures/"]),
        ('run "pho', ['"phone pictures/', '"photos/', '"photos.txt']),
        ("run phone\\ p", ["phone\\ pictures/"]),
        ("export p", ["parquet", "projector"]),
        ("export csv pho", ["phone\\ pictures/", "photos/", "photos.txt"]),
        ("explore out", ["outliers"]),
        ("explore outliers pho", ["phone\\ pictures/", "photos/", "photos.txt"]),
        ("explore --theme d", ["dark"]),
        ("search photos/c", ["photos/cats/"]),
        ("delete photos --keep ", ["largest", "sharpest", "oldest", "first"]),
        ("retag photos --tool c", ["cvat"]),
        ("run photos --quiet ph", ["phone\\ pictures/", "photos/", "photos.txt"]),
        ("run nowhere/", []),
        ("walk --th", []),
        ("run 'open quote' 'and ", []),
    ],
)
def test_what_can_follow(rest: str, expected: list[str]):
    assert texts(rest) == expected


def test_home_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert texts("run ~/photos/") == ["~/photos/cats/"]


def test_variables_that_fit_are_offered():
    variables = {"files": ["a.jpg"], "fit": 3, "first": "a.jpg", "_f": "x", "fd": commands}
    assert texts("run f", **variables) == ["files", "first"]
    for option in ("--labels", "--boxes", "--shown-names", "--extra", "--get-label-func"):
        assert texts(f"duplicates {option} get", get_label=len, get=3) == ["get_label"]


def test_tables_are_offered_where_tables_go():
    table = pd.DataFrame({"filename": ["a.jpg"]})
    assert texts("explore --annotations ta", table=table, task=len) == ["table"]


def test_fragment_is_what_is_replaced():
    assert complete("run --distance=co", {})[0] == "co"
    assert complete("run phone\\ p", {})[0] == "phone\\ p"
    assert complete("run ", {})[0] == ""


def test_variables_inside_words_are_offered():
    variables = {"folder": "a", "form": 3, "files": []}
    assert texts("run {fo", **variables) == ["{folder}", "{form}"]
    assert texts("run --work-dir={fo", **variables) == ["--work-dir={folder}", "--work-dir={form}"]
    assert texts('run "out/$fol', **variables) == ['"out/$folder']


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("thr", ["threshold = "]),
        ("  run_a", ["run_advanced_stats = "]),
        ("nearest-n", ["nearest_neighbors_k = "]),
        ("inp", ["inputs = "]),
        ("input_dir = photos/c", ["photos/cats/"]),
        ("inputs: fi", ["files"]),
        ("distance = c", ["cosine", "canberra"]),
        ("distance: ", ["cosine"]),
        ("work_dir=phot", ["photos/", "photos.txt"]),
        ("nothing here", []),
    ],
)
def test_what_can_follow_in_a_cell(line: str, expected: list[str]):
    found = [item.text for item in complete_in_cell("run", line, {"files": ["a.jpg"]})[1]]
    assert found[: len(expected)] == expected


@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%%fastdup ru", "%%fastdup run"),
        ("%%fastdup run --th", "%%fastdup run --threshold"),
        ("%%fastdup run photos\n# first\nnearest_n", "nearest_neighbors_k = "),
        ("%%fastdup run\ndistance = canb", "distance = canberra"),
        ("%time %fastdup su", "%time %fastdup summary"),
        ("look['a'] = %fastdup su", "look['a'] = %fastdup summary"),
    ],
)
def test_ipython_completes_cells(shell: InteractiveShell, code: str, expected: str):
    shell.run_line_magic("load_ext", "fastdup_nb")
    completer: Any = shell.Completer
    completer.use_jedi = False
    found = list(completer.completions(code, len(code)))
    results = [code[: item.start] + item.text + code[item.end :] for item in found]
    assert [result.splitlines()[-1] for result in results] == [expected]


@pytest.mark.parametrize("before", ["%fastdup ", "fd = %fastdup ", "x=1\nfd = %fastdup "])
@pytest.mark.parametrize(
    ("rest", "expected"),
    [("run --th", "--threshold"), ("su", "summary"), ("run photos/c", "photos/cats/")],
)
@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
def test_ipython_completes(shell: InteractiveShell, before: str, rest: str, expected: str):
    shell.run_line_magic("load_ext", "fastdup_nb")
    completer: Any = shell.Completer
    completer.use_jedi = False
    code = before + rest
    found = list(completer.completions(code, len(code)))
    results = [code[: item.start] + item.text + code[item.end :] for item in found]
    assert results == [" ".join([*code.split(" ")[:-1], expected])]


@pytest.mark.filterwarnings("ignore::IPython.core.completer.ProvisionalCompleterWarning")
def test_other_lines_are_left_alone(shell: InteractiveShell):
    completer: Any = shell.Completer
    completer.use_jedi = False
    before = [item.text for item in completer.completions("pri", 3)]
    shell.run_line_magic("load_ext", "fastdup_nb")
    assert [item.text for item in completer.completions("pri", 3)] == before
