"""Copies that overwrite nothing and appear whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastdup_nb.clean import copying
from fastdup_nb.clean.copying import copy_file


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.jpg"
    path.write_bytes(b"content")
    os.utime(path, (1e9, 1e9))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_copy(source, tmp_path):
    place = copy_file(source, tmp_path / "new" / "deep" / "a.jpg", set())
    assert place.read_bytes() == b"content"
    assert place.stat().st_mtime == 1e9
    assert names(place.parent) == ["a.jpg"]


def test_same_content_is_not_copied_again(source, tmp_path, monkeypatch):
    target = tmp_path / "out" / "a.jpg"
    copy_file(source, target, set())
    monkeypatch.setattr(copying, "_put", None)
    assert copy_file(source, target, set()) == target


def test_other_content_is_not_overwritten(source, tmp_path):
    target = tmp_path / "out" / "a.jpg"
    target.parent.mkdir()
    target.write_bytes(b"CONTENT")
    assert copy_file(source, target, set()).name == "a (2).jpg"
    assert target.read_bytes() == b"CONTENT"


def test_a_link_in_the_way_is_not_followed(source, tmp_path):
    target = tmp_path / "out" / "a.jpg"
    target.parent.mkdir()
    target.symlink_to(tmp_path / "elsewhere")
    assert copy_file(source, target, set()).name == "a (2).jpg"
    assert not (tmp_path / "elsewhere").exists()


def test_a_name_is_given_once(source, tmp_path):
    taken: set[str] = set()
    places = [copy_file(source, tmp_path / "out" / "a.jpg", taken) for _ in range(3)]
    assert [place.name for place in places] == ["a.jpg", "a (2).jpg", "a (3).jpg"]


def test_failure_leaves_nothing(source, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copying.shutil, "copyfile", fail)
    with pytest.raises(OSError, match="No space"):
        copy_file(source, tmp_path / "out" / "a.jpg", set())
    assert names(tmp_path / "out") == []


def test_another_process_is_faster(source, tmp_path, monkeypatch):
    target = tmp_path / "out" / "a.jpg"
    move = copying.move_file

    def late(unfinished: Path, place: Path) -> None:
        if place == target:
            place.write_bytes(b"theirs")
        move(unfinished, place)

    monkeypatch.setattr(copying, "move_file", late)
    assert copy_file(source, target, set()).name == "a (2).jpg"
    assert names(target.parent) == ["a (2).jpg", "a.jpg"]
    assert target.read_bytes() == b"theirs"
