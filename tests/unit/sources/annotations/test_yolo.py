"""Boxes of YOLO data sets."""

from pathlib import Path

import pytest

from fastdup_nb.errors import InputError, InputNotFoundError
from fastdup_nb.sources.annotations import holds_boxes, read_annotations

pytest.importorskip("yaml")


@pytest.fixture
def data(tmp_path) -> Path:
    for part, names in {"train": "ab", "val": "c"}.items():
        for name in names:
            image = tmp_path / "set" / "images" / part / f"{name}.jpg"
            image.parent.mkdir(parents=True, exist_ok=True)
            image.write_bytes(b"x")
            label = tmp_path / "set" / "labels" / part / f"{name}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("1 0.5 0.5 0.25 0.5\n0 0.1 0.1 0.1 0.1 0.75\n" if name != "b" else "")
    (tmp_path / "data.yaml").write_text(
        "path: set\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n"
    )
    return tmp_path / "data.yaml"


def test_train_is_read(data, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert holds_boxes(data)
    found = read_annotations(data)
    image = tmp_path / "set" / "images" / "train" / "a.jpg"
    assert found.names == [
        f"{image}#xywh=percent:37.5,25,25,50",
        f"{image}#xywh=percent:5,5,10,10",
    ]
    assert found.labels == ["dog", "cat"]
    assert found.confidences == ["", "0.75"]
    assert found.warnings == ("1 image without a box is left out.",)
    assert [Path(name).name[:1] for name in read_annotations(data, part="val").names] == ["c", "c"]


def test_outlines_rotated_boxes_and_lines_that_are_none(data, tmp_path):
    (tmp_path / "set" / "labels" / "train" / "a.txt").write_text(
        "0 0.1 0.1 0.4 0.1 0.4 0.3 0.1 0.3\n"
        "1 0.1 0.2 0.3 0.2 0.3 0.6 0.2 0.8 0.1 0.6\n"
        "0 0.5 oops\n"
        "2\n"
    )
    names = [name.partition("#")[2] for name in read_annotations(data).names]
    assert names == [
        "polygon=percent:10,10,40,10,40,30,10,30",
        "xywh=percent:10,20,20,60",
        "xywh=0 0.5 oops",
        "xywh=2",
    ]


def test_lists_of_images_and_labels_beside_them(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.png").write_bytes(b"x")
        (folder / f"{name}.txt").write_text("0 0.5 0.5 1 1")
    (tmp_path / "train.txt").write_text("./photos/b.png\nphotos/a.png\n\n")
    (tmp_path / "data.yml").write_text("train: [train.txt]\nnames: [cat]\n")
    found = read_annotations(tmp_path / "data.yml")
    assert found.names == [f"{folder}/{n}.png#xywh=percent:0,0,100,100" for n in "ba"]
    assert found.labels == ["cat", "cat"]


def test_without_label_files_whole_images_are_taken(data, tmp_path):
    for file in (tmp_path / "set" / "labels").rglob("*.txt"):
        file.unlink()
    found = read_annotations(data)
    assert [Path(name).name for name in found.names] == ["a.jpg", "b.jpg"]
    assert "whole images" in found.warnings[0]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("a: [", InputError, "not YAML"),
        ("just text", InputError, "names no images"),
        ("names: [cat]", InputError, "names no 'train'"),
        ("train: nowhere/images", InputNotFoundError, "does not exist"),
        ("!!python/object/apply:os.system ['x']", InputError, "not YAML"),
    ],
)
def test_what_is_no_data_set(tmp_path, content, error, message):
    (tmp_path / "data.yaml").write_text(content)
    with pytest.raises(error, match=message):
        read_annotations(tmp_path / "data.yaml")
