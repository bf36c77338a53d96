"""Graphs written by hand, and networks put into them."""

from __future__ import annotations

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from training.graph import GraphBuilder


def network():
    """Twice the mean of a photo's channels, with a number as torch writes it."""
    two = numpy_helper.from_array(np.float32(2), "two")
    shape = ["N", 3, 8, 8]
    nodes = [
        helper.make_node("Constant", [], ["two"], value=two),
        helper.make_node("GlobalAveragePool", ["pixels"], ["mean"]),
        helper.make_node("Mul", ["mean", "two"], ["found"]),
    ]
    given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)
    found = helper.make_tensor_value_info("found", TensorProto.FLOAT, ["N", 3, 1, 1])
    graph = helper.make_graph(nodes, "network", [given], [found])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def test_numbers_have_four_dimensions_and_networks_are_put_in():
    g = GraphBuilder()
    pixels = g.pixels()
    doubled = g.network(network(), g.node("Add", pixels, g.weight(1.0)))
    model = g.model("whole", [doubled], 8, 3)
    assert not [node for node in model.graph.node if node.op_type == "Constant"]
    assert all(weight.dims for weight in model.graph.initializer)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    photos = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    found = session.run(None, {"images": photos})[0]
    np.testing.assert_allclose(found, 2 * (photos.mean(axis=(1, 2)) + 1), rtol=1e-5)


def test_a_part_of_full_length_is_not_multiplied_by_one():
    g = GraphBuilder()
    g.scaled_to_unit(g.pixels(), 3, 1e-3, 1.0)
    full = [node.op_type for node in g.nodes]
    g = GraphBuilder()
    g.scaled_to_unit(g.pixels(), 3, 1e-3, 0.5)
    assert [node.op_type for node in g.nodes] == [*full, "Mul"]
