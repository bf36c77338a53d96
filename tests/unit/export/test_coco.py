import json

import pandas as pd
import pytest

from fastdup_nb.export.coco import write_coco
from fastdup_nb.export.listing import ListedImages


@pytest.fixture
def table():
    names = ["/p/a.jpg", "/p/b\udc80.jpg", "/p/c.jpg"]
    filename = pd.Series(names, dtype=object)
    return pd.DataFrame({"filename": filename, "width": [100, 50, 20], "height": [80, 40, 10]})


def read(table, path, **options):
    images = ListedImages.of(list(table["filename"]))
    done = write_coco(table, images, path / "coco.json", **options)
    return done, json.loads((path / "coco.json").read_text())


def test_a_label_without_boxes_is_a_box_around_the_image(table, tmp_path):
    _, document = read(table, tmp_path, labels=[["cat", "dog"], "cat", None])
    assert document["categories"] == [
        {"id": 1, "name": "cat", "supercategory": ""},
        {"id": 2, "name": "dog", "supercategory": ""},
    ]
    assert [image["id"] for image in document["images"]] == [1, 2, 3]
    found = [
        (entry["image_id"], entry["category_id"], entry["bbox"], entry["area"])
        for entry in document["annotations"]
    ]
    whole = [0, 0, 100, 80]
    assert found == [(1, 1, whole, 8000), (1, 2, whole, 8000), (2, 1, [0, 0, 50, 40], 2000)]
    assert document["images"][1]["file_name"] == "/p/b\ufffd.jpg"


def test_boxes_carry_the_labels_and_stay_inside(table, tmp_path):
    boxes = {"/p/a.jpg": [[10, 20, 30, 60], [90, 70, 500, 500]], "/p/c.jpg": [1, 2, 3, 4]}
    _, document = read(table, tmp_path, labels={"/p/a.jpg": "cat"}, boxes=boxes)
    found = [(entry["bbox"], entry["category_id"]) for entry in document["annotations"]]
    assert found == [([10, 20, 20, 40], 1), ([90, 70, 10, 10], 1), ([1, 2, 2, 2], 2)]
    assert [entry["name"] for entry in document["categories"]] == ["cat", "object"]


def test_unknown_sizes_are_measured(photos, broken, tmp_path):
    table = pd.DataFrame({"filename": [photos[0], broken, photos[1]]})
    done, document = read(table, tmp_path)
    sizes = [(image["width"], image["height"]) for image in document["images"]]
    assert sizes == [(200, 150), (210, 150)]
    assert [item.path for item in done.unreadable] == [broken]


def test_the_reader_of_coco_opens_it(table, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    read(table, tmp_path, labels=["cat", "dog", "cat"])
    opened = coco.COCO(tmp_path / "coco.json")
    (cat,) = opened.getCatIds(catNms=["cat"])
    assert sorted(opened.getImgIds(catIds=[cat])) == [1, 3]
