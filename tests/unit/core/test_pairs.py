from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.graph import connected_components
from fastdup_nb.core.neighbors import NeighborMethod, Neighbors
from fastdup_nb.core.pairs import Edges, build_edges, find_edges
from fastdup_nb.core.rows import ChosenRows
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows, make_vectors


def as_set(edges):
    return set(zip(edges.source.tolist(), edges.target.tolist(), strict=True))


def find(vectors, k=2, digests=None, **method):
    return find_edges(
        ArrayRows(vectors), digests, k, NeighborMethod(threads=1, **method), SilentProgress()
    )


def test_edges_link_copies_round_and_round_and_neighbours_by_their_first():
    # Rows 0, 2, 3 are copies, 1 and 4 are copies, 5 is alone.
    representative_of = np.array([0, 1, 0, 0, 1, 5])
    neighbors = Neighbors(
        np.array([[1, 2], [0, 2], [1, -1]]), np.array([[0.9, 0.2], [0.9, 0.1], [0.1, 0.0]])
    )
    edges = build_edges(neighbors, np.array([0, 1, 5]), representative_of)
    near = {(i, j) for i in (0, 2, 3) for j in (1, 5)} | {(i, j) for i in (1, 4) for j in (0, 5)}
    same = {(0, 2), (0, 3), (2, 3), (2, 0), (3, 0), (3, 2), (1, 4), (4, 1)}
    assert as_set(edges) == near | {(5, 1)} | same
    similarity = {
        (i, j): s for i, j, s in zip(edges.source, edges.target, edges.similarity, strict=True)
    }
    assert similarity[0, 2] == 1
    assert similarity[3, 1] == 0.9
    assert similarity[5, 1] == 0.1


def test_at_most_k_copies_are_linked_from_each():
    neighbors = Neighbors(np.full((1, 2), -1), np.zeros((1, 2)))
    edges = build_edges(neighbors, np.array([0]), np.zeros(5, dtype=np.int64))
    assert as_set(edges) == {(i, (i + step) % 5) for i in range(5) for step in (1, 2)}


def test_edges_are_sorted_by_similarity_source_target():
    edges = find(make_vectors(300)).edges
    keys = list(zip(-edges.similarity, edges.source, edges.target, strict=True))
    assert keys == sorted(keys)
    assert (edges.source != edges.target).all()
    assert len(as_set(edges)) == len(edges) == 600


def test_edges_at_least_a_threshold():
    edges = Edges(np.arange(4), np.arange(4) + 1, np.array([1.0, 0.9, 0.9, 0.1]))
    assert [len(edges.at_least(t)) for t in (0, 0.1, 0.5, 0.9, 0.91, 1)] == [4, 4, 3, 3, 1, 1]


def test_copies_do_not_hide_near_duplicates():
    """Three copies of a picture and three of its JPEG (shared/peer-formats C-10) are all linked."""
    vectors = make_vectors(40)
    jpeg = vectors[0] + np.float32(0.05) * vectors[0].max()
    vectors[[10, 20]] = vectors[0]
    vectors[[5, 15, 25]] = jpeg
    edges = find(vectors, k=2).edges
    pairs = as_set(edges)
    for picture in (0, 10, 20):
        assert (picture, 5) in pairs
    for copy in (5, 15, 25):
        assert (copy, 0) in pairs
    similarity = get_distance("cosine").similarity(vectors[:1], vectors[5:6])[0]
    assert similarity < 1
    components = connected_components(40, edges, similarity - 1e-9)
    assert len(set(components[[0, 10, 20, 5, 15, 25]].tolist())) == 1


def test_the_index_is_over_the_first_of_each_group():
    vectors = make_vectors(30)
    vectors[20] = vectors[2]
    found = find(vectors)
    assert isinstance(found.index.rows, ChosenRows)
    assert found.index.rows.chosen.tolist() == [i for i in range(30) if i != 20]
    assert found.representative_of[20] == 2


def test_without_copies_the_rows_are_used_as_they_are():
    assert isinstance(find(make_vectors(30)).index.rows, ArrayRows)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("mode", ["auto", "HNSW32", "IVF16,Flat"])
def test_few_images(count, mode):
    edges = find(make_vectors(count, groups=1), k=5, mode=mode).edges
    assert len(edges) == count * (count - 1)


def test_all_images_the_same():
    edges = find(np.ones((4, 8), np.float32), k=2).edges
    assert len(edges) == 8
    assert (edges.similarity == 1).all()


def test_two_images_that_are_copies():
    edges = find(np.ones((2, 8), np.float32), k=2).edges
    assert as_set(edges) == {(0, 1), (1, 0)}
