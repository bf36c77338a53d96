"""Stage 5, ``python -m training.export``: a run's averaged weights -> ONNX file and manifest.

A photo is described by its learned part and by its computed parts, each of length 1. A linear map,
learned in closed form from pairs of copies, turns that into numbers of length 1 together; a
constant is the last one. ``RECIPES`` holds what differs from model to model.
"""

from __future__ import annotations

import argparse
import math
import tempfile
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
from training.metric import fit
from training.photo_cache import cache_argument

if TYPE_CHECKING:
    from training.student import Student


@dataclass(frozen=True)
class Recipe:
    """What a model is made of."""

    dimensions: int
    side: int
    """Pixels of the photos that go in, a multiple of 8."""
    learned: int = 0
    """Principal axes of the learned part that are kept; 0 for no learned part."""
    seen: int = 0
    """Pixels of what the network sees."""
    through: int = 0
    """Pixels of a square that photos are squeezed to before, the one statistics are taken from."""
    mirrored: bool = False
    """Whether it sees the mirror image too, and the mean counts."""
    emphasis: float = 1.0
    """Squared length of the learned part beside computed ones of length 1."""

    @property
    def sizes(self) -> Sizes:
        """Of the computed parts."""
        return Sizes(side=self.side, turned=True)


RECIPES = {
    "computed-576": Recipe(576, side=128),
    "copy-576": Recipe(576, side=64, learned=320, seen=64, through=128, emphasis=0.5),
    "accurate-960": Recipe(960, side=80, learned=448, seen=80, through=128, mirrored=True),
}

Pixels = npt.NDArray[np.uint8]


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

    from training.student import resized, scaled

    with torch.no_grad():
        blocks = (torch.from_numpy(photos[i : i + 64]) for i in range(0, len(photos), 64))
        found = torch.cat([student(resized(scaled(block), recipe.seen)) for block in blocks])
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
    """ONNX graph of a student: pixels [N, 3, side, side] -> learned part [N, C, 1, 1]."""
    import torch

    from training.student import Exported

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/student.onnx"
        torch.onnx.export(
            Exported(student, recipe.seen, mirrored=recipe.mirrored).eval(),
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
    """The graph up to the linear map: learned and computed parts of a photo, each of length 1.

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
        self._means = mean_parts(recipe.sizes, photos)
        self._network = network
        self.dimensions = sum(recipe.sizes.dimensions.values()) + recipe.learned

    def build(self) -> tuple[GraphBuilder, str]:
        """Make a fresh graph; the name is that of the description [N, dimensions, 1, 1]."""
        g = GraphBuilder()
        pixels = g.pixels()
        vectors = []
        if self._network:
            level = g.node("Mul", pixels, g.weight(1 / 127.5))
            learned = g.network(self._network, g.node("Sub", level, g.weight(1.0)))
            vectors.append(
                g.scaled_to_unit(learned, self.recipe.learned, 1e-3, self.recipe.emphasis)
            )
        sizes = self.recipe.sizes
        for name, part in add_parts(g, pixels, sizes, self._means).items():
            vectors.append(g.scaled_to_unit(part, sizes.dimensions[name], FLOORS[name], 1.0))
        return g, g.node("Concat", *vectors, axis=1)

    def apply(self, photos: Pixels) -> npt.NDArray[np.float32]:
        """Describe photos [n, side, side, 3]."""
        import onnxruntime

        g, described = self.build()
        model = g.model("description", [described], self.recipe.side, self.dimensions)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        blocks = (photos[i : i + 16] for i in range(0, len(photos), 16))
        return np.concatenate([session.run(None, {"images": block})[0] for block in blocks])


def assemble(name: str, description: Description, copies: Pixels, base: float) -> onnx.ModelProto:
    """Assemble the embedding: description, linear map, constant.

    Parameters
    ----------
    name : str
        Of the graph.
    description : Description
        What the map is applied to.
    copies : ndarray, uint8 [n, 2, h, w, 3]
        Pairs of copies the map is learned from.
    base : float
        b: the constant maps a cosine c of the other components to (c + b) / (1 + b).
    """
    recipe = description.recipe
    mild, strong = (description.apply(at_side(copies[:, view], recipe.side)) for view in (0, 1))
    metric = fit(mild, strong, recipe.dimensions - 1)
    # Of unit length for a typical photo, so that float16 holds the map well.
    length = np.linalg.norm((mild - metric.mean) @ metric.directions, axis=1).mean()
    directions = metric.directions / length
    g, described = description.build()
    shift = -metric.mean @ directions
    mapped = g.convolution(described, directions.T[:, :, None, None], shift)
    unit = g.scaled_to_unit(mapped, recipe.dimensions - 1, 1e-3, 1.0)
    whole = [unit, constant(g, unit, math.sqrt(base))]
    return g.model(name, whole, recipe.side, recipe.dimensions)


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
        "--more", type=Path, help="cache folder of more photos: the map learns from unseen ones too"
    )
    parser.add_argument("--copies", type=int, default=9600, help="photos to learn the map from")
    parser.add_argument("--out", type=Path, default=Path("fastdup_nb/models/weights"))
    options = parser.parse_args()
    recipe = RECIPES[options.name]
    copies = kept_copies(options.cache, options.copies)
    sample = at_side(copies[:4000, 0], recipe.side)
    if options.more:
        unseen = kept_copies(options.more, options.copies, unseen=True)
        copies = np.concatenate([copies, unseen])
    network = None
    if recipe.learned:
        student = load_student(options.cache / "runs" / options.run / "checkpoint.pt")
        turn_to_axes(student, sample, recipe)
        network = network_graph(student, recipe)
    description = Description(recipe, sample, network)
    model = assemble(options.name, description, copies, options.base)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"{options.name}.onnx"
    onnx.save(model, str(target))
    kind = "Learned and computed" if network else "Computed"
    write_manifest(
        target,
        side=recipe.side,
        through=recipe.through,
        dimensions=recipe.dimensions,
        version=options.version,
        description=f"{kind} features under a linear map learned from copies of photos.",
    )


if __name__ == "__main__":
    main()
