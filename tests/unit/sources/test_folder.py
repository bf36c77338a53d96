from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fastdup_nb.sources.folder import folder_id, walk
from fastdup_nb.sources.notes import Notes

POSIX_NAMES = [
    'quo"te.jpg',
    "apo'strophe.jpg",
    "com,ma.jpg",
    "new\nline.jpg",
    " space .jpg",
    "#hash.jpg",
    "emoji\U0001f600.jpg",
    "<script>alert(1).jpg",
    "=1+1.jpg",
    "back\\slash.jpg",
    "%41.jpg",
    "~tilde.jpg",
    "-dash.jpg",
    "$(x)`y`.jpg",
]


def touch(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return str(path)


def names(root: Path) -> list[str]:
    return [os.path.relpath(path, root) for path in walk(str(root), Notes())]


def test_finds_every_image_suffix_in_any_case_below_hidden_folders_too(tmp_path):
    wanted = ["a.JPG", "b.jpeg", ".hidden/c.PnG", "d/e/f/g.avif", ".x.webp", "h.heic", "i.jp2"]
    for name in [*wanted, "j.txt", "k", "l.jpg.txt", "d/jpg"]:
        touch(tmp_path / name)
    assert sorted(names(tmp_path)) == sorted(wanted)


def test_order_is_the_byte_order_of_whole_paths(tmp_path):
    for name in ["a/z.jpg", "a.jpg", "a-b/x.jpg", "a b.jpg", "B.jpg", "ab.jpg", "a/0.jpg", "é.jpg"]:
        touch(tmp_path / name)
    for name in [
        "\U0001f600.jpg",
        "\uffe6.jpg",
    ]:  # UTF-16 would order these two the other way round
        touch(tmp_path / name)
    found = list(walk(str(tmp_path), Notes()))
    assert found == sorted(found, key=os.fsencode)
    assert len(found) == 10


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names must be Unicode there")
def test_names_that_are_not_utf8_survive_and_sort_by_bytes(tmp_path):
    raw = [b"\xff.jpg", b"\xc3\xa9.jpg", b"\x80.jpg", b"z.jpg"]
    for name in raw:
        touch(tmp_path / os.fsdecode(name))
    assert [os.fsencode(name) for name in names(tmp_path)] == sorted(raw)


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be made there")
def test_odd_names(tmp_path):
    for name in POSIX_NAMES:
        touch(tmp_path / name)
    assert sorted(names(tmp_path)) == sorted(POSIX_NAMES)


def test_links_are_followed_and_listed_under_every_name(tmp_path):
    photo = touch(tmp_path / "real" / "a.jpg")
    (tmp_path / "linked").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "b.jpg").symlink_to(photo)
    assert names(tmp_path) == ["b.jpg", "linked/a.jpg", "real/a.jpg"]


def test_loops_end(tmp_path):
    touch(tmp_path / "a" / "x.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a", target_is_directory=True)
    touch(tmp_path / "b" / "y.jpg")
    (tmp_path / "b" / "to_c").symlink_to(tmp_path / "c", target_is_directory=True)
    touch(tmp_path / "c" / "z.jpg")
    (tmp_path / "c" / "to_b").symlink_to(tmp_path / "b", target_is_directory=True)
    assert names(tmp_path) == ["a/x.jpg", "b/to_c/z.jpg", "b/y.jpg", "c/to_b/y.jpg", "c/z.jpg"]


def test_dangling_links_are_counted_not_listed(tmp_path):
    touch(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "gone")
    (tmp_path / "c.jpg").symlink_to(tmp_path / "c.jpg")
    notes = Notes()
    assert len(list(walk(str(tmp_path), notes))) == 1
    assert notes.dangling.count == 2
    (warning,) = notes.warnings()
    assert warning.startswith("2 links lead to nothing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_pipes_are_not_listed(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    assert names(tmp_path) == []


def test_an_unreadable_folder_is_a_warning(tmp_path, monkeypatch):
    touch(tmp_path / "a" / "x.jpg")
    touch(tmp_path / "b" / "y.jpg")
    scandir = os.scandir

    def refuse(path):
        if path == str(tmp_path / "a") + os.sep:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    notes = Notes()
    assert [Path(path).name for path in walk(str(tmp_path), notes)] == ["y.jpg"]
    (warning,) = notes.warnings()
    assert (
        warning == f"1 folder cannot be read: {str(tmp_path / 'a') + os.sep!r} (Permission denied)."
    )


def test_excluded_folders_are_left_out_whatever_link_leads_there(tmp_path):
    touch(tmp_path / "work" / "tmp" / "x.jpg")
    kept = touch(tmp_path / "work" / "y.jpg")
    (tmp_path / "z").symlink_to(tmp_path / "work" / "tmp", target_is_directory=True)
    excluded = frozenset([folder_id(str(tmp_path / "work" / "tmp")), folder_id(str(tmp_path))])
    assert list(walk(str(tmp_path), Notes(), excluded)) == [kept]


def test_deeper_than_the_recursion_limit(tmp_path):
    folder = tmp_path
    for _ in range(600):
        folder /= "d"
        folder.mkdir()
    touch(folder / "x.jpg")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    try:
        found = names(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert len(found) == 1


def test_the_walk_is_a_stream(tmp_path, monkeypatch):
    for name in ("a/x.jpg", "b/y.jpg"):
        touch(tmp_path / name)
    read = []
    scandir = os.scandir

    def watched(path):
        read.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", watched)
    assert next(walk(str(tmp_path), Notes())).endswith("x.jpg")
    assert len(read) == 2
