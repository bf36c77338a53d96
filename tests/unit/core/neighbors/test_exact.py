from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors import NeighborMethod, exact, join
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.options import DISTANCES
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows, CountingRows, RecordingProgress, make_vectors


def build(vectors, distance="cosine", threads=1, progress=None):
    index = ExactIndex(NeighborMethod(distance=distance, threads=threads))
    index.build(ArrayRows(vectors), progress or SilentProgress())
    return index


def all_similarities(vectors, distance):
    n = len(vectors)
    i, j = np.divmod(np.arange(n * n), n)
    return get_distance(distance).similarity(vectors[i], vectors[j]).reshape(n, n)


def expected(similarity, k):
    """Return the k best of each row of a full matrix, ties by number."""
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(similarity, order, axis=1)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks so small that a few hundred rows make many of them."""
    monkeypatch.setattr(exact, "BLOCK_ROWS", 64)
    monkeypatch.setattr(exact, "TILE_ROWS", 24)
    monkeypatch.setattr(join, "TILE_ROWS", 24)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.usefixtures("small_blocks")
def test_neighbors_are_those_of_all_pairs(distance, negative):
    vectors = make_vectors(200, negative=negative)
    similarity = all_similarities(vectors, distance)
    np.fill_diagonal(similarity, -1)
    indices, best = expected(similarity, 4)
    near = build(vectors, distance).neighbors(4)
    assert (near.similarity == best).all()
    # Cosines below 0 all count as 0: which of these is listed is open.
    assert (near.indices[best > 0] == indices[best > 0]).all()


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.usefixtures("small_blocks")
def test_search_is_that_of_all_pairs(distance):
    vectors = make_vectors(150)
    similarity = all_similarities(vectors, distance)[20:50]
    indices, best = expected(similarity, 3)
    near = build(vectors, distance).search(vectors[20:50], 3)
    assert (near.indices == indices).all()
    assert (near.similarity == best).all()
    assert (near.indices[:, 0] == np.arange(20, 50)).all()


@settings(deadline=None, max_examples=40)
@given(n=st.integers(0, 60), k=st.integers(1, 9), d=st.integers(1, 12), seed=st.integers(0, 999))
def test_any_number_of_rows_and_neighbors(n, k, d, seed):
    vectors = make_vectors(n, d=d, seed=seed, negative=True)
    near = build(vectors).neighbors(k)
    similarity = all_similarities(vectors, "cosine")
    np.fill_diagonal(similarity, -1)
    width = min(k, max(n - 1, 0))
    best = -np.sort(-similarity, axis=1)[:, :width]
    assert near.indices.shape == near.similarity.shape == (n, k)
    assert (near.similarity[:, :width] == best).all()
    assert (near.indices[:, :width] >= 0).all()
    assert (near.indices[:, width:] == -1).all()
    assert (near.similarity[:, width:] == 0).all()
    assert (near.indices != np.arange(n)[:, None]).all()


@pytest.mark.parametrize("distance", ["cosine", "l1", "jensenshannon"])
@pytest.mark.usefixtures("small_blocks")
def test_the_number_of_threads_changes_nothing(distance):
    vectors = make_vectors(300, groups=12)
    one = build(vectors, distance, threads=1).neighbors(5)
    for threads in (2, 3):
        more = build(vectors, distance, threads=threads).neighbors(5)
        assert one.indices.tobytes() == more.indices.tobytes()
        assert one.similarity.tobytes() == more.similarity.tobytes()


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.usefixtures("small_blocks")
def test_ties_go_to_the_lower_row(distance):
    # Twenty rows of the same direction, bit by bit, among others: all are equally similar.
    vectors = make_vectors(200)
    vectors[40:180:7] = vectors[40]
    near = build(vectors, distance).neighbors(3)
    assert near.indices[40].tolist() == [47, 54, 61]
    assert near.indices[54].tolist() == [40, 47, 61]
    assert near.indices[173].tolist() == [40, 47, 54]
    assert (near.similarity[40:180:7] == 1).all()


@pytest.mark.usefixtures("small_blocks")
def test_vectors_that_are_all_orthogonal_still_have_neighbors():
    near = build(np.eye(130, dtype=np.float32)).neighbors(2)
    assert (near.similarity == 0).all()
    assert near.indices[0].tolist() == [1, 2]
    assert near.indices[100].tolist() == [0, 1]


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.usefixtures("small_blocks")
def test_zero_vectors_come_last(distance):
    vectors = make_vectors(100, negative=True)
    vectors[[3, 30, 90]] = 0
    near = build(vectors, distance).neighbors(2)
    others = np.setdiff1d(np.arange(100), [3, 30, 90])
    assert (near.similarity[[3, 30, 90]] == 0).all()
    assert not np.isin(near.indices[others], [3, 30, 90]).any()


@pytest.mark.usefixtures("small_blocks")
def test_opposite_vectors_have_similarity_0():
    near = build(np.array([[1.0, 0], [-1, 0]], np.float32)).neighbors(1)
    assert near.indices.tolist() == [[1], [0]]
    assert near.similarity.tolist() == [[0], [0]]


@pytest.mark.usefixtures("small_blocks")
def test_rows_are_read_in_blocks():
    rows = CountingRows(ArrayRows(make_vectors(500)))
    index = ExactIndex(NeighborMethod(threads=1))
    index.build(rows, SilentProgress())
    index.neighbors(3)
    assert rows.most <= 100


@pytest.mark.parametrize("count", [0, 1, 300])
@pytest.mark.usefixtures("small_blocks")
def test_progress_counts_every_image(count):
    progress = RecordingProgress()
    build(make_vectors(count), progress=progress).neighbors(2)
    assert progress.stages == [["neighbours", count, count, True]]


def test_it_is_exact_and_has_no_faiss_index():
    index = build(make_vectors(3), "l1")
    assert index.description == "exact (l1)"
    assert index.faiss_index is None
