from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastdup_nb.core.neighbors import queries
from fastdup_nb.core.neighbors.queries import QueryIndex
from fastdup_nb.options import DISTANCES
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows, CountingRows, RecordingProgress, make_vectors, unit


def make_index(vectors, distance="cosine"):
    return QueryIndex(ArrayRows(vectors), distance, SilentProgress())


def nearest(vectors, query, k):
    similarity = unit(vectors) @ unit(query[None])[0]
    worst = np.sort(similarity)[-k]
    return set(np.flatnonzero(similarity >= worst - 1e-12).tolist())


@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize(
    "vectors",
    [
        make_vectors(6000, d=300),
        make_vectors(6000, d=300, groups=3, negative=True),
        np.random.default_rng(0).normal(size=(3000, 256)).astype(np.float32),
        make_vectors(50, d=300),
        make_vectors(3000, d=16),
    ],
    ids=["clustered", "few groups", "no structure", "few rows", "short"],
)
def test_nothing_nearer_is_missed(vectors, held, monkeypatch):
    if not held:
        monkeypatch.setattr(queries, "HELD_BYTES", 0)
    index = make_index(vectors)
    random = np.random.default_rng(1)
    for row in random.choice(len(vectors), 12):
        query = vectors[row] + random.normal(size=vectors.shape[1]).astype(np.float32)
        for k in (1, 7, 40):
            assert nearest(vectors, query, k) <= set(index.propose(query, k).tolist())


def test_all_that_are_equally_near_are_proposed():
    vectors = make_vectors(5000, d=300)
    vectors[100:700] = vectors[7]
    found = make_index(vectors).propose(vectors[7], 3)
    assert {7, *range(100, 700)} <= set(found.tolist())


def test_zero_vectors_are_in_nobodys_way():
    vectors = make_vectors(4000, d=300)
    vectors[::9] = 0
    index = make_index(vectors)
    assert index.propose(vectors[1], 1).tolist() == [1]
    assert len(index.propose(np.zeros(300, np.float32), 5)) >= 5


@pytest.mark.parametrize("distance", DISTANCES)
def test_every_distance_finds_a_row_by_itself(distance):
    vectors = make_vectors(300)
    index = make_index(vectors, distance)
    for row in (0, 17, 299):
        assert row in index.propose(vectors[row], 1)


def test_asking_for_more_than_there_is_gives_all():
    vectors = make_vectors(20)
    assert sorted(make_index(vectors).propose(vectors[0], 100).tolist()) == list(range(20))
    assert make_index(vectors[:0]).propose(vectors[0], 5).tolist() == []


def test_many_threads_get_what_one_gets():
    vectors = make_vectors(5000, d=300)
    index = make_index(vectors)
    alone = [index.propose(vector, 5).tolist() for vector in vectors[:40]]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda vector: index.propose(vector, 5).tolist(), vectors[:40]))
    assert together == alone


def test_rows_are_read_in_blocks_and_told_to_the_progress():
    rows, progress = CountingRows(ArrayRows(make_vectors(5000, d=300))), RecordingProgress()
    QueryIndex(rows, "cosine", progress)
    assert rows.most <= 2048
    assert progress.stages == [[queries.STAGE, 5000, 5000, True]]
