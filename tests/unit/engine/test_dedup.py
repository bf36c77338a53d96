"""Finding the images of a folder and those that are the same."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from fastdup_nb.core.threads import Workers
from fastdup_nb.engine.dedup import content as content_module
from fastdup_nb.engine.dedup import deduplicate
from fastdup_nb.engine.dedup.content import LARGE, Contents
from fastdup_nb.engine.dedup.found import HEAD
from fastdup_nb.errors import EmptyInputError, InputError, InputNotFoundError
from fastdup_nb.progress import SilentProgress
from tests.pictures import draw, write_pictures

JPEG = b"\xff\xd8\xff\xe0"


def find(folder: Path, **options):
    return deduplicate(folder, SilentProgress(), **options)


def grouped(folder: Path, **options) -> list[list[str]]:
    found = find(folder, **options)
    return [
        [os.path.relpath(image.path, folder) for image in (group.kept, *group.duplicates)]
        for group in found.groups
    ]


def put(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that were read beyond their head, by how."""
    seen: dict[str, list[str]] = {"_sample": [], "_hash": []}
    for name, names in seen.items():
        real = getattr(content_module, name)

        def note(image, real=real, names=names):
            names.append(Path(image.path).name)
            return real(image)

        monkeypatch.setattr(content_module, name, note)
    return seen


def image(*parts: bytes, size: int) -> bytes:
    """Bytes that begin as a JPEG; `parts` lie at the beginning, in the quarter and at the end."""
    data = bytearray(JPEG + bytes(size - len(JPEG)))
    for part, place in zip(parts, (len(JPEG), size // 4, size - 10), strict=False):
        data[place : place + len(part)] = part
    return bytes(data)


def test_small_files_are_read_once(tmp_path, reads):
    """Size, then the bytes the search has read anyway."""
    same = image(b"a", size=HEAD)
    put(tmp_path, a=same, b=same, c=image(b"c", size=HEAD), d=image(b"a", size=HEAD - 1))
    assert grouped(tmp_path) == [["a", "b"], ["c"], ["d"]]
    assert reads == {"_sample": [], "_hash": []}


def test_only_what_cannot_be_told_apart_is_read_whole(tmp_path, reads):
    size = HEAD * 8
    put(
        tmp_path,
        head=image(b"other", size=size),
        size=image(b"one", size=size + 1),
        twin1=image(b"one", b"same", size=size),
        twin2=image(b"one", b"same", size=size),
        twin3=image(b"one", b"different", size=size),
    )
    assert grouped(tmp_path) == [["head"], ["size"], ["twin1", "twin2"], ["twin3"]]
    assert sorted(reads["_hash"]) == ["twin1", "twin2", "twin3"]
    assert reads["_sample"] == []


def test_large_files_are_sampled_first(tmp_path, reads):
    put(
        tmp_path,
        end1=image(b"x", b"x", b"end 1", size=LARGE),
        end2=image(b"x", b"x", b"end 2", size=LARGE),
        quarter1=image(b"x", b"1", b"end 3", size=LARGE),
        quarter2=image(b"x", b"2", b"end 3", size=LARGE),
        quarter3=image(b"x", b"2", b"end 3", size=LARGE),
    )
    assert grouped(tmp_path) == [["end1"], ["end2"], ["quarter1"], ["quarter2", "quarter3"]]
    assert len(reads["_sample"]) == 5
    assert sorted(reads["_hash"]) == ["quarter1", "quarter2", "quarter3"]


def test_hard_links_are_the_same_unread(tmp_path, reads):
    put(tmp_path, a=image(b"a", size=LARGE))
    os.link(tmp_path / "a", tmp_path / "b")
    assert grouped(tmp_path) == [["a", "b"]]
    assert reads == {"_sample": [], "_hash": []}
    found = find(tmp_path, hashes=True)
    assert set(found.digests) == {0, 1}


def test_digests_are_those_of_the_content(tmp_path):
    put(tmp_path, a=image(b"a", size=50), b=image(b"b", size=HEAD * 2), c=image(b"a", size=50))
    found = find(tmp_path, hashes=True)
    for group in found.groups:
        for member in (group.kept, *group.duplicates):
            data = Path(member.path).read_bytes()
            assert found.digests[member.order] == hashlib.sha256(data).hexdigest()


def test_a_file_that_changes_meanwhile_is_alone(tmp_path, monkeypatch):
    same = image(b"a", size=HEAD * 2)
    put(tmp_path, a=same, b=same, c=same)
    real = Contents.group

    def group(self, images):
        (tmp_path / "b").write_bytes(same + b"more")
        (tmp_path / "c").unlink()
        return real(self, images)

    monkeypatch.setattr(Contents, "group", group)
    found = find(tmp_path)
    assert found.final_count == 3
    assert found.warnings[0].startswith("2 images cannot be read whole")


def test_order_is_that_of_the_paths(tmp_path):
    same = image(b"a", size=99)
    put(tmp_path / "b", z=same)
    put(tmp_path / "a", z=image(b"b", size=99), y=same)
    put(tmp_path, c=image(b"b", size=99))
    assert grouped(tmp_path) == [["a/y", "b/z"], ["a/z", "c"]]


def test_what_is_no_image_does_not_count(tmp_path):
    put(
        tmp_path,
        empty=b"",
        page=b"<html><svg></svg></html>",
        text=b"JPEG",
        drawing=b"<svg></svg>",
        image=image(size=20),
    )
    found = find(tmp_path)
    assert found.initial_count == 1
    assert len(found.warnings) == 1
    assert "/drawing' (an SVG drawing" in found.warnings[0]


def test_links_are_not_followed(tmp_path):
    outside = put(tmp_path / "outside", a=image(size=30))
    dump = put(tmp_path / "dump", b=image(size=31))
    (dump / "file").symlink_to(outside / "a")
    (dump / "folder").symlink_to(outside)
    (dump / "loop").symlink_to(dump)
    found = find(dump)
    assert found.initial_count == 1
    assert found.warnings[0].startswith("3 links are left out")
    (tmp_path / "way").symlink_to(dump)  # the folder itself may be one
    assert find(tmp_path / "way").initial_count == 1


def test_pipes_are_not_waited_for(tmp_path):
    put(tmp_path, a=image(size=30))
    os.mkfifo(tmp_path / "pipe")
    assert find(tmp_path).initial_count == 1


def test_excluded_folders(tmp_path):
    put(tmp_path / "in", a=image(size=30))
    put(tmp_path / "out", a=image(size=30))
    assert grouped(tmp_path, exclude=[str(tmp_path / "out")]) == [["in/a"]]


def test_what_may_not_be_read_is_named(tmp_path, monkeypatch):
    put(tmp_path, a=image(size=30), b=image(size=30))
    real = os.open

    def refuse(path, *rest):
        if str(path) == str(tmp_path / "b"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    found = find(tmp_path)
    assert found.initial_count == 1
    assert "Permission denied" in found.warnings[0]


def test_odd_names(tmp_path):
    names = [b"a\nb", b'"<b>', b"\xff\xfe.jpg", b"=1+1", b"  ", b"-e"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(image(size=40))
    found = find(tmp_path)
    assert (found.initial_count, found.final_count) == (6, 1)


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda folder: folder / "missing" / "x", InputNotFoundError, "There is no folder"),
        (lambda folder: folder, EmptyInputError, "it is empty"),
        (lambda folder: put(folder, a=b"text"), EmptyInputError, "1 file is of other kinds"),
        (lambda folder: put(folder, a=b"text") / "a", InputError, "is a file"),
        (lambda folder: folder / ("x" * 300), InputNotFoundError, "There is no folder"),
    ],
)
def test_bad_input(tmp_path, make, error, text):
    with pytest.raises(error, match=text) as caught:
        find(make(tmp_path))
    assert caught.value.hint
    assert "\n" not in caught.value.message + caught.value.hint


def test_number_of_threads_changes_nothing(tmp_path):
    for number in range(450):
        put(tmp_path / f"{number % 7}", **{f"f{number}": image(bytes([number % 11]), size=60)})
    found = find(tmp_path)
    with Workers(1) as workers:
        groups = Contents(workers, SilentProgress()).group(
            sorted(i for g in found.groups for i in (g.kept, *g.duplicates))
        )
    assert [[g.kept, *g.duplicates] for g in found.groups] == groups
    assert len(groups) == 11


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "photos"
    write_pictures(folder, 3)
    draw(0).resize((480, 360)).save(folder / "large", format="JPEG", quality=95)
    draw(1).save(folder / "same_size.png")
    whole = (folder / "picture_002.jpg").read_bytes()
    put(folder, broken1=whole[:500], broken2=whole[:500], broken3=whole[:400])
    return folder


def test_near_duplicates(pictures):
    """The most pixels stay, then the larger file; broken images stay with their copies."""
    found = find(pictures, threshold=0.9)
    assert grouped(pictures, threshold=0.9) == [
        ["broken1", "broken2"],
        ["broken3"],
        ["large", "picture_000.jpg"],
        ["picture_002.jpg"],
        ["same_size.png", "picture_001.jpg"],
    ]
    assert found.warnings[0].startswith("2 images are broken or too small")


def test_threshold_decides(pictures):
    assert find(pictures, threshold=1.0).final_count == find(pictures).final_count == 7
    assert find(pictures, threshold=0.0).final_count < 5


def test_work_dir_is_kept_and_gone_on_with(pictures, tmp_path, monkeypatch):
    work_dir = tmp_path / "work"
    first = find(pictures, threshold=0.9, work_dir=str(work_dir))
    assert (work_dir / "similarity.csv").is_file()
    # The package has a function of the same name as the module.
    monkeypatch.setattr(sys.modules["fastdup_nb.engine.run"], "_extract_listing", None)
    again = find(pictures, threshold=0.9, work_dir=str(work_dir))
    assert again.groups == first.groups


def test_nothing_can_be_decoded(tmp_path):
    put(tmp_path, a=image(size=50), b=image(size=50), c=image(size=51))
    found = find(tmp_path, threshold=0.9)
    assert (found.initial_count, found.final_count) == (3, 2)
    assert found.warnings[0].endswith("They are compared by content only.")


def test_interrupted_run_says_so(pictures, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("fastdup_nb.engine.relate.relate", interrupt)
    said: list[str] = []

    class Listening(SilentProgress):
        def message(self, text: str) -> None:
            said.append(text)

    with pytest.raises(KeyboardInterrupt):
        deduplicate(pictures, Listening(), threshold=0.9, work_dir=str(tmp_path / "work"))
    assert said == ["What is done is kept: the same command goes on from there."]
