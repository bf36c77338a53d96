"""The manifest of a model: what must be known to feed it and to read its cosines.

A manifest is the JSON file beside an ONNX file. The bundled models carry a complete one; beside a
user's own model it is optional and may be partial (`docs/own-model.md`). Which model is the default
is data too: `DEFAULT_MODEL` names its files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from fastdup_nb.errors import ModelError

DEFAULT_MODEL = "copy-576"

LAYOUTS = ("NHWC", "NCHW")
PIXEL_TYPES = ("uint8", "float32", "float16")
CHANNEL_ORDERS = ("RGB", "BGR")
INTERPOLATIONS = ("box", "bilinear", "bicubic")
POOLINGS = ("cls", "patches", "mean")

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a model wants its images: `(pixel * scale - mean) / std`, RGB.

    Parameters
    ----------
    width, height : int
        In pixels.
    layout : str
        `"NHWC"` or `"NCHW"`.
    dtype : str
        `"uint8"`, `"float32"` or `"float16"`; with `"uint8"` the model gets the pixels as they are.
    scale : float
        Factor of the pixel values 0..255.
    mean, std : tuple of 3 float
        Per channel in the order of the model, after scaling.
    channels : str
        `"RGB"` or `"BGR"`: the order in which the model wants the colours.
    through : int
        Pixels of a square that images are squeezed to before; 0: none. With 128, the picture of
        the statistics serves a smaller model too, which takes less time.
    interpolation : str
        How images are shrunk to the size: `"box"` (area averages, which the statistics share),
        `"bilinear"` or `"bicubic"`, both with the support widened as Pillow does (antialiased).
    """

    width: int
    height: int
    layout: str
    dtype: str
    scale: float = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    channels: str = "RGB"
    through: int = 0
    interpolation: str = "box"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cosines of a model from which two images are reported, and are put in one component."""

    similarity: float = 0.9
    components: float = 0.96


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known about a model.

    Parameters
    ----------
    name : str
        Name of the model.
    version : int
        Raised whenever the weights under one name change.
    file : str
        Name of the ONNX file beside the manifest.
    sha256 : str
        Hash of that file.
    d : int
        Length of the embedding.
    input : ImageInput
        How the model wants its images.
    thresholds : Thresholds
        Where its cosines mean "similar" and "the same".
    output : str or int, optional
        The output that holds the embedding, by name or place; a name may be that of a tensor
        inside the graph. None: the first that fits.
    pooling : str or int, optional
        What of a list of tokens is the embedding: `"cls"` (the first), `"patches"` (the mean of
        the others), `"mean"` (of all; of a spatial map too) or the place of one. None: the output
        is one vector per image.
    normalize : bool
        Whether embeddings are scaled to length 1 before they are stored.
    licence, description : str
        For people.
    """

    name: str
    version: int
    file: str
    sha256: str
    d: int
    input: ImageInput
    thresholds: Thresholds = Thresholds()
    output: str | int | None = None
    pooling: str | int | None = None
    normalize: bool = False
    licence: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Field:
    fits: Callable[[Any], bool]
    expected: str


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_triple(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1  # type: ignore[operator]


def _is_place(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_TEXT = _Field(lambda value: isinstance(value, str), "text")
_WHOLE = _Field(_is_whole, "a whole number above 0")
_SHARE = _Field(_is_share, "a number from 0 to 1")
_OBJECT = _Field(lambda value: isinstance(value, dict), "an object")

_FIELDS = {
    "name": _TEXT,
    "version": _WHOLE,
    "file": _TEXT,
    "sha256": _TEXT,
    "d": _WHOLE,
    "input": _OBJECT,
    "thresholds": _OBJECT,
    "output": _Field(
        lambda value: _is_place(value) or (isinstance(value, str) and bool(value)),
        "a name or 0, 1, 2, ...",
    ),
    "pooling": _Field(
        lambda value: _is_place(value) or value in POOLINGS,
        f"{', '.join(POOLINGS)} or the place of a token: 0, 1, 2, ...",
    ),
    "normalize": _Field(lambda value: isinstance(value, bool), "true or false"),
    "licence": _TEXT,
    "description": _TEXT,
}
_INPUT_FIELDS = {
    "width": _WHOLE,
    "height": _WHOLE,
    "layout": _Field(lambda value: value in LAYOUTS, " or ".join(LAYOUTS)),
    "dtype": _Field(lambda value: value in PIXEL_TYPES, " or ".join(PIXEL_TYPES)),
    "scale": _Field(lambda value: _is_number(value) and value > 0, "a number above 0"),
    "mean": _Field(_is_triple, "three numbers"),
    "std": _Field(lambda value: _is_triple(value) and min(value) > 0, "three numbers above 0"),
    "channels": _Field(lambda value: value in CHANNEL_ORDERS, " or ".join(CHANNEL_ORDERS)),
    "through": _WHOLE,
    "interpolation": _Field(lambda value: value in INTERPOLATIONS, " or ".join(INTERPOLATIONS)),
}
_THRESHOLD_FIELDS = {"similarity": _SHARE, "components": _SHARE}
_REQUIRED = ("name", "version", "file", "sha256", "d", "input")
_OPTIONAL_INPUT = {"channels", "through", "interpolation"}


def read_fields(text: str | bytes, where: str) -> dict[str, Any]:
    """Read a manifest that may be partial and check what it says.

    Parameters
    ----------
    text : str or bytes
        The JSON text.
    where : str
        The file's name, for errors.

    Returns
    -------
    dict
        The given fields; `input` and `thresholds` are always there, as dicts.

    Raises
    ------
    ModelError
        When the text is not JSON, or a field is unknown or of the wrong kind.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        message = f"{where} is not JSON: {error}."
        raise ModelError(message, "A manifest is a JSON object; see docs/own-model.md.") from error
    if not isinstance(values, dict):
        message = f"{where} is not a manifest: it holds no JSON object."
        raise ModelError(message, "See docs/own-model.md for the format.")
    return check_fields(values, where)


def check_fields(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check what a manifest says, wherever it was written down.

    Parameters
    ----------
    values : mapping
        The given fields.
    where : str
        The file's name, for errors.

    Returns
    -------
    dict
        The given fields; `input` and `thresholds` are always there, as dicts.

    Raises
    ------
    ModelError
        When a field is unknown or of the wrong kind.
    """
    _check(values, _FIELDS, where, "")
    complete = {"input": {}, "thresholds": {}, **values}
    _check(complete["input"], _INPUT_FIELDS, where, "input.")
    _check(complete["thresholds"], _THRESHOLD_FIELDS, where, "thresholds.")
    return complete


def _check(
    values: Mapping[str, Any], fields: Mapping[str, _Field], where: str, prefix: str
) -> None:
    for name, value in values.items():
        if name not in fields:
            close = get_close_matches(name, fields, n=1)
            guess = f"Did you mean {close[0]!r}? " if close else ""
            message = f"{where}: {prefix + name!r} is not a field of a manifest."
            raise ModelError(message, f"{guess}Known: {', '.join(fields)}.")
        if not fields[name].fits(value):
            message = f"{where}: {prefix}{name} = {json.dumps(value)} cannot be used."
            raise ModelError(message, f"Give {fields[name].expected}.")


def build_input(fields: Mapping[str, Any], where: str) -> ImageInput:
    """Build the description of a model's input from complete fields.

    Parameters
    ----------
    fields : mapping
        The `input` fields of a manifest.
    where : str
        The file's name, for errors.

    Raises
    ------
    ModelError
        When the pixels of a uint8 model were to be scaled.
    """
    built = ImageInput(**{**fields, "mean": tuple(fields["mean"]), "std": tuple(fields["std"])})
    as_they_are = replace(built, scale=1.0, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    if built.dtype == "uint8" and built != as_they_are:
        message = f"{where}: scale, mean or std is given, but the model takes bytes (uint8)."
        raise ModelError(message, "Leave them out: such a model gets the pixels as they are.")
    return built


def build_manifest(fields: Mapping[str, Any], where: str) -> Manifest:
    """Build a manifest from complete fields.

    Parameters
    ----------
    fields : mapping
        As `read_fields` returns them.
    where : str
        The file's name, for errors.

    Raises
    ------
    ModelError
        When a field is missing or two contradict each other.
    """
    missing = [name for name in _REQUIRED if name not in fields]
    needed = [name for name in _INPUT_FIELDS if name not in _OPTIONAL_INPUT]
    missing += [f"input.{name}" for name in needed if name not in fields["input"]]
    if missing:
        message = f"{where} is incomplete: it lacks {', '.join(missing)}."
        raise ModelError(message, "See docs/own-model.md for the format.")
    parts = {
        "input": build_input(fields["input"], where),
        "thresholds": Thresholds(**fields["thresholds"]),
    }
    return Manifest(**{**fields, **parts})


def bundled_manifest(name: str = DEFAULT_MODEL) -> Manifest:
    """Return the manifest of a model that comes with the package.

    Parameters
    ----------
    name : str
        Name of the model.

    Raises
    ------
    ModelError
        When there is no such model.
    """
    return build_manifest(bundled_fields(name), f"{name}.json")


def _weights() -> Traversable:
    return resources.files("fastdup_nb.models") / "weights"


def bundled_names() -> tuple[str, ...]:
    """Return the names of the models that come with the package."""
    files = (entry.name for entry in _weights().iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in files if name.endswith(".json")))


def bundled_fields(name: str = DEFAULT_MODEL) -> dict[str, Any]:
    """Return the fields of the manifest of a bundled model.

    Raises
    ------
    ModelError
        When there is no such model.
    """
    where = f"{name}.json"
    return read_fields(bundled_bytes(where), where)


def bundled_bytes(file: str) -> bytes:
    """Return the content of a file of the bundled models.

    Parameters
    ----------
    file : str
        Its name.

    Raises
    ------
    ModelError
        When there is no such file.
    """
    try:
        return (_weights() / file).read_bytes()
    except OSError as error:
        message = f"The bundled model file {file!r} is missing."
        raise ModelError(message, "Install fastdup_nb again.") from error
