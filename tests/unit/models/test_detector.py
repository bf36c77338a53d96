"""YOLO networks, on graphs made here."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from fastdup_nb.errors import ImageError, ModelError
from fastdup_nb.models.detector import open_object_detector
from tests.pictures import draw
from tests.unit.models.server import serving

onnx = pytest.importorskip("onnx")
helper, numpy_helper, TensorProto = onnx.helper, onnx.numpy_helper, onnx.TensorProto

# Centre x, y, width, height in a network input of 64 x 64, objectness, two classes.
ROWS = np.array(
    [
        [32, 32, 16, 24, 0.9, 0.1, 0.9],
        [33, 32, 16, 24, 0.8, 0.1, 0.9],  # the same object, less sure
        [33, 32, 16, 24, 0.8, 0.9, 0.1],  # another class
        [10, 20, 8, 8, 0.1, 0.9, 0.1],  # too unsure
    ],
    np.float32,
)


def write(
    path: Path,
    rows: np.ndarray,
    *,
    shape: tuple[object, ...] = (1, 3, 64, 64),
    kind: int = TensorProto.FLOAT,
    names: str = "",
) -> str:
    """Write a network that finds the same rows in every picture, moved by its mean brightness."""
    if rows.shape[1] in (3, 7):  # real ones have thousands of rows
        rows = np.pad(rows, ((0, 12), (0, 0)))
    constant = numpy_helper.from_array(rows[None].astype(np.float32), "rows")
    nodes = [
        helper.make_node("Cast", ["images"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["f"], ["m"], keepdims=0),
        helper.make_node("Mul", ["m", "zero"], ["n"]),
        helper.make_node("Add", ["rows", "n"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "detector",
        [helper.make_tensor_value_info("images", kind, shape)],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, None)],
        [constant, numpy_helper.from_array(np.float32(0), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 9
    if names:
        helper.set_model_props(model, {"names": names})
    onnx.save(model, str(path))
    return str(path)


def picture(size: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    draw(1, size).save(stream, "PNG")
    return stream.getvalue()


def test_boxes_in_the_pixels_of_the_file(tmp_path):
    found = open_object_detector(write(tmp_path / "v5.onnx", ROWS)).detect(picture((128, 64)))
    assert found.size == (128, 64)
    # Twice as wide as high: the picture is 64 x 32 in the middle of the input, shrunk by 2.
    assert found.boxes.round(3).tolist() == [[48.0, 8.0, 32.0, 48.0], [50.0, 8.0, 32.0, 48.0]]
    assert found.scores == pytest.approx([0.81, 0.72])
    assert found.labels == ["1", "0"]


def test_large_pictures_are_decoded_smaller_and_boxes_are_not(tmp_path):
    found = open_object_detector(write(tmp_path / "v5.onnx", ROWS)).detect(picture((1280, 640)))
    assert found.boxes[0].round().tolist() == [480, 80, 320, 480]


@pytest.mark.parametrize("names", ["{0: 'cat', 1: 'dog'}", "['cat', 'dog']"])
def test_names_of_classes(tmp_path, names):
    detector = open_object_detector(write(tmp_path / "v5.onnx", ROWS, names=names))
    assert detector.detect(picture((64, 64))).labels == ["dog", "cat"]


def test_the_later_layout(tmp_path):
    """(1, 4 + classes, boxes), without objectness."""
    rows = np.delete(np.repeat(ROWS, 3, axis=0), 4, axis=1).T
    rows[4:, 9:] = 0.1
    rows = np.pad(rows, ((0, 0), (0, 12)))
    detector = open_object_detector(write(tmp_path / "v8.onnx", rows, names="{0: 'a', 1: 'b'}"))
    found = detector.detect(picture((64, 64)))
    assert found.labels == ["b", "a"]
    assert found.scores == pytest.approx([0.9, 0.9])


def test_half_precision_and_free_sizes(tmp_path):
    path = write(
        tmp_path / "h.onnx", ROWS, shape=(1, 3, "height", "width"), kind=TensorProto.FLOAT16
    )
    assert len(open_object_detector(path).detect(picture((640, 640))).boxes) == 2


def test_a_picture_full_of_objects(tmp_path):
    rows = np.array([[x, y, 1, 1, 0.5 + x / 200, 1, 0] for x in range(64) for y in range(0, 64, 2)])
    found = open_object_detector(write(tmp_path / "many.onnx", rows)).detect(picture((64, 64)))
    assert len(found.boxes) == len(found.scores) == len(found.labels) == 300
    assert min(found.scores) > 0.75


def test_nothing_found(tmp_path):
    found = open_object_detector(write(tmp_path / "n.onnx", ROWS[3:])).detect(picture((64, 64)))
    assert found.boxes.shape == (0, 4)


def test_bad_pictures(tmp_path):
    with pytest.raises(ImageError):
        open_object_detector(write(tmp_path / "v5.onnx", ROWS)).detect(b"no picture")


def test_what_is_no_detector(tmp_path):
    with pytest.raises(ModelError, match="There is no file"):
        open_object_detector(str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match="its input is"):
        open_object_detector(write(tmp_path / "g.onnx", ROWS, shape=(1, 1, 64, 64)))
    with pytest.raises(ModelError, match="not floating point"):
        open_object_detector(write(tmp_path / "u.onnx", ROWS, kind=TensorProto.UINT8))
    with pytest.raises(ModelError, match="its output is"):
        open_object_detector(write(tmp_path / "o.onnx", ROWS[:, :3])).detect(picture((64, 64)))
    (tmp_path / "broken.onnx").write_bytes(b"x")
    with pytest.raises(ModelError):
        open_object_detector(str(tmp_path / "broken.onnx"))


def test_yolov5s_by_name(tmp_path, monkeypatch):
    """What to do is said; then a file in the current folder does; else one of a catalogue."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=r"There is no yolov5s\.onnx here: its licence") as caught:
        open_object_detector("yolov5s")
    for told in ("export.py --weights yolov5s.pt", f"yolov5s.onnx into {tmp_path}", "boxes.md"):
        assert told in caught.value.hint
    write(tmp_path / "yolov5s.onnx", ROWS, names="['cat', 'dog']")
    assert open_object_detector("yolov5s").detect(picture((64, 64))).labels == ["dog", "cat"]


def test_yolov5s_of_a_catalogue(tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.chdir(tmp_path)
    data = Path(write(tmp_path / "served.onnx", ROWS)).read_bytes()
    monkeypatch.setenv("FASTDUP_NB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FASTDUP_NB_MODELS", str(tmp_path / "models.json"))
    with serving() as server:
        server.files["/v5.onnx"] = data
        entry = {"url": f"{server.address}/v5.onnx", "sha256": hashlib.sha256(data).hexdigest()}
        (tmp_path / "models.json").write_text(json.dumps({"yolov5s": entry}))
        assert len(open_object_detector("yolov5s").detect(picture((64, 64))).boxes) == 2
        asked = len(server.asked)
        open_object_detector("yolov5s")
        assert len(server.asked) == asked
    entry["sha256"] = "ab" * 32
    (tmp_path / "models.json").write_text(json.dumps({"yolov5s": entry}))
    with pytest.raises(ModelError):
        open_object_detector("yolov5s")
