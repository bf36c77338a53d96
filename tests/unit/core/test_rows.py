from __future__ import annotations

import numpy as np

from fastdup_nb.core.rows import ArrayRows, ChosenRows, spans


def test_spans_cover_all_numbers_once():
    assert list(spans(5, 2)) == [(0, 2), (2, 4), (4, 5)]
    assert list(spans(5, 2, 3)) == [(3, 5)]
    assert list(spans(0, 2)) == []


def test_what_is_read_may_be_changed():
    array = np.ones((3, 2), np.float32)
    rows = ArrayRows(array)
    rows.read(0, 3)[:] = 7
    rows.take(np.array([0, 1]))[:] = 7
    assert (array == 1).all()


def test_chosen_rows_are_renumbered():
    rows = ChosenRows(ArrayRows(np.arange(10).reshape(5, 2)), np.array([4, 1, 3]))
    assert rows.shape == (3, 2)
    assert rows.read(0, 2).tolist() == [[8, 9], [2, 3]]
    assert rows.take(np.array([2, 2, 0])).tolist() == [[6, 7], [6, 7], [8, 9]]


def test_rows_are_float32():
    assert ArrayRows(np.ones((2, 2))).read(0, 2).dtype == np.float32
