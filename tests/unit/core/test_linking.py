"""Linked rows: compared with scipy, and the shapes that make it slow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fastdup_nb.core.linking import link_rows


def first_of_component(count, source, target):
    graph = coo_matrix((np.ones(len(source)), (source, target)), shape=(count, count))
    label = connected_components(graph, directed=False)[1]
    return np.array([np.flatnonzero(label == mine)[0] for mine in label], dtype=np.int64)


@pytest.mark.parametrize("seed", range(20))
def test_the_components_are_those_of_scipy(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 120))
    source, target = rng.integers(0, count, (2, int(rng.integers(0, 2 * count))))
    linked = link_rows(count, source, target)
    assert linked.tolist() == first_of_component(count, source, target).tolist()


def test_no_rows_and_no_links():
    nothing = np.empty(0, dtype=np.int64)
    assert link_rows(0, nothing, nothing).tolist() == []
    assert link_rows(3, nothing, nothing).tolist() == [0, 1, 2]
    assert link_rows(3, np.array([1]), np.array([1])).tolist() == [0, 1, 2]


@pytest.mark.parametrize("order", ["ascending", "descending", "mixed", "star"])
def test_a_hundred_thousand_rows_in_one_component(order):
    count = 100_000
    chain = np.arange(count)
    if order == "descending":
        chain = chain[::-1].copy()
    if order == "mixed":
        chain = np.random.default_rng(0).permutation(count)
    source, target = chain[:-1], chain[1:]
    if order == "star":
        source = np.full(count - 1, count - 1)
        target = np.arange(count - 1)
    assert not link_rows(count, source, target).any()
