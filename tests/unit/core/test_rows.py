from __future__ import annotations

import numpy as np

from fastdup_nb.core.rows import ChosenRows, spans
from tests.unit.core.vectors import ArrayRows


def test_spans_cover_all_numbers_once():
    assert list(spans(5, 2)) == [(0, 2), (2, 4), (4, 5)]
    assert list(spans(5, 2, 3)) == [(3, 5)]
    assert list(spans(0, 2)) == []


def test_chosen_rows_are_renumbered():
    rows = ChosenRows(ArrayRows(np.arange(10).reshape(5, 2)), np.array([4, 1, 3]))
    assert rows.shape == (3, 2)
    assert rows.read(0, 2).tolist() == [[8, 9], [2, 3]]
    assert rows.take(np.array([2, 2, 0])).tolist() == [[6, 7], [6, 7], [8, 9]]
