from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdup_nb.core import candidates
from fastdup_nb.core.candidates import Candidates, find_in_columns, find_in_rows


def best_of(matrix, count):
    """Return the best columns of each row, ties by number; -1 where there is none."""
    order = np.argsort(-matrix, axis=1, kind="stable")[:, :count]
    index = np.where(np.take_along_axis(matrix, order, axis=1) == -np.inf, -1, order)
    return np.pad(index, ((0, 0), (0, max(0, count - matrix.shape[1]))), constant_values=-1)


def fill(matrix, count, width, *, transposed=False):
    kept = Candidates(len(matrix), count)
    for start in range(0, matrix.shape[1], width):
        tile = matrix[:, start : start + width]
        worst = kept.worst(0, len(matrix))
        if transposed:
            found = find_in_columns(np.ascontiguousarray(tile.T), worst, count)
        else:
            found = find_in_rows(tile, worst, count)
        kept.add(found, 0, start)
    return kept.index


@settings(deadline=None, max_examples=60)
@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 200),
    count=st.integers(1, 6),
    width=st.integers(1, 200),
    values=st.sampled_from([2, 5, 1000]),
    seed=st.integers(0, 2**31),
    transposed=st.booleans(),
)
def test_the_best_are_kept_whatever_the_tiles(
    rows, columns, count, width, values, seed, transposed
):
    # Few different values: many ties.
    random = np.random.default_rng(seed)
    matrix = random.integers(0, values, (rows, columns)).astype(np.float32)
    matrix[random.random((rows, columns)) < 0.1] = -np.inf
    assert (fill(matrix, count, width, transposed=transposed) == best_of(matrix, count)).all()


@pytest.mark.parametrize("transposed", [False, True])
def test_tiles_of_equal_values_are_cut_instead_of_filling_the_memory(monkeypatch, transposed):
    monkeypatch.setattr(candidates, "_MOST_WANTED", 50)
    matrix = np.zeros((30, 40), np.float32)
    assert (fill(matrix, 3, 25, transposed=transposed) == [0, 1, 2]).all()


def test_nothing_found_changes_nothing():
    kept = Candidates(2, 2)
    tile = np.full((2, 5), -np.inf, np.float32)
    kept.add(find_in_rows(tile, kept.worst(0, 2), 2), 0, 0)
    assert (kept.index == -1).all()
