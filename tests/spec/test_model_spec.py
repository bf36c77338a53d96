"""What the running guide says about models, sentence by sentence."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, save

import fastdup_nb
from fastdup_nb.errors import ModelError
from fastdup_nb.media.decode import decode, to_pixels
from fastdup_nb.models import load_embedder
from tests.pictures import write_pictures


@pytest.fixture
def own_model(tmp_path):
    """A model that gives the mean colour: three numbers."""
    node = helper.make_node("ReduceMean", ["images"], ["vector"], axes=[1, 2], keepdims=0)
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 8, 8, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([node], "own", [images], [vector])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "own.onnx"
    save(model, path)
    return path


def test_default_width():
    """The bundled model gives 576 numbers.

    "Length of the feature vector. On default it is 576."
    """
    assert load_embedder().d == 576


def test_own_model(own_model):
    """Any ONNX model can be used.

    "Use model_path parameter to point to the location of the onnx model - Set d to be the
    feature vector output width."
    """
    model = load_embedder(own_model, d=3)
    colour = np.array([10, 20, 30], np.uint8)
    vectors = model.embed(np.broadcast_to(colour, (2, 8, 8, 3)))
    np.testing.assert_allclose(vectors, [[10, 20, 30]] * 2)


def test_own_model_needs_its_width(own_model):
    """The width must be given.

    "When you use your own onnx model, change this parameter to the output model feature
    vector length."
    """
    with pytest.raises(ModelError) as caught:
        load_embedder(own_model, d=576)
    assert caught.value.hint == "Pass d=3."


@pytest.mark.parametrize(
    ("said", "way"),
    [('{"through": 128}', (128,)), ('{"interpolation": "bilinear"}', (0, "bilinear"))],
)
def test_a_run_squeezes_images_as_the_manifest_says(tmp_path, said, way):
    """docs/own-model.md: "images are first squeezed to a square of so many pixels"."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 32, 32, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 32 * 32 * 3])
    node = helper.make_node("Flatten", ["images"], ["vector"])
    graph = helper.make_graph([node], "own", [images], [vector])
    opset = [helper.make_opsetid("", 17)]
    save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "own.onnx")
    (tmp_path / "own.json").write_text(f'{{"input": {said}}}')
    path = write_pictures(tmp_path / "photos", 1)[0]
    photo = decode(path.read_bytes())
    options = {"model_path": str(tmp_path / "own.onnx"), "d": 32 * 32 * 3}
    assert fastdup_nb.run(tmp_path / "photos", tmp_path / "w", **options) == 0
    _, vectors = fastdup_nb.load_binary_feature(tmp_path / "w" / "atrain_features.dat", 32 * 32 * 3)
    assert np.array_equal(vectors[0], to_pixels(photo, 32, 32, *way).reshape(-1))
    assert not np.array_equal(vectors[0], to_pixels(photo, 32, 32).reshape(-1))


def test_gpu_says_what_it_needs(own_model):
    """The device can be chosen.

    "compute str - Compute type [cpu|gpu]"
    """
    assert load_embedder(own_model, compute="cpu").d == 3
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime can run on a GPU")
    with pytest.raises(ModelError, match="onnxruntime-gpu"):
        load_embedder(own_model, compute="gpu")
