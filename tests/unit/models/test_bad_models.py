from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from fastdup_nb.errors import ModelError
from fastdup_nb.models import load_embedder
from tests.unit.models.conftest import save


def refused(path, match, capfd, **options):
    """The error in two short lines, and nothing on the terminal."""
    with pytest.raises(ModelError, match=match) as caught:
        load_embedder(path, **options)
    lines = caught.value.lines()
    assert len(lines) == 2
    assert all("\n" not in line and len(line) < 320 for line in lines)
    assert capfd.readouterr() == ("", "")


def edit(path, change):
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)
    return path


def test_missing(tmp_path, capfd):
    refused(tmp_path / "gone.onnx", "There is no model file", capfd)


def test_folder(tmp_path, capfd):
    refused(tmp_path, "is a folder", capfd)


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("m.onnx", b"", "is empty"),
        ("m.onnx", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        ("m.onnx", b"hello world, this is text\n", r"m\.onnx is not a whole ONNX file"),
        ("m.onnx", b"PK\x03\x04" + bytes(100), r"m\.onnx is not a whole ONNX file"),
        ("m.onnx", b"\x08\x08", r"m\.onnx is not a whole ONNX file"),
        ("m.pt", b"PK\x03\x04", r"m\.pt is a PyTorch file"),
        ("m.H5", b"\x89HDF", r"m\.H5 is a Keras file"),
    ],
)
def test_other_files(tmp_path, capfd, name, content, match):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, match, capfd)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated(make_model, capfd, share):
    path = make_model(d=4000)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    refused(path, "is not a whole ONNX file", capfd)


def test_two_inputs(make_model, capfd):
    extra = helper.make_tensor_value_info("text", TensorProto.FLOAT, ["N", 3])
    path = edit(make_model(), lambda model: model.graph.input.append(extra))
    refused(path, r"wants 2 inputs \(images, text\)", capfd)


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        (("N", 1, 28, 28), "no axis of 3 colour channels"),
        (("N", 8, 6, 4), "no axis of 3 colour channels"),
        (("N", 8), "not images"),
        (("N", 8, 8, 8, 3), "not images"),
    ],
)
def test_inputs_that_are_no_rgb_images(tmp_path, capfd, shape, match):
    node = helper.make_node("Flatten", ["images"], ["vector"])
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, None)
    refused(save(tmp_path / "m.onnx", [node], [images], [vector], []), match, capfd)


def test_text_model(tmp_path, capfd):
    node = helper.make_node("Cast", ["tokens"], ["vector"], to=TensorProto.FLOAT)
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["N", "T"])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, None)
    path = save(tmp_path / "m.onnx", [node], [tokens], [vector], [])
    refused(path, r"takes tensor\(int64\), not pixels", capfd)


def test_class_numbers(tmp_path, capfd):
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"]),
        helper.make_node("ArgMax", ["flat"], ["label"], axis=1),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 8, 6, 3])
    label = helper.make_tensor_value_info("label", TensorProto.INT64, None)
    path = save(tmp_path / "m.onnx", nodes, [images], [label], [])
    refused(path, r"gives tensor\(int64\) in its output 'label'", capfd)


def test_newer_opset(make_model, capfd):
    def raise_opset(model):
        model.opset_import[0].version = 999

    refused(edit(make_model(), raise_opset), "made for a newer ONNX", capfd)


def test_newer_file_format(make_model, capfd):
    def raise_version(model):
        model.ir_version = 99

    refused(edit(make_model(), raise_version), "made for a newer ONNX", capfd)


def test_unknown_operation(make_model, capfd):
    def rename(model):
        model.graph.node[1].op_type = "Frobnicate"

    refused(edit(make_model(), rename), "uses an operation", capfd)


def with_external_data(path):
    model = onnx.load(path)
    onnx.save(
        model, path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=0
    )
    return path.with_name(f"{path.name}.data")


def test_external_data(make_model, capfd):
    path = make_model(("N", 8, 6, 3), d=500)
    pixels = np.full((2, 8, 6, 3), 9, np.uint8)
    expected = load_embedder(path).embed(pixels)
    data = with_external_data(path)
    model = load_embedder(path)
    np.testing.assert_array_equal(model.embed(pixels), expected)
    data.write_bytes(data.read_bytes()[:-4] + b"\0\0\0\1")
    assert load_embedder(path).fingerprint != model.fingerprint
    data.write_bytes(data.read_bytes()[:100])
    refused(path, "missing or cut off", capfd)
    data.unlink()
    refused(path, r"keeps its weights in 'model\.onnx\.data', which is missing", capfd)


def test_a_place_in_the_metadata_is_no_weights_file(make_model):
    def add(model):
        helper.set_model_props(model, {"location": "Berlin"})

    assert load_embedder(edit(make_model(), add)).d == 5


def test_a_long_name_of_a_weights_file(make_model):
    path = make_model(name=f"{'m' * 150}.onnx")
    with_external_data(path).unlink()
    with pytest.raises(ModelError, match=r"keeps its weights in 'm{150}\.onnx\.data'"):
        load_embedder(path)


def test_a_graph_that_fails_on_its_default_size(tmp_path, capfd):
    nodes = [helper.make_node("Reshape", ["images", "shape"], ["vector"])]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, "H", "W"])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, None)
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 3 * 7 * 5])
    path = save(tmp_path / "m.onnx", nodes, [images], [vector], [shape])
    refused(path, "fails on input of 1 x 3 x 224 x 224", capfd)
    path.with_suffix(".json").write_text('{"input": {"width": 5, "height": 7}}')
    assert load_embedder(path).d == 105
