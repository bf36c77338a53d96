"""Boxes in CSV files and DataFrames."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fastdup_nb.errors import InputError, InputNotFoundError
from fastdup_nb.sources.annotations import holds_boxes, read_annotations

HEADERS = {
    "filename,col_x,row_y,width,height": "{},1,2,30,40",
    "index,filename,col_x,row_y,width,height": "7,{},1,2,30,40",
    "index,filename,col_x,row_y,width,height,label": "7,{},1,2,30,40,cat",
    "Filename, col_x ,row_y,width,height,label,extra": "{},1,2,30,40,cat,x",
    "filename,x1,y1,x2,y2": "{},1,2,31,42",
    "index,filename,crop_filename,col_x,row_y,width,height,label,confidence": (
        "7,{},c.jpg,1,2,30,40,cat,0.5"
    ),
}


@pytest.fixture
def image(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "photos" / "a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"x")
    return path


@pytest.mark.parametrize("header", HEADERS)
def test_published_headers(image, header):
    table = Path("boxes.csv")
    table.write_text(f"{header}\n{HEADERS[header].format('photos/a.jpg')}\n")
    assert holds_boxes(table)
    found = read_annotations(table)
    assert found.names == [f"{image}#xywh=1,2,30,40"]
    assert found.labels == ["cat" if "label" in header else ""]
    assert found.confidences == ["0.5" if "confidence" in header else ""]


def test_rotated_boxes(image):
    table = Path("boxes.csv")
    table.write_text(
        f"index,filename,x1,y1,x2,y2,x3,y3,x4,y4,label\n0,{image},1,2,3,4,5,6,7,8,cat\n"
    )
    found = read_annotations(table)
    assert found.names == [f"{image}#polygon=1,2,3,4,5,6,7,8"]
    assert found.labels == ["cat"]


def test_names_are_looked_for_here_and_beside_the_list(image, tmp_path, monkeypatch):
    table = tmp_path / "boxes.csv"
    table.write_text("filename,col_x,row_y,width,height\nphotos/a.jpg,1,2,3,4\nnone.jpg,1,2,3,4\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert read_annotations(table).names == [
        f"{image}#xywh=1,2,3,4",
        f"{tmp_path / 'none.jpg'}#xywh=1,2,3,4",
    ]
    frame = pd.DataFrame([("a.jpg", 1, 2, 3, 4)], columns=["filename", "x1", "y1", "x2", "y2"])
    assert read_annotations(frame, [str(image.parent)]).names == [f"{image}#xywh=1,2,2,2"]


def test_what_is_no_number_stays_to_be_reported(image):
    frame = pd.DataFrame(
        {
            "filename": [image, str(image), str(image)],
            "col_x": [np.nan, 1.5, "left"],
            "row_y": [1, 2, 3],
            "width": [5, 5, None],
            "height": [5, 5, 5],
            "label": [None, np.nan, 3],
        }
    )
    found = read_annotations(frame)
    assert found.names == [
        f"{image}#xywh=nan,1,5,5",
        f"{image}#xywh=1.5,2,5,5",
        f"{image}#xywh=left,3,nan,5",
    ]
    assert found.labels == ["", "", "3"]


def test_what_is_left_out_is_told(image):
    table = Path("boxes.csv")
    rows = [f"{image},1,2,3,4", f"{image},1,2,3,4", f"{image},1", "", f"{image},9,2,3,4"]
    table.write_text("filename,col_x,row_y,width,height\n" + "\n".join(rows))
    found = read_annotations(table)
    assert len(found.names) == 2
    assert "1 row with too few columns" in found.warnings[0]
    assert "1 box is listed again" in found.warnings[1]


def test_what_is_no_table_of_boxes(image):
    plain = Path("list.csv")
    plain.write_text(f"filename,label\n{image},cat\n")
    assert not holds_boxes(plain)
    assert not holds_boxes("photos")
    assert not holds_boxes("none.csv")
    assert not holds_boxes("")
    assert not holds_boxes(["a.csv"])
    assert not holds_boxes("s3://bucket/boxes.csv")
    with pytest.raises(InputError, match="not those of boxes"):
        read_annotations(plain)
    with pytest.raises(InputNotFoundError):
        read_annotations("none.csv")
    with pytest.raises(InputError, match="type int"):
        read_annotations(3)
    broken = Path("broken.csv")
    broken.write_text('filename,col_x,row_y,width,height\n"' + "x" * 200_000)
    with pytest.raises(InputError, match="cannot be read"):
        read_annotations(broken)


def test_hostile_names(tmp_path):
    table = tmp_path / "boxes.csv"
    table.write_text('filename,col_x,row_y,width,height\n"a,b #xywh=1,2,3,4",1,2,3,../../x\n')
    assert read_annotations(table).names == [f"{tmp_path}/a,b #xywh=1,2,3,4#xywh=1,2,3,.. .. x"]
