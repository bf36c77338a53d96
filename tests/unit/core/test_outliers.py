from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core.outliers import lowest_share
from fastdup_nb.core.pairs import Edges


def make_edges(count):
    return Edges(np.arange(count), np.arange(count) + 1, np.linspace(1, 0, count))


@pytest.mark.parametrize(
    ("share", "count"), [(0, 1), (0.05, 4), (0.5, 40), (0.999, 79), (1, 80), (0.001, 1)]
)
def test_share_of_the_edges(share, count):
    assert len(lowest_share(make_edges(80), share)) == count


def test_a_share_that_binary_numbers_miss():
    assert len(lowest_share(make_edges(100), 0.29)) == 29


def test_the_worst_is_last():
    edges = lowest_share(make_edges(100), 0.03)
    assert edges.source.tolist() == [97, 98, 99]
    assert edges.similarity[-1] == 0


def test_no_edges():
    assert len(lowest_share(make_edges(0), 0.5)) == 0
