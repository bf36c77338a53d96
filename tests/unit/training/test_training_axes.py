"""More axes of the network in a model, and less of its map."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.unit.training.test_training_export import (
    BASE,
    RECIPE,
    described,
    mean_colours,
    noise,
    with_copies,
)
from training.axes import exchange
from training.export import Description, assemble, flattening

PHOTOS, AXES, SHARE, OTHER_BASE = 120, 3, 0.5, 1.5


@pytest.fixture(scope="module")
def made():
    """A model with two axes, its photos and their descriptions."""
    pytest.importorskip("torch")
    random = np.random.default_rng(5)
    # Colours that differ in strength, so that there is something to flatten.
    clean = (noise(random, PHOTOS) * random.uniform(0.2, 1, (PHOTOS, 1, 1, 3))).astype(np.uint8)
    description = Description(dataclasses.replace(RECIPE, hidden=8), clean, mean_colours())
    groups = [description.apply(with_copies(clean), np.arange(PHOTOS), threads=1)]
    return assemble("two", description, groups, BASE), clean, groups[0][:, 0].astype(np.float32)


def changed(model):
    copy = type(model)()
    copy.CopyFrom(model)
    return copy


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_axes_are_flattened_and_have_their_share(made):
    model, clean, parts = made
    other = changed(model)
    exchange(other, clean, AXES, SHARE, OTHER_BASE)
    vectors = described(other, clean)
    assert vectors.shape == (PHOTOS, 40)
    mapped, axes, last = np.split(vectors, [39 - AXES, 39], axis=1)
    np.testing.assert_allclose((mapped**2).sum(axis=1), 1 - SHARE, rtol=1e-3)
    np.testing.assert_allclose(last, np.sqrt(OTHER_BASE), rtol=1e-6)
    factors = flattening(parts[:, :AXES])[0, :, 0, 0]
    wanted = unit(parts[:, :AXES] * factors) * np.sqrt(SHARE)
    np.testing.assert_allclose(axes, wanted, atol=5e-3)
    ratio = parts[:, :AXES].std(axis=0)
    np.testing.assert_allclose(factors / factors[0], (ratio[0] / ratio) ** 0.5, rtol=0.02)


def test_what_the_map_says_is_hardly_changed(made):
    model, clean, _ = made
    other = changed(model)
    exchange(other, clean, AXES, SHARE, BASE)
    before = unit(described(model, clean)[:, : 39 - RECIPE.axes])
    after = unit(described(other, clean)[:, : 39 - AXES])
    assert before.shape[1] == after.shape[1] + 1
    pairs = np.triu_indices(PHOTOS, 1)
    was, now = ((vectors @ vectors.T)[pairs] for vectors in (before, after))
    assert np.corrcoef(was, now)[0, 1] > 0.99


def test_a_photo_has_the_same_bits_in_any_company(made):
    model, clean, _ = made
    other = changed(model)
    exchange(other, clean, AXES, SHARE, BASE)
    whole = described(other, clean[:16])
    for start, stop in ((0, 1), (3, 5), (5, 12)):
        np.testing.assert_array_equal(described(other, clean[start:stop]), whole[start:stop])


def test_it_is_done_once_and_only_with_a_learned_map(made):
    model, clean, _ = made
    other = changed(model)
    exchange(other, clean, AXES, SHARE, BASE)
    with pytest.raises(ValueError, match="flattened already"):
        exchange(other, clean, AXES, SHARE, BASE)
    for wrong in (RECIPE.axes - 1, 39):
        with pytest.raises(ValueError, match=f"not {wrong}"):
            exchange(changed(model), clean, wrong, SHARE, BASE)
    description = Description(RECIPE, clean, mean_colours())
    groups = [description.apply(with_copies(clean), np.arange(PHOTOS), threads=1)]
    with pytest.raises(ValueError, match="no map"):
        exchange(assemble("closed", description, groups, BASE), clean, AXES, SHARE, BASE)
