"""Small ONNX graphs to load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

MakeModel = Callable[..., Path]
FLOAT, UINT8, HALF = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16


def weights(d: int) -> np.ndarray:
    """A fixed matrix from 3 channel means to d numbers."""
    return np.linspace(-1, 1, 3 * d, dtype=np.float32).reshape(3, d) + np.eye(
        3, d, dtype=np.float32
    )


def save(path: Path, nodes: Sequence[Any], inputs: Any, outputs: Any, tensors: Any) -> Path:
    """Write a graph of opset 17."""
    graph = helper.make_graph(nodes, "graph", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """A maker of models that average each channel and multiply by `weights(d)`."""

    def make(
        shape: Sequence[Any] = ("N", "H", "W", 3),
        *,
        d: int = 5,
        dtype: int = FLOAT,
        out: str = "vector",
        name: str = "model.onnx",
    ) -> Path:
        channels_last = shape[-1] == 3 or shape[1] not in (3, "C")
        axes = [1, 2] if channels_last else [2, 3]
        nodes = [
            helper.make_node("Cast", ["images"], ["floats"], to=FLOAT),
            helper.make_node("ReduceMean", ["floats"], ["means"], axes=axes, keepdims=0),
            helper.make_node("MatMul", ["means", "weights"], ["vector"]),
            *_TAILS[out],
        ]
        tensors = [numpy_helper.from_array(weights(d), "weights"), *_tail_tensors()]
        inputs = [helper.make_tensor_value_info("images", dtype, shape)]
        outputs = [helper.make_tensor_value_info(out, FLOAT, None)]
        return save(tmp_path / name, nodes, inputs, outputs, tensors)

    return make


# Ends that give the vector in other shapes, by the name of the output.
_TAILS: dict[str, list[Any]] = {
    "vector": [],
    "flat_one": [
        helper.make_node("Reshape", ["vector", "to_one_row"], ["flat_one"]),
    ],
    "line": [helper.make_node("Reshape", ["vector", "to_line"], ["line"])],
    "pooled": [helper.make_node("Unsqueeze", ["vector", "axes_23"], ["pooled"])],
    "token": [helper.make_node("Unsqueeze", ["vector", "axis_1"], ["token"])],
    "tokens": [
        helper.make_node("Unsqueeze", ["vector", "axis_1"], ["token"]),
        helper.make_node("Concat", ["token", "token"], ["tokens"], axis=1),
    ],
    "map": [
        helper.make_node("Unsqueeze", ["vector", "axes_23"], ["pooled"]),
        helper.make_node("Concat", ["pooled", "pooled"], ["row"], axis=2),
        helper.make_node("Concat", ["row", "row"], ["map"], axis=3),
    ],
}


def _tail_tensors() -> list[Any]:
    values = {"to_one_row": [1, -1], "to_line": [-1], "axes_23": [2, 3], "axis_1": [1]}
    return [
        numpy_helper.from_array(np.asarray(value, dtype=np.int64), name)
        for name, value in values.items()
    ]
