from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_nb.core.labels import (
    LabelTable,
    clean_edges,
    keep_nearest,
    score_labels,
    top_k_label,
    vote_by_cluster,
    vote_by_neighbors,
)
from fastdup_nb.errors import OptionError

NAMES = "abcd"
label_sets = st.lists(st.sets(st.sampled_from(NAMES), max_size=2), min_size=1, max_size=9)


def edges_of(*triples):
    source, target, similarity = zip(*triples, strict=True) if triples else ((), (), ())
    return clean_edges(
        np.array(source, np.int64), np.array(target, np.int64), np.array(similarity, float)
    )


@st.composite
def labelled_graphs(draw):
    labels = draw(label_sets)
    row = st.integers(0, len(labels) - 1)
    pairs = draw(st.sets(st.tuples(row, row), max_size=30))
    score = st.sampled_from([0.25, 0.5, 0.75, 1.0])
    return labels, [(a, b, draw(score)) for a, b in sorted(pairs)]


@given(labelled_graphs())
@settings(max_examples=150, deadline=None)
def test_scores_and_votes_are_those_counted_by_hand(graph):
    labels, triples = graph
    table, edges = LabelTable.from_lists(labels), edges_of(*triples)
    scores, votes = score_labels(edges, table), vote_by_neighbors(edges, table)
    for row, own in enumerate(labels):
        near = [(labels[b], s) for a, b, s in triples if a == row != b and labels[b]]
        count, weight = Counter(), Counter()
        for theirs, similarity in near:
            count.update(theirs)
            weight.update(dict.fromkeys(theirs, similarity))
        assert votes.voters[row] == len(near)
        if not near:
            assert votes.label[row] == -1
            assert np.isnan(votes.share[row])
            assert np.isnan(scores[row])
            continue
        best = min(count, key=lambda name: (-count[name], -weight[name], name))
        assert table.classes[votes.label[row]] == best
        assert votes.share[row] == pytest.approx(100 * count[best] / len(near))
        if own:
            same = sum(bool(own & theirs) for theirs, _ in near)
            assert scores[row] == pytest.approx(100 * same / len(near))
        else:
            assert np.isnan(scores[row])


@given(label_sets, st.data())
@settings(max_examples=150, deadline=None)
def test_a_cluster_votes_without_the_image_itself(labels, data):
    cluster = [data.draw(st.integers(-1, 2)) for _ in labels]
    table = LabelTable.from_lists(labels)
    votes = vote_by_cluster(np.array(cluster, np.int64), table)
    for row, group in enumerate(cluster):
        others = [
            labels[other]
            for other in range(len(labels))
            if group >= 0 and other != row and cluster[other] == group and labels[other]
        ]
        count = Counter(name for theirs in others for name in theirs)
        assert votes.voters[row] == len(others)
        if not count:
            assert votes.label[row] == -1
            continue
        best = min(count, key=lambda name: (-count[name], name))
        assert table.classes[votes.label[row]] == best
        assert votes.share[row] == pytest.approx(100 * count[best] / len(others))


def test_edges_are_cleaned_and_limited():
    edges = edges_of(
        (0, 1, 0.5), (0, 0, 1.0), (0, 1, 0.7), (0, 2, np.nan), (0, 2, 0.9), (1, 0, 0.5)
    )
    assert edges.similarity.tolist() == [0.9, 0.7, 0.5]
    nearest = keep_nearest(edges, 1)
    assert nearest.source.tolist() == [0, 1]
    assert nearest.target.tolist() == [2, 0]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9), st.floats(0, 1)), max_size=40))
@settings(deadline=None)
def test_the_k_nearest_are_the_most_similar(triples):
    edges = edges_of(*triples)
    nearest = keep_nearest(edges, 2)
    assert (np.diff(nearest.similarity) <= 0).all()
    for row in range(5):
        kept = sorted(nearest.similarity[nearest.source == row])
        assert kept == sorted(edges.similarity[edges.source == row])[-2:]


def test_nothing_gives_nothing():
    table = LabelTable.from_lists([])
    assert len(score_labels(edges_of(), table)) == 0
    assert len(vote_by_neighbors(edges_of(), table).label) == 0
    assert len(vote_by_cluster(np.empty(0, np.int64), table).label) == 0


@pytest.mark.parametrize(
    ("labels", "similarity", "options", "expected"),
    [
        (["a", "b", "b"], [0.9, 0.8, 0.7], {}, "b"),
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"k": 1}, "a"),
        (["b", "b", "a"], [0.7, 0.8, 0.9], {"k": 1}, "a"),  # most similar first, whatever order
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"threshold": 0.85}, "a"),
        (["a", "b"], [0.9, 0.9], {"threshold": 0.9}, "a"),  # as in run: at least
        (["b", "a"], [0.9, 0.8], {}, "a"),  # a tie: alphabetical
        (["b", "a"], [0.9, 0.8], {"unknown_class": "?"}, "?"),
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"unknown_class": "?"}, "b"),
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"min_count": 2}, "b"),
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"min_count": 3}, None),
        (["a", "b", "b"], [0.9, 0.8, 0.7], {"min_count": 3, "unknown_class": "?"}, "?"),
        (["a"], [0.5], {"threshold": 0.9}, None),
        (["a"], [0.5], {"threshold": 0.9, "unknown_class": "?"}, "?"),
        ([], [], {}, None),
        ([["a", "c"], ["b", "c"]], [0.9, 0.8], {}, "c"),
        ([None, float("nan"), "a"], [0.9, 0.8, 0.7], {}, "a"),
        ([3, 3, 1], [0.9, 0.8, 0.7], {}, 3),
        (["a", "b"], [float("nan"), 0.1], {}, "b"),
    ],
)
def test_top_k_label(labels, similarity, options, expected):
    assert top_k_label(labels, similarity, **options) == expected


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "3"])
def test_top_k_label_needs_a_number_of_neighbours(k):
    with pytest.raises(OptionError, match="k="):
        top_k_label(["a"], [1.0], k)


def test_top_k_label_needs_a_distance_per_label():
    with pytest.raises(OptionError, match="2 labels do not fit 1 distances"):
        top_k_label(["a", "b"], [1.0])
