"""``python -m training.axes MODEL.onnx --axes 128 --share 0.25``: more axes, less map.

A model that holds axes of its network as they are (``Recipe.axes``) gets another number of them,
divided by the roots of their deviations (``Recipe.flattened``), with another share of the cosine.
The map is not learned again: what it gives is turned to its principal axes, and the last ones go.
"""

from __future__ import annotations

import argparse
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from training.copies import at_side
from training.export import BLOCK, RECIPES, flattening, save
from training.graph import ExportedModel
from training.photo_cache import cache_argument
from training.pool import open_pool

Floats = npt.NDArray[np.float32]
PHOTOS = 6000
"""Photos that the turn and the deviations are taken from; one mild and one strong copy of each."""
VIEWS = (0, 5)
FLATTENING = "flattening"
"""Name of the factors in the graph."""


@dataclass
class Tail:
    """The last nodes of an exported model with a map that was learned, and axes."""

    linear: onnx.NodeProto
    narrow: onnx.NodeProto
    mapped: onnx.NodeProto
    known: onnx.NodeProto

    @property
    def described(self) -> str:
        """Name of the description, [N, dimensions, 1, 1]."""
        return str(self.linear.input[0])


def _tail(exported: ExportedModel) -> Tail:
    for node in exported.model.graph.node:
        makers = [maker for name in node.input if (maker := exported.maker(name))]
        if node.op_type != "Add" or [maker.op_type for maker in makers] != ["Conv", "Conv"]:
            continue
        linear, narrow = sorted(makers, key=lambda maker: -len(maker.input))  # one has a bias
        slices = exported.users(linear.input[0], "Slice")
        if slices:
            return Tail(linear, narrow, node, slices[-1])
    raise ValueError("it has no map that was learned by gradient, or no axes beside it")


def _resize(exported: ExportedModel, value: str, count: int, share: float) -> None:
    """Set how many numbers are scaled to which length (``GraphBuilder.scaled_to_unit``)."""
    total = exported.users(exported.users(value, "Mul")[0].output[0], "Conv")[0]
    exported.replace(total.input[1], np.ones((1, count, 1, 1)))
    scaled = exported.users(exported.users(value, "Div")[0].output[0], "Mul")[0]
    exported.replace(scaled.input[1], np.full((1, 1, 1, 1), math.sqrt(share)))


def _set_constant(exported: ExportedModel, value: float) -> None:
    """Set the last number of the embedding."""
    flat = exported.maker("embedding")
    whole = exported.maker(flat.input[0]) if flat else None
    last = exported.maker(whole.input[-1]) if whole else None
    if last is None:
        raise ValueError("it has no constant at its end")
    exported.replace(last.input[1], np.full((1, 1, 1, 1), value))


def exchange(
    model: onnx.ModelProto, photos: npt.NDArray[np.uint8], axes: int, share: float, base: float
) -> None:
    """Change a model in place.

    Parameters
    ----------
    model : onnx.ModelProto
        From ``training.export``, with axes.
    photos : ndarray of uint8, shape (n, side, side, 3)
        At least as many as the map has numbers.
    axes : int
        At least as many as it has.
    share : float
        Of the cosine, before the constant.
    base : float
        The constant, as in ``export.assemble``.

    Raises
    ------
    ValueError
        When it has no learned map with axes beside it, they are flattened already, or it has more
        axes now, or fewer numbers in all.
    """
    if any(weight.name == FLATTENING for weight in model.graph.initializer):
        raise ValueError("its axes are flattened already: begin with the model that came before")
    exported = ExportedModel(model)
    tail = _tail(exported)
    known = int(exported.weight(tail.known.input[2])[0])
    numbers = len(exported.weight(tail.linear.input[1]))
    if not known <= axes < known + numbers:
        raise ValueError(f"it can hold {known} to {known + numbers - 1} axes, not {axes}")
    described, mapped = _outputs(model, [tail.described, tail.mapped.output[0]], photos)
    linear, narrow = (exported.weight(node.input[1]) for node in (tail.linear, tail.narrow))
    kept = numbers + known - axes
    unit = mapped / np.linalg.norm(mapped, axis=1, keepdims=True)
    turn = np.linalg.eigh(unit.T @ unit)[1][:, ::-1][:, :kept].T
    exported.replace(tail.linear.input[1], (turn @ linear[:, :, 0, 0])[:, :, None, None])
    exported.replace(tail.linear.input[2], turn @ exported.weight(tail.linear.input[2]))
    exported.replace(tail.narrow.input[1], (turn @ narrow[:, :, 0, 0])[:, :, None, None])
    exported.replace(tail.known.input[2], np.array([axes]))
    _resize(exported, tail.mapped.output[0], kept, 1 - share)
    _resize(exported, tail.known.output[0], axes, share)
    _set_constant(exported, math.sqrt(base))
    _flatten(model, tail.known, flattening(described[:, :axes]))
    del model.graph.value_info[:]
    onnx.checker.check_model(model, full_check=True)


def _flatten(model: onnx.ModelProto, known: onnx.NodeProto, factors: Floats) -> None:
    """Multiply the axes by factors."""
    plain = f"{known.output[0]}_plain"
    model.graph.initializer.append(numpy_helper.from_array(factors, FLATTENING))
    node = helper.make_node("Mul", [plain, FLATTENING], [known.output[0]])
    known.output[0] = plain
    model.graph.node.insert(list(model.graph.node).index(known) + 1, node)


def _outputs(
    model: onnx.ModelProto, names: list[str], photos: npt.NDArray[np.uint8]
) -> list[Floats]:
    """Give inner values of a model, [n, channels] each."""
    import onnxruntime

    inner = onnx.ModelProto()
    inner.CopyFrom(model)
    inner.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        inner.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    blocks = [photos[start : start + BLOCK] for start in range(0, len(photos), BLOCK)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda block: session.run(names, {"images": block}), blocks))
    return [np.concatenate(part)[:, :, 0, 0] for part in zip(*found, strict=True)]


def main() -> None:
    """Write the changed model and its manifest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument("model", type=Path, help="ONNX file that training.export wrote")
    parser.add_argument("--name", default="accurate-960", choices=sorted(RECIPES))
    parser.add_argument("--version", type=int, required=True)
    parser.add_argument("--axes", type=int, default=128)
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--base", type=float, default=2.12, help="constant that sets thresholds")
    parser.add_argument("--out", type=Path, default=Path("fastdup_nb/models/weights"))
    options = parser.parse_args()
    recipe = RECIPES[options.name]
    if options.axes > recipe.learned:
        parser.error(f"--axes {options.axes}: {options.name} has {recipe.learned} learned axes")
    copies = open_pool(options.cache)
    chosen = np.sort(np.random.default_rng(5).permutation(len(copies))[:PHOTOS])
    photos = np.concatenate([at_side(copies[chosen, view], recipe.side) for view in VIEWS])
    model = onnx.load(options.model)
    try:
        exchange(model, photos, options.axes, options.share, options.base)
    except ValueError as error:
        parser.error(f"{options.model}: {error}")
    save(model, options.name, options.version, options.out)


if __name__ == "__main__":
    main()
