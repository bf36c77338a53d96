"""The archive, read as CVAT's importer reads it."""

import csv
import io
import json
import os
from zipfile import ZipFile

import pytest
from PIL import Image

from fastdup_nb.errors import EmptyInputError
from fastdup_nb.export.cvat import choose_colours, name_labels, write_cvat
from fastdup_nb.export.listing import LabelledFile, pair_up


class Restored:
    """What CVAT would make of an archive."""

    def __init__(self, path):
        with ZipFile(path) as archive:
            assert archive.testzip() is None
            self.members = archive.namelist()
            self.content = {name: archive.read(name) for name in self.members}
        self.task = json.loads(self.content["task.json"])
        self.annotations = json.loads(self.content["annotations.json"])
        self.manifest_bytes = self.content["data/manifest.jsonl"]
        version, kind, *lines = self.manifest_bytes.decode().splitlines()
        assert json.loads(version) == {"version": "1.1"}
        assert json.loads(kind) == {"type": "images"}
        self.manifest = [json.loads(line) for line in lines]

    @property
    def frames(self):
        """The media files, in CVAT's order: sorted by path."""
        media = [name.removeprefix("data/") for name in self.members if "data/images" in name]
        return sorted(media)


@pytest.fixture
def restored(photos, broken, tmp_path):
    labels = ["cat", ["dog", "cat"], "dog", None, "x" * 100, "<b>\n\x00"]
    files = pair_up([*photos[:3], broken, *photos[3:]], [*labels[:3], "lost", *labels[3:]])
    done = write_cvat(files, tmp_path / "out")
    assert done.path == tmp_path / "out" / "fastdup_label.zip"
    assert done.count == 6
    assert [item.path for item in done.unreadable] == [broken]
    assert done.warning().startswith("1 image cannot be read and is left out")
    return Restored(done.path)


def test_the_manifest_names_the_files_in_the_order_of_the_frames(restored, photos):
    names = [entry["name"] + entry["extension"] for entry in restored.manifest]
    assert names == restored.frames
    for number, (entry, path) in enumerate(zip(restored.manifest, photos, strict=True)):
        content = restored.content[f"data/{names[number]}"]
        with open(path, "rb") as file:  # noqa: PTH123 - the name may hold anything
            assert content == file.read()
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (entry["width"], entry["height"])


def test_the_index_holds_where_lines_begin(restored):
    index = json.loads(restored.content["data/index.json"])
    assert len(index) == 6
    for number, position in index.items():
        line = restored.manifest_bytes[position:].split(b"\n")[0]
        assert json.loads(line) == restored.manifest[int(number)]


def test_members_are_safe_to_unpack(restored):
    for name in restored.members:
        assert name == os.path.normpath(name)
        assert not name.startswith(("/", ".."))
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set('\\:*?"<>| ')
    assert len(set(restored.members)) == len(restored.members)


def test_the_task_covers_all_frames(restored):
    task = restored.task
    assert task["version"] == "1.0"
    assert (task["data"]["start_frame"], task["data"]["stop_frame"]) == (0, 5)
    (job,) = task["jobs"]
    assert (job["start_frame"], job["stop_frame"], job["status"]) == (0, 5, "annotation")
    assert task["data"]["sorting_method"] == "lexicographical"
    assert task["data"]["storage"] == "local"
    assert task["data"]["chunk_type"] == "imageset"


def test_labels_are_different_in_name_and_colour(restored):
    labels = restored.task["labels"]
    assert [label["name"] for label in labels] == ["cat", "dog", "x" * 64, "<b>"]
    assert len({label["color"] for label in labels}) == 4
    assert all(set(label) == {"name", "color", "attributes"} for label in labels)


def test_every_label_is_a_rectangle_around_its_image(restored):
    (job,) = restored.annotations
    assert (job["tags"], job["tracks"]) == ([], [])
    shapes = [(shape["frame"], shape["label"]) for shape in job["shapes"]]
    assert shapes == [
        *((0, "cat"), (1, "dog"), (1, "cat"), (2, "dog")),
        *((4, "x" * 64), (5, "<b>")),
    ]
    known = {label["name"] for label in restored.task["labels"]}
    for shape in job["shapes"]:
        entry = restored.manifest[shape["frame"]]
        assert shape["type"] == "rectangle"
        assert shape["points"] == [0, 0, entry["width"], entry["height"]]
        assert shape["label"] in known
        assert shape["attributes"] == []


def test_a_table_says_which_frame_is_which_file(restored, photos):
    rows = list(csv.reader(io.StringIO(restored.content["files.csv"].decode())))
    assert rows[0] == ["frame", "image", "filename", "labels"]
    assert [row[1] for row in rows[1:]] == restored.frames
    assert rows[1][2] == photos[0]


def test_turned_pictures_have_their_upright_size(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 40)).save(tmp_path / "turned.jpg", exif=exif)
    done = write_cvat(pair_up([tmp_path / "turned.jpg"], ["x"]), tmp_path)
    (entry,) = Restored(done.path).manifest
    assert (entry["width"], entry["height"]) == (40, 60)


def test_formats_that_cvat_does_not_read_become_png(tmp_path):
    Image.new("RGB", (60, 40), (9, 200, 30)).save(tmp_path / "a.avif")
    Image.new("RGB", (60, 40)).save(tmp_path / "no_suffix", "WEBP")
    files = pair_up([tmp_path / "a.avif", tmp_path / "no_suffix"], None)
    restored = Restored(write_cvat(files, tmp_path).path)
    assert restored.frames == ["images/000000_a.png", "images/000001_no_suffix.webp"]
    with Image.open(io.BytesIO(restored.content["data/images/000000_a.png"])) as picture:
        assert (picture.format, picture.size) == ("PNG", (60, 40))


def test_the_same_images_give_the_same_archive(photos, tmp_path):
    files = pair_up(photos, ["a"] * 6)
    one, two = (write_cvat(files, tmp_path / name).path.read_bytes() for name in ("1", "2"))
    assert one == two


def test_nothing_readable_is_an_error_and_leaves_nothing(broken, tmp_path):
    with pytest.raises(EmptyInputError, match=r"None of the images can be read.*broken\.jpg"):
        write_cvat([LabelledFile(broken, ()), LabelledFile("/gone.jpg", ())], tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_names_of_labels_never_meet():
    names = name_labels(["a" * 70, "a" * 80, "a" * 64, "b\n", "b", "\x00", "b"])
    assert len(set(names.values())) == len(names) == 6
    assert max(map(len, names.values())) == 64
    assert names["\x00"] == "unnamed"


def test_there_are_colours_for_any_number_of_labels():
    colours = choose_colours(5000)
    assert len(set(colours)) == 5000
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)
