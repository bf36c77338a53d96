"""The shell command: exit codes, what goes where, and no traceback."""

from __future__ import annotations

import dataclasses
import io
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fastdup_nb import cli, commands
from fastdup_nb._version import __version__
from fastdup_nb.errors import OptionError, RunInterruptedError, WorkDirError
from fastdup_nb.progress import SilentProgress
from tests.pictures import write_pictures

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.DEBUG, raising=False)


def raising(error: BaseException) -> Callable[..., None]:
    def execute(values: object, place: object) -> None:
        raise error

    return execute


def replace_summary(monkeypatch: pytest.MonkeyPatch, execute: Callable[..., object]) -> None:
    command = dataclasses.replace(commands.COMMANDS["summary"], execute=execute)
    monkeypatch.setitem(commands.COMMANDS, "summary", command)


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (OptionError("Bad.", "Do so."), 2, ["Error: Bad.", "Hint: Do so."]),
        (WorkDirError("Full."), 1, ["Error: Full."]),
        (
            RunInterruptedError("Stopped."),
            130,
            ["Error: Stopped.", "Hint: To go on: fastdup-nb summary x --resume"],
        ),
        (KeyboardInterrupt(), 130, ["Error: Interrupted."]),
        (
            KeyError("x"),
            1,
            [
                "Error: Unexpected KeyError: 'x'",
                "Hint: This is a bug. FASTDUP_NB_DEBUG=1 shows where it is; please report it.",
            ],
        ),
    ],
)
def test_an_error_is_one_line_a_hint_and_a_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    lines: list[str],
):
    replace_summary(monkeypatch, raising(error))
    assert cli.main(["summary", "x"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == lines


def test_debug_shows_where_a_bug_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(cli.DEBUG, "1")
    replace_summary(monkeypatch, raising(KeyError("x")))
    with pytest.raises(KeyError):
        cli.main(["summary", "x"])


def test_version(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"fastdup-nb {__version__}\n"


@pytest.mark.parametrize("words", [["--help"], ["help"], ["run", "--help"], ["help", "summary"]])
def test_help_goes_to_standard_output(capsys: pytest.CaptureFixture[str], words: list[str]):
    assert cli.main(words) == 0
    assert capsys.readouterr().out.startswith("usage: fastdup-nb ")


def test_no_word_is_a_misuse(capsys: pytest.CaptureFixture[str]):
    assert cli.main([]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "commands:" in shown.err


@pytest.mark.parametrize(
    "words",
    [["rum"], ["run"], ["run", "x", "--treshold", "1"], ["summary"], ["duplicates", "a", "b"]],
)
def test_misuse_is_two(capsys: pytest.CaptureFixture[str], words: list[str]):
    assert cli.main(words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


@pytest.mark.parametrize("words", [["run", "nowhere"], ["summary", "nowhere"]])
def test_what_does_not_exist_is_one(capsys: pytest.CaptureFixture[str], words: list[str]):
    assert cli.main(words) == 1
    assert "nowhere" in capsys.readouterr().err


def test_terminal_without_the_characters_gets_question_marks(monkeypatch: pytest.MonkeyPatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii"))
    replace_summary(monkeypatch, lambda values, place: "3 images · “ok”")
    assert cli.main(["summary", "x"]) == 0
    assert written.getvalue() == b"3 images ? ?ok?\n"


def test_reader_that_leaves_early_is_no_error():
    # The pipe is closed before anything is written, as by `| true`.
    code = "import sys, time; time.sleep(0.5); from fastdup_nb.cli import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(120) == 0
    assert errors == b""


class Interrupting(SilentProgress):
    """Ctrl-C after some images."""

    def __init__(self) -> None:
        self.seen = 0

    def advance(self, done: int, bad: int = 0) -> None:
        self.seen += done
        if self.seen >= 48:
            raise KeyboardInterrupt


def test_an_interrupted_run_is_resumed_by_the_line_it_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write_pictures(Path("my photos"), 90)
    assert cli.main(["run", "my photos", "--work-dir", "whole"]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(cli, "shell_progress", Interrupting)
        assert cli.main(["run", "my photos"]) == 130
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("Error: ")
    assert hint == "Hint: To go on: fastdup-nb run 'my photos' --resume"
    assert not Path("my photos_fastdup/similarity.csv").exists()

    assert cli.main(shlex.split(hint.partition("fastdup-nb ")[2])) == 0
    for name in ("atrain_features.dat", "atrain_stats.csv", "similarity.csv", "outliers.csv"):
        resumed = Path("my photos_fastdup", name).read_bytes()
        assert resumed == Path("whole", name).read_bytes(), name


def test_run_summary_and_duplicates(capsys: pytest.CaptureFixture[str]):
    paths = write_pictures(Path("photos"), 8)
    shutil.copy(paths[0], "photos/copy.jpg")
    Path("photos/broken.jpg").touch()

    assert cli.main(["run", "photos"]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "exact copies" in shown.out
    assert "\n      fastdup-nb duplicates photos_fastdup\n" in shown.out
    assert sorted(path.name for path in Path().iterdir()) == ["photos", "photos_fastdup"]

    assert cli.main(["summary", "photos_fastdup", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["images_listed"], counts["images_bad"]) == (10, 1)

    assert cli.main(["duplicates", "photos_fastdup", "--num_images", "1"]) == 0
    shown = capsys.readouterr()
    assert "copy.jpg" in shown.out
    assert shown.out.endswith("photos_fastdup/duplicates.html\n")
    assert "data:image/jpeg;base64," in Path("photos_fastdup/duplicates.html").read_text("utf-8")

    assert cli.main(["duplicates", "photos_fastdup", "--save-path", "out/mine.html"]) == 0
    assert Path("out/mine.html").is_file()
    capsys.readouterr()
    assert cli.main(["run", "photos", "--resume", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_embeddings_alone_are_summarised_too(capsys: pytest.CaptureFixture[str]):
    write_pictures(Path("photos"), 4)
    assert cli.main(["run", "photos", "--run-mode", "1"]) == 0
    assert "4 images" in capsys.readouterr().out
    assert cli.main(["duplicates", "photos_fastdup"]) == 1
    assert cli.main(["run", "--run-mode", "2", "--work-dir", "photos_fastdup"]) == 0
    assert cli.main(["duplicates", "photos_fastdup"]) == 0


def test_a_second_folder_that_is_missing_was_meant_for_the_results(
    capsys: pytest.CaptureFixture[str],
):
    write_pictures(Path("my photos"), 2)
    assert cli.main(["run", "my photos", "results"]) == 1
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        "Error: There is no file or folder 'results'.",
        "Hint: For results there: fastdup-nb run 'my photos' --work-dir results",
    ]
    assert [path.name for path in Path().iterdir()] == ["my photos"]


def test_module_is_the_command():
    shown = subprocess.run(
        [sys.executable, "-m", "fastdup_nb", "rum"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert shown.returncode == 2
    assert shown.stderr.splitlines() == [
        "Error: Unknown command 'rum'.",
        "Hint: Did you mean fastdup-nb run?",
    ]
