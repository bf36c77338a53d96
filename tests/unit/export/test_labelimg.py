from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fastdup_nb.errors import EmptyInputError, OptionError
from fastdup_nb.export.labelimg import write_labelimg
from fastdup_nb.export.listing import pair_up

LABELS = ["cat", ["dog", "cat"], "<b>&\n\x00", None, "ä 🦊", " =1"]
WANTED = [["cat"], ["dog", "cat"], ["<b>&"], [], ["ä 🦊"], ["=1"]]


@pytest.fixture
def written(photos, tmp_path):
    done = write_labelimg(pair_up(photos, LABELS), tmp_path / "out")
    assert (done.path, done.count, done.unreadable) == (tmp_path / "out", 6, ())
    return tmp_path / "out"


def boxes(document):
    """Return name and corners of every object, as labelImg's reader takes them."""
    corners = ("xmin", "ymin", "xmax", "ymax")
    return [
        (thing.find("name").text, [int(thing.find("bndbox").find(name).text) for name in corners])
        for thing in ET.parse(document).getroot().findall("object")
    ]


def test_every_image_has_its_annotation(written, photos):
    for number, (path, labels) in enumerate(zip(photos, WANTED, strict=True)):
        document = written / f"{Path(path).stem}.xml"
        assert boxes(document) == [(label, [1, 1, 200 + 10 * number, 150]) for label in labels]
        size = ET.parse(document).getroot().find("size")
        assert [leaf.text for leaf in size] == [str(200 + 10 * number), "150", "3"]
    root = ET.parse(written / "plain.xml").getroot()
    assert root.find("filename").text == "plain.jpg"
    assert root.find("path").text == photos[0]
    assert root.find("folder").text == "photos"


def test_classes_are_listed_once(written):
    assert (written / "classes.txt").read_text("utf-8") == "cat\ndog\n<b>&\nä 🦊\n=1\n"


def test_the_real_reader_of_labelimg_opens_them(written, photos):
    reader = pytest.importorskip(
        "libs.pascal_voc_io", reason="pip install --no-deps labelImg; pip install lxml"
    )
    for path, labels in zip(photos, WANTED, strict=True):
        read = reader.PascalVocReader(str(written / f"{Path(path).stem}.xml"))
        assert [shape[0] for shape in read.get_shapes()] == labels


def test_equal_names_from_different_folders_do_not_meet(photos, tmp_path):
    twin = tmp_path / "other" / "PLAIN.png"
    twin.parent.mkdir()
    twin.write_bytes(Path(photos[1]).read_bytes())
    done = write_labelimg(pair_up([photos[0], twin], ["a", "b"]), tmp_path / "out")
    assert done.count == 2
    assert boxes(tmp_path / "out" / "plain.xml")[0][0] == "a"
    assert boxes(tmp_path / "out" / "PLAIN (2).xml")[0][0] == "b"


def test_what_was_labelled_by_hand_stays(written, photos):
    write_labelimg(pair_up(photos, LABELS), written)  # the same again is no change
    (written / "plain.xml").write_text("<annotation>my work</annotation>")
    before = {path.name: path.read_bytes() for path in written.iterdir()}
    with pytest.raises(OptionError, match=r"plain\.xml holds another annotation"):
        write_labelimg(pair_up(photos, ["other"] * 6), written)
    assert {path.name: path.read_bytes() for path in written.iterdir()} == before


def test_classes_keep_their_numbers(photos, tmp_path):
    (tmp_path / "classes.txt").write_text("zebra\ncat\n\n")
    write_labelimg(pair_up(photos[:2], ["dog", "cat"]), tmp_path)
    assert (tmp_path / "classes.txt").read_text() == "zebra\ncat\ndog\n"


def test_unreadable_images_are_left_out(photos, broken, tmp_path):
    done = write_labelimg(pair_up([photos[0], broken], ["a", "b"]), tmp_path / "out")
    assert [item.path for item in done.unreadable] == [broken]
    assert not (tmp_path / "out" / "broken.xml").exists()
    with pytest.raises(EmptyInputError):
        write_labelimg(pair_up([broken], ["b"]), tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []
