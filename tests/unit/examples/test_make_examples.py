"""The example collection: seeded, small, and with what it says planted in it."""

import csv
import hashlib
import json

import pytest
from PIL import Image

from examples.make_examples import make_examples


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return make_examples(tmp_path_factory.mktemp("examples") / "photos")


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.md5(path.read_bytes()).hexdigest()
        for path in files
    }


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(planted, tmp_path):
    again = make_examples(tmp_path / "again")
    assert digests(again.folder) == digests(planted.folder)


def test_it_is_small(planted):
    assert 120 <= len(planted.labels) <= 160
    assert sum(path.stat().st_size for path in planted.folder.rglob("*.*")) < 8_000_000


def test_what_is_planted_is_there(planted):
    listed = json.loads((planted.folder / "planted.json").read_text("utf-8"))
    assert [entry["file"] for entry in listed] == [entry.file for entry in planted.files]
    for entry in planted.files:
        assert (planted.folder / entry.file).is_file()
        assert not entry.original or (planted.folder / entry.original).is_file()
    for copy in planted.of("copy"):
        assert (planted.folder / copy.file).read_bytes() == (
            planted.folder / copy.original
        ).read_bytes()
    assert (planted.folder / planted.of("zero_byte")[0].file).stat().st_size == 0
    with Image.open(planted.folder / planted.of("tiny")[0].file) as tiny:
        assert tiny.size == (8, 8)
    kinds = {entry.kind for entry in planted.files}
    near = {"jpeg_q40", "half_size", "crop", "brighter", "mirrored", "text"}
    spoilt = {"blurry", "dark", "bright", "truncated", "corrupt", "not_an_image"}
    assert kinds >= near | spoilt | {"outlier", "wrong_label", "odd_name"}


def test_every_image_has_a_label(planted):
    with (planted.folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        labels = {row["filename"]: row["label"] for row in csv.DictReader(stream)}
    images = {path.relative_to(planted.folder).as_posix() for path in planted.folder.rglob("*.jpg")}
    assert set(labels) == images
    assert labels == planted.labels
    assert labels["flower/holiday.jpg"] == "flower"  # the wrong one: it shows china


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError, match="holds other files"):
        make_examples(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
