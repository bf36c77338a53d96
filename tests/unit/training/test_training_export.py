"""What the vector of an exported model is made of."""

from __future__ import annotations

import dataclasses

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from training.export import Description, Recipe, assemble

SIDE, BASE, SHARE = 32, 2.0, 0.3
RECIPE = Recipe(40, side=SIDE, learned=3, axes=2, share=SHARE)


def mean_colours():
    """A network that gives the mean of each channel."""
    given = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    found = helper.make_tensor_value_info("found", TensorProto.FLOAT, ["N", 3, 1, 1])
    node = helper.make_node("GlobalAveragePool", ["pixels"], ["found"])
    graph = helper.make_graph([node], "network", [given], [found])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])


def noise(random, *shape):
    return random.integers(0, 256, (*shape, SIDE, SIDE, 3), dtype=np.uint8)


def with_copies(clean):
    """Each photo, and one a little brighter."""
    brighter = np.clip(clean.astype(int) + 9, 0, 255).astype(np.uint8)
    return np.stack([clean, brighter], axis=1)


def described(model, photos):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"images": photos})[0]


@pytest.fixture(scope="module")
def made():
    """Photos, their descriptions, and their vectors with and without axes."""
    random = np.random.default_rng(5)
    clean = noise(random, 80)
    description = Description(RECIPE, clean, mean_colours())
    groups = [description.apply(with_copies(clean), np.arange(80), threads=1)]
    vectors = described(assemble("both", description, groups, BASE), clean)
    description.recipe = dataclasses.replace(RECIPE, axes=0, share=0.0)
    alone = described(assemble("alone", description, groups, BASE), clean)
    return groups[0][:, 0].astype(np.float64), vectors, alone


def test_the_axes_have_their_share_of_the_vector(made):
    parts, vectors, _ = made
    mapped, axes, last = np.split(vectors, [37, 39], axis=1)
    np.testing.assert_allclose((mapped**2).sum(axis=1), 1 - SHARE, rtol=1e-3)
    np.testing.assert_allclose((axes**2).sum(axis=1), SHARE, rtol=1e-3)
    np.testing.assert_allclose(last, np.sqrt(BASE), rtol=1e-6)
    first = parts[:, :2] / np.linalg.norm(parts[:, :2], axis=1, keepdims=True)
    np.testing.assert_allclose(axes, first * np.sqrt(SHARE), atol=2e-3)


def test_axes_may_be_flattened(made):
    parts, _, _ = made
    random = np.random.default_rng(5)
    clean = noise(random, 80)
    description = Description(dataclasses.replace(RECIPE, flattened=True), clean, mean_colours())
    groups = [description.apply(with_copies(clean), np.arange(80), threads=1)]
    axes = described(assemble("flat", description, groups, BASE), clean)[:, 37:39]
    flat = parts[:, :2] * parts[:, :2].std(axis=0) ** -0.5
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    np.testing.assert_allclose(axes, flat * np.sqrt(SHARE), atol=5e-3)


def test_without_axes_the_map_is_all(made):
    _, vectors, alone = made
    assert alone.shape == vectors.shape == (80, 40)
    np.testing.assert_allclose((alone[:, :-1] ** 2).sum(axis=1), 1, rtol=1e-3)


def test_the_computed_parts_may_see_half_the_side():
    random = np.random.default_rng(11)
    small = noise(random, 20)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    halved = Recipe(40, side=2 * SIDE, halved=True)
    whole = Recipe(40, side=SIDE)
    every = np.arange(20)
    found = Description(halved, large, None).apply(large[:, None], every, threads=1)
    wanted = Description(whole, small, None).apply(small[:, None], every, threads=1)
    np.testing.assert_allclose(found.astype(float), wanted.astype(float), atol=2e-3)


def test_a_learned_map_gives_a_photo_the_same_bits_in_any_company():
    pytest.importorskip("torch")
    random = np.random.default_rng(7)
    clean = noise(random, 80)
    description = Description(dataclasses.replace(RECIPE, hidden=8), clean, mean_colours())
    groups = [description.apply(with_copies(clean), np.arange(80), threads=1)]
    model = assemble("learned", description, groups, BASE)
    whole = described(model, clean[:16])
    for start, stop in ((0, 1), (3, 5), (5, 12), (9, 16)):
        np.testing.assert_array_equal(described(model, clean[start:stop]), whole[start:stop])


def test_a_network_in_onnx_says_what_it_says_in_torch():
    torch = pytest.importorskip("torch")
    from training.export import network_graph
    from training.student import SHAPES, Student

    torch.manual_seed(3)
    student = Student(SHAPES["copy-576"]).eval()
    graph = network_graph(student, dataclasses.replace(RECIPE, side=64))
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    pixels = torch.rand(3, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        wanted = student(pixels).numpy()
    found = session.run(None, {"pixels": pixels.numpy() * 127.5})[0]
    np.testing.assert_allclose(found[:, :, 0, 0], wanted, atol=1e-4 * np.abs(wanted).max())
    assert any(node.op_type == "Resize" for node in graph.graph.node)
