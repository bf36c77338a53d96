from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import distance as reference

from fastdup_nb.core.distances import REGISTRY, get_distance
from fastdup_nb.errors import OptionError
from fastdup_nb.options import DISTANCES
from tests.unit.core.vectors import make_vectors, unit

SCIPY = {
    "euclidean": reference.euclidean,
    "l1": reference.cityblock,
    "linf": reference.chebyshev,
    "canberra": reference.canberra,
    "braycurtis": reference.braycurtis,
}


def expected_similarity(name, a, b):
    if name == "cosine":
        return max(0.0, 1 - reference.cosine(a.astype(float), b.astype(float)))
    if name == "jensenshannon":
        a, b = np.maximum(a, 0).astype(float), np.maximum(b, 0).astype(float)
        return 1 / (1 + reference.jensenshannon(a, b, base=2))
    u, v = unit(np.stack([a, b]))
    return 1 / (1 + SCIPY[name](u, v))


def test_every_distance_of_the_options_is_there():
    assert tuple(REGISTRY) == DISTANCES


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("negative", [False, True])
def test_similarity_is_that_of_scipy(name, negative):
    a = make_vectors(60, seed=1, negative=negative)
    b = make_vectors(60, seed=2, negative=negative)
    wanted = [expected_similarity(name, x, y) for x, y in zip(a, b, strict=True)]
    assert get_distance(name).similarity(a, b) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("name", DISTANCES)
def test_similarity_is_one_for_itself_symmetric_and_between_0_and_1(name):
    distance = get_distance(name)
    a, b = make_vectors(50, seed=3, negative=True), make_vectors(50, seed=4, negative=True)
    there, back = distance.similarity(a, b), distance.similarity(b, a)
    assert (there == back).all()
    assert ((there >= 0) & (there <= 1)).all()
    assert (distance.similarity(a, a) == 1).all()
    # The length of a vector says nothing.
    assert distance.similarity(a, b * np.float32(4)) == pytest.approx(there, abs=1e-9)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("negative", [False, True])
def test_closeness_puts_pairs_in_the_order_of_similarity(name, negative):
    distance = get_distance(name)
    a = make_vectors(20, seed=5, negative=negative)
    b = make_vectors(150, seed=6, negative=negative)
    tile = distance.closeness(distance.prepare(a.copy()), distance.prepare(b.copy()))
    assert tile.shape == (20, 150)
    assert tile.dtype == np.float32
    for row in range(len(a)):
        similarity = distance.similarity(np.repeat(a[row : row + 1], len(b), axis=0), b)
        ranked = similarity[np.argsort(-tile[row])]
        assert (np.diff(ranked) <= 1e-5).all()


@pytest.mark.parametrize("name", DISTANCES)
def test_a_zero_vector_is_similar_to_nothing(name):
    distance = get_distance(name)
    vectors = make_vectors(5, seed=7)
    zero = np.zeros_like(vectors)
    with np.errstate(all="raise"):
        assert (distance.similarity(vectors, zero) == 0).all()
        assert (distance.similarity(zero, zero) == 0).all()
        assert not np.isnan(distance.closeness(distance.prepare(zero.copy()), zero)).any()


def test_jensenshannon_clips_negative_values():
    distance = get_distance("jensenshannon")
    a, b = np.array([[1, -5, 3]], np.float32), np.array([[1, 0, 3]], np.float32)
    assert distance.similarity(a, b) == [1]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_very_short_and_very_long_vectors_keep_their_direction(scale):
    distance = get_distance("cosine")
    vectors = make_vectors(8, seed=8) / 20
    scaled = (vectors * np.float64(scale)).astype(np.float32)
    assert distance.prepare(scaled.copy()) == pytest.approx(unit(vectors), abs=1e-5)


def test_similarity_tells_near_duplicates_apart_by_euclidean_distance():
    a = np.array([[1.0, 0.0]])
    b = np.array([[1.0, 1e-6]])
    assert get_distance("euclidean").similarity(a, b) == pytest.approx([1 / (1 + 1e-6)], abs=1e-11)


def test_unknown_distance_names_the_closest():
    with pytest.raises(OptionError, match="Did you mean 'cosine'"):
        get_distance("cosin")
