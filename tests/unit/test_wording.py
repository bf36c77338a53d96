"""What the shell and the magics say: commands and options, not functions and parameters."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from fastdup_nb import cli
from fastdup_nb.commands import COMMANDS, Place, as_command, execute, in_commands
from fastdup_nb.errors import FastdupError
from tests.pictures import write_pictures


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Run again with resume=1 to go on.", "Run again with --resume to go on."),
        ("threshold=7.5 cannot be used.", "--threshold 7.5 cannot be used."),
        ("Run with turi_param='run_stats=1'.", "Run with --run-stats."),
        ("turi_param='run_stats=0,tar_only=1'", "--no-run-stats --tar-only"),
        ("Make them with fd.kmeans().", "Make them with %fastdup kmeans."),
        ("Run run_kmeans_on_extracted first.", "Run %fastdup kmeans first."),
        (
            "Give find_top_components(..., get_label_func=...).",
            "Give %fastdup top-components --labels ....",
        ),
        ("To do it: dry_run=False.", "To do it: --apply."),
        ("Give that model as model_path.", "Give that model as --model-path."),
        ("model_path='a b.onnx' is no model.", "--model-path 'a b.onnx' is no model."),
        ("Give get_label_func= or annotations= then.", "Give --labels or --annotations then."),
        # Names of files, and what no command knows, stay as they are.
        ("There is no file '/a/threshold=3.jpg'.",) * 2,
        ("There is no folder 'threshold=3'.",) * 2,
        ("'run_kmeans' is no folder; it holds run_mode.csv.",) * 2,
        ("Give the work_dir of a finished run (or two).",) * 2,
        ("max_width='x' cannot be used.",) * 2,
    ],
)
def test_sentences(text, said):
    parsers = [COMMANDS[name].parser("%fastdup") for name in ("run", "top-components")]
    assert in_commands(text, "%fastdup", parsers) == said


@pytest.mark.parametrize(
    ("call", "command"),
    [
        ("fastdup_nb.create_stats_gallery('a b', lazy_load=False)", "stats 'a b' --no-lazy-load"),
        ("fastdup_nb.undo('x')", "undo x"),
        ("fastdup_nb.Fastdup('x').outliers()", "outliers x"),
        ("fastdup_nb.save_binary_feature('x')", ""),
        ("os.remove('x')", ""),
        ("no call", ""),
    ],
)
def test_calls(call, command):
    assert as_command(call, "fastdup-nb") == (command and f"fastdup-nb {command}")


def test_the_next_steps_of_the_shell_can_be_typed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    first, *_ = write_pictures(tmp_path / "my photos", 3)
    shutil.copy(first, first.with_name("copy.jpg"))
    first.with_name("broken.jpg").write_bytes(b"x")
    assert cli.main(["run", "my photos", "--work-dir", "my results"]) == 0
    lines = capsys.readouterr().out.partition("\nNext\n")[2].splitlines()
    steps = [shlex.split(line) for line in lines if line.startswith("      ")]
    assert len(steps) > 2
    for words in steps:
        if words[0] == "fastdup-nb":
            assert cli.main(words[1:]) == 0
        else:
            assert Path(*words).is_file()
    assert ["fastdup-nb", "duplicates", "my results"] in steps
    assert ["my results/atrain_features.bad.csv"] in steps


@pytest.mark.parametrize(
    ("prog", "words", "told"),
    [
        ("%fastdup", ["clusters", "r"], "Run %fastdup kmeans on it first."),
        ("fastdup-nb", ["clusters", "r"], "Run fastdup-nb kmeans on it first."),
        ("%fastdup", ["run", "photos", "--threshold", "7"], "--threshold 7.0 cannot be used."),
        ("%fastdup", ["run", "photos", "--tar-only"], "and --tar-only leaves single images out."),
        ("fastdup-nb", ["plot", "clusters", "r"], "Make them with fastdup-nb kmeans."),
        ("fastdup-nb", ["run", "--run-mode", "3", "--work-dir", "w"], "--run-mode 3 compares"),
    ],
)
def test_errors_name_what_the_door_has(tmp_path, monkeypatch, prog, words, told):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "photos", 2)
    assert cli.main(["run", "photos", "--work-dir", "r", "--quiet"]) == 0
    with pytest.raises(FastdupError) as caught:
        execute(words, Place(prog=prog, quiet=True))
    assert told in str(caught.value)
