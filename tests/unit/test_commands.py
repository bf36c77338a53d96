"""The commands: what words mean in the shell and in a notebook."""

from __future__ import annotations

import dataclasses
from collections import UserString
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastdup_nb import commands
from fastdup_nb.commands.parser import asks_for_help, with_dashes
from fastdup_nb.commands.runs import run_options_from
from fastdup_nb.errors import FastdupError, InputNotFoundError, OptionError, RunInterruptedError
from fastdup_nb.options import AUTO_NNF_MODE, DefaultText, RunOptions, TuriParams
from fastdup_nb.progress import NotebookProgress, SilentProgress

SHELL = commands.Place(prog="fastdup-nb")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


def notebook(**variables: Any) -> commands.Place:
    return commands.Place(prog="%fastdup", variables=variables, needs_page=False)


def run_options(line: str, place: commands.Place = SHELL) -> RunOptions:
    values = commands.COMMANDS["run"].parser(place.prog).read(line.split())
    return run_options_from(values, place)


def replace_run(monkeypatch: pytest.MonkeyPatch, execute: Any) -> None:
    command = dataclasses.replace(commands.COMMANDS["run"], execute=execute)
    monkeypatch.setitem(commands.COMMANDS, "run", command)


def test_every_option_of_a_run_is_offered():
    offered = commands.COMMANDS["run"].parser("x").option_names()
    for definition in (RunOptions, TuriParams):
        for item in dataclasses.fields(definition):
            if item.metadata.get("flag"):
                name = item.name.replace("_", "-")
                assert {f"--{name}", f"--no-{name}"} & set(offered), name


def test_what_is_not_given_keeps_its_default():
    assert run_options("photos --work-dir .") == RunOptions(input_dir="photos", turi_param="")


def test_default_index_stays_the_engines_choice():
    assert isinstance(run_options("photos").nnf_mode, DefaultText)
    asked = run_options(f"photos --nnf-mode {AUTO_NNF_MODE}").nnf_mode
    assert asked == AUTO_NNF_MODE
    assert not isinstance(asked, DefaultText)


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--threshold 0.8", "threshold", 0.8),
        ("--threshold=0.8", "threshold", 0.8),
        ("--num_threads 3", "num_threads", 3),
        ("--num-threads -1", "num_threads", -1),
        ("--distance l1", "distance", "l1"),
        ("--distance manhattan", "distance", "l1"),
        ("--resume", "resume", True),
        ("--no-resume", "resume", False),
        ("--verbose", "verbose", True),
        ("--nnf-param efSearch=175", "nnf_param", "efSearch=175"),
        ("--work_dir out", "work_dir", "out"),
    ],
)
def test_options_are_read(line: str, name: str, value: object):
    assert getattr(run_options(f"photos {line}"), name) == value


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--ccthreshold 0.85|0.95", "ccthreshold", (0.85, 0.95)),
        ("--ccthreshold 0.85,0.95", "ccthreshold", (0.85, 0.95)),
        ("--ccthreshold 0.9", "ccthreshold", (0.9,)),
        ("--min-file-size 100", "min_file_size", 100),
        ("--run-advanced-stats", "run_advanced_stats", True),
        ("--no-run-stats", "run_stats", False),
        ("--run-stats", "run_stats", True),
        ("--turi_param ccthreshold=0.7,run_cc=0", "run_cc", False),
        ("--turi-param ccthreshold=0.7 --ccthreshold 0.8", "ccthreshold", (0.8,)),
        ("--turi-param nnmodel=1", "nnmodel", "ball_tree"),
    ],
)
def test_turi_options_are_read(line: str, name: str, value: object):
    assert getattr(run_options(f"photos {line}").turi, name) == value


def test_options_may_stand_anywhere():
    chosen = run_options("a --threshold 0.8 b --work-dir out c")
    assert chosen.input_dir == ["a", "b", "c"]
    assert (chosen.threshold, chosen.work_dir) == (0.8, "out")


def test_words_after_two_dashes_are_inputs():
    assert run_options("--work-dir out -- -odd.jpg --my_name").input_dir == [
        "-odd.jpg",
        "--my_name",
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("photos --treshold 1", "Unknown option --treshold.", "Did you mean --threshold?"),
        ("photos --threshold", "--threshold: expected one argument.", "--help"),
        ("photos --threshold x", "--threshold: 'x' is not a number.", "--help"),
        ("photos --num-images 1.5", "--num-images: '1.5' is not a whole number.", "--help"),
        ("photos --ccthreshold a|b", "--ccthreshold: 'a' is not a number.", "--help"),
        ("photos --threshold 7", "threshold=7.0 cannot be used.", "0 to 1"),
        ("photos --distance cosin", "Unknown distance 'cosin'.", "Did you mean 'cosine'?"),
        ("photos --turi-param bogus=1", "Unknown turi_param key 'bogus'.", "ccthreshold"),
        ("photos --verb", "Unknown option --verb.", "--verbose"),
        ("--threshold 0.8", "No input is given.", "fastdup-nb run photos"),
        ("--run-mode 2", "No work_dir is given.", "--work-dir"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_a_hint(line: str, message: str, hint: str):
    with pytest.raises(OptionError) as caught:
        run_options(line)
    assert caught.value.message == message
    assert hint in caught.value.hint


def test_results_go_beside_the_user_not_into_the_current_folder():
    assert Path(run_options("data/photos").work_dir) == Path("photos_fastdup")
    assert Path(run_options("a.jpg b.jpg").work_dir) == Path("fastdup_work")
    Path("album").mkdir()
    assert Path(run_options("album/../album/.").work_dir).name == "album_fastdup"


def test_setting_of_the_notebook_is_used_for_the_work_dir():
    place = dataclasses.replace(notebook(), work_dir="everything")
    assert run_options("data/photos", place).work_dir == "everything"
    assert run_options("data/photos --work-dir this", place).work_dir == "this"


def test_second_run_mode_needs_only_the_work_dir():
    chosen = run_options("--run-mode 2 --work-dir out")
    assert (chosen.input_dir, chosen.work_dir) == ("", "out")


def test_path_with_unquoted_spaces_is_explained():
    Path("my holiday photos").mkdir()
    with pytest.raises(OptionError) as caught:
        run_options("my holiday photos")
    assert '"my holiday photos"' in caught.value.hint


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a.jpg", Path("b.jpg")], ["a.jpg", Path("b.jpg")]),
        (("a.jpg",), ["a.jpg"]),
        (np.array(["a.jpg", "b.jpg"]), ["a.jpg", "b.jpg"]),
        (Path("/data"), Path("/data")),
        ("/data", "/data"),
    ],
)
def test_bare_name_stands_for_a_variable(value: object, expected: object):
    assert run_options("files", notebook(files=value)).input_dir == expected


def test_variables_and_paths_are_put_together():
    place = notebook(some=["a.jpg", "b.jpg"], one=Path("c.jpg"))
    assert run_options("some one ./d.jpg", place).input_dir == [
        "a.jpg",
        "b.jpg",
        Path("c.jpg"),
        "./d.jpg",
    ]


def test_bare_name_of_a_folder_stays_a_folder():
    Path("files").mkdir()
    assert run_options("files", notebook(files=3)).input_dir == "files"
    assert run_options("files", notebook(files="./files")).input_dir == "./files"


def test_name_of_both_a_folder_and_a_variable_is_refused():
    Path("files").mkdir()
    with pytest.raises(OptionError) as caught:
        run_options("files", notebook(files=["a.jpg"]))
    assert "./files" in caught.value.hint


def test_missing_variable_names_those_that_exist():
    place = notebook(files=["a.jpg"], number=3, _hidden="x", In=["x"])
    with pytest.raises(InputNotFoundError) as caught:
        run_options("fiels", place)
    assert caught.value.message == "There is no folder, file or variable 'fiels'."
    assert "Did you mean 'files'? Variables: files." in caught.value.hint


def test_variable_of_no_use_is_refused():
    with pytest.raises(OptionError) as caught:
        run_options("number", notebook(number=3))
    assert caught.value.message == "The variable 'number' is of type int."


def test_shell_has_no_variables():
    assert run_options("files").input_dir == "files"


class Result:
    """Has a work_dir, as what run returns."""

    work_dir = Path("/results")


def test_work_dir_may_be_a_path_a_variable_or_the_last_one():
    assert notebook(fd=Result()).read_work_dir("fd") == Path("/results")
    assert notebook(out="/out").read_work_dir("out") == Path("/out")
    assert notebook(out="/out").read_work_dir("other") == Path("other")
    last = dataclasses.replace(notebook(), last_work_dir=Path("/last"))
    assert last.read_work_dir(None) == Path("/last")
    with pytest.raises(OptionError, match="No work_dir is given"):
        SHELL.read_work_dir(None)
    with pytest.raises(OptionError, match="is of type int"):
        notebook(n=3).read_work_dir("n")


def test_labels_may_be_a_function_a_dict_or_a_file():
    Path("labels.csv").write_text("index,label\n")
    place = notebook(get_label=str.upper, table={"a": "b"}, number=3)
    read = commands.is_labels
    assert place.read_object("get_label", read, "labels") is str.upper
    assert place.read_object("table", read, "labels") == {"a": "b"}
    assert place.read_object("labels.csv", read, "labels") == "labels.csv"
    with pytest.raises(OptionError) as caught:
        place.read_object("get_labels", read, "a function")
    assert "Did you mean 'get_label'? Variables: get_label, table." in caught.value.hint
    with pytest.raises(OptionError, match="'number' is of type int"):
        place.read_object("number", read, "a function")


def test_odd_variables_are_no_inputs():
    for value in ([], "", [1, 2], dict, UserString("x"), None, np.array(3)):
        assert not commands.is_input(value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rum", "Did you mean fastdup-nb run?"),
        ("sumary", "Did you mean fastdup-nb summary?"),
        ("xyz", "Commands: run, summary, status, "),
    ],
)
def test_unknown_command_has_a_suggestion(name: str, hint: str):
    with pytest.raises(OptionError) as caught:
        commands.execute([name], SHELL)
    assert caught.value.hint.startswith(hint)


def test_forgotten_run_is_suggested():
    Path("photos").mkdir()
    with pytest.raises(OptionError) as caught:
        commands.execute(["photos"], SHELL)
    assert caught.value.hint == "Did you mean fastdup-nb run photos?"


@pytest.mark.parametrize("words", [["help"], ["-h"], ["--help"]])
def test_overview_names_every_command(words: list[str]):
    text = commands.help_asked_for(words, SHELL)
    assert text is not None
    assert all(f"\n  {name} " in text for name in commands.COMMANDS)


@pytest.mark.parametrize("line", ["run --help", "run photos -h", "help run"])
def test_help_of_one_command(line: str):
    text = commands.help_asked_for(line.split(), notebook())
    assert text is not None
    assert "usage: %fastdup run INPUT... [options]" in text
    assert "--ccthreshold" in text
    assert "(default: 0.9)" in text
    assert "100%%" not in text


def test_no_help_is_asked_for():
    assert commands.help_asked_for(["run", "photos"], SHELL) is None
    assert commands.help_asked_for(["run", "--", "--help"], SHELL) is None
    assert not asks_for_help(["--", "-h"])


def test_work_dir_after_two_dashes():
    with pytest.raises(FastdupError, match="--out does not exist"):
        commands.execute(["summary", "--", "--out"], SHELL)
    with pytest.raises(OptionError, match="one word too many"):
        commands.execute(["summary", "a", "--", "b"], SHELL)


def test_manual_holds_all_options():
    text = commands.manual("%fastdup")
    for command in commands.COMMANDS.values():
        for name in command.parser("x").option_names():
            assert name in text


def test_only_option_names_are_respelt():
    given = ["my_file", "--work_dir=my_dir", "--num_images", "2", "--", "--my_name"]
    expected = ["my_file", "--work-dir=my_dir", "--num-images", "2", "--", "--my_name"]
    assert with_dashes(given) == expected


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["run", "my photos"], "fastdup-nb run 'my photos' --resume"),
        (["run", "photos", "--resume"], "fastdup-nb run photos --resume"),
        (["run", "--", "-x"], "fastdup-nb run --resume -- -x"),
    ],
)
def test_interrupted_run_tells_the_line_that_goes_on(monkeypatch, words: list[str], line: str):
    def interrupt(values, place):
        raise RunInterruptedError("Interrupted: 40 of 100 images are saved.", "resume=1")

    replace_run(monkeypatch, interrupt)
    with pytest.raises(RunInterruptedError) as caught:
        commands.execute(words, SHELL)
    assert caught.value.message == "Interrupted: 40 of 100 images are saved."
    assert caught.value.hint == f"To go on: {line}"


def test_quiet_run_has_silent_progress():
    assert isinstance(SHELL.progress(quiet=True), SilentProgress)
    assert isinstance(dataclasses.replace(SHELL, quiet=True).progress(quiet=False), SilentProgress)
    shown = NotebookProgress()
    chosen = dataclasses.replace(SHELL, make_progress=lambda: shown)
    assert chosen.progress(quiet=False) is shown


def test_one_word_too_many():
    with pytest.raises(OptionError, match="one word too many") as caught:
        commands.execute(["summary", "my", "results"], SHELL)
    assert "quotes" in caught.value.hint


def test_missing_results_are_a_plain_error():
    with pytest.raises(FastdupError) as caught:
        commands.execute(["summary", "nowhere"], SHELL)
    assert "nowhere" in caught.value.message
