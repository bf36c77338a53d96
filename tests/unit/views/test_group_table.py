from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.views.group_table import gather


@pytest.fixture
def groups():
    """Group 7 has the images 0 and 3, 9 has 1, 2 and 5; the image 4 is alone."""
    codes = np.array([0, 1, 1, 0, 2, 1])
    return gather(codes, np.array([7, 9, 8]), np.arange(6))


def test_groups_of_one_are_left_out(groups):
    assert groups.keys.tolist() == [7, 9]
    assert groups.size.tolist() == [2, 3]
    assert groups.number.tolist() == [0, 1]
    assert groups.members(1).tolist() == [1, 2, 5]


def test_lists_and_numbers_follow_the_chosen_order(groups):
    values = np.array([5.0, 1.0, np.nan, 3.0, 0.0, 2.0])
    turned = groups.chosen(np.array([1, 0]))
    assert turned.keys.tolist() == [9, 7]
    assert turned.lists(np.arange(6)) == [[1, 2, 5], [0, 3]]
    assert turned.all_members.tolist() == [1, 2, 5, 0, 3]
    assert turned.least(values).tolist() == [1.0, 3.0]
    assert turned.mean(values).tolist() == [1.5, 4.0]


def test_a_mask_chooses_too(groups):
    assert groups.chosen(groups.size > 2).keys.tolist() == [9]


def test_nothing_known_is_nan(groups):
    unknown = np.full(6, np.nan)
    assert np.isnan(groups.least(unknown)).all()
    assert np.isnan(groups.mean(unknown)).all()


def test_no_groups(groups):
    none = groups.chosen(np.zeros(2, bool))
    assert len(none) == 0
    assert none.lists(np.arange(6)) == []
    assert none.least(np.zeros(6)).tolist() == []
    assert none.mean(np.zeros(6)).tolist() == []
    assert len(gather(np.empty(0, int), np.empty(0), np.empty(0, int))) == 0


def test_an_image_may_be_in_several_groups():
    groups = gather(np.array([0, 1, 0, 1]), ["a", "b"], np.array([4, 4, 6, 2]))
    assert groups.lists(np.arange(10)) == [[4, 6], [4, 2]]
