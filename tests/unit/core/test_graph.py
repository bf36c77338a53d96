from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.graph import component_table, connected_components, pagerank
from fastdup_nb.core.pairs import Edges

EMPTY = Edges(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def make_edges(*edges):
    edges = sorted(edges, key=lambda edge: (-edge[2], edge[0], edge[1]))
    source, target, similarity = zip(*edges, strict=True)
    return Edges(np.array(source), np.array(target), np.array(similarity))


def test_components_are_numbered_by_their_first_image():
    edges = make_edges((5, 1, 0.97), (2, 4, 0.99), (0, 3, 0.5))
    assert connected_components(6, edges, 0.96).tolist() == [0, 1, 2, 3, 2, 1]


def test_a_similarity_equal_to_the_threshold_connects():
    edges = make_edges((0, 1, 0.96))
    assert connected_components(2, edges, 0.96).tolist() == [0, 0]
    assert connected_components(2, edges, np.nextafter(0.96, 1)).tolist() == [0, 1]


def test_direction_does_not_matter():
    edges = make_edges((0, 1, 0.99), (2, 1, 0.99))
    assert connected_components(3, edges, 0.9).tolist() == [0, 0, 0]


def test_components_of_a_random_graph_are_those_of_a_plain_search():
    random = np.random.default_rng(0)
    n = 200
    edges = make_edges(
        *zip(
            random.integers(0, n, 150), random.integers(0, n, 150), random.random(150), strict=True
        )
    )
    reach = list(range(n))

    def root(i):
        while reach[i] != i:
            i = reach[i]
        return i

    for source, target, similarity in zip(
        edges.source, edges.target, edges.similarity, strict=True
    ):
        if similarity >= 0.3:
            a, b = sorted((root(source), root(target)))
            reach[b] = a
    roots = [root(i) for i in range(n)]
    wanted = [sorted(set(roots)).index(r) for r in roots]
    assert connected_components(n, edges, 0.3).tolist() == wanted


def test_no_image_and_no_edge():
    assert connected_components(0, EMPTY, 0.9).tolist() == []
    assert connected_components(3, EMPTY, 0.9).tolist() == [0, 1, 2]
    assert len(component_table(np.empty(0, np.int64), EMPTY, 0.9).count) == 0


def test_sizes_count_images_and_pairs_count_once():
    edges = make_edges((0, 1, 0.98), (1, 0, 0.98), (1, 2, 0.97), (0, 3, 0.5), (4, 4, 0.0))
    components = connected_components(5, edges, 0.96)
    table = component_table(components, edges, 0.96)
    assert table.component.tolist() == [0, 1, 2]
    assert table.count.tolist() == [3, 1, 1]
    assert table.mean.tolist() == pytest.approx([0.975, 0, 0])
    assert table.min.tolist() == pytest.approx([0.97, 0, 0])
    assert table.max.tolist() == pytest.approx([0.98, 0, 0])


def test_mean_lies_between_min_and_max_despite_rounding():
    edges = make_edges(*((0, i, 0.1 + 0.2 * 3) for i in range(1, 8)))
    table = component_table(connected_components(8, edges, 0.5), edges, 0.5)
    assert table.min[0] <= table.mean[0] <= table.max[0]


def test_pagerank_of_an_image_nobody_links_to_is_015():
    rank, delta = pagerank(3, make_edges((0, 1, 0.9)))
    assert rank.tolist() == pytest.approx([0.15, 0.15 + 0.85 * 0.15, 0.15])
    assert delta.tolist() == [0, 0, 0]


def test_pagerank_solves_its_equation():
    random = np.random.default_rng(1)
    n = 40
    edges = make_edges(*((i, j, 0.9) for i in range(n) for j in random.choice(n, 3, replace=False)))
    rank, delta = pagerank(n, edges)
    leaving = np.bincount(edges.source, minlength=n)
    flow = np.zeros((n, n))
    np.add.at(flow, (edges.target, edges.source), 1 / leaving[edges.source])
    wanted = np.linalg.solve(np.eye(n) - 0.85 * flow, np.full(n, 0.15))
    assert rank == pytest.approx(wanted, abs=1e-4)
    assert rank.sum() == pytest.approx(n, abs=1e-3)
    assert (delta < 1e-6).all()


def test_pagerank_of_a_circle_is_one():
    rank, _ = pagerank(4, make_edges(*((i, (i + 1) % 4, 0.9) for i in range(4))))
    assert rank.tolist() == pytest.approx([1] * 4)


def test_pagerank_without_edges():
    assert pagerank(2, EMPTY)[0].tolist() == pytest.approx([0.15, 0.15])
    assert pagerank(0, EMPTY)[0].tolist() == []
