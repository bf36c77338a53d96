"""What an ONNX graph takes and gives, read from the session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastdup_nb.errors import ModelError
from fastdup_nb.models.pooling import vector_length

DEFAULT_SIDE = 224
CHANNELS = 3
_MANIFEST_HINT = "Say so in a manifest beside the model; see docs/own-model.md."
_PIXEL_TYPES = {
    "tensor(uint8)": "uint8",
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
}
_VECTOR_TYPES = ("tensor(float)", "tensor(float16)", "tensor(double)")

# What exported models commonly expect, by layout. PyTorch (torchvision, timm, DINO): NCHW, ImageNet
# mean and std of pixels in 0..1. Keras (MobileNetV3, EfficientNet and ConvNeXt hold their own
# scaling) and models made for the original: NHWC, 0..255.
_COMMON_SCALING: dict[str, dict[str, Any]] = {
    "NCHW": {"scale": 1 / 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    "NHWC": {"scale": 1.0, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
}


@dataclass(frozen=True, slots=True)
class GraphInput:
    """The image input of a graph.

    Parameters
    ----------
    name : str
        Of the input.
    batch : int
        Images per run when the graph fixes it; 0 when any number goes.
    fields : dict
        The `input` fields of a manifest, complete.
    """

    name: str
    batch: int
    fields: dict[str, Any]


def read_input(session: Any, stated: Mapping[str, Any], model: str) -> GraphInput:
    """Find out how a graph takes its images.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The open graph.
    stated : mapping
        What a manifest states: its `input` fields, possibly none.
    model : str
        The model's name, for errors.

    Raises
    ------
    ModelError
        When the graph does not take one batch of RGB images, or the manifest contradicts it.
    """
    node = _only_input(session.get_inputs(), model)
    dtype = _pixel_type(node, stated, model)
    sizes = [size if isinstance(size, int) and size > 0 else 0 for size in node.shape]
    if len(sizes) != 4:
        message = f"{model} takes an input of shape {shape_text(node.shape)}, not images."
        hint = "An image model takes (n, height, width, 3) or (n, 3, height, width)."
        raise ModelError(message, hint)
    layout = _layout(sizes, stated, node.shape, model)
    height, width = sizes[1:3] if layout == "NHWC" else sizes[2:4]
    scaling = _COMMON_SCALING["NHWC" if dtype == "uint8" else layout]
    fields = {
        **scaling,
        **stated,
        "layout": layout,
        "dtype": dtype,
        "width": _side("width", width, stated, model),
        "height": _side("height", height, stated, model),
    }
    return GraphInput(node.name, sizes[0], fields)


def _only_input(nodes: Sequence[Any], model: str) -> Any:
    if len(nodes) == 1:
        return nodes[0]
    names = ", ".join(node.name for node in nodes)
    message = f"{model} wants {len(nodes)} inputs ({names}), not one batch of images."
    raise ModelError(message, "Export only the image part of the model.")


def _pixel_type(node: Any, stated: Mapping[str, Any], model: str) -> str:
    if node.type not in _PIXEL_TYPES:
        message = f"{model} takes {node.type}, not pixels."
        raise ModelError(message, f"Supported: {', '.join(_PIXEL_TYPES)}.")
    dtype = _PIXEL_TYPES[node.type]
    if stated.get("dtype", dtype) != dtype:
        message = f"{model} takes {dtype} but its manifest says {stated['dtype']}."
        raise ModelError(message, "Correct input.dtype in the manifest, or leave it out.")
    return dtype


def _layout(sizes: list[int], stated: Mapping[str, Any], shape: Sequence[Any], model: str) -> str:
    axes = {"NCHW": 1, "NHWC": 3}
    possible = [layout for layout, axis in axes.items() if sizes[axis] in (0, CHANNELS)]
    certain = [layout for layout, axis in axes.items() if sizes[axis] == CHANNELS]
    found = shape_text(shape)
    if "layout" in stated:
        if stated["layout"] in possible:
            return str(stated["layout"])
        message = f"{model} takes {found}, which is not {stated['layout']} with 3 channels."
        raise ModelError(message, "Correct input.layout in the manifest, or leave it out.")
    if len(certain) == 1:
        return certain[0]
    if not possible:
        message = f"{model} takes {found}: no axis of 3 colour channels."
        raise ModelError(message, "The model must take RGB images.")
    if len(possible) == 1:
        return possible[0]
    message = f"{model} takes {found}: the axis of the colour channels is not clear."
    raise ModelError(message, f"Is input.layout NCHW or NHWC? {_MANIFEST_HINT}")


def _side(name: str, fixed: int, stated: Mapping[str, Any], model: str) -> int:
    if fixed and stated.get(name, fixed) != fixed:
        message = f"{model} takes images of {name} {fixed} but its manifest says {stated[name]}."
        raise ModelError(message, f"Correct input.{name} in the manifest, or leave it out.")
    return int(fixed or stated.get(name, DEFAULT_SIDE))


def pick_output(
    session: Any, results: Sequence[Any], batch: int, d: int | None, wanted: Mapping[str, Any]
) -> tuple[str, int]:
    """Choose the output that is the embedding: the named one, or the first of length `d` or any.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The open graph.
    results : sequence
        What it gave for a batch, one item per output.
    batch : int
        Images in that batch.
    d : int or None
        The wanted length.
    wanted : mapping
        The fields of a manifest: `file`, `input`, and `output` and `pooling` where given.

    Returns
    -------
    tuple of str and int
        Name of the output and the length of its vectors.

    Raises
    ------
    ModelError
        When no output, or not the named one, gives one vector per image.
    """
    model, pooling = wanted["file"], wanted.get("pooling")
    outputs = list(zip(session.get_outputs(), results, strict=True))
    if "output" in wanted:
        outputs = [_named_output(outputs, wanted["output"], model)]
    vectors = {}
    for node, result in outputs:
        if node.type in _VECTOR_TYPES:
            length = vector_length(result.shape, batch, pooling, wanted["input"]["layout"])
            if length:
                vectors[node.name] = length
    for name, length in vectors.items():
        if length == d:
            return name, length
    if vectors:
        return next(iter(vectors.items()))
    node, result = outputs[0]
    message = f"{model} gives {_describe(node, result)} in its output {node.name!r}, not "
    message += "one vector per image." if pooling is None else f"what pooling={pooling!r} can use."
    raise ModelError(message, _pooling_hint(result, pooling))


def _named_output(outputs: list[tuple[Any, Any]], wanted: str | int, model: str) -> tuple[Any, Any]:
    if isinstance(wanted, int):
        if wanted < len(outputs):
            return outputs[wanted]
        message = f"{model} has {len(outputs)} outputs but its manifest asks for output {wanted}."
        raise ModelError(message, "They are counted from 0.")
    return next((node, result) for node, result in outputs if node.name == wanted)


def _pooling_hint(result: Any, pooling: str | int | None) -> str:
    shape = getattr(result, "shape", ())
    if pooling is None and len(shape) in (3, 4):
        choice = '"cls", "patches" or "mean"' if len(shape) == 3 else '"mean"'
        return f"Say pooling: {choice} in a manifest, or export it with its pooling layer."
    return "Export the model with its pooling layer as the last one; see docs/own-model.md."


def _describe(node: Any, result: Any) -> str:
    if node.type not in _VECTOR_TYPES:
        return str(node.type)
    kinds = {3: "a list of tokens", 4: "a spatial map"}
    kind = kinds.get(len(result.shape), "a tensor")
    return f"{kind} of shape {shape_text(node.shape)}"


def shape_text(shape: Sequence[Any]) -> str:
    """Word a shape with its named or unknown sizes: `(n, 3, ?, ?)`."""
    return f"({', '.join('?' if size is None else str(size) for size in shape)})"
