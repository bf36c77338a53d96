"""The fixed 576-d descriptor, written as an ONNX graph: no training, no torch.

It is the embedding the package starts with and the figure a trained model has to beat.  Four parts describe the
image, each scaled to length 1 and weighted, so that the cosine of two vectors is a weighted mean of four cosines:

=====================  ====  ====================================================================
part                   dims  what it sees
=====================  ====  ====================================================================
luma layout             144  12 x 12 lowest cosine frequencies of the luma, whitened by frequency
chroma layout            72  6 x 6 lowest cosine frequencies of two opponent colours
gradient orientations   288  8 directions, soft assignment, on an overlapping 6 x 6 grid
colours                  71  soft histogram over prototypes in opponent colour space
constant                  1  keeps the length above 0 and sets where cosine 0.9 and 0.96 lie
=====================  ====  ====================================================================

Every linear step is a convolution, which onnxruntime runs image by image: the vector of an image does not depend on
the other images of its batch.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.manifest import write_manifest

SIDE = 128
LUMA_FREQUENCIES = 12
CHROMA_FREQUENCIES = 6
DIRECTIONS = 8
COLOURS = 71
DIMENSIONS = 576

WEIGHTS = {"luma": 0.34, "chroma": 0.16, "gradients": 0.34, "colours": 0.16}
"""Share of the cosine each part has, before the constant."""

CONSTANT = 0.6
"""b: a cosine c of the four parts becomes (c + b) / (1 + b)."""

Array = npt.NDArray[np.float32]

# Luma and two opponent colours of RGB in [0, 1]; rows sum to 1, 0, 0.
OPPONENT = np.array([[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [-0.25, -0.25, 0.5]], dtype=np.float32)


def cosine_basis(frequencies: int, cells: int) -> Array:
    """Low two-dimensional cosine frequencies as convolution kernels.

    Parameters
    ----------
    frequencies : int
        How many frequencies per axis.
    cells : int
        Side of the square they are evaluated on.

    Returns
    -------
    ndarray of shape (frequencies ** 2, 1, cells, cells)
        Kernels; natural images fall off as 1 / frequency, so the kernels are raised by a milder power of it. The mean
        (frequency 0, 0) is kept at a low weight: it is what a change of brightness moves.
    """
    place = (np.arange(cells) + 0.5) / cells
    waves = np.cos(np.pi * np.outer(np.arange(frequencies), place))
    kernels = np.einsum("ay,bx->abyx", waves, waves) / cells**2
    rank = np.sqrt(np.add.outer(np.arange(frequencies) ** 2.0, np.arange(frequencies) ** 2.0))
    rise = np.where(rank == 0, 0.35, np.maximum(rank, 1.0) ** 0.6)
    kernels *= rise[:, :, None, None]
    return kernels.reshape(frequencies**2, 1, cells, cells).astype(np.float32)


def gradient_kernels() -> Array:
    """Smoothed directional derivatives, one kernel for each of the ``DIRECTIONS``, shape (8, 1, 3, 3)."""
    across = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]) / 8
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    kernels = [math.cos(a) * across + math.sin(a) * across.T for a in angles]
    return np.stack(kernels)[:, None].astype(np.float32)


def colour_prototypes() -> Array:
    """``COLOURS`` well spread points of the RGB cube in scaled opponent coordinates, shape (71, 3).

    Farthest-point order over a regular grid of the cube: deterministic, and dense where colours can be.
    """
    steps = np.linspace(0, 1, 9)
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (rgb @ OPPONENT.T) * np.array([1.0, 1.6, 1.6])
    # Most photographs live near the gray axis: pulling the cube in gives those colours more prototypes.
    points[:, 1:] *= 0.6
    chosen = [len(points) // 2]
    distance = np.full(len(points), np.inf)
    while len(chosen) < COLOURS:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return points[chosen].astype(np.float32)


class GraphBuilder:
    """A thin hand over ``onnx.helper``: names are made up, initialisers collected."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, value: npt.ArrayLike, dtype: npt.DTypeLike = np.float32) -> str:
        """Store a constant and return its name."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Append a node and return the name of its only output."""
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def channel_sum(self, value: str, channels: int) -> str:
        """Sum over the channels of [N, C, H, W], as a convolution.

        ReduceSum adds in an order that depends on where the row starts in memory, so on the place in the batch.
        """
        return self.node("Conv", value, self.weight(np.ones((1, channels, 1, 1))), kernel_shape=[1, 1])

    def part(self, value: str, start: int, stop: int) -> str:
        """Channels ``start`` to ``stop`` of [N, C, ...]."""
        bounds = [self.weight([v], np.int64) for v in (start, stop, 1)]
        return self.node("Slice", value, *bounds)

    def scaled_to_unit(self, vector: str, channels: int, floor: float, share: float) -> str:
        """``vector`` [N, C, 1, 1] scaled to length sqrt(share); one shorter than ``floor`` fades to 0."""
        square = self.node("Mul", vector, vector)
        total = self.channel_sum(square, channels)
        length = self.node("Sqrt", self.node("Add", total, self.weight(floor**2)))
        return self.node("Mul", self.node("Div", vector, length), self.weight(math.sqrt(share)))


def build_graph(means: dict[str, Array]) -> onnx.ModelProto:
    """Assemble the descriptor.

    Parameters
    ----------
    means : dict of str to ndarray
        What to subtract from the ``gradients`` (288) and ``colours`` (71) histograms: their mean over photographs, so
        that what all photographs share does not count as likeness. Layout frequencies have mean near 0 by nature.

    Returns
    -------
    onnx.ModelProto
        ``images`` uint8 [N, 128, 128, 3] -> ``embedding`` float32 [N, 576].
    """
    g = GraphBuilder()
    pixels = g.node("Cast", "images", to=TensorProto.FLOAT)
    pixels = g.node("Transpose", pixels, perm=[0, 3, 1, 2])
    opponent = g.node("Conv", pixels, g.weight(OPPONENT[:, :, None, None] / 255), kernel_shape=[1, 1])
    halved = g.node("AveragePool", opponent, kernel_shape=[2, 2], strides=[2, 2])
    parts = [*_layout(g, halved), _gradients(g, halved, means["gradients"]), _colours(g, halved, means["colours"])]
    sizes = [LUMA_FREQUENCIES**2, 2 * CHROMA_FREQUENCIES**2, 36 * DIRECTIONS, COLOURS]
    floors = [0.01, 0.01, 0.15, 0.05]
    rows = zip(parts, sizes, floors, WEIGHTS.values(), strict=True)
    scaled = [g.scaled_to_unit(part, size, floor, share) for part, size, floor, share in rows]
    nothing = g.node("Mul", g.part(scaled[0], 0, 1), g.weight(0.0))
    constant = g.node("Add", nothing, g.weight(math.sqrt(CONSTANT)))
    whole = g.node("Concat", *scaled, constant, axis=1)
    g.nodes.append(helper.make_node("Flatten", [whole], ["embedding"], axis=1))
    return _as_model(g)


def _layout(g: GraphBuilder, halved: str) -> tuple[str, str]:
    """Low frequencies of luma [N, 144, 1, 1] and of opponent colours [N, 72, 1, 1] from [N, 3, 64, 64]."""
    cells = g.node("AveragePool", halved, kernel_shape=[2, 2], strides=[2, 2])
    luma = cosine_basis(LUMA_FREQUENCIES, SIDE // 4)
    chroma = cosine_basis(CHROMA_FREQUENCIES, SIDE // 4)
    kernels = np.zeros((144 + 72, 3, SIDE // 4, SIDE // 4), dtype=np.float32)
    kernels[:144, :1] = luma
    kernels[144:180, 1:2] = chroma
    kernels[180:, 2:] = chroma
    both = g.node("Conv", cells, g.weight(kernels), kernel_shape=[SIDE // 4] * 2)
    # The mean luma is 0.5 on average, not 0: centre it.
    offset = np.zeros((1, 144, 1, 1), dtype=np.float32)
    offset[0, 0] = 0.45 * 0.35
    return g.node("Sub", g.part(both, 0, 144), g.weight(offset)), g.part(both, 144, 216)


def _gradients(g: GraphBuilder, halved: str, mean: Array) -> str:
    """Orientation histograms [N, 288, 1, 1] of the luma of [N, 3, 64, 64]."""
    kernels = np.zeros((DIRECTIONS, 3, 3, 3), dtype=np.float32)
    kernels[:, :1] = gradient_kernels()
    steps = g.node("Conv", halved, g.weight(kernels), kernel_shape=[3, 3], pads=[0, 0, 0, 0])
    along = g.node("Relu", steps)
    square = g.node("Mul", along, along)
    # cos^2 assignment divided once by the magnitude: linear in contrast, sharper than a plain cosine.
    energy = g.channel_sum(square, DIRECTIONS)
    votes = g.node("Div", square, g.node("Sqrt", g.node("Add", energy, g.weight(1e-4))))
    cells = g.node("AveragePool", votes, kernel_shape=[12, 12], strides=[10, 10])
    flat = g.node("Reshape", cells, g.weight([0, 36 * DIRECTIONS, 1, 1], np.int64))
    total = g.channel_sum(flat, 36 * DIRECTIONS)
    share = g.node("Div", flat, g.node("Add", total, g.weight(0.05)))
    return g.node("Sub", g.node("Sqrt", g.node("Add", share, g.weight(1e-5))), g.weight(mean.reshape(1, -1, 1, 1)))


def _colours(g: GraphBuilder, halved: str, mean: Array) -> str:
    """Soft colour histogram [N, 71, 1, 1]: each pixel votes max(0, 1 - d^2 / r^2) for the prototypes within reach r."""
    prototypes = colour_prototypes()
    stretch = np.array([1.0, 0.96, 0.96], dtype=np.float32)
    reach = 0.16
    cells = g.node("AveragePool", halved, kernel_shape=[2, 2], strides=[2, 2])
    place = g.node("Mul", cells, g.weight(stretch.reshape(1, 3, 1, 1)))
    # d^2 = |x|^2 - 2 x.p + |p|^2, the middle and the last term in one convolution.
    cross = g.node(
        "Conv",
        place,
        g.weight(2 * prototypes[:, :, None, None]),
        g.weight(-(prototypes**2).sum(axis=1)),
        kernel_shape=[1, 1],
    )
    own = g.channel_sum(g.node("Mul", place, place), 3)
    nearness = g.node("Mul", g.node("Sub", cross, own), g.weight(1 / reach**2))
    votes = g.node("Relu", g.node("Add", nearness, g.weight(1.0)))
    mass = g.node("GlobalAveragePool", votes)
    return g.node("Sub", g.node("Sqrt", g.node("Add", mass, g.weight(1e-5))), g.weight(mean.reshape(1, -1, 1, 1)))


def _as_model(g: GraphBuilder) -> onnx.ModelProto:
    """Wrap nodes and weights, and check them."""
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", SIDE, SIDE, 3])
    embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", DIMENSIONS])
    graph = helper.make_graph(g.nodes, "fixed-576", [images], [embedding], g.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="fastdup_nb")
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model


def histogram_means(photos: npt.NDArray[np.uint8]) -> dict[str, Array]:
    """Mean histograms over ``photos`` (uint8 [n, 128, 128, 3]), from the graph itself with nothing subtracted."""
    import onnxruntime

    zeros = {"gradients": np.zeros(288, np.float32), "colours": np.zeros(COLOURS, np.float32)}
    model = build_graph(zeros)
    names = _subtracted(model)
    model.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    sums = [np.zeros(288), np.zeros(COLOURS)]
    for start in range(0, len(photos), 32):
        values = session.run(names, {"images": photos[start : start + 32]})
        sums = [s + v.sum(axis=(0, 2, 3)) for s, v in zip(sums, values, strict=True)]
    found = [(s / len(photos)).round(5).astype(np.float32) for s in sums]
    return {"gradients": found[0], "colours": found[1]}


def _subtracted(model: onnx.ModelProto) -> list[str]:
    """Names of the two histogram outputs (the last two subtractions of a vector), gradients first."""
    sizes = {w.name: int(np.prod(w.dims)) for w in model.graph.initializer}
    found = {sizes.get(n.input[1], 0): n.output[0] for n in model.graph.node if n.op_type == "Sub"}
    return [found[288], found[COLOURS]]


def main() -> None:
    """Write the graph and its manifest."""
    from training.evaluation_photos import read_photos

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="tar of photos to take the histogram means from")
    parser.add_argument("--limit", type=int, default=2000, help="how many photos of it")
    parser.add_argument("--out", type=Path, default=Path("fastdup_nb/models/weights"))
    options = parser.parse_args()
    photos = np.stack([p.at_side(SIDE) for p in read_photos(options.photos, options.limit)])
    model = build_graph(histogram_means(photos))
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "fixed-576.onnx"
    onnx.save(model, str(target))
    write_manifest(
        target,
        side=SIDE,
        dimensions=DIMENSIONS,
        description="Fixed descriptor, not trained: colour layout, low cosine frequencies, gradient orientations.",
    )


if __name__ == "__main__":
    main()
