from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import (
    EmptyInputError,
    InputError,
    InputNotFoundError,
    MissingDependencyError,
)
from fastdup_nb.sources import cloud_access, resolve


@pytest.fixture
def photos(tmp_path) -> Path:
    root = tmp_path / "photos"
    for name in ("b.jpg", "a.jpg", "c/d.png", "e.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def under(root: Path, *names: str) -> list[str]:
    return [str(root / name) for name in names]


ALL = ("a.jpg", "b.jpg", "c/d.png")


def one_line(error: InputError) -> None:
    assert all("\n" not in line for line in error.lines())
    assert error.hint


def test_a_folder(photos):
    listing = resolve(photos)
    assert (listing.paths, listing.offset, listing.kind) == (under(photos, *ALL), 0, "folder")
    assert listing.warnings == ()


def test_spellings_of_a_folder(photos, monkeypatch):
    wanted = under(photos, *ALL)
    monkeypatch.chdir(photos.parent)
    monkeypatch.setenv("HOME", str(photos.parent))
    for spelling in ("photos", "./photos/", "photos/../photos", "~/photos", photos.as_uri()):
        assert resolve(spelling).paths == wanted, spelling
    monkeypatch.chdir(photos)
    assert resolve(".").paths == wanted
    assert resolve("c/..").paths == wanted


def test_links_stay_in_the_paths(photos):
    link = photos.parent / "link"
    link.symlink_to(photos, target_is_directory=True)
    assert resolve(link).paths == under(link, *ALL)


def test_dots_behind_a_link_lead_where_the_system_says(photos, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link"
    link.symlink_to(photos / "c", target_is_directory=True)
    assert resolve(f"{link}/../a.jpg").paths == under(photos, "a.jpg")


@pytest.mark.parametrize(
    ("options", "expected", "offset"),
    [
        ({"num_images": 2}, ALL[:2], 0),
        ({"num_images": 9}, ALL, 0),
        ({"min_offset": 0, "max_offset": 1}, ALL[:1], 0),
        ({"min_offset": 1, "max_offset": 3}, ALL[1:3], 1),
        ({"min_offset": 1}, ALL[1:], 1),
        ({"min_offset": 1, "max_offset": 99}, ALL[1:], 1),
        ({"min_offset": 1, "max_offset": 3, "num_images": 1}, ALL[1:2], 1),
        ({"max_offset": 2, "num_images": 9}, ALL[:2], 0),
        ({"num_images": -1, "min_offset": -1, "max_offset": -1}, ALL, 0),
    ],
)
def test_ranges(photos, options, expected, offset):
    listing = resolve(photos, **options)
    assert (listing.paths, listing.offset) == (under(photos, *expected), offset)


def test_parts_make_the_whole(photos):
    parts = [resolve(photos, min_offset=i, max_offset=i + 1) for i in range(3)]
    assert [path for part in parts for path in part.paths] == resolve(photos).paths


def test_exclude_one_folder_or_several(photos):
    (photos / ".own").mkdir()
    (photos / ".own" / "x.jpg").touch()
    assert resolve(photos, exclude=photos / ".own").paths == under(photos, *ALL)
    kept = resolve(photos, exclude=[photos / ".own", photos / "c", photos / "gone"]).paths
    assert kept == under(photos, "a.jpg", "b.jpg")
    assert len(resolve(photos, exclude=photos).paths) == 4


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Series])
def test_lists_keep_their_order_and_whatever_is_listed(photos, make):
    given = under(photos, "e.txt", "b.jpg", "gone.jpg", "a.jpg")
    listing = resolve(make(given))
    assert (listing.paths, listing.kind) == (given, "list")


def test_lists_of_files_and_folders(photos, monkeypatch):
    monkeypatch.chdir(photos)
    listing = resolve([Path("b.jpg"), "c", photos, PurePosixPath("e.txt")])
    assert listing.paths == under(photos, "b.jpg", "c/d.png", "a.jpg", "e.txt")
    assert listing.warnings == (
        f"2 paths are listed again; each is used once; the first: {str(photos / 'b.jpg')!r}.",
    )


def test_a_folder_with_a_suffix_is_still_a_folder(photos):
    (photos / "album.jpg").mkdir()
    (photos / "album.jpg" / "x.jpg").touch()
    assert resolve([photos / "album.jpg"]).paths == under(photos, "album.jpg/x.jpg")


def test_a_list_file(photos, monkeypatch):
    list_file = photos / "e.txt"
    list_file.write_text("filename\nb.jpg\nc\ngone.jpg\n" + photos.joinpath("a.jpg").as_uri())
    monkeypatch.chdir(photos.parent)
    listing = resolve(list_file)
    assert listing.paths[:2] == under(photos, "b.jpg", "c/d.png")
    assert listing.paths[2:] == [str(photos.parent / "gone.jpg"), str(photos / "a.jpg")]
    assert listing.kind == "file_list"


def test_one_image(photos):
    listing = resolve(photos / "a.jpg")
    assert (listing.paths, listing.kind) == (under(photos, "a.jpg"), "image")


def test_file_urls_are_decoded(tmp_path):
    photo = tmp_path / "sp ace #1 é%.jpg"
    photo.touch()
    assert resolve([photo.as_uri()]).paths == [str(photo)]
    assert resolve([photo.as_uri().replace("file://", "FILE://localhost")]).paths == [str(photo)]
    with pytest.raises(InputError, match="Remote"):
        resolve("file://server/x.jpg")


@pytest.mark.parametrize("remote", ["https://x.org/a.jpg", "ftp://b/f"])
def test_remote_inputs(remote, tmp_path):
    (tmp_path / "l.txt").write_text(f"/a/x.jpg\n{remote}\n")
    for given in (remote, ["/a/x.jpg", remote], tmp_path / "l.txt"):
        with pytest.raises(InputError, match="not available in this version") as caught:
            resolve(given)
        one_line(caught.value)


@pytest.mark.parametrize(
    ("url", "extra"), [("s3://b/f", "cloud"), ("gs://b/f", "gcs"), ("az://b/f", "azure")]
)
def test_buckets_without_their_extra(url, extra, monkeypatch):
    def missing(protocol):
        raise ImportError(protocol)

    fsspec = pytest.importorskip("fsspec")
    cloud_access._file_system.cache_clear()
    monkeypatch.setattr(fsspec, "get_filesystem_class", missing)
    with pytest.raises(MissingDependencyError) as caught:
        resolve(url)
    one_line(caught.value)
    assert f"fastdup_nb[{extra}]" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "kind"),
    [("x.7z", "Archives"), ("x.tar.bz2", "Archives"), ("x.RAR", "Archives")],
)
def test_what_cannot_be_opened(tmp_path, name, kind):
    (tmp_path / name).write_bytes(b"x")
    for given in (tmp_path / name, [tmp_path / name]):
        with pytest.raises(InputError, match=f"{kind} of this kind are not read") as caught:
            resolve(given)
        one_line(caught.value)


@pytest.mark.parametrize("name", ["x.tar", "x.tar.gz", "x.tgz", "x.ZIP"])
def test_an_archive_is_an_entry(photos, name):
    (photos / name).touch()
    alone = resolve(photos / name, num_images=5, min_offset=2, max_offset=9)
    assert (alone.kind, alone.has_containers) == ("container", True)
    assert (alone.window, alone.offset, alone.limit) == ((2, 9), 2, 5)
    assert resolve([photos / name]).has_containers
    whole = resolve(photos)
    assert str(photos / name) in whole.paths
    assert whole.has_containers
    assert whole.window is None
    assert resolve(photos, containers_only=True).paths == [str(photos / name)]
    assert resolve([photos / name, photos]).paths[0] == str(photos / name)


def test_archives_that_cannot_be_opened_are_never_left_out_in_silence(photos):
    (photos / "x.tar.xz").touch()
    (photos / "y.rar").touch()
    assert resolve(photos).warnings == ("Archives left out, of kinds that are not read: 2.",)
    mixed = under(photos, "a.jpg", "x.tar.xz")
    assert resolve(mixed).paths == mixed


def test_annotation_files(tmp_path):
    (tmp_path / "data.yaml").write_text("train: images\n")
    with pytest.raises(InputError, match="Annotation files are not read here"):
        resolve(tmp_path / "data.yaml")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("photo", "Did you mean '{root}/photos'?"),
        ("Photos", "Did you mean '{root}/photos'?"),
        ("photoz/train/x", "Did you mean '{root}/photos'?"),
        ("zzz/train", "'{root}' is there, but has no 'zzz'."),
        ("photos/*.jpg", "Patterns are not expanded: give the folder, or a list of files."),
        ("photos/a.jpg/b", "'{root}/photos/a.jpg' is there, but has no 'b'."),
    ],
)
def test_missing_inputs(photos, name, hint):
    with pytest.raises(InputNotFoundError, match="There is no file or folder") as caught:
        resolve(photos.parent / name)
    assert caught.value.hint == hint.format(root=photos.parent)


def test_a_missing_folder_beside_others_is_no_missing_image(photos):
    with pytest.raises(InputNotFoundError) as caught:
        resolve([photos, photos.parent / "photoz"])
    assert caught.value.hint == f"Did you mean {str(photos)!r}?"
    one_line(caught.value)


def test_files_without_a_suffix_may_be_missing_among_files(photos):
    listed = [str(photos / "0a1b2c"), *under(photos, "a.jpg")]
    assert resolve(listed).paths == listed


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: "", "input_dir is empty"),
        (lambda root: "  ", "input_dir is empty"),
        (lambda root: [], "The list is empty"),
        (lambda root: root / "empty", r"The folder '.*empty' is empty"),
        (
            lambda root: root / "text",
            r"No image in the folder .*: 3 files, none with an image suff",
        ),
        (lambda root: [root / "empty"], "The list is empty"),
        (lambda root: root / "blank.txt", "The list is empty"),
        (lambda root: root / "header.csv", "The list is empty"),
    ],
)
def test_inputs_without_an_image(tmp_path, make, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    for name in ("text/a.txt", "text/b.txt", "text/c", "blank.txt"):
        (tmp_path / name).write_text("\n")
    (tmp_path / "header.csv").write_text("index,filename\n")
    with pytest.raises(EmptyInputError, match=message) as caught:
        resolve(make(tmp_path))
    one_line(caught.value)


def test_the_suffixes_met_are_named_most_frequent_first(tmp_path):
    for name in ("a.txt", "b.TXT", "c.csv", "d\n.x\ny"):
        (tmp_path / name).touch()
    with pytest.raises(EmptyInputError) as caught:
        resolve(tmp_path)
    assert caught.value.message.endswith(r"4 files, none with an image suffix: .txt, .csv, .x\ny.")


def test_a_range_behind_the_end(photos):
    for given in (photos, under(photos, *ALL)):
        with pytest.raises(EmptyInputError, match=r"No image from min_offset=3 on: .* has 3"):
            resolve(given, min_offset=3)


@pytest.mark.parametrize(
    "given",
    [5, None, {"a.jpg"}, {"a": 1}, b"a.jpg", pd.DataFrame({"filename": ["a.jpg"]}), [3], [""]],
)
def test_wrong_types(given):
    with pytest.raises(InputError) as caught:
        resolve(given)
    one_line(caught.value)


@pytest.mark.parametrize("name", ["a\0b.jpg", "\ud800.jpg"])
def test_what_no_file_can_be_called(name):
    for given in (name, [name]):
        with pytest.raises(InputError, match="cannot be the name of a file"):
            resolve(given)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_as_input_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a folder nor a file"):
        resolve(tmp_path / "pipe")


def test_an_unreadable_folder_as_input(photos, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        resolve(photos)


def test_a_name_longer_than_any(tmp_path):
    with pytest.raises(InputError, match="File name too long"):
        resolve(tmp_path / ("x" * 300))


def test_newlines_in_names_do_not_break_the_line(tmp_path):
    with pytest.raises(InputNotFoundError) as caught:
        resolve(tmp_path / "a\nb")
    one_line(caught.value)
