"""What of an output is the embedding: by name or place, token, mean, length 1, order of colours."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import fastdup_nb
from fastdup_nb.errors import ModelError
from fastdup_nb.models import load_embedder
from fastdup_nb.models.pooling import pool, to_unit_length, vector_length
from tests.pictures import write_pictures
from tests.unit.models.conftest import FLOAT, UINT8, save, weights

D = 5


@pytest.fixture
def transformer(tmp_path):
    """Tokens (n, 4, 5), of which token t is (t + 1) times the projected channel means."""

    def make(shape=("N", 3, 8, 6), **manifest):
        planar = shape[1] == 3
        factors = np.arange(1, 5, dtype=np.float32).reshape(1, 4, 1)
        square = np.arange(1, 7, dtype=np.float32).reshape(1, 1, 2, 3)
        square = square if planar else square.reshape(1, 2, 3, 1)
        tensors = {
            "weights": weights(D),
            "factors": factors,
            "square": square,
            "axis_1": np.array([1], np.int64),
            "axes": np.array([2, 3] if planar else [1, 2], np.int64),
        }
        nodes = [
            helper.make_node(
                "ReduceMean", ["images"], ["means"], axes=[2, 3] if planar else [1, 2], keepdims=0
            ),
            helper.make_node("MatMul", ["means", "weights"], ["inner"]),
            helper.make_node("Unsqueeze", ["inner", "axis_1"], ["row"]),
            helper.make_node("Mul", ["row", "factors"], ["tokens"]),
            helper.make_node("Unsqueeze", ["inner", "axes"], ["point"]),
            helper.make_node("Mul", ["point", "square"], ["map"]),
            helper.make_node("ReduceSum", ["inner"], ["score"], keepdims=1),
        ]
        inputs = [helper.make_tensor_value_info("images", FLOAT, shape)]
        outputs = [
            helper.make_tensor_value_info(name, FLOAT, None) for name in ("tokens", "map", "score")
        ]
        made = [numpy_helper.from_array(value, name) for name, value in tensors.items()]
        path = save(tmp_path / "transformer.onnx", nodes, inputs, outputs, made)
        path.with_suffix(".json").write_text(json.dumps(manifest))
        return path

    return make


PLAIN = {"scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1]}


def pixels(n=3):
    return np.random.default_rng(5).integers(0, 256, (n, 8, 6, 3), dtype=np.uint8)


def projected(images):
    return images.mean(axis=(1, 2)) @ weights(D)


@pytest.mark.parametrize(
    ("pooling", "factor"), [("cls", 1), ("patches", 3), ("mean", 2.5), (0, 1), (2, 3), (3, 4)]
)
@pytest.mark.parametrize("output", ["tokens", 0])
@pytest.mark.parametrize("batch", ["N", 2])
def test_tokens(transformer, pooling, factor, output, batch):
    path = transformer((batch, 3, 8, 6), pooling=pooling, output=output, input=PLAIN)
    model = load_embedder(path, d=D)
    np.testing.assert_allclose(
        model.embed(pixels()), factor * projected(pixels()), rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize("shape", [("N", 3, 8, 6), ("N", 8, 6, 3)])
def test_the_mean_of_a_map(transformer, shape):
    model = load_embedder(transformer(shape, pooling="mean", output="map", input=PLAIN))
    np.testing.assert_allclose(
        model.embed(pixels()), 3.5 * projected(pixels()), rtol=1e-4, atol=1e-3
    )


def test_the_first_output_that_fits_is_taken(transformer):
    assert load_embedder(transformer(pooling="cls")).d == D
    assert load_embedder(transformer()).d == 1  # of all outputs only the score is a vector


@pytest.mark.parametrize("external", [False, True])
def test_a_tensor_inside_the_graph(transformer, tmp_path, external):
    path = transformer(output="inner", input=PLAIN)
    if external:
        made = onnx.load(path)
        onnx.save(made, path, save_as_external_data=True, location="inner.data", size_threshold=50)
        assert (tmp_path / "inner.data").stat().st_size
    model = load_embedder(path, d=D)
    np.testing.assert_allclose(model.embed(pixels()), projected(pixels()), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("fields", "said", "hint"),
    [
        ({"output": "nothing"}, "no output and no tensor named 'nothing'", "tokens, map, score"),
        ({"output": 3}, "has 3 outputs but its manifest asks for output 3", "from 0"),
        ({"output": "tokens"}, "a list of tokens .* not one vector", 'pooling: "cls"'),
        ({"output": "map"}, "a spatial map .* not one vector", 'pooling: "mean"'),
        ({"output": "map", "pooling": "cls"}, "not what pooling='cls' can use", "own-model"),
        ({"output": "tokens", "pooling": 4}, "not what pooling=4 can use", "own-model"),
        ({"output": "score", "pooling": "mean"}, "not what pooling='mean' can use", "own-model"),
        ({"pooling": -1}, "pooling = -1 cannot be used", "cls, patches, mean or"),
        ({"pooling": True}, "pooling = true cannot be used", "cls, patches, mean or"),
        ({"output": ""}, 'output = "" cannot be used', "a name or 0"),
        ({"output": 1.5}, "output = 1.5 cannot be used", "a name or 0"),
        ({"normalize": 1}, "normalize = 1 cannot be used", "true or false"),
        ({"input": {"channels": "GBR"}}, "input.channels", "RGB or BGR"),
    ],
)
def test_what_does_not_fit(transformer, fields, said, hint):
    with pytest.raises(ModelError, match=said) as caught:
        load_embedder(transformer(**fields))
    assert hint in caught.value.hint


def test_length_one(transformer):
    model = load_embedder(transformer(output="inner", normalize=True, input=PLAIN))
    vectors = model.embed(pixels())
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    plain = projected(pixels())
    expected = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected, rtol=1e-4)
    odd = np.array([[0, 0], [np.nan, 1], [np.inf, 1], [3, 4]], np.float32)
    np.testing.assert_array_equal(to_unit_length(odd)[:3], odd[:3])
    np.testing.assert_allclose(to_unit_length(odd)[3], [0.6, 0.8])


@pytest.mark.parametrize("shape", [("N", 3, 8, 6), ("N", 8, 6, 3)])
def test_blue_first(transformer, shape):
    scaling = {"scale": 0.5, "mean": [1, 2, 3], "std": [4, 5, 6], "channels": "BGR"}
    model = load_embedder(transformer(shape, output="inner", input=scaling))
    blue_first = pixels()[..., ::-1].mean(axis=(1, 2))
    expected = ((blue_first * 0.5 - [1, 2, 3]) / [4, 5, 6]) @ weights(D)
    np.testing.assert_allclose(model.embed(pixels()), expected, rtol=1e-4, atol=1e-3)


def test_bytes_blue_first(make_model):
    path = make_model(("N", 8, 6, 3), dtype=UINT8)
    path.with_suffix(".json").write_text(json.dumps({"input": {"channels": "BGR"}}))
    expected = pixels()[..., ::-1].mean(axis=(1, 2)) @ weights(D)
    np.testing.assert_allclose(load_embedder(path).embed(pixels()), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("side", [224, 518])
def test_a_run_with_a_transformer(transformer, tmp_path, side):
    """The usual sizes of DINOv2, through a whole run: what is stored is the class token."""
    write_pictures(tmp_path / "images", 3)
    fields = {"output": "tokens", "pooling": "cls", "normalize": True}
    path = transformer(("N", 3, "H", "W"), input={"width": side, "height": side}, **fields)
    assert fastdup_nb.run(tmp_path / "images", tmp_path / "w", model_path=path, d=D) == 0
    _, vectors = fastdup_nb.load_binary_feature(tmp_path / "w", d=D)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    path.with_suffix(".json").write_text("{}")
    assert fastdup_nb.run(tmp_path / "images", tmp_path / "v", model_path=path, d=D) == 1


def test_a_changed_pooling_is_another_model(transformer):
    first = load_embedder(transformer(pooling="cls")).fingerprint
    assert load_embedder(transformer(pooling="mean")).fingerprint != first


def test_lengths_of_shapes():
    assert vector_length((8, 197, 384), 8) == 0
    assert vector_length((8, 197, 384), 4, "cls") == 0
    assert vector_length((8, 1, 384), 8, "patches") == 0
    assert vector_length((8, 0, 384), 8, "mean") == 0
    assert vector_length((8, 384), 8, "mean") == 0
    assert vector_length((), 1, "mean") == 0
    assert vector_length((1, 384, 7, 7), 1, "mean", "NCHW") == 384
    result = np.arange(24, dtype=np.float16).reshape(2, 3, 4)
    assert pool(result, 2, 4, "mean").dtype == np.float32
