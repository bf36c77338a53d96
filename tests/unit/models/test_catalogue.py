"""The catalogues: what they accept, and that the package's own fits the graphs it speaks of."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from importlib import resources
from urllib.parse import urlsplit

import numpy as np
import pytest
from onnx import helper, numpy_helper

from fastdup_nb.errors import ModelError
from fastdup_nb.models import expected_dimension, load_embedder, settled_path
from fastdup_nb.models.catalogue import find_model, model_names
from fastdup_nb.models.download import cached_file
from tests.unit.models.conftest import FLOAT, save

GOOD = {"url": "https://example.org/m.onnx", "sha256": "ab" * 32, "d": 5}
PUBLISHED = {"dinov2s": 384, "dinov2b": 768, "clip": 512, "resnet50": 2048, "efficientnet": 1280}
PLACES = {"dinov2s": 257, "dinov2b": 257}  # tokens: one for the class, 16 x 16 patches


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """Write the user's catalogue."""
    monkeypatch.setenv("FASTDUP_NB_CACHE", str(tmp_path / "cache"))

    def write(text, name="models.json"):
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text))
        monkeypatch.setenv("FASTDUP_NB_MODELS", str(path))

    return write


def test_the_names_of_the_package():
    """The names that the original documents for model_path."""
    assert {name: find_model(name).d for name in model_names()} == PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_entry_of_the_package_is_complete(name):
    model = find_model(name)
    raw = tomllib.loads((resources.files("fastdup_nb.models") / "catalogue.toml").read_text())[name]
    assert urlsplit(model.url).scheme == "https"
    assert re.fullmatch(r"[0-9a-f]{64}", model.sha256)
    assert len({*model.sha256}) > 8, "no made-up hash"
    assert model.size > 10_000_000
    assert raw["checked"]
    assert raw["licence"] in {"Apache-2.0", "MIT"}
    assert {"width", "height", "layout", "scale", "mean", "std"} <= set(raw["input"])


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_entry_fits_the_graph_it_is_for(name, tmp_path, catalogue):
    """A graph with the inputs and outputs that the publishers describe; its numbers are known."""
    model = find_model(name)
    path = GRAPHS[name](tmp_path / "made.onnx", model)
    content = path.read_bytes()
    table = {**model.fields, "url": "https://example.org/x", "d": model.d}
    table["sha256"] = hashlib.sha256(content).hexdigest()
    del table["name"]
    catalogue({"same-as": table})
    place = cached_file(find_model("same-as"))
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    embedder = load_embedder("same-as")
    assert (embedder.d, embedder.input_size) == (model.d, (224, 224))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    means = pixels.mean(axis=(1, 2)) * model.fields["input"]["scale"]
    scaled = (means - model.fields["input"]["mean"]) / np.asarray(model.fields["input"]["std"])
    expected = np.repeat(scaled.sum(axis=1, keepdims=True), model.d, axis=1)
    np.testing.assert_allclose(embedder.embed(pixels), expected, rtol=1e-3, atol=1e-3)


def sum_of_channels(axes):
    """Nodes from images to `one` (n, 1): the sum of the channel means."""
    return [
        helper.make_node("ReduceMean", ["images"], ["means"], axes=axes, keepdims=0),
        helper.make_node("ReduceSum", ["means", "axis_1"], ["one"], keepdims=1),
    ]


def make_graph(path, nodes, shape, outputs, tensors):
    axis = numpy_helper.from_array(np.array([1], np.int64), "axis_1")
    images = helper.make_tensor_value_info("images", FLOAT, shape)
    infos = [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs]
    return save(path, nodes, [images], infos, [axis, *tensors])


def class_tokens(path, model):
    """Tokens (n, 257, d): the class token first, the others zero."""
    row = np.zeros((1, PLACES[model.name], model.d), np.float32)
    row[:, 0] = 1
    nodes = [
        *sum_of_channels([2, 3]),
        helper.make_node("Unsqueeze", ["one", "axis_1"], ["token"]),
        helper.make_node("Mul", ["token", "row"], ["last_hidden_state"]),
    ]
    tensors = [numpy_helper.from_array(row, "row")]
    return make_graph(path, nodes, ["batch", "c", "h", "w"], ["last_hidden_state"], tensors)


def two_outputs(path, model):
    """The embedding after the tokens that it was made of."""
    ones = numpy_helper.from_array(np.ones((1, model.d), np.float32), "ones")
    tokens = numpy_helper.from_array(np.zeros((1, 50, 768), np.float32), "zeros")
    nodes = [
        *sum_of_channels([2, 3]),
        helper.make_node("Mul", ["one", "ones"], ["image_embeds"]),
        helper.make_node("Unsqueeze", ["one", "axis_1"], ["token"]),
        helper.make_node("Mul", ["token", "zeros"], ["last_hidden_state"]),
    ]
    outputs = ["last_hidden_state", "image_embeds"]
    return make_graph(path, nodes, ["batch", "c", "h", "w"], outputs, [ones, tokens])


def classifier(path, model):
    """Class scores made of pooled features that are a tensor inside the graph."""
    planar = model.fields["input"]["layout"] == "NCHW"
    inner = model.fields["output"]
    ones = numpy_helper.from_array(np.ones((1, model.d), np.float32), "ones")
    head = numpy_helper.from_array(np.ones((model.d, 1000), np.float32), "head")
    axes = numpy_helper.from_array(np.array([2, 3], np.int64), "axes_23")
    nodes = [
        *sum_of_channels([2, 3] if planar else [1, 2]),
        helper.make_node("Mul", ["one", "ones"], ["flat"]),
        helper.make_node("Unsqueeze", ["flat", "axes_23"], [inner]),
        helper.make_node("Flatten", [inner], ["again"]),
        helper.make_node("MatMul", ["again", "head"], ["scores"]),
    ]
    shape = ["N", 3, 224, 224] if planar else [1, 224, 224, 3]
    return make_graph(path, nodes, shape, ["scores"], [ones, head, axes])


GRAPHS = {
    "dinov2s": class_tokens,
    "dinov2b": class_tokens,
    "clip": two_outputs,
    "resnet50": classifier,
    "efficientnet": classifier,
}


@pytest.mark.parametrize(
    "text", [json.dumps({"mine": GOOD}), '[mine]\nurl = "http://a/b"\nd = 5\n']
)
def test_a_catalogue_of_the_user(catalogue, text):
    toml = text.startswith("[")
    catalogue(
        text + f'sha256 = "{"ab" * 32}"\n' if toml else text, f"my.{'toml' if toml else 'json'}"
    )
    assert find_model("mine").d == 5
    assert model_names() == (*PUBLISHED, "mine")
    assert expected_dimension("mine", 576) == 5
    assert expected_dimension("mine", 7) == 7  # to be refused by load_embedder
    assert settled_path("mine") == "mine"
    with pytest.raises(ModelError, match="mine gives 5 numbers per image but d=7"):
        load_embedder("mine", d=7)


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "a\\b", "..", ".hidden", "", "x" * 65, "c:evil", "new\nline", "a.onnx"]
)
def test_names_that_could_be_paths_are_refused(catalogue, name):
    catalogue({name: GOOD})
    with pytest.raises(ModelError, match="cannot be the name of a model"):
        model_names()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "file:///etc/passwd"}, "url = .* cannot be used"),
        ({"url": "ftp://example.org/m.onnx"}, "url = .* cannot be used"),
        ({"url": "https:///m.onnx"}, "url = .* cannot be used"),
        ({"url": "m.onnx"}, "url = .* cannot be used"),
        ({"url": None}, "url = null cannot be used"),
        ({"sha256": ""}, "has no sha256 of 64 digits"),
        ({"sha256": None}, "has no sha256 of 64 digits"),
        ({"sha256": "AB" * 32}, "has no sha256 of 64 digits"),
        ({"sha256": "ab" * 16}, "has no sha256 of 64 digits"),
        ({"bytes": -1}, "bytes = -1 cannot be used"),
        ({"bytes": True}, "bytes = True cannot be used"),
        ({"d": None}, "d = null cannot be used"),
        ({"dd": 3}, "'dd' is not a field"),
        ({"input": {"width": "big"}}, "input.width"),
        ({"pooling": "max"}, "pooling"),
    ],
)
def test_entries_that_cannot_be_used(catalogue, change, said):
    catalogue({"mine": {**GOOD, **change}})
    with pytest.raises(ModelError, match=said) as caught:
        find_model("mine")
    assert "models.json, mine" in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "cannot be read"),
        ("[1, 2]", "is not a catalogue"),
        ('{"mine": 3}', "is not a table"),
        (json.dumps({"clip": GOOD}), "known already"),
        (json.dumps({"computed-576": GOOD}), "known already"),
    ],
)
def test_files_that_are_no_catalogue(catalogue, text, said):
    catalogue(text)
    with pytest.raises(ModelError, match=said):
        model_names()


def test_a_detector_is_no_embedding_model(catalogue):
    catalogue({"mine": {"url": "https://a/b", "sha256": "ab" * 32}})
    assert find_model("mine").size == 0
    with pytest.raises(ModelError, match="says of 'mine' no d") as caught:
        load_embedder("mine", 576)
    assert "length of its vectors" in caught.value.hint


def test_a_catalogue_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("FASTDUP_NB_MODELS", str(tmp_path / "nothing.toml"))
    with pytest.raises(ModelError, match="which cannot be read: No such file"):
        find_model("mine")
    assert load_embedder("fixed-576").d == 576  # needs no catalogue


def test_an_unknown_name_names_the_known_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="no file of the name 'dinov2x'") as caught:
        load_embedder("dinov2x")
    assert "Did you mean 'dinov2s'?" in caught.value.hint
    assert "clip" in caught.value.hint
    (tmp_path / "dinov2x").write_bytes(b"not an ONNX file")
    with pytest.raises(ModelError, match="is not a whole ONNX file"):
        load_embedder("dinov2x")  # a file of that name is taken for one
