import numpy as np
import pytest

from fastdup_nb.core.bins import count_bins, is_spread, make_edges


@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_value_is_in_a_bin(logarithmic):
    values = np.random.default_rng(1).lognormal(3, 2, 5000)
    edges = make_edges(values, logarithmic=logarithmic)
    assert len(edges) == 61
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    assert count_bins(values, edges).sum() == 5000


@pytest.mark.parametrize(
    ("high", "logarithmic"), [(7, False), (60, False), (9000, False), (9000, True)]
)
def test_ends_lie_between_whole_numbers(high, logarithmic):
    values = np.random.default_rng(1).integers(2, high, 500).astype(float)
    edges = make_edges(values, whole=True, logarithmic=logarithmic)
    assert (edges % 1 == 0.5).all()
    assert len(edges) <= 81
    assert count_bins(values, edges).sum() == 500


def test_few_whole_numbers_have_a_bin_each():
    edges = make_edges(np.array([2.0, 2.0, 5.0]), whole=True)
    assert count_bins(np.array([2.0, 2.0, 5.0]), edges).tolist() == [2, 0, 0, 1]


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 2e9])
def test_one_value_is_amid_its_bin(value):
    edges = make_edges(np.full(3, value))
    assert edges[0] < value < edges[-1]
    assert count_bins(np.full(3, value), edges).sum() == 3


def test_nothing_has_bins_too():
    assert (np.diff(make_edges(np.array([]))) > 0).all()


def test_natural_ends_are_kept():
    edges = make_edges(np.array([0.93, 0.95]), low=0.9, high=1.0)
    assert (edges[0], edges[-1]) == (0.9, 1.0)


def test_a_logarithmic_scale_needs_positive_and_spread_values():
    assert is_spread(np.array([1.0, 20.0]))
    assert not is_spread(np.array([1.0, 19.0]))
    assert not is_spread(np.array([0.0, 20.0]))
    assert not is_spread(np.array([]))
