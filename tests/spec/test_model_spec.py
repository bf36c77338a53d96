"""What the running guide says about models, sentence by sentence."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, save

from fastdup_nb.errors import ModelError
from fastdup_nb.models import load_embedder


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
