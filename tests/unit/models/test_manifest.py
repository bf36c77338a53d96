from __future__ import annotations

import copy
import hashlib
import json
from importlib import resources
from typing import Any

import pytest

from fastdup_nb.errors import ModelError
from fastdup_nb.models import DEFAULT_MODEL, bundled_manifest
from fastdup_nb.models.manifest import build_manifest, bundled_bytes, read_fields

COMPLETE: dict[str, Any] = {
    "name": "m",
    "version": 2,
    "file": "m.onnx",
    "sha256": "0" * 64,
    "d": 8,
    "input": {
        "width": 32,
        "height": 24,
        "layout": "NCHW",
        "dtype": "float32",
        "scale": 0.5,
        "mean": [1, 2, 3],
        "std": [1, 1, 2],
    },
    "thresholds": {"similarity": 0.8, "components": 0.9},
    "licence": "MIT",
    "description": "For tests.",
}


def changed(path: str, value: object) -> str:
    fields = copy.deepcopy(COMPLETE)
    *parents, last = path.split(".")
    place = fields
    for parent in parents:
        place = place[parent]
    place[last] = value
    return json.dumps(fields)


def test_a_complete_manifest():
    manifest = build_manifest(read_fields(json.dumps(COMPLETE), "m.json"), "m.json")
    assert (manifest.name, manifest.version, manifest.d) == ("m", 2, 8)
    assert (manifest.input.width, manifest.input.height) == (32, 24)
    assert manifest.input.std == (1, 1, 2)
    assert manifest.thresholds.components == 0.9


def test_how_images_are_shrunk():
    plain = build_manifest(read_fields(json.dumps(COMPLETE), "m.json"), "m.json")
    assert plain.input.interpolation == "box"
    given = read_fields(changed("input.interpolation", "bicubic"), "m.json")
    assert build_manifest(given, "m.json").input.interpolation == "bicubic"
    with pytest.raises(ModelError, match=r"input\.interpolation = \"lanczos\"") as failed:
        read_fields(changed("input.interpolation", "lanczos"), "m.json")
    assert "box or bilinear or bicubic" in failed.value.hint


def test_the_square_to_squeeze_through_first():
    assert build_manifest(read_fields(json.dumps(COMPLETE), "m.json"), "m.json").input.through == 0
    given = read_fields(changed("input.through", 128), "m.json")
    assert build_manifest(given, "m.json").input.through == 128
    with pytest.raises(ModelError, match=r"input\.through = -1"):
        read_fields(changed("input.through", -1), "m.json")


def test_the_default_model_is_whole():
    manifest = bundled_manifest()
    assert manifest.name == DEFAULT_MODEL
    assert manifest.d == 576
    assert hashlib.sha256(bundled_bytes(manifest.file)).hexdigest() == manifest.sha256


def test_every_bundled_manifest_can_be_read():
    names = [file.name for file in (resources.files("fastdup_nb.models") / "weights").iterdir()]
    for name in names:
        if name.endswith(".json"):
            assert bundled_manifest(name.removesuffix(".json")).file in names


def test_a_model_that_is_not_bundled():
    with pytest.raises(ModelError, match=r"'nothing\.json' is missing"):
        bundled_manifest("nothing")


def test_optional_fields():
    fields = {name: COMPLETE[name] for name in ("name", "version", "file", "sha256", "d", "input")}
    manifest = build_manifest(read_fields(json.dumps(fields), "m.json"), "m.json")
    assert (manifest.thresholds.similarity, manifest.licence) == (0.9, "")


@pytest.mark.parametrize("path", ["d", "name", "input.mean", "input.layout"])
def test_missing_fields_are_named(path):
    fields = copy.deepcopy(COMPLETE)
    *parents, last = path.split(".")
    del (fields[parents[0]] if parents else fields)[last]
    with pytest.raises(ModelError, match=rf"m\.json is incomplete: it lacks {path}\."):
        build_manifest(read_fields(json.dumps(fields), "m.json"), "m.json")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("d", 0, "a whole number above 0"),
        ("d", True, "a whole number above 0"),
        ("d", "576", "a whole number above 0"),
        ("name", 5, "text"),
        ("input", [], "an object"),
        ("input.layout", "CHW", "NHWC or NCHW"),
        ("input.layout", [], "NHWC or NCHW"),
        ("input.dtype", "int8", "uint8 or float32 or float16"),
        ("input.width", 1.5, "a whole number above 0"),
        ("input.scale", 0, "a number above 0"),
        ("input.scale", float("nan"), "a number above 0"),
        ("input.mean", [1, 2], "three numbers"),
        ("input.mean", 0.5, "three numbers"),
        ("input.std", [1, 1, 0], "three numbers above 0"),
        ("thresholds.similarity", 1.5, "a number from 0 to 1"),
    ],
)
def test_values_of_the_wrong_kind(path, value, expected):
    with pytest.raises(ModelError) as caught:
        read_fields(changed(path, value), "m.json")
    assert caught.value.message.startswith(f"m.json: {path} = ")
    assert caught.value.hint == f"Give {expected}."


@pytest.mark.parametrize(
    ("path", "guess"), [("widht", ""), ("input.widht", "width"), ("thresholds.simmilarity", "simi")]
)
def test_unknown_fields_with_a_guess(path, guess):
    with pytest.raises(ModelError, match="is not a field of a manifest") as caught:
        read_fields(changed(path, 1), "m.json")
    assert guess in caught.value.hint


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", b"\xff\xfe\x00", '{"d": 1e999}'])
def test_text_that_is_no_manifest(text):
    with pytest.raises(ModelError, match=r"^m\.json") as caught:
        read_fields(text, "m.json")
    assert caught.value.hint


def test_bytes_are_not_scaled():
    fields = read_fields(changed("input.dtype", "uint8"), "m.json")
    with pytest.raises(ModelError, match="takes bytes"):
        build_manifest(fields, "m.json")
