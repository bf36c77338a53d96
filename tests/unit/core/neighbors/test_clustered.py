from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors import NeighborMethod, automatic, clustered, lists
from fastdup_nb.core.neighbors.automatic import AutomaticIndex
from fastdup_nb.core.neighbors.clustered import ClusteredIndex
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.core.neighbors.lists import make_lists
from fastdup_nb.core.threads import Workers
from fastdup_nb.errors import OptionError
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows, CountingRows, RecordingProgress, make_vectors

CLUSTERED = make_vectors(3000, groups=60)


def build(vectors, progress=None, threads=1, kind=ClusteredIndex, **params):
    texts = {name: str(value) for name, value in params.items()}
    index = kind(NeighborMethod(threads=threads, params=texts))
    index.build(ArrayRows(vectors), progress or SilentProgress())
    return index


def exact_neighbors(vectors, k):
    return build(vectors, kind=ExactIndex).neighbors(k)


def recall(near, exact):
    return np.mean(near.similarity >= exact.similarity[:, -1:])


@pytest.mark.parametrize("k", [1, 5])
def test_recall_is_reached_by_comparing_a_part_of_the_pairs(k):
    index = build(CLUSTERED, num_clusters=30)
    near = index.neighbors(k)
    exact = exact_neighbors(CLUSTERED, k)
    assert recall(near, exact) >= 0.99
    assert index.description.startswith("IVF30 (nprobe ")
    assert "recall 0.99" in index.description or "recall 1.000" in index.description
    share = int(index.description.split(", ")[1].split("%")[0])
    assert share < 50
    # What was found has its exact score.
    same = near.indices == exact.indices
    assert (near.similarity[same] == exact.similarity[same]).all()


def test_vectors_without_clusters_are_searched_exactly():
    progress = RecordingProgress()
    random = np.random.default_rng(0).normal(size=(1500, 60)).astype(np.float32)
    index = build(random, progress, num_clusters=20)
    near = index.neighbors(2)
    assert (near.indices == exact_neighbors(random, 2).indices).all()
    assert index.description == "exact (cosine)"
    assert progress.messages == ["The images form no clear clusters: searching exactly."]


def test_nprobe_can_be_given():
    index = build(CLUSTERED, num_clusters=30, nprobes=1)
    near = index.neighbors(2)
    assert "nprobe 1," in index.description
    own = index._lists.list_of
    valid = near.indices >= 0
    assert (own[near.indices] == own[:, None])[valid].all()
    everything = build(CLUSTERED, num_clusters=30, nprobe=30).neighbors(2)
    assert (everything.indices == exact_neighbors(CLUSTERED, 2).indices).all()


def test_the_number_of_threads_changes_nothing():
    one = build(CLUSTERED, threads=1, num_clusters=25).neighbors(3)
    two = build(CLUSTERED, threads=2, num_clusters=25).neighbors(3)
    assert one.indices.tobytes() == two.indices.tobytes()
    assert one.similarity.tobytes() == two.similarity.tobytes()


def test_few_blocks_are_in_memory(monkeypatch):
    monkeypatch.setattr(clustered, "BLOCK_ROWS", 32)
    monkeypatch.setattr(clustered, "_CACHED_ROWS", 100)
    monkeypatch.setattr(lists, "BLOCK_ROWS", 32)
    small = build(CLUSTERED[:1000], num_clusters=8, nprobe=8)
    rows = CountingRows(ArrayRows(CLUSTERED[:1000]))
    small.rows = rows
    near = small.neighbors(2)
    assert rows.most <= 100
    assert (near.indices == exact_neighbors(CLUSTERED[:1000], 2).indices).all()


def test_a_new_image_is_searched_exactly():
    found = build(CLUSTERED, num_clusters=30).search(CLUSTERED[7:9], 1)
    assert found.indices.tolist() == [[7], [8]]


def test_progress_counts_every_image_in_both_stages():
    progress = RecordingProgress()
    build(CLUSTERED, progress, num_clusters=30).neighbors(2)
    assert progress.stages == [
        ["neighbour index", 3000, 3000, True],
        ["neighbours", 3000, 3000, True],
    ]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_fewer_rows_than_clusters(count):
    near = build(CLUSTERED[:count], num_clusters=50).neighbors(2)
    assert (near.indices == exact_neighbors(CLUSTERED[:count], 2).indices).all()


@pytest.mark.parametrize("params", [{"nprobe": 0}, {"num_clusters": "many"}, {"nprobe": -1}])
def test_parameters_are_whole_numbers(params):
    with pytest.raises(OptionError, match="cannot be used"):
        build(CLUSTERED, **params)


def test_every_row_is_in_one_list_and_nearness_is_mutual():
    with Workers(1) as workers:
        made = make_lists(
            ArrayRows(CLUSTERED), get_distance("cosine"), workers, SilentProgress(), clusters=30
        )
    assert sorted(made.order.tolist()) == list(range(3000))
    for number in range(made.count):
        members = made.order[made.first[number] : made.first[number + 1]]
        assert (made.list_of[members] == number).all()
    assert (made.rank == made.rank.T).all()
    assert (np.diag(made.rank) == 0).all()
    assert made.share_of_pairs(30) == 1
    assert made.share_of_pairs(1) < 0.15


def test_the_default_is_exact_until_there_are_many_images(monkeypatch):
    monkeypatch.setattr(automatic, "EXACT_ROWS", 2999)
    assert build(CLUSTERED[:2999], kind=AutomaticIndex).description == "exact (cosine)"
    index = build(CLUSTERED, kind=AutomaticIndex, num_clusters=30)
    index.neighbors(2)
    assert index.description.startswith("IVF30 (nprobe ")


def test_other_distances_are_exact_for_many_images_too(monkeypatch):
    monkeypatch.setattr(automatic, "EXACT_ROWS", 10)
    index = AutomaticIndex(NeighborMethod(distance="l1", threads=1))
    index.build(ArrayRows(CLUSTERED[:100]), SilentProgress())
    assert index.description == "exact (l1)"
    assert index.distance.name == "l1"
