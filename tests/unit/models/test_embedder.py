from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from fastdup_nb.errors import ModelError
from fastdup_nb.models import load_embedder, loading, manifest, session, settled_path, usable_rows
from fastdup_nb.models.manifest import DEFAULT_MODEL
from tests.unit.models.conftest import FLOAT, HALF, UINT8, weights

IMAGENET_MEAN, IMAGENET_STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def random_pixels(n: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


def channel_means(pixels: np.ndarray) -> np.ndarray:
    return pixels.mean(axis=(1, 2), dtype=np.float64)


def write_manifest(model, **fields):
    model.with_suffix(".json").write_text(json.dumps(fields))


@pytest.mark.parametrize("shape", [("N", 8, 6, 3), (1, 8, 6, 3), (4, 8, 6, 3), (-1, 8, 6, 3)])
@pytest.mark.parametrize("dtype", [FLOAT, UINT8])
@pytest.mark.parametrize("n", [0, 1, 4, 7])
def test_nhwc_models_get_the_pixels_as_they_are(make_model, shape, dtype, n):
    model = load_embedder(make_model(shape, dtype=dtype), d=5)
    pixels = random_pixels(n, 8, 6)
    vectors = model.embed(pixels)
    assert model.input_size == (6, 8)
    assert vectors.shape == (n, 5)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, channel_means(pixels) @ weights(5), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("shape", [("N", 3, 8, 6), (1, 3, 8, 6), (4, 3, 8, 6)])
@pytest.mark.parametrize(("dtype", "close"), [(FLOAT, 1e-5), (HALF, 1e-2)])
def test_float_nchw_models_get_imagenet_scaling(make_model, shape, dtype, close):
    model = load_embedder(make_model(shape, dtype=dtype), d=5)
    pixels = random_pixels(7, 8, 6)
    scaled = (channel_means(pixels) / 255 - IMAGENET_MEAN) / IMAGENET_STD
    np.testing.assert_allclose(model.embed(pixels), scaled @ weights(5), atol=close)


def test_uint8_nchw_models_get_bytes(make_model):
    model = load_embedder(make_model(("N", 3, 8, 6), dtype=UINT8), d=5)
    pixels = random_pixels(3, 8, 6)
    expected = channel_means(pixels) @ weights(5)
    np.testing.assert_allclose(model.embed(pixels), expected, rtol=1e-4, atol=1e-3)


def test_a_manifest_beside_the_model_overrides_the_scaling(make_model):
    path = make_model(("N", 3, "H", "W"))
    scaling = {"scale": 0.5, "mean": [1, 2, 3], "std": [4, 5, 6], "width": 6, "height": 8}
    write_manifest(path, input=scaling, thresholds={"components": 0.7})
    model = load_embedder(path)
    pixels = random_pixels(3, 8, 6)
    expected = ((channel_means(pixels) * 0.5 - [1, 2, 3]) / [4, 5, 6]) @ weights(5)
    np.testing.assert_allclose(model.embed(pixels), expected, rtol=1e-4, atol=1e-3)
    assert model.manifest.thresholds.components == 0.7
    assert model.manifest.thresholds.similarity == 0.9


def test_the_size_of_a_model_for_any_size(make_model):
    assert load_embedder(make_model(("N", "H", "W", 3))).input_size == (224, 224)
    assert load_embedder(make_model(("N", "H", 50, 3))).input_size == (50, 224)


def test_the_layout_of_an_unclear_graph_comes_from_the_manifest(make_model):
    path = make_model(("N", "C", "H", "W"))
    with pytest.raises(ModelError, match="axis of the colour channels is not clear") as caught:
        load_embedder(path)
    assert "docs/own-model.md" in caught.value.hint
    write_manifest(path, input={"layout": "NCHW"})
    assert load_embedder(path).manifest.input.layout == "NCHW"
    with pytest.raises(ModelError, match="not clear"):
        load_embedder(make_model((1, 3, 3, 3), name="small.onnx"))


@pytest.mark.parametrize("out", ["vector", "pooled", "token", "flat_one", "line"])
@pytest.mark.parametrize("batch", ["N", 1])
def test_shapes_of_one_vector_per_image(make_model, out, batch):
    path = make_model((batch, 8, 6, 3), out=out)
    pixels = random_pixels(3, 8, 6)
    expected = channel_means(pixels) @ weights(5)
    vectors = load_embedder(path, d=5).embed(pixels)
    np.testing.assert_allclose(vectors, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize(
    ("out", "found"), [("tokens", "a list of tokens"), ("map", "a spatial map")]
)
def test_outputs_that_are_not_one_vector_per_image(make_model, out, found):
    with pytest.raises(ModelError, match=f"gives {found} of shape .* not one vector") as caught:
        load_embedder(make_model(out=out), d=5)
    assert "pooling" in caught.value.hint


def test_a_bundled_model_by_its_name():
    chosen = load_embedder("fixed-576")
    assert chosen.name == "fixed-576"
    assert chosen.fingerprint != load_embedder().fingerprint
    assert settled_path("fixed-576") == "fixed-576"
    assert settled_path("model.onnx").startswith("/")


def test_d_that_does_not_fit(make_model):
    with pytest.raises(ModelError) as caught:
        load_embedder(make_model(d=512), d=576)
    assert caught.value.message == "model.onnx gives 512 numbers per image but d=576."
    assert caught.value.hint == "Pass d=512."
    with pytest.raises(ModelError, match=f"{DEFAULT_MODEL} gives 576 numbers per image but d=512"):
        load_embedder("", d=512)


def test_of_several_outputs_the_one_of_length_d_is_taken(make_model):
    path = make_model(d=5)
    model = onnx.load(path)
    model.graph.output.insert(0, onnx.helper.make_tensor_value_info("means", FLOAT, ["N", 3]))
    onnx.save(model, path)
    assert load_embedder(path, d=5).d == 5
    assert load_embedder(path, d=3).d == 3
    assert load_embedder(path).d == 3
    with pytest.raises(ModelError, match="gives 3 numbers per image but d=4"):
        load_embedder(path, d=4)


def test_one_embedder_serves_many_threads():
    model = load_embedder()
    width, height = model.input_size
    pixels = random_pixels(16, height, width)
    expected = model.embed(pixels)
    with ThreadPoolExecutor(8) as pool:
        for vectors in pool.map(model.embed, [pixels] * 16):
            np.testing.assert_array_equal(vectors, expected)


def test_the_bundled_vector_of_an_image_does_not_depend_on_its_batch():
    model = load_embedder()
    width, height = model.input_size
    pixels = random_pixels(32, height, width)
    alone = np.vstack([model.embed(pixels[i : i + 1]) for i in range(32)])
    for batch in (2, 3, 5, 8, 13, 16, 31, 32):
        together = [model.embed(pixels[i : i + batch]) for i in range(0, 32, batch)]
        np.testing.assert_array_equal(np.vstack(together), alone)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 6, 8, 3), np.uint8),
        np.zeros((1, 8, 6, 4), np.uint8),
        np.zeros((8, 6, 3), np.uint8),
        np.zeros((1, 8, 6, 3), np.float32),
    ],
)
def test_pixels_that_do_not_fit(make_model, pixels):
    model = load_embedder(make_model(("N", 8, 6, 3)))
    with pytest.raises(ModelError, match="was given"):
        model.embed(pixels)


def test_fingerprints(make_model, tmp_path):
    path = make_model()
    plain = load_embedder(path).fingerprint
    assert plain == hashlib.sha256(path.read_bytes()).hexdigest()
    moved = shutil.copy(path, tmp_path / "other.onnx")
    assert load_embedder(moved).fingerprint == plain
    write_manifest(path, input={"scale": 2})
    assert load_embedder(path).fingerprint != plain


def test_home_is_expanded(make_model, tmp_path, monkeypatch):
    make_model()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load_embedder("~/model.onnx").name == "model"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"d": 7}, "gives 5 numbers per image but its manifest says 7"),
        ({"sha256": "0" * 64}, "the sha256 differs"),
        ({"input": {"dtype": "uint8"}}, "takes float32 but its manifest says uint8"),
        ({"input": {"layout": "NCHW"}}, "is not NCHW with 3 channels"),
        ({"input": {"width": 9}}, "takes images of width 6 but its manifest says 9"),
        ({"inputs": {}}, "'inputs' is not a field of a manifest"),
    ],
)
def test_manifests_that_contradict_the_model(make_model, fields, message):
    path = make_model(("N", 8, 6, 3))
    write_manifest(path, **fields)
    with pytest.raises(ModelError, match=message) as caught:
        load_embedder(path)
    assert caught.value.hint


def test_a_damaged_bundled_model(monkeypatch):
    whole = manifest.bundled_bytes
    monkeypatch.setattr(loading, "bundled_bytes", lambda file: whole(file)[:-1])
    with pytest.raises(ModelError, match=rf"{DEFAULT_MODEL}\.onnx is not the file"):
        load_embedder()


def test_a_session_that_is_kind_to_its_callers(make_model):
    options = load_embedder(make_model())._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_gpu_without_a_gpu_onnxruntime(make_model, monkeypatch):
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(ModelError, match="compute='gpu'") as caught:
        load_embedder(make_model(), compute="gpu")
    assert "onnxruntime-gpu" in caught.value.hint


def test_gpu_that_cannot_be_started(make_model, monkeypatch):
    fallen_back = SimpleNamespace(get_providers=lambda: ["CPUExecutionProvider"])
    double = SimpleNamespace(
        get_available_providers=lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"],
        SessionOptions=session._import_onnxruntime().SessionOptions,
        InferenceSession=lambda *_, **__: fallen_back,
    )
    monkeypatch.setattr(session, "_import_onnxruntime", lambda: double)
    with pytest.raises(ModelError, match="cannot start CUDA"):
        load_embedder(make_model(), compute="gpu")


def test_usable_rows():
    vectors = np.array(
        [[1, 2], [0, 0], [np.nan, 1], [np.inf, 1], [3e38, 3e38], [1e-30, 0], [-1, 0]], np.float32
    )
    assert usable_rows(vectors).tolist() == [True, False, False, False, False, False, True]
    assert usable_rows(np.empty((0, 4), np.float32)).shape == (0,)
