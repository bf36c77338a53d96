from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core import hierarchy
from fastdup_nb.core.graph import connected_components
from fastdup_nb.core.hierarchy import choose_representatives, relate_components
from fastdup_nb.core.pairs import Edges
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows


def make_edges(*triples):
    source, target, similarity = zip(*triples, strict=True)
    return Edges(np.array(source), np.array(target), np.array(similarity, float))


def test_the_best_connected_image_stands_for_a_component():
    # A star around row 2, in both directions; rows 4 and 5 tie; row 6 is alone.
    edges = make_edges(
        (0, 2, 0.99), (2, 0, 0.99), (1, 2, 0.98), (2, 3, 0.97), (5, 4, 0.96), (0, 1, 0.95)
    )
    component = np.array([0, 0, 0, 0, 1, 1, 2])
    assert choose_representatives(component, edges).tolist() == [2, 4, 6]


def test_a_pair_found_by_both_counts_once():
    # 0-1 was found from both sides, 1-2 and 2-3 from one: with it counted twice 0 or 1 would win.
    edges = make_edges((0, 1, 0.9), (1, 0, 0.9), (1, 2, 0.9), (2, 3, 0.9), (2, 4, 0.9))
    assert choose_representatives(np.zeros(5, int), edges).tolist() == [2]


@pytest.fixture
def vectors():
    rng = np.random.default_rng(3)
    base = rng.normal(size=(12, 16))
    return (np.repeat(base, 3, axis=0) + 0.01 * rng.normal(size=(36, 16))).astype(np.float32)


@pytest.fixture
def graph(vectors):
    triples = [
        (row, row + 1, 0.99) for row in range(36) if row % 3 < 2 and row < 33
    ]  # the last three rows stay alone
    edges = make_edges(*triples)
    return edges, connected_components(36, edges, 0.9)


def relate(vectors, graph, min_nodes=2, distance="cosine", threads=1):
    edges, component = graph
    rows = ArrayRows(vectors)
    return relate_components(rows, component, edges, distance, min_nodes, threads, SilentProgress())


def test_every_pair_of_components_is_compared_once(vectors, graph):
    found = relate(vectors, graph)
    assert found.component.tolist() == list(range(11))
    assert found.row.tolist() == [3 * group + 1 for group in range(11)]
    assert len(found.pairs) == 11 * 10 // 2
    assert (found.pairs.source < found.pairs.target).all()
    assert (np.diff(found.pairs.similarity) <= 0).all()


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "l1"])
def test_the_similarity_is_that_of_the_representatives(vectors, graph, distance):
    found = relate(vectors, graph, distance=distance)
    unit = vectors[found.row].astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    a, b = unit[found.pairs.source], unit[found.pairs.target]
    expected = {
        "cosine": np.clip((a * b).sum(1), 0, 1),
        "euclidean": 1 / (1 + np.linalg.norm(a - b, axis=1)),
        "l1": 1 / (1 + np.abs(a - b).sum(1)),
    }[distance]
    np.testing.assert_allclose(found.pairs.similarity, expected, atol=1e-9)


def test_the_nearest_component_of_each(vectors, graph):
    found = relate(vectors, graph)
    assert sorted(found.nearest.source.tolist()) == list(range(11))
    best = dict(zip(found.nearest.source.tolist(), found.nearest.similarity, strict=True))
    for place in range(11):
        mine = (found.pairs.source == place) | (found.pairs.target == place)
        assert best[place] == found.pairs.similarity[mine].max()


def test_small_components_are_left_out(vectors, graph):
    assert len(relate(vectors, graph, min_nodes=1).component) == 14
    assert len(relate(vectors, graph, min_nodes=4).component) == 0
    assert len(relate(vectors, graph, min_nodes=4).pairs) == 0


def test_the_number_of_pairs_is_bounded(vectors, graph, monkeypatch):
    every = relate(vectors, graph)
    monkeypatch.setattr(hierarchy, "MOST_PAIRS", 33)
    monkeypatch.setattr(hierarchy, "LEAST_NEIGHBORS", 2)
    few = relate(vectors, graph)
    assert len(few.pairs) <= 33
    assert few.pairs.similarity[0] == every.pairs.similarity[0]
    assert few.nearest.similarity.tolist() == every.nearest.similarity.tolist()


def test_threads_do_not_matter(vectors, graph):
    one, two = relate(vectors, graph), relate(vectors, graph, threads=2)
    assert one.pairs.similarity.tolist() == two.pairs.similarity.tolist()
    assert one.pairs.source.tolist() == two.pairs.source.tolist()
