from itertools import pairwise

import pytest

from fastdup_nb.render.figures.ticks import make_ticks, ratio_ticks, tick_text


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (0.7, 1), (3, 3.001), (0, 255), (-5, 5), (1e6, 3e9), (0, 1e-9)]
)
def test_linear_ticks_are_round_within_and_not_too_many(low, high):
    ticks = make_ticks(low, high)
    assert 3 <= len(ticks) <= 9
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(set(ticks))
    steps = {round((b - a) / (ticks[1] - ticks[0]), 6) for a, b in pairwise(ticks)}
    assert steps == {1.0}


@pytest.mark.parametrize(("low", "high"), [(3, 4000), (0.01, 1e9), (8, 12), (130, 39000)])
def test_logarithmic_ticks(low, high):
    ticks = make_ticks(low, high, logarithmic=True)
    assert 2 <= len(ticks) <= 12
    assert all(low <= tick <= high for tick in ticks)


def test_one_value_has_one_tick():
    assert make_ticks(3.0, 3.0) == [3.0]


def test_usual_ratios_have_their_names():
    texts = ratio_ticks(0.3, 5.0)
    assert texts[3 / 4] == "3:4"
    assert texts[16 / 9] == "16:9"
    assert texts[4.0] == "4"
    assert list(texts) == sorted(texts) or min(texts) >= 0.3


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [(1e6, "whole", "1,000,000"), (0.5, "percent", "0.5 %"), (2e6, "bytes", "2.0 MB")],
)
def test_texts(value, form, text):
    assert tick_text(value, form) == text
