"""Boxes in COCO JSON files."""

import json
from pathlib import Path

import pytest

from fastdup_nb.errors import InputError
from fastdup_nb.sources.annotations import holds_boxes, read_annotations

IMAGES = [
    {"id": 5, "file_name": "b.jpg"},
    {"id": 3, "file_name": "a.jpg"},
    {"id": 9, "file_name": "c.jpg"},
]
CATEGORIES = [{"id": 1, "name": "cat"}, {"id": 7, "name": "dog"}]


def write(path: Path, annotations: list[dict[str, object]], **others: object) -> Path:
    content = {"images": IMAGES, "categories": CATEGORIES, "annotations": annotations, **others}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def box(image: object, *numbers: float, category: object = 1) -> dict[str, object]:
    return {"image_id": image, "bbox": list(numbers), "category_id": category}


def test_boxes_by_image(tmp_path):
    file = write(
        tmp_path / "coco.json",
        [box(3, 1, 2, 30.5, 40), box(5, 0, 0, 9, 9, category=7), box(3, 5, 5, 20, 20, category=8)],
    )
    assert holds_boxes(file)
    found = read_annotations(file)
    assert found.names == [
        f"{tmp_path}/b.jpg#xywh=0,0,9,9",
        f"{tmp_path}/a.jpg#xywh=1,2,30.5,40",
        f"{tmp_path}/a.jpg#xywh=5,5,20,20",
    ]
    assert found.labels == ["dog", "cat", "8"]
    assert found.warnings == ("1 image without a box is left out.",)


@pytest.mark.parametrize(
    "folder", ["", "images", "val2017", "images/val2017"], ids=["beside", "images", "split", "deep"]
)
def test_the_usual_places_of_images(tmp_path, folder):
    file = write(tmp_path / "annotations" / "instances_val2017.json", [box(5, 1, 2, 3, 4)])
    home = tmp_path / folder
    home.mkdir(parents=True, exist_ok=True)
    (home / "b.jpg").write_bytes(b"x")
    assert read_annotations(file).names == [f"{home}/b.jpg#xywh=1,2,3,4"]
    assert read_annotations(file, [str(tmp_path / "other")]).names == [f"{home}/b.jpg#xywh=1,2,3,4"]


def test_bad_annotations_are_kept_to_be_reported(tmp_path):
    file = write(
        tmp_path / "coco.json",
        [
            box(5, 1, 2, 3),
            {"image_id": 5, "category_id": 1},
            {"image_id": 5, "bbox": ["a", 1, 2, True], "category_id": [1]},
            box(77, 1, 2, 3, 4),
            box([1], 1, 2, 3, 4),
            box(5, 1, 2, -3, float("nan")),
        ],
    )
    found = read_annotations(file)
    assert len(found.names) == 4
    assert any("2 annotations of images" in warning for warning in found.warnings)
    assert found.names[3].endswith("#xywh=1,2,-3,nan")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON"),
        ("[1]", "no COCO file"),
        ('{"images": []}', "no COCO file"),
        ('{"annotations": [1]}', "no list of objects"),
        ('{"annotations": {}, "images": []}', "no list of objects"),
    ],
)
def test_what_is_no_coco_file(tmp_path, content, message):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_annotations(tmp_path / "x.json")
