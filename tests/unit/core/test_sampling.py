import numpy as np

from fastdup_nb.core.sampling import sample_rows


def test_a_sample_is_in_order_without_repetition_and_the_same_every_time():
    rows = sample_rows(1000, 100)
    assert len(rows) == 100
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] < 100
    assert 900 < rows[-1] < 1000
    assert np.array_equal(rows, sample_rows(1000, 100))
    assert not np.array_equal(rows, sample_rows(1000, 100, seed=1))


def test_all_when_there_are_no_more():
    assert sample_rows(3, 3).tolist() == sample_rows(3, 9).tolist() == [0, 1, 2]
    assert sample_rows(0, 9).tolist() == []
