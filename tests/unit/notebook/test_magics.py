"""`%load_ext fastdup_nb` and `%fastdup`, with a double in the place of the engine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastdup_nb import commands
from fastdup_nb.errors import FastdupError, InputNotFoundError, OptionError, RunInterruptedError
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell


SETTINGS = ("page_size", "work_dir", "quiet", "height", "theme")


class Result:
    """What the double of run returns."""

    def __init__(self, options: Any) -> None:
        self.options = options
        self.work_dir = Path(options.work_dir)


@pytest.fixture
def loaded(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> InteractiveShell:
    from fastdup_nb.commands.runs import run_options_from

    def run(values: Namespace, place: commands.Place) -> Result:
        options = run_options_from(values, place)
        if options.input_dir == "interrupted":
            raise RunInterruptedError("Interrupted: 3 of 9 images are saved.")
        return Result(options)

    def summary(values: Namespace, place: commands.Place) -> Path:
        return place.read_work_dir(getattr(values, "work_dir", None))

    def duplicates(values: Namespace, place: commands.Place) -> commands.Place:
        return place

    for name, execute in (("run", run), ("summary", summary), ("duplicates", duplicates)):
        command = dataclasses.replace(commands.COMMANDS[name], execute=execute)
        monkeypatch.setitem(commands.COMMANDS, name, command)
    for folder in ("photos", "music", "interrupted"):
        Path(folder).mkdir()
    shell.run_line_magic("load_ext", "fastdup_nb")
    return shell


def magics_of(shell: InteractiveShell) -> Any:
    manager: Any = shell.magics_manager
    return manager.registry.get("FastdupMagics")


def traces(shell: InteractiveShell) -> tuple[int, int, bool, bool]:
    completer: Any = shell.Completer
    configurables: Any = shell.configurables
    names = [type(item).__name__ for item in configurables]
    return (
        names.count("FastdupMagics"),
        len(completer.custom_matchers),
        "fastdup" in shell.magics_manager.magics["line"],
        "fastdup" in shell.magics_manager.magics["cell"],
    )


def run_cell(shell: InteractiveShell, code: str) -> Any:
    result = shell.run_cell(code)
    result.raise_error()
    return result.result


def test_loading_is_undone_by_unloading(shell: InteractiveShell):
    before = traces(shell)
    shell.run_line_magic("load_ext", "fastdup_nb")
    assert traces(shell) == (before[0] + 1, before[1] + 1, True, True)
    shell.run_line_magic("unload_ext", "fastdup_nb")
    assert traces(shell) == before


def test_loading_twice_is_loading_once(shell: InteractiveShell):
    from fastdup_nb.notebook import load_ipython_extension

    shell.run_line_magic("load_ext", "fastdup_nb")
    once = traces(shell)
    load_ipython_extension(shell)
    shell.run_line_magic("reload_ext", "fastdup_nb")
    assert traces(shell) == once


def test_unloading_what_is_not_loaded_does_nothing(shell: InteractiveShell):
    from fastdup_nb.notebook import unload_ipython_extension

    before = traces(shell)
    unload_ipython_extension(shell)
    assert traces(shell) == before


def test_run_returns_an_object_to_assign(loaded: InteractiveShell):
    run_cell(loaded, "fd = %fastdup run photos --threshold 0.8")
    fd = loaded.user_ns["fd"]
    assert isinstance(fd, Result)
    assert (fd.options.input_dir, fd.options.threshold) == ("photos", 0.8)
    assert fd.work_dir == Path("photos_fastdup")


def test_variables_are_expanded(loaded: InteractiveShell):
    loaded.user_ns.update(folder="my photos", share=0.7)
    fd = run_cell(loaded, '%fastdup run "{folder}" --threshold $share')
    assert (fd.options.input_dir, fd.options.threshold) == ("my photos", 0.7)


def test_a_variable_with_spaces_is_one_word(loaded: InteractiveShell):
    loaded.user_ns.update(folder="my photos")
    Path("set {folder}").mkdir()
    assert run_cell(loaded, "%fastdup run {folder}").options.input_dir == "my photos"
    assert run_cell(loaded, "%fastdup run 'set {folder}'").options.input_dir == "set {folder}"
    code = "def look(inside):\n    fd = %fastdup run {inside}\n    return fd\nlook('a b')"
    assert run_cell(loaded, code).options.input_dir == "a b"


def test_a_semicolon_is_not_part_of_the_last_word(loaded: InteractiveShell):
    assert run_cell(loaded, "fd = %fastdup run photos;\nfd").options.input_dir == "photos"
    Path("odd;").mkdir()
    assert run_cell(loaded, "%fastdup run odd;").options.input_dir == "odd;"


def test_options_in_the_cell(loaded: InteractiveShell):
    loaded.user_ns.update(k=3, files=["a.jpg", "b.jpg"])
    cell = "# two files\nthreshold: 0.8\nnearest_neighbors_k = {k}\nrun_stats = no"
    fd = run_cell(loaded, f"%%fastdup run files --as fd\n{cell}")
    assert fd.options.input_dir == ["a.jpg", "b.jpg"]
    assert (fd.options.threshold, fd.options.nearest_neighbors_k) == (0.8, 3)
    assert not fd.options.turi.run_stats
    assert loaded.user_ns["fd"] is fd
    assert (
        run_cell(loaded, "%%fastdup run\ninputs = files").options.input_dir == fd.options.input_dir
    )
    assert run_cell(loaded, "%%fastdup run\ninput_dir = my photos").options.input_dir == "my photos"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("run photos\n\ntreshold = 3", "Line 3: unknown option 'treshold'."),
        ("run photos --threshold 1\nthreshold = 3", "Line 2: threshold is given again, after"),
        ("run photos\nwork_dir = {foldr}", "Line 2: There is no variable 'foldr'"),
        ("rum photos\nthreshold = 3", "Unknown command 'rum'."),
    ],
)
def test_errors_in_the_cell_name_the_line(loaded: InteractiveShell, cell: str, message: str):
    result = loaded.run_cell(f"%%fastdup {cell}")
    assert isinstance(result.error_in_exec, OptionError)
    assert result.error_in_exec.message.startswith(message)


def test_the_result_is_put_into_a_variable(loaded: InteractiveShell):
    fd = run_cell(loaded, "%fastdup run photos --as mine")
    assert loaded.user_ns["mine"] is fd
    for name in ("not a name", "class", "fd.work"):
        with pytest.raises(OptionError, match="is not a name for a variable"):
            run_cell(loaded, f"%fastdup run photos --as '{name}'")


def test_results_of_an_earlier_session_are_suggested(loaded: InteractiveShell):
    with pytest.raises(OptionError) as caught:
        run_cell(loaded, "%fastdup summary")
    assert caught.value.hint.startswith("Run first, such as %fastdup run photos")
    Path("holiday photos_fastdup").mkdir()
    with pytest.raises(OptionError) as caught:
        run_cell(loaded, "%fastdup summary")
    assert caught.value.hint == "Did you mean %fastdup summary 'holiday photos_fastdup'?"


def test_bare_names_are_variables_also_of_a_function(loaded: InteractiveShell):
    loaded.user_ns["files"] = ["a.jpg", "b.jpg"]
    assert run_cell(loaded, "%fastdup run files").options.input_dir == ["a.jpg", "b.jpg"]
    code = "def look(inside):\n    fd = %fastdup run inside\n    return fd\nlook(['c.jpg'])"
    assert run_cell(loaded, code).options.input_dir == ["c.jpg"]


def test_last_work_dir_is_remembered(loaded: InteractiveShell):
    with pytest.raises(OptionError, match="No work_dir is given"):
        run_cell(loaded, "%fastdup summary")
    run_cell(loaded, "%fastdup run photos")
    assert run_cell(loaded, "%fastdup summary") == Path("photos_fastdup")
    run_cell(loaded, "other = %fastdup run music --work-dir covers")
    assert run_cell(loaded, "%fastdup summary") == Path("covers")
    assert run_cell(loaded, "%fastdup summary other") == Path("covers")
    assert run_cell(loaded, "%fastdup summary elsewhere") == Path("elsewhere")


def test_settings(loaded: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    run_cell(loaded, "%config FastdupMagics")
    shown = capsys.readouterr().out
    assert all(f"FastdupMagics.{name}" in shown for name in SETTINGS)
    run_cell(loaded, "%config FastdupMagics.page_size = 7")
    run_cell(loaded, "%config FastdupMagics.work_dir = 'mine'")
    run_cell(loaded, "%config FastdupMagics.quiet = True")
    run_cell(loaded, "%config FastdupMagics.theme = 'dark'")
    place = run_cell(loaded, "%fastdup duplicates")
    assert place.explorer == {"height": 640, "theme": "dark"}
    assert place.num_images == 7
    assert not place.needs_page
    assert isinstance(place.progress(quiet=False), SilentProgress)
    assert run_cell(loaded, "%fastdup run photos").work_dir == Path("mine")


@pytest.mark.parametrize("line", ["", "help", "--help", "-h"])
def test_overview(loaded: InteractiveShell, capsys: pytest.CaptureFixture[str], line: str):
    assert run_cell(loaded, f"%fastdup {line}") is None
    assert "%fastdup COMMAND" in capsys.readouterr().out


def test_help_of_a_command(loaded: InteractiveShell, capsys: pytest.CaptureFixture[str]):
    assert run_cell(loaded, "%fastdup run --help") is None
    assert "usage: %fastdup run INPUT..." in capsys.readouterr().out


def test_question_mark_shows_the_same_help(loaded: InteractiveShell):
    found = loaded.object_inspect("%fastdup")
    assert found["found"]
    for command in commands.COMMANDS.values():
        assert command.parser("%fastdup").format_help().strip() in str(found["docstring"])


@pytest.mark.parametrize(
    ("line", "error", "lines"),
    [
        (
            "rum photos",
            OptionError,
            ["OptionError: Unknown command 'rum'.", "Hint: Did you mean %fastdup run?"],
        ),
        (
            "run nothing_here",
            InputNotFoundError,
            ["InputNotFoundError: There is no folder, file or variable 'nothing_here'."],
        ),
        ("run 'open", OptionError, ["OptionError: A quote is not closed in: run 'open"]),
    ],
)
def test_an_error_is_one_line_and_a_hint(
    loaded: InteractiveShell,
    capsys: pytest.CaptureFixture[str],
    line: str,
    error: type[FastdupError],
    lines: list[str],
):
    result = loaded.run_cell(f"%fastdup {line}")
    out = capsys.readouterr().out
    assert isinstance(result.error_in_exec, error)
    assert out.splitlines()[: len(lines)] == lines
    assert len(out.splitlines()) == 2


def test_an_interrupted_run_tells_how_to_go_on(
    loaded: InteractiveShell, capsys: pytest.CaptureFixture[str]
):
    result = loaded.run_cell("%fastdup run interrupted --threshold 0.8")
    assert isinstance(result.error_in_exec, RunInterruptedError)
    assert capsys.readouterr().out.splitlines() == [
        "RunInterruptedError: Interrupted: 3 of 9 images are saved.",
        "Hint: To go on: %fastdup run interrupted --threshold 0.8 --resume",
    ]
