"""ONNX graphs written by hand: a thin layer over ``onnx.helper``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

_NUMBER = (1, 1, 1, 1)


class GraphBuilder:
    """Collects nodes and weights, makes up their names.

    Results for a photo must not depend on the others of its batch, to the last bit. Convolutions
    run photo by photo; ReduceSum and matrix products do not, so sums are convolutions here, and
    vectors stay [N, C, 1, 1] until the end.
    """

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Store a constant and return its name; a number gets the four dimensions of all else."""
        name = f"w{len(self.weights)}"
        stored = np.asarray(value, dtype=dtype)
        # onnxruntime takes 6 us to add a number without dimensions to [1, 576, 1, 1], not 0.1.
        stored = stored.reshape(_NUMBER) if stored.ndim == 0 else stored
        self.weights.append(numpy_helper.from_array(stored, name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append a node and return the name of its only output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def pixels(self, scale: float = 1.0, shift: float = 0.0) -> str:
        """Input photos as float32 [N, 3, H, W], times ``scale`` plus ``shift``."""
        found = self.node("Cast", "images", to=TensorProto.FLOAT)
        found = self.node("Transpose", found, perm=[0, 3, 1, 2])
        if scale != 1.0:
            found = self.node("Mul", found, self.weight(scale))
        return self.node("Add", found, self.weight(shift)) if shift else found

    def average(self, value: str, size: int) -> str:
        """Means of blocks of ``size`` pixels."""
        return self.node("AveragePool", value, kernel_shape=[size, size], strides=[size, size])

    def convolution(
        self,
        value: str,
        kernels: npt.ArrayLike,
        bias: npt.ArrayLike | None = None,
        groups: int = 1,
    ) -> str:
        """Convolution without padding; ``kernels`` [out, in / groups, h, w]."""
        values = np.asarray(kernels)
        inputs = [value, self.weight(values)] + ([] if bias is None else [self.weight(bias)])
        return self.node("Conv", *inputs, kernel_shape=list(values.shape[2:]), group=groups)

    def channel_sum(self, value: str, channels: int) -> str:
        """Sum over the channels of [N, C, H, W]."""
        return self.convolution(value, np.ones((1, channels, 1, 1)))

    def part(self, value: str, start: int, stop: int) -> str:
        """Channels ``start`` to ``stop``."""
        bounds = [self.weight([v], np.int64) for v in (start, stop, 1)]
        return self.node("Slice", value, *bounds)

    def scaled_to_unit(self, vector: str, channels: int, floor: float, share: float) -> str:
        """Scale ``vector`` to length sqrt(share); one shorter than ``floor`` fades to 0."""
        square = self.node("Mul", vector, vector)
        total = self.channel_sum(square, channels)
        length = self.node("Sqrt", self.node("Add", total, self.weight(floor**2)))
        scaled = self.node("Div", vector, length)
        return scaled if share == 1 else self.node("Mul", scaled, self.weight(math.sqrt(share)))

    def network(self, model: onnx.ModelProto, value: str) -> str:
        """Insert another model with one input and one output."""
        inner = compose.add_prefix(model, "net_").graph
        source, target = inner.input[0].name, inner.output[0].name
        numbers = {}
        for node in inner.node:
            constants = [a.t for a in node.attribute if node.op_type == "Constant"]
            if any(c.data_type == TensorProto.FLOAT and not c.dims for c in constants):
                numbers[node.output[0]] = numpy_helper.to_array(constants[0])
                continue
            # All that calculates with such a number here is elementwise.
            node.input[:] = [
                self.weight(numbers[name]) if name in numbers else name for name in node.input
            ]
            node.input[:] = [value if name == source else name for name in node.input]
            self.nodes.append(node)
        self.weights.extend(inner.initializer)
        return str(target)

    def model(self, name: str, vectors: list[str], side: int, dimensions: int) -> onnx.ModelProto:
        """``images`` uint8 [N, side, side, 3] -> ``embedding`` float32 [N, dimensions], checked.

        Parameters
        ----------
        name : str
            Of the graph.
        vectors : list of str
            Parts [N, C, 1, 1] that make up the embedding.
        side, dimensions : int
            Shape of what goes in and of what comes out.
        """
        self._store_in_half()
        whole = self.node("Concat", *vectors, axis=1) if len(vectors) > 1 else vectors[0]
        self.nodes.append(helper.make_node("Flatten", [whole], ["embedding"], axis=1))
        images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", side, side, 3])
        embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", dimensions])
        graph = helper.make_graph(self.nodes, name, [images], [embedding], self.weights)
        opset = helper.make_opsetid("", 17)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="fastdup_nb")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        return model

    def _store_in_half(self, least: int = 4096) -> None:
        """Keep large weights as float16; the runtime widens them once, when it loads the model."""
        casts = []
        for place, stored in enumerate(self.weights):
            value = numpy_helper.to_array(stored)
            if value.dtype == np.float32 and value.size >= least:
                name = f"{stored.name}_half"
                self.weights[place] = numpy_helper.from_array(value.astype(np.float16), name)
                cast = helper.make_node("Cast", [name], [stored.name], to=TensorProto.FLOAT)
                casts.append(cast)
        self.nodes[:0] = casts


class ExportedModel:
    """A model that ``GraphBuilder`` made, whose weights can be looked up and replaced."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self._weights = {weight.name: weight for weight in model.graph.initializer}
        self._makers = {name: node for node in model.graph.node for name in node.output}

    def maker(self, name: str) -> onnx.NodeProto | None:
        """Give the node that a value comes from; None for weights and the input."""
        return self._makers.get(name)

    def users(self, name: str, kind: str) -> list[onnx.NodeProto]:
        """Give the nodes of a kind that a value goes into."""
        nodes = self.model.graph.node
        return [node for node in nodes if node.op_type == kind and name in node.input]

    def weight(self, name: str) -> npt.NDArray[np.float32]:
        """Give a weight as float32."""
        return numpy_helper.to_array(self._stored(name)).astype(np.float32)

    def replace(self, name: str, value: npt.NDArray[Any]) -> None:
        """Give a weight another value, kept in the same type."""
        kept = self._stored(name)
        value = value.astype(numpy_helper.to_array(kept).dtype)
        kept.CopyFrom(numpy_helper.from_array(value, kept.name))

    def _stored(self, name: str) -> onnx.TensorProto:
        """Find a weight, also one that is widened when the model is loaded."""
        return self._weights[self._makers[name].input[0] if name in self._makers else name]
