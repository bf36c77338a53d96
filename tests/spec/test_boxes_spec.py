"""Boxes: `bounding_box` and lists of boxes of the V0.2 API page, sentence by sentence."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fastdup_nb
from fastdup_nb import Fastdup
from fastdup_nb.progress import SilentProgress
from tests.pictures import write_pictures

BOXES = [(0, 10, 20, 90, 70), (0, 100, 60, 120, 110), (1, 30, 30, 100, 100), (2, 0, 0, 240, 180)]


class Annotated:
    """Three pictures, a list of boxes in them, and the same boxes cut out and saved."""

    def __init__(self, root: Path) -> None:
        self.photos, self.cut = root / "photos", root / "cut"
        self.paths = write_pictures(self.photos, 3, suffix=".png")
        self.cut.mkdir()
        rows = []
        for number, (image, x, y, width, height) in enumerate(BOXES):
            part = Image.open(self.paths[image]).convert("RGB").crop((x, y, x + width, y + height))
            part.save(self.cut / f"{number}.png")
            rows.append((str(self.paths[image]), x, y, width, height))
        self.frame = pd.DataFrame(rows, columns=["filename", "col_x", "row_y", "width", "height"])
        self.list = root / "boxes.csv"
        self.frame.to_csv(self.list, index=False)


@pytest.fixture(scope="module")
def annotated(tmp_path_factory) -> Annotated:
    return Annotated(tmp_path_factory.mktemp("annotated"))


def features(work_dir: Path) -> np.ndarray:
    return fastdup_nb.load_binary_feature(work_dir / "atrain_features.dat")[1]


def test_a_list_of_boxes(annotated, tmp_path):
    """'prepare an input file with the following csv header: filename,col_x,row_y,width,height where
    each row as an image file and bounding box information in the above format. Fastdup will run on
    the bounding box level and the reports will be generated on the bounding box level.'"""
    assert fastdup_nb.run(annotated.list, tmp_path / "w") == 0
    assert fastdup_nb.run(annotated.cut, tmp_path / "cut") == 0
    # A box is what it would be as a file of its own: embedding and statistics.
    assert np.array_equal(features(tmp_path / "w"), features(tmp_path / "cut"))
    boxes, files = (pd.read_csv(tmp_path / name / "atrain_stats.csv") for name in ("w", "cut"))
    assert boxes["width"].tolist() == [width for *_, width, _ in BOXES]
    columns = [name for name in boxes.columns if name not in ("filename", "file_size")]
    assert boxes[columns].equals(files[columns])
    assert boxes["file_size"].tolist() == [annotated.paths[b[0]].stat().st_size for b in BOXES]
    names = boxes["filename"].tolist()
    assert len(set(names)) == len(names)
    assert names[1] == f"{annotated.paths[0]}#xywh=100,60,120,110"


def test_crops_file(annotated, tmp_path):
    """'a csv containing index,filename,col_x,row_y,width,height or a work_dir where the file
    atrain_crops.csv exists'"""
    assert fastdup_nb.run(annotated.list, tmp_path / "w") == 0
    table = pd.read_csv(tmp_path / "w" / "atrain_crops.csv")
    columns = ["filename", "col_x", "row_y", "width", "height"]
    assert table[columns].equals(annotated.frame.astype({"filename": table["filename"].dtype}))
    assert table["index"].tolist() == list(range(len(BOXES)))
    assert fastdup_nb.run(annotated.photos, tmp_path / "whole", threshold=0) == 0
    page = tmp_path / "page.html"
    for given in (tmp_path / "w", annotated.list):
        assert (
            fastdup_nb.create_duplicates_gallery(
                tmp_path / "whole", page, get_bounding_box_func=given
            )
            == 0
        )
        assert '<rect x="100.0" y="60.0" width="120.0" height="110.0"/>' in page.read_text("utf-8")


def test_rotated_boxes(annotated, tmp_path):
    """`index,filename,x1,y1,x2,y2,x3,y3,x4,y4,label`: the crop is turned upright."""
    corners = "100,20,180,80,150,120,70,60"  # 100 x 50, turned
    table = tmp_path / "rotated.csv"
    header = "index,filename,x1,y1,x2,y2,x3,y3,x4,y4,label"
    table.write_text(f"{header}\n0,{annotated.paths[0]},{corners},sign\n")
    assert fastdup_nb.run(table, tmp_path / "w", turi_param="save_crops=1") == 0
    stats = pd.read_csv(tmp_path / "w" / "atrain_stats.csv")
    assert stats.loc[0, ["width", "height"]].tolist() == [100, 50]
    crop = pd.read_csv(tmp_path / "w" / "atrain_crops.csv").loc[0]
    # What it covers of the image, upright.
    assert crop[["col_x", "row_y", "width", "height"]].tolist() == [70, 20, 110, 100]
    assert crop["label"] == "sign"
    with Image.open(tmp_path / "w" / crop["crop_filename"]) as saved:
        assert saved.size == (100, 50)


def test_bounding_box(annotated, tmp_path):
    """'Optional bounding box to crop images, given as bounding_box='row_y=xx,col_x=xx,height=xx,
    width=xx'. This defines a global bounding box to be used for all images.'"""
    box = "row_y=20,col_x=10,height=70,width=90"
    assert fastdup_nb.run(annotated.photos, tmp_path / "w", bounding_box=box) == 0
    assert fastdup_nb.run(annotated.photos, tmp_path / "whole") == 0
    found = features(tmp_path / "w")
    assert not np.array_equal(found, features(tmp_path / "whole"))
    first = tmp_path / "first.png"
    Image.open(annotated.paths[0]).crop((10, 20, 100, 90)).save(first)
    search = Fastdup(tmp_path / "w").search(first, 1)
    assert search["to"].tolist() == [f"{annotated.paths[0]}#xywh=10,20,90,70"]
    assert search["distance"].tolist() == [1.0]
    stats = pd.read_csv(tmp_path / "w" / "atrain_stats.csv")
    assert set(zip(stats["width"], stats["height"], strict=True)) == {(90, 70)}


def test_bounding_box_of_kmeans(annotated, tmp_path):
    """`run_kmeans(bounding_box=...)`: 'see fastdup:::run for more details'"""
    box = "row_y=20,col_x=10,height=70,width=90"
    assert (
        fastdup_nb.run_kmeans(annotated.photos, tmp_path / "w", num_clusters=2, bounding_box=box)
        == 0
    )
    names = pd.read_csv(tmp_path / "w" / "kmeans_assignments.csv")["filename"]
    assert names.str.endswith("#xywh=10,20,90,70").all()


def test_bounding_box_of_webdataset(annotated, tmp_path):
    """`run_on_webdataset(bounding_box=...)`, as in `run`."""
    (tmp_path / "shards").mkdir()
    with tarfile.open(tmp_path / "shards" / "00000.tar", "w") as archive:
        for path in annotated.paths:
            archive.add(path, path.name)
    box = "row_y=20,col_x=10,height=70,width=90"
    done = fastdup_nb.run_on_webdataset(tmp_path / "shards", tmp_path / "w", bounding_box=box)
    assert done == 0
    stats = pd.read_csv(tmp_path / "w" / "atrain_stats.csv")
    assert set(zip(stats["width"], stats["height"], strict=True)) == {(90, 70)}
    assert fastdup_nb.run(annotated.photos, tmp_path / "loose", bounding_box=box) == 0
    assert np.array_equal(features(tmp_path / "w"), features(tmp_path / "loose"))


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ("row_y=1,col_x=1,height=9", "width too"),
        ("row_y=1,col_x=1,height=9,width=0", "with an area"),
        ("row_y=1,col_x=1,height=9,width=a", "Give numbers"),
        ("row_y=1,col_x=1,height=9,breadth=9", "Known: col_x"),
        ("cats", "'face'"),
        ("gone.onnx", "ONNX file"),
        ("yolov5s", "yolov5s.onnx"),
    ],
)
def test_a_box_that_cannot_be_used_says_why(annotated, tmp_path, capsys, box, message):
    assert fastdup_nb.run(annotated.photos, tmp_path / "w", bounding_box=box) == 1
    assert message in capsys.readouterr().err


def test_save_crops(annotated, tmp_path):
    """`turi_param='save_crops=1'`"""
    assert fastdup_nb.run(annotated.list, tmp_path / "w", turi_param="save_crops=1") == 0
    table = pd.read_csv(tmp_path / "w" / "atrain_crops.csv")
    for number, name in enumerate(table["crop_filename"]):
        crop = Image.open(tmp_path / "w" / name)
        assert crop.size == BOXES[number][3:]
        wanted = np.asarray(Image.open(annotated.cut / f"{number}.png"), np.int16)
        assert np.abs(np.asarray(crop, np.int16) - wanted).mean() < 6


def test_labels_of_boxes(annotated, tmp_path):
    """Columns behind the four numbers: label, which galleries show without being told."""
    frame = annotated.frame.assign(label=["cat", "dog", "cat", "whole"])
    fd = Fastdup.run(
        annotated.photos,
        tmp_path / "w",
        annotations=frame,
        threshold=0,
        progress=SilentProgress(),
    )
    assert pd.read_csv(tmp_path / "w" / "atrain_labels.csv")["label"].tolist() == [
        "cat",
        "dog",
        "cat",
        "whole",
    ]
    assert fd.wrong_labels(None)["label"].isin(["cat", "dog", "whole"]).all()
    page = tmp_path / "page.html"
    assert fastdup_nb.create_duplicates_gallery(tmp_path / "w", page) == 0
    assert "whole" in page.read_text("utf-8")
    assert fastdup_nb.create_duplicates_gallery(tmp_path / "w", page, slice="dog") == 0


def test_bad_boxes_are_reported_and_the_rest_is_whole(annotated, tmp_path):
    path = str(annotated.paths[0])
    bad = {
        (500, 10, 20, 20): "outside",
        (10, 10, -20, 20): "no area",
        (10, 10, 0, 20): "no area",
        (float("nan"), 10, 20, 20): "not all numbers",
        (10, float("inf"), 20, 20): "not all numbers",
    }
    rows = [(path, *box) for box in bad] + [(path, 10, 10, 4, 4), ("gone.png", 1, 1, 50, 50)]
    frame = pd.concat([pd.DataFrame(rows, columns=annotated.frame.columns), annotated.frame])
    fd = Fastdup.run(annotated.photos, tmp_path / "w", annotations=frame, progress=SilentProgress())
    assert len(fd.img_stats()) == len(BOXES)
    assert fd.img_stats()["index"].tolist() == list(range(len(rows), len(rows) + len(BOXES)))
    table = fd.invalid_instances()
    for reason, found in zip(bad.values(), table["reason"], strict=False):
        assert reason in found
    assert table["error_code"].tolist() == ["ERROR_BAD_BOUNDING_BOX"] * len(bad) + [
        "ERROR_IMAGE_TOO_SMALL",
        "ERROR_MISSING_FILE",
    ]
    assert "box that cannot be used" in str(fd.summary())
