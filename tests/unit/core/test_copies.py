from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.core import copies
from fastdup_nb.core.copies import group_copies
from tests.unit.core.vectors import ArrayRows, CountingRows, make_vectors


def digests_of(numbers):
    return np.array([[n, 7] for n in numbers], dtype=np.uint64).view("V16").reshape(-1)


def test_without_copies_everyone_stands_for_itself():
    assert group_copies(ArrayRows(make_vectors(50))).tolist() == list(range(50))


def test_equal_vectors_are_copies_of_the_first():
    vectors = make_vectors(2500)
    vectors[[7, 2400]] = vectors[3]
    vectors[9] = vectors[8]
    wanted = np.arange(2500)
    wanted[[7, 2400]], wanted[9] = 3, 8
    assert (group_copies(ArrayRows(vectors)) == wanted).all()


def test_equal_digests_are_copies_and_join_groups():
    vectors = make_vectors(6)
    vectors[4] = vectors[1]  # 1 = 4 by vector
    digests = digests_of([0, 1, 2, 3, 3, 2])  # 3 = 4 and 2 = 5 by digest
    assert group_copies(ArrayRows(vectors), digests).tolist() == [0, 1, 2, 1, 1, 2]


def test_digests_that_end_in_zero_bytes_are_told_apart():
    digests = np.array([b"a\0", b"a\1", b"\0a", b"a\0"], dtype="S2").view("V2")
    assert group_copies(ArrayRows(make_vectors(4)), digests).tolist() == [0, 1, 2, 0]


def test_nearly_equal_vectors_are_no_copies():
    vectors = make_vectors(2)
    vectors[1] = vectors[0]
    vectors[1, 0] = np.nextafter(vectors[0, 0], np.float32(np.inf))
    assert group_copies(ArrayRows(vectors)).tolist() == [0, 1]


def test_equal_hashes_of_different_vectors_are_no_copies(monkeypatch):
    def same_hash(rows):
        return np.zeros(rows.shape[0], np.uint64), np.zeros(rows.shape[0], np.bool_)

    monkeypatch.setattr(copies, "_hash_rows", same_hash)
    vectors = make_vectors(5)
    vectors[3] = vectors[0]
    assert group_copies(ArrayRows(vectors)).tolist() == [0, 1, 2, 0, 4]


def test_zero_vectors_are_copies_only_by_digest():
    vectors = np.zeros((3, 4), np.float32)
    vectors[1] = -0.0
    assert group_copies(ArrayRows(vectors)).tolist() == [0, 1, 2]
    assert group_copies(ArrayRows(vectors), digests_of([1, 2, 1])).tolist() == [0, 1, 0]


def test_the_sign_of_zero_does_not_matter():
    vectors = np.array([[1, 0.0], [1, -0.0]], np.float32)
    assert group_copies(ArrayRows(vectors)).tolist() == [0, 0]


@pytest.mark.parametrize("count", [0, 1])
def test_few_rows(count):
    assert group_copies(ArrayRows(np.ones((count, 3)))).tolist() == list(range(count))


def test_rows_are_read_in_blocks():
    rows = CountingRows(ArrayRows(np.ones((5000, 4), np.float32)))
    assert (group_copies(rows) == 0).all()
    assert rows.most <= 1024
