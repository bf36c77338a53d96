"""Parts of an embedding that are computed, not learned.

They see where light, colour and edges lie: what stays the same when a photo is recompressed,
resized or blurred, and what a learned embedding, made to overlook such things, tells apart badly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.graph import GraphBuilder
from training.turned_parts import add_turned, turned_dimensions

Array = npt.NDArray[np.float32]

SIDE = 128
DIRECTIONS = 8

# Luma and two opponent colours of RGB; rows sum to 1, 0, 0.
OPPONENT = np.array([[0.299, 0.587, 0.114], [0.5, -0.5, 0.0], [-0.25, -0.25, 0.5]])


@dataclass(frozen=True)
class Sizes:
    """How finely each part looks."""

    side: int = SIDE
    """Pixels of the photos, a multiple of 8."""
    luma: int = 12
    """Cosine frequencies of the luma along each axis."""
    chroma: int = 6
    """The same of both opponent colours."""
    grid: int = 6
    """Cells of the gradient histograms along each axis."""
    colours: int = 71
    """Prototypes of the colour histogram."""
    turned: bool = False
    """Whether to add parts that mirroring and quarter turns do not change."""

    @property
    def dimensions(self) -> dict[str, int]:
        """Length of each part, in the order they are built."""
        found = {
            "luma": self.luma**2,
            "chroma": 2 * self.chroma**2,
            "gradients": DIRECTIONS * self.grid**2,
            "colours": self.colours,
        }
        more = turned_dimensions(self.luma, self.chroma, self.grid) if self.turned else {}
        return found | more


FLOORS = {
    "luma": 0.01,
    "chroma": 0.01,
    "gradients": 0.15,
    "colours": 0.05,
    "turned luma": 0.02,
    "turned chroma": 0.02,
    "turned gradients": 0.1,
}
"""Length below which a part says nothing: a black photo has no gradients to compare."""


def gradient_kernels() -> npt.NDArray[np.float64]:
    """Smoothed directional derivatives, one kernel a direction, shape (8, 1, 3, 3)."""
    across = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0]) / 8
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    return np.stack([math.cos(a) * across + math.sin(a) * across.T for a in angles])[:, None]


def colour_prototypes(count: int) -> npt.NDArray[np.float64]:
    """Well spread points of the RGB cube in scaled opponent coordinates, shape (count, 3).

    Farthest-point order over a regular grid of the cube: deterministic, and dense where colours can
    be.
    """
    steps = np.linspace(0, 1, 9)
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (rgb @ OPPONENT.T) * STRETCH
    chosen = [len(points) // 2]
    distance = np.full(len(points), np.inf)
    while len(chosen) < count:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return points[chosen]


STRETCH = np.array([1.0, 0.96, 0.96])
"""Weight of the axes in colour distance: photos live near the gray axis."""


def add_parts(
    g: GraphBuilder, pixels: str, sizes: Sizes, means: dict[str, Array]
) -> dict[str, str]:
    """Add all parts to a graph.

    Parameters
    ----------
    g : GraphBuilder
        The graph.
    pixels : str
        Name of the photos, float [N, 3, side, side] from 0 to 255.
    sizes : Sizes
        How finely.
    means : dict of str to ndarray
        What to subtract from each part: its mean over photographs, so that what all photographs
        share does not count as likeness.

    Returns
    -------
    dict of str to str
        Name of each part [N, C, 1, 1], of any length.
    """
    # Averaged first: the same numbers for a quarter of the work.
    small = g.convolution(g.average(pixels, 2), OPPONENT[:, :, None, None] / 255)
    side = sizes.side // 2
    cells = g.average(small, 2)
    parts = {
        "luma": _frequencies(g, cells, side // 2, sizes.luma, range(1)),
        "chroma": _frequencies(g, cells, side // 2, sizes.chroma, range(1, 3)),
        "gradients": _gradients(g, small, side, sizes.grid),
        "colours": _colours(g, g.average(cells, 2), sizes.colours),
    }
    centred = _centred(g, parts, means)
    if sizes.turned:
        flat = {**centred, "gradients": parts["gradients"]}
        turned = add_turned(g, flat, sizes.luma, sizes.chroma, sizes.grid)
        centred |= _centred(g, turned, means)
    return centred


def layout_dimensions(luma: int, chroma: int) -> int:
    """Length of what ``add_layout`` adds."""
    return luma**2 + 2 * chroma**2


def add_layout(g: GraphBuilder, pixels: str, side: int, luma: int, chroma: int) -> str:
    """Add the layout alone, cheaply: luma and chroma frequencies [N, luma^2 + 2 chroma^2, 1, 1].

    ``pixels`` are float [N, 3, side, side] from 0 to 255.
    """
    cells = g.convolution(g.average(pixels, 4), OPPONENT[:, :, None, None] / 255)
    light = _frequencies(g, cells, side // 4, luma, range(1))
    colour = _frequencies(g, cells, side // 4, chroma, range(1, 3))
    return g.node("Concat", light, colour, axis=1)


def _centred(g: GraphBuilder, parts: dict[str, str], means: dict[str, Array]) -> dict[str, str]:
    """Subtract the means that are known."""
    return {
        name: g.node("Sub", part, g.weight(means[name].reshape(1, -1, 1, 1)))
        if name in means
        else part
        for name, part in parts.items()
    }


def _frequencies(g: GraphBuilder, cells: str, side: int, count: int, channels: range) -> str:
    """Lowest ``count`` x ``count`` cosine frequencies of some channels of [N, 3, side, side].

    Natural images fall off as 1 / frequency; a milder power of it raises them again. The mean
    (frequency 0, 0) is kept low: it is what a change of brightness moves.
    """
    squares = np.arange(count) ** 2.0
    rank = np.sqrt(np.add.outer(squares, squares))
    rise = np.where(rank == 0, 0.35, np.maximum(rank, 1.0) ** 0.6)
    place = (np.arange(side) + 0.5) / side
    waves = np.cos(np.pi * np.outer(np.arange(count), place)) / side
    # Columns first, then rows: [N, k, s, s] -> [N, k * count, s, 1] -> [N, k * count^2, 1, 1].
    k = len(channels)
    across = np.tile(waves[:, None, None, :], (k, 1, 1, 1))
    down = np.tile((rise[:, :, None] * waves).reshape(-1, 1, side, 1), (k, 1, 1, 1))
    chosen = g.part(cells, channels.start, channels.stop)
    return g.convolution(g.convolution(chosen, across, groups=k), down, groups=k * count)


def _gradients(g: GraphBuilder, small: str, side: int, grid: int) -> str:
    """Orientation histograms of the luma of [N, 3, side, side], on overlapping cells."""
    kernels = np.zeros((DIRECTIONS, 3, 3, 3))
    kernels[:, :1] = gradient_kernels()
    along = g.node("Relu", g.convolution(small, kernels))
    square = g.node("Mul", along, along)
    # cos^2 assignment divided once by the magnitude: linear in contrast, sharper than a cosine.
    energy = g.channel_sum(square, DIRECTIONS)
    votes = g.node("Div", square, g.node("Sqrt", g.node("Add", energy, g.weight(1e-4))))
    step = (side - 2) // grid
    cell = side - 2 - step * (grid - 1)
    cells = g.node("AveragePool", votes, kernel_shape=[cell, cell], strides=[step, step])
    count = DIRECTIONS * grid**2
    flat = g.node("Reshape", cells, g.weight([0, count, 1, 1], np.int64))
    total = g.channel_sum(flat, count)
    share = g.node("Div", flat, g.node("Add", total, g.weight(0.05)))
    return g.node("Sqrt", g.node("Add", share, g.weight(1e-5)))


def _colours(g: GraphBuilder, cells: str, count: int) -> str:
    """Soft colour histogram: a cell votes max(0, 1 - d^2 / r^2) for prototypes within reach r."""
    prototypes = colour_prototypes(count)
    reach = 0.16 * (71 / count) ** (1 / 3)
    place = g.node("Mul", cells, g.weight(STRETCH.reshape(1, 3, 1, 1)))
    # d^2 = |x|^2 - 2 x.p + |p|^2, the middle and the last term in one convolution.
    cross = g.convolution(place, 2 * prototypes[:, :, None, None], -(prototypes**2).sum(axis=1))
    own = g.channel_sum(g.node("Mul", place, place), 3)
    nearness = g.node("Mul", g.node("Sub", cross, own), g.weight(1 / reach**2))
    votes = g.node("Relu", g.node("Add", nearness, g.weight(1.0)))
    mass = g.node("GlobalAveragePool", votes)
    return g.node("Sqrt", g.node("Add", mass, g.weight(1e-5)))


def constant(g: GraphBuilder, part: str, value: float) -> str:
    """Make a constant [N, 1, 1, 1], with N taken from ``part``."""
    nothing = g.node("Mul", g.part(part, 0, 1), g.weight(0.0))
    return g.node("Add", nothing, g.weight(value))


def mean_parts(sizes: Sizes, photos: npt.NDArray[np.uint8]) -> dict[str, Array]:
    """Mean of each part over ``photos`` (uint8 [n, side, side, 3]).

    Layout frequencies other than the mean colour have a mean near 0 by nature and are left alone.
    """
    found = _mean_outputs(sizes, photos, {})
    found["luma"][1:] = 0
    found["chroma"][:] = 0
    if not sizes.turned:
        return found
    first = {name: found[name] for name in ("luma", "chroma", "gradients", "colours")}
    second = _mean_outputs(sizes, photos, first)
    return first | {name: second[name] for name in second if name not in first}


def _mean_outputs(
    sizes: Sizes, photos: npt.NDArray[np.uint8], means: dict[str, Array]
) -> dict[str, Array]:
    """Mean of what a graph of all parts puts out, given some means."""
    import onnxruntime

    g = GraphBuilder()
    parts = add_parts(g, g.pixels(), sizes, means)
    model = g.model("parts", list(parts.values()), sizes.side, sum(sizes.dimensions.values()))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    blocks = (photos[i : i + 32] for i in range(0, len(photos), 32))
    total = sum(session.run(None, {"images": block})[0].sum(axis=0) for block in blocks)
    mean = (np.asarray(total) / len(photos)).round(5).astype(np.float32)
    cuts = np.cumsum(list(sizes.dimensions.values()))[:-1]
    return dict(zip(sizes.dimensions, np.split(mean, cuts), strict=True))
