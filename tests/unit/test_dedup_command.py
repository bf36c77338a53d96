"""The command `dedup`: its options, outputs and errors."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from fastdup_nb import cli, commands
from fastdup_nb.clean import copying
from fastdup_nb.errors import OptionError
from fastdup_nb.options import TuriParams
from tests.pictures import write_pictures

SHELL = commands.Place(prog="fastdup-nb")


@pytest.fixture(autouse=True)
def dump(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = write_pictures(tmp_path / "dump" / "sub", 2)
    (tmp_path / "dump" / "copy").write_bytes(paths[0].read_bytes())
    return tmp_path / "dump"


def dedup(*words: str):
    return commands.execute(["dedup", *words], SHELL)


def listed() -> dict:
    return json.loads(Path("list.json").read_bytes())


def test_what_is_returned(dump):
    report = dedup("dump")
    assert report.kept == [str(dump / "copy"), str(dump / "sub" / "picture_001.jpg")]
    assert report.duplicates == {str(dump / "copy"): [str(dump / "sub" / "picture_000.jpg")]}
    assert repr(report) == "Initial_Image_Count: 3\nFinal_Image_Count: 2"


def test_outputs_are_named(tmp_path):
    text = str(dedup("dump", "-o", "list.json", "-d", "out"))
    assert text.splitlines()[2:] == [f"JSON: {tmp_path}/list.json", f"Images: {tmp_path}/out"]


def test_copies_lie_as_the_images_do(tmp_path):
    dedup("dump", "-d", "out", "-s", "-o", "list.json")
    first = listed()["images"][0]
    assert first["copy"] == f"{tmp_path}/out/deduplicated/copy"
    assert first["duplicates"][0]["copy"] == f"{tmp_path}/out/duplicates/sub/picture_000.jpg"


def test_again_is_the_same():
    for _ in range(2):
        dedup("dump", "-d", "out")
        assert sum(path.is_file() for path in Path("out").rglob("*")) == 2


def test_nothing_is_overwritten():
    Path("out").mkdir()
    Path("out/copy").write_text("mine")
    dedup("dump", "-d", "out", "-o", "list.json")
    assert Path("out/copy").read_text() == "mine"
    assert listed()["images"][0]["copy"].endswith("/out/copy (2)")


def test_output_inside_the_folder_is_no_input():
    for _ in range(2):
        report = dedup("dump", "-d", "dump/clean", "-s")
        assert report.found.initial_count == 3


def test_near_options():
    assert dedup("dump", "-n").found.threshold == TuriParams().ccthreshold[0]
    report = dedup("dump", "-n", "--threshold", "0.9", "--work-dir", "work", "-o", "list.json")
    assert report.found.threshold == listed()["threshold"] == 0.9
    assert listed()["mode"] == "near"
    assert Path("work/similarity.csv").is_file()


def test_names_survive(dump):
    names = [b"a\nb", b'"<b>,', b"\xff.jpg", b"=1+1", b"-d"]
    for number, name in enumerate(names):
        data = (dump / "copy").read_bytes() + bytes([number])
        (dump / os.fsdecode(name)).write_bytes(data)
    dedup("dump", "-d", "out", "-o", "list.json")
    for entry in listed()["images"]:
        assert Path(entry["path"]).read_bytes() == Path(entry["copy"]).read_bytes()
    assert set(names) <= {os.fsencode(path.name) for path in Path("out").iterdir()}


def test_folder_from_a_notebook(dump):
    variables = {"my_dump": dump, "several": [str(dump), str(dump)]}
    place = commands.Place(prog="%fastdup", variables=variables, needs_page=False)
    assert commands.execute(["dedup", "my_dump"], place).found.initial_count == 3
    with pytest.raises(OptionError, match="is a list"):
        commands.execute(["dedup", "several"], place)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "No folder is given"),
        (["dump", "-s"], "--show-duplicates needs a folder"),
        (["dump", "-n", "--threshold", "2"], "'2' is not a number from 0 to 1"),
        (["dump", "-n", "--threshold", "nan"], "'nan' is not a number from 0 to 1"),
        (["dump", "--threshold", "0.9"], "--threshold is about near-duplicates"),
        (["dump", "-e", "--work-dir", "x"], "--work-dir is about near-duplicates"),
        (["dump", "-d", "dump"], "copied into their own folder"),
        (["dump", "-d", "."], "copied into their own folder"),
        (["dump", "-o", "dump"], "is a folder"),
        (["dump", "-o", "dump/copy"], "not a JSON list"),
        (["dump", "other"], "one word too many"),
    ],
)
def test_misuse_is_two(capsys, words, text):
    assert cli.main(["dedup", *words]) == 2
    shown = capsys.readouterr()
    assert text in shown.err
    assert (shown.out, len(shown.err.splitlines())) == ("", 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nowhere"], "There is no folder"),
        (["dump/copy"], "is a file"),
        (["empty"], "it is empty"),
        (["dump", "-d", "dump/copy/x"], "is not a folder"),
        (["dump", "-o", "dump/copy/x.json"], "is not a folder"),
    ],
)
def test_what_cannot_be_done_is_one(capsys, words, text):
    Path("empty").mkdir()
    before = sorted(Path().rglob("*"))
    assert cli.main(["dedup", *words]) == 1
    shown = capsys.readouterr()
    assert text in shown.err
    assert (shown.out, len(shown.err.splitlines())) == ("", 2)
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("words", [["-d", "closed/out"], ["-o", "closed/list.json"]])
def test_closed_folder(capsys, monkeypatch, words):
    Path("closed").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "closed")
    assert cli.main(["dedup", "dump", *words]) == 1
    assert "Permission denied" in capsys.readouterr().err


def test_full_disk(capsys, monkeypatch):
    def fail(source, target):
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(copying.shutil, "copyfile", fail)
    assert cli.main(["dedup", "dump", "-d", "out", "--quiet"]) == 1
    assert capsys.readouterr().err.splitlines()[1].startswith("Hint: Free some space")
    assert not [path for path in Path("out").rglob("*") if path.is_file()]


def test_image_gone_meanwhile(dump, capsys, monkeypatch):
    real = copying.shutil.copyfile

    def lose(source, target):
        (dump / "copy").unlink(missing_ok=True)
        return real(source, target)

    monkeypatch.setattr(copying.shutil, "copyfile", lose)
    words = ["dump", "-d", "out", "-o", "list.json", "--quiet"]
    assert cli.main(["dedup", *words]) == 1
    assert "1 image was not copied" in capsys.readouterr().err
    assert ["copy" in entry for entry in listed()["images"]] == [False, True]


def test_older_list_is_replaced():
    Path("list.json").write_text('{"images": []}')
    dedup("dump", "-o", "list.json")
    assert listed()["Final_Image_Count"] == 2


def test_quiet(capsys):
    assert cli.main(["dedup", "dump", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")
