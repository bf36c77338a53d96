import shlex
import subprocess

import pytest

from fastdup_nb.clean.apply import Left, Outcome
from fastdup_nb.clean.content import FileState
from fastdup_nb.clean.plan import Action, Decision, Plan
from fastdup_nb.clean.report import commands, outcome_text, plan_text, quote, restored_text
from fastdup_nb.clean.undo import Restored

ODD = [
    "/p/plain.jpg",
    "/p/with space.jpg",
    "/p/semi;colon#%.jpg",
    "/p/$(touch x)`touch y`.jpg",
    "/p/quo\"te's.jpg",
    "/p/new\nline; rm -rf ~.jpg",
    "/p/back\\slash\ttab.jpg",
    "/p/escape\x1b[2J.jpg",
    "/p/not utf-8 \udcff\udcfe.jpg",
    "/p/emoji 🦊 <script>.jpg",
    "/p/%s%n\\n\n.jpg",
    "-rf",
]


@pytest.mark.parametrize("path", ODD)
def test_a_quoted_name_is_one_word_of_a_shell_and_one_line(path):
    word = quote(path)
    assert word.isprintable()
    done = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' {word}"], capture_output=True, check=True, cwd="/"
    )
    assert done.stdout == path.encode("utf-8", "surrogateescape") + b"\0"


def test_the_printed_commands_remove_exactly_those_files(tmp_path):
    paths = [tmp_path / name[3:] for name in ODD if name.startswith("/p/")]
    for path in [*paths, tmp_path / "with", tmp_path / "space.jpg"]:
        path.write_bytes(b"x")
    plan = Plan(tuple(Decision(str(path), Action.DELETE, "") for path in paths))
    subprocess.run(["sh", "-c", "\n".join(commands(plan))], check=True, cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["space.jpg", "with"]


def test_moves_are_printed_as_moves():
    plan = Plan((Decision("/a b", Action.MOVE, "", target="/c d"),))
    assert [shlex.split(line) for line in commands(plan)] == [["mv", "-n", "--", "/a b", "/c d"]]


def test_a_plan_says_what_goes_what_stays_and_how_much():
    state = FileState(1_500_000, 0, 0, 0)
    plan = Plan(
        (
            Decision("/a", Action.KEEP, "kept: most pixels", "3", state=state),
            Decision("/b\x1b", Action.DELETE, "same content", "3", "cat", "/a", True, state),
            Decision("/c", Action.STAY, "it was changed", "3"),
        ),
        ("a note",),
    )
    text = plan_text(plan)
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[0] == "cluster 3"
    assert lines[1] == "  keep    /a  (kept: most pixels)"
    assert lines[2] == "  delete  /b\\x1b  [cat]  (same content)"
    assert lines[3] == "  stay    /c  (it was changed)"
    assert lines[4] == "a note"
    assert lines[5].startswith("rm -f -- ")
    assert "1 file (1.5 MB) would go, 1 of them exact copies" in lines[6]


def test_a_long_table_says_how_much_is_not_shown():
    plan = Plan(tuple(Decision(f"/{n}", Action.DELETE, "x") for n in range(1200)))
    text = plan_text(plan)
    assert "... and 200 more files" in text
    assert text.count("rm -f -- ") == 1200  # the commands are complete


def test_an_empty_plan_says_so():
    assert plan_text(Plan()) == "Dry run: there is nothing to do."


def test_files_left_for_one_reason_share_a_line(tmp_path):
    left = [Left(f"/x/{n}.jpg", "the folder /x cannot be changed") for n in range(5)]
    text = outcome_text(Plan(), Outcome(tmp_path, 1, {}, left))
    assert text.splitlines() == [
        "Nothing was changed.",
        (
            "5 files left in place: the folder /x cannot be changed: "
            "/x/0.jpg, /x/1.jpg, /x/2.jpg and 2 more."
        ),
    ]


def test_permanent_deletion_promises_no_undo(tmp_path):
    text = outcome_text(Plan(), Outcome(tmp_path, 1, {"/a": "permanent"}, freed=10))
    assert "deleted permanently" in text
    assert "undo" not in text
    assert "undo" in outcome_text(Plan(), Outcome(tmp_path, 1, {"/a": "trash"}, freed=10))


def test_what_is_not_back_is_told_with_its_place(tmp_path):
    left = [Left("/a", "another file is in its place", "/t/a")]
    text = restored_text(Restored(tmp_path, 2, ["/b"], ["/c"], left, 1))
    assert "Cleaning 2: 1 file put back." in text
    assert "1 file already in place." in text
    assert "another file is in its place: /a (now /t/a)." in text
    assert "1 earlier cleaning can be undone." in text
