"""Stage 5, ``python -m training.export``: a run's averaged weights -> ONNX file and manifest.

A photo is described by its learned part and by its computed parts, each of length 1. A map, learned
from copies (``metric`` and, where there is a network, ``head``), turns that into numbers of length
1 together, some of which may be the first learned axes as they are; a constant is the last one.
``RECIPES`` holds what differs from model to model.
"""

from __future__ import annotations

import argparse
import copy
import math
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx

from training.copies import at_side, kept_copies
from training.fixed_parts import FLOORS, Sizes, add_parts, constant, mean_parts
from training.graph import GraphBuilder
from training.manifest import write_manifest
from training.metric import Described, Metric, fit
from training.photo_cache import cache_argument
from training.pool import open_pool

if TYPE_CHECKING:
    from training.student import Student


@dataclass(frozen=True)
class Recipe:
    """What a model is made of."""

    dimensions: int
    side: int
    """Pixels of the photos that go in, a multiple of 8, or of 16 with ``halved``."""
    interpolation: str = "box"
    """How photos are shrunk to that side. Area averages show the grid of a small photo's pixels: at
    128 px they cost 0.03 of 5-NN accuracy."""
    learned: int = 0
    """Principal axes of the learned part that are kept; 0 for no learned part."""
    through: int = 0
    """Pixels of a square that photos are squeezed to before, the one statistics are taken from."""
    halved: bool = False
    """Whether the computed parts see the photo at half its side."""
    hidden: int = 0
    """Units of the head beside its linear map; 0 for the map in closed form."""
    axes: int = 0
    """First axes of the learned part that the vector holds as they are, too: the map, which is
    learned from copies, keeps less of the classes."""
    share: float = 0.0
    """Their part of the cosine, before the constant."""
    flattened: bool = False
    """Whether they are divided by the root of their standard deviation, as the teacher's keys are
    (``losses.teacher_keys``): a few strong ones would decide everything otherwise."""

    @property
    def sizes(self) -> Sizes:
        """Of the computed parts."""
        return Sizes(side=self.side // 2 if self.halved else self.side, turned=True)


RECIPES = {
    "computed-576": Recipe(576, side=128),
    "copy-576": Recipe(576, side=64, learned=448, through=128, hidden=160),
    "accurate-960": Recipe(
        960,
        side=128,
        interpolation="bilinear",
        learned=512,
        halved=True,
        hidden=256,
        axes=128,
        share=0.25,
        flattened=True,
    ),
}

Pixels = npt.NDArray[np.uint8]
HALF = 127.5
"""Pixels from 0 to 255, less this, are what a network takes."""
BLOCK = 16
"""Photos described at a time."""
SAMPLE = 4000
"""Photos that means and axes are taken from."""


def load_student(checkpoint: Path) -> Student:
    """Student with the averaged weights of a checkpoint, ready for use."""
    import torch

    from training.student import SHAPES, Student

    kept: dict[str, Any] = torch.load(checkpoint, weights_only=True)
    student = Student(SHAPES[kept["shape"]])
    student.load_state_dict(kept["average"])
    return student.eval()


def turn_to_axes(student: Student, photos: Pixels, recipe: Recipe) -> None:
    """Project onto the principal axes of what the student says about photos."""
    import torch
    from torch import nn

    from training.student import scaled

    with torch.no_grad():
        blocks = (torch.from_numpy(photos[i : i + 64]) for i in range(0, len(photos), 64))
        found = torch.cat([student(scaled(block)) for block in blocks])
        mean = found.mean(dim=0)
        # Directions only: long vectors must not outvote short ones.
        unit = nn.functional.normalize(found - mean, dim=1)
        axes = torch.linalg.eigh(unit.T @ unit)[1][:, -recipe.learned :].flip(1).T
        weight = axes @ student.project.weight.flatten(1)
        bias = student.project.bias
        shift = -axes @ mean if bias is None else axes @ (bias - mean)
        student.project = nn.Conv2d(weight.shape[1], recipe.learned, 1)
        student.project.weight.copy_(weight[:, :, None, None])
        student.project.bias = nn.Parameter(shift)


def network_graph(student: Student, recipe: Recipe) -> onnx.ModelProto:
    """ONNX graph of a student: pixels [N, 3, side, side] -> learned part [N, C, 1, 1].

    Pixels are from -127.5 to 127.5: the weights of the stem are divided, not every pixel.
    """
    import torch

    from training.student import Exported

    student = copy.deepcopy(student)
    with torch.no_grad():
        student.stem[0].weight /= HALF
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/student.onnx"
        torch.onnx.export(
            Exported(student).eval(),
            (torch.zeros(2, 3, recipe.side, recipe.side),),
            path,
            dynamo=False,
            opset_version=17,
            input_names=["pixels"],
            output_names=["learned"],
            dynamic_axes={"pixels": {0: "N"}, "learned": {0: "N"}},
        )
        return onnx.load(path)


class Description:
    """The graph up to the map: learned and computed parts of a photo, each of length 1.

    Parameters
    ----------
    recipe : Recipe
        What it is made of.
    photos : ndarray, uint8 [n, side, side, 3]
        Photos to take means from.
    network : onnx.ModelProto or None
        From ``network_graph``.
    """

    def __init__(self, recipe: Recipe, photos: Pixels, network: onnx.ModelProto | None) -> None:
        self.recipe = recipe
        self._means = mean_parts(recipe.sizes, _half(photos) if recipe.halved else photos)
        self._network = network
        self.dimensions = sum(recipe.sizes.dimensions.values()) + recipe.learned

    def build(self) -> tuple[GraphBuilder, str]:
        """Make a fresh graph; the name is that of the description [N, dimensions, 1, 1]."""
        g = GraphBuilder()
        pixels = g.pixels()
        vectors = []
        if self._network:
            learned = g.network(self._network, g.node("Sub", pixels, g.weight(HALF)))
            vectors.append(g.scaled_to_unit(learned, self.recipe.learned, 1e-3, 1.0))
        sizes = self.recipe.sizes
        seen = g.average(pixels, 2) if self.recipe.halved else pixels
        for name, part in add_parts(g, seen, sizes, self._means).items():
            vectors.append(g.scaled_to_unit(part, sizes.dimensions[name], FLOORS[name], 1.0))
        return g, g.node("Concat", *vectors, axis=1)

    def apply(self, copies: Pixels, chosen: npt.NDArray[np.int64], threads: int = 2) -> Described:
        """Describe the copies of some photos.

        Parameters
        ----------
        copies : ndarray of shape (photos, views, h, w, 3)
            May be a mapped file: it is read in blocks.
        chosen : ndarray of int
            Which photos.
        threads : int
            How many blocks at a time.

        Returns
        -------
        ndarray of shape (chosen, views, dimensions)
        """
        import onnxruntime

        g, described = self.build()
        side, views = self.recipe.side, copies.shape[1]
        model = g.model("description", [described], side, self.dimensions)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

        def describe(block: npt.NDArray[np.int64]) -> Described:
            photos = at_side(copies[block].reshape(-1, *copies.shape[2:]), side)
            found = session.run(None, {"images": photos})[0]
            return np.asarray(found, np.float16).reshape(len(block), views, -1)

        blocks = [chosen[i : i + BLOCK] for i in range(0, len(chosen), BLOCK)]
        with ThreadPoolExecutor(threads) as pool:
            return np.concatenate(list(pool.map(describe, blocks)))


def _half(photos: Pixels) -> Pixels:
    """Averages of 2 x 2 pixels, as the graph takes them."""
    n, side = photos.shape[:2]
    blocks = photos.reshape(n, side // 2, 2, side // 2, 2, 3)
    return blocks.mean(axis=(2, 4)).round().astype(np.uint8)


def assemble(
    name: str, description: Description, groups: Sequence[Described], base: float
) -> onnx.ModelProto:
    """Assemble the embedding: description, map, constant.

    Parameters
    ----------
    name : str
        Of the graph.
    description : Description
        What the map is applied to.
    groups : sequence of ndarray, each of shape (photos, views, dimensions)
        Described copies the map is learned from: hardly changed first, badly changed last.
    base : float
        b: the constant maps a cosine c of the other components to (c + b) / (1 + b).
    """
    recipe = description.recipe
    mild, strong = (
        np.concatenate([group[:, view].astype(np.float32) for group in groups]) for view in (0, -1)
    )
    dimensions = recipe.dimensions - 1 - recipe.axes
    metric = fit(mild, strong, dimensions)
    g, described = description.build()
    if recipe.hidden:
        mapped = _learned_map(g, described, metric, groups, recipe.hidden)
    else:
        # Of unit length for a typical photo, so that float16 holds the map well.
        length = np.linalg.norm((mild - metric.mean) @ metric.directions, axis=1).mean()
        mapped = _linear(g, described, metric.directions.T / length, metric.mean)
    whole = [g.scaled_to_unit(mapped, dimensions, 1e-3, 1.0 - recipe.share)]
    if recipe.axes:
        known = g.part(described, 0, recipe.axes)
        if recipe.flattened:
            known = g.node("Mul", known, g.weight(flattening(mild[:, : recipe.axes])))
        whole.append(g.scaled_to_unit(known, recipe.axes, 1e-3, recipe.share))
    whole.append(constant(g, whole[0], math.sqrt(base)))
    return g.model(name, whole, recipe.side, recipe.dimensions)


def flattening(axes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Factors [1, axes, 1, 1]: axes are divided by the roots of their deviations, lengths kept."""
    factors = axes.std(axis=0).clip(1e-6) ** -0.5
    lengths = [np.linalg.norm(vectors, axis=1).mean() for vectors in (axes, axes * factors)]
    found: npt.NDArray[np.float32] = (factors * lengths[0] / lengths[1])[None, :, None, None]
    return found


def _linear(
    g: GraphBuilder,
    value: str,
    weight: npt.NDArray[np.floating[Any]],
    mean: npt.NDArray[np.float64],
    bias: npt.NDArray[np.float32] | None = None,
) -> str:
    """Take ``mean`` away and map: ``weight`` [out, in]."""
    shift = -weight @ mean
    return g.convolution(value, weight[:, :, None, None], shift if bias is None else shift + bias)


def _learned_map(
    g: GraphBuilder, described: str, start: Metric, groups: Sequence[Described], hidden: int
) -> str:
    from training.head import learn

    head = learn(start, groups, hidden)
    straight, widen, bias, narrow = (
        weight.detach().numpy()
        for weight in (head.linear.weight, head.widen.weight, head.widen.bias, head.narrow.weight)
    )
    inner = g.node("Relu", _linear(g, described, widen, start.mean, bias))
    bent = g.convolution(inner, narrow[:, :, None, None])
    return g.node("Add", _linear(g, described, straight, start.mean), bent)


def save(model: onnx.ModelProto, name: str, version: int, folder: Path) -> None:
    """Write a model of ``RECIPES`` and its manifest."""
    recipe = RECIPES[name]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.onnx"
    onnx.save(model, str(target))
    kind = "Learned and computed" if recipe.learned else "Computed"
    write_manifest(
        target,
        side=recipe.side,
        through=recipe.through,
        interpolation=recipe.interpolation,
        dimensions=recipe.dimensions,
        version=version,
        description=f"{kind} features under a map learned from copies of photos.",
    )


def main() -> None:
    """Export the averaged weights of a run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument("--run", default="second", help="name of the run")
    parser.add_argument("--name", default="copy-576", choices=sorted(RECIPES))
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--base", type=float, default=2.5, help="constant that sets thresholds")
    parser.add_argument(
        "--more",
        type=Path,
        nargs="+",
        default=[],
        help="cache folders of more photos: the map learns from those no network has seen, too",
    )
    parser.add_argument("--copies", type=int, default=16000, help="photos to learn the map from")
    parser.add_argument("--out", type=Path, default=Path("fastdup_nb/models/weights"))
    options = parser.parse_args()
    recipe = RECIPES[options.name]
    copies = open_pool(options.cache) if recipe.learned else kept_copies(options.cache, 9600)
    sets = [copies]
    sets += [kept_copies(more, options.copies, unseen=True) for more in options.more]
    # In the order of the file, which is larger than memory.
    parts = [np.sort(np.random.default_rng(3).permutation(len(s))[: options.copies]) for s in sets]
    sample = at_side(copies[parts[0][:: max(1, len(parts[0]) // SAMPLE)], 0], recipe.side)
    network = None
    if recipe.learned:
        student = load_student(options.cache / "runs" / options.run / "checkpoint.pt")
        turn_to_axes(student, sample, recipe)
        network = network_graph(student, recipe)
    description = Description(recipe, sample, network)
    groups = [description.apply(s, part) for s, part in zip(sets, parts, strict=True)]
    model = assemble(options.name, description, groups, options.base)
    save(model, options.name, options.version, options.out)


if __name__ == "__main__":
    main()
