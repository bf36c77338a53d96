"""A MobileNetV3-small of random weights: the yardstick for the cost of inference.

After Howard et al., "Searching for MobileNetV3", 2019, table 2, up to the pooled 576 numbers; batch
normalisation is folded into the convolutions, as an export does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 224
_STEM, _LAST = 16, 576


@dataclass(frozen=True)
class _Block:
    """A row of the table: kernel, expansion, channels, squeeze and excite, h-swish, stride."""

    kernel: int
    expanded: int
    channels: int
    excite: bool
    swish: bool
    stride: int


_BLOCKS = (
    _Block(3, 16, 16, excite=True, swish=False, stride=2),
    _Block(3, 72, 24, excite=False, swish=False, stride=2),
    _Block(3, 88, 24, excite=False, swish=False, stride=1),
    _Block(5, 96, 40, excite=True, swish=True, stride=2),
    _Block(5, 240, 40, excite=True, swish=True, stride=1),
    _Block(5, 240, 40, excite=True, swish=True, stride=1),
    _Block(5, 120, 48, excite=True, swish=True, stride=1),
    _Block(5, 144, 48, excite=True, swish=True, stride=1),
    _Block(5, 288, 96, excite=True, swish=True, stride=2),
    _Block(5, 576, 96, excite=True, swish=True, stride=1),
    _Block(5, 576, 96, excite=True, swish=True, stride=1),
)


class _Graph:
    """Nodes and random weights, one after the other."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self._random = np.random.default_rng(0)

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Append a node; return the name of its output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def convolution(
        self,
        value: str,
        before: int,
        after: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        groups: int = 1,
    ) -> str:
        """Append a convolution with bias that keeps the size, or halves it."""
        fan_in = before // groups * kernel * kernel
        shapes = ((after, before // groups, kernel, kernel), (after,))
        names = []
        for shape in shapes:
            values = self._random.standard_normal(shape) * np.sqrt(2 / fan_in)
            names.append(f"w{len(self.weights)}")
            self.weights.append(numpy_helper.from_array(values.astype(np.float32), names[-1]))
        return self.node(
            "Conv",
            value,
            *names,
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[kernel // 2] * 4,
            group=groups,
        )

    def block(self, value: str, before: int, block: _Block) -> str:
        """Append an inverted residual."""
        bend = "HardSwish" if block.swish else "Relu"
        found = value
        if block.expanded != before:
            found = self.node(bend, self.convolution(value, before, block.expanded))
        found = self.convolution(
            found,
            block.expanded,
            block.expanded,
            block.kernel,
            stride=block.stride,
            groups=block.expanded,
        )
        found = self.node(bend, found)
        if block.excite:
            found = self._excited(found, block.expanded)
        found = self.convolution(found, block.expanded, block.channels)
        same = block.stride == 1 and before == block.channels
        return self.node("Add", value, found) if same else found

    def _excited(self, value: str, channels: int) -> str:
        squeezed = max(8, (channels // 4 + 4) // 8 * 8)
        found = self.node("GlobalAveragePool", value)
        found = self.node("Relu", self.convolution(found, channels, squeezed))
        found = self.convolution(found, squeezed, channels)
        return self.node("Mul", value, self.node("HardSigmoid", found, alpha=1 / 6, beta=0.5))


def build() -> bytes:
    """Return the ONNX file: `images` float32 (n, 3, 224, 224) -> `features` (n, 576)."""
    graph = _Graph()
    found = graph.node("HardSwish", graph.convolution("images", 3, _STEM, 3, stride=2))
    channels = _STEM
    for block in _BLOCKS:
        found, channels = graph.block(found, channels, block), block.channels
    found = graph.node("HardSwish", graph.convolution(found, channels, _LAST))
    graph.nodes.append(
        helper.make_node("Flatten", [graph.node("GlobalAveragePool", found)], ["features"])
    )
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", _LAST])
    made = helper.make_graph(graph.nodes, "mobilenet", [images], [features], graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString()
    return data
