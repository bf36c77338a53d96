"""`explore`: a widget in a notebook, a page in a shell."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb import commands
from fastdup_nb.commands import interactive
from fastdup_nb.commands.exploring import VIEWS
from fastdup_nb.errors import FastdupError, OptionError, ResultNotFoundError
from fastdup_nb.exploring import Exploring
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.explore.collection import SEARCH, Collection
from fastdup_nb.views.explore.images import Images
from fastdup_nb.widget.explorer import Explorer
from tests.pictures import write_pictures


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explore")
    paths = write_pictures(root / "photos", 6)
    (root / "photos/copy.jpg").write_bytes(paths[0].read_bytes())
    assert fastdup_nb.run(root / "photos", root / "out", threshold=0) == 0
    return root


@pytest.fixture(autouse=True)
def _here(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def explore(line: str, *, shell: bool = False, **variables: Any) -> Any:
    return execute(f"explore {line}", shell=shell, **variables)


def execute(line: str, *, shell: bool = False, **variables: Any) -> Any:
    place = commands.Place(
        prog="fastdup-nb" if shell else "%fastdup",
        variables=variables,
        needs_page=shell,
        last_work_dir=None if shell else Path("out").resolve(),
        make_progress=SilentProgress,
        explorer={} if shell else {"height": 500, "theme": "dark"},
    )
    return commands.execute(line.split(), place)


def test_views_are_those_of_the_explorer(made: Path):
    views = Collection(Images(WorkDir.open(made / "out"))).views()
    assert [info.kind.name for info in views if info.kind.name != SEARCH] == list(VIEWS)


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("", "duplicates"),
        ("outliers", "outliers"),
        ("stats", "statistics"),
        ("out", "duplicates"),
        ("statistics out", "statistics"),
        ("out statistics", "statistics"),
        ("outliers fd", "outliers"),
    ],
)
def test_view_and_folder_in_either_order(line: str, view: str):
    found = explore(line, fd=fastdup_nb.Fastdup("out"))
    assert found.view == view
    assert (found.height, found.theme) == (500, "dark")


def test_options_are_the_parameters_of_explore():
    parser = commands.COMMANDS["explore"].parser("%fastdup")
    names = {name[2:].replace("-", "_") for name in parser.option_names()}
    parameters = set(inspect.signature(Exploring.explore).parameters) - {"self", "view"}
    assert names - {"help", "as", "save_path", "labels"} == parameters - {"get_label"}


def test_objects_of_the_notebook(tmp_path: Path):
    table = pd.DataFrame({"filename": [str(Path("photos/copy.jpg").resolve())], "split": ["test"]})

    def get_label(path: str) -> str:
        if path.endswith("copy.jpg"):
            raise KeyError(path)
        return "x"

    page = tmp_path / "page.html"
    line = f"--labels get_label --annotations table --theme light --height 300 --save-path {page}"
    found = explore(line, get_label=get_label, table=table)
    assert (found.theme, found.height) == ("light", 300)
    assert found.labels == ["x"]
    assert any("copy.jpg" in note and "KeyError" in note for note in found.log)
    assert "<img" in page.read_text()


def test_a_shell_gets_a_page(made: Path):
    assert explore("out", shell=True) == f"Written: {made / 'out' / 'explorer.html'}"
    assert "<img" in (made / "out" / "explorer.html").read_text()


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("outlier", "Unknown view 'outlier'.", "Did you mean 'outliers'?"),
        ("outliers duplicates", "Cannot use 'duplicates'", "one view and one folder"),
        ("out photos", "Cannot use 'photos'", "one view and one folder"),
        ("photos", "photos", ""),
        ("--annotations tabel", "There is no file or variable 'tabel'.", "Did you mean 'table'?"),
        ("--theme drak", "Unknown theme 'drak'", "Did you mean 'dark'"),
        ("clusters", "Make clusters by k-means: %fastdup kmeans.", ""),
    ],
)
def test_mistakes_are_explained(line: str, message: str, hint: str):
    with pytest.raises(FastdupError) as caught:
        explore(line, table=pd.DataFrame({"filename": []}))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_before_there_are_results():
    place = commands.Place(prog="%fastdup", bind=lambda *_: None)
    with pytest.raises(OptionError) as caught:
        commands.execute(["explore", "outliers"], place)
    assert "%fastdup explore" in caught.value.hint


@pytest.mark.parametrize(("name", "view"), sorted(interactive.VIEWS.items()))
def test_every_gallery_has_an_interactive_form(name: str, view: str):
    if name == "clusters":
        with pytest.raises(ResultNotFoundError, match="Make clusters by k-means: %fastdup kmeans"):
            execute("clusters --interactive")
        return
    found = execute(f"{name} --interactive")
    assert isinstance(found, Explorer)
    assert found.view == view


def test_options_of_a_gallery_are_taken_over():
    found = execute(
        "stats --interactive --metric mean --labels get_label --slice b",
        get_label=lambda path: "b" if path.endswith("copy.jpg") else "a",
    )
    assert found.state["sort"] == {"column": "mean", "descending": False}
    assert [Path(name).name for name in found.matching["filename"]] == ["copy.jpg"]
    pairs = execute("duplicates out --interactive --threshold 0.999")
    names = {Path(name).name for name in pairs.matching["filename"]}
    assert names == {"copy.jpg", "picture_000.jpg"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("duplicates --interactive --num-images 3", "--num-images and --interactive do not"),
        ("duplicates --interactive --slice diff", "--slice and --interactive do not"),
        ("duplicates out/similarity.csv --interactive", "shows a whole work_dir"),
        ("duplicate-videos --interactive", "Unknown option --interactive"),
    ],
)
def test_what_the_explorer_cannot_take_over(line: str, message: str):
    with pytest.raises(OptionError, match=message):
        execute(line)


def test_a_shell_has_no_interactive_form():
    with pytest.raises(OptionError, match="Unknown option --interactive"):
        execute("duplicates out --interactive", shell=True)
