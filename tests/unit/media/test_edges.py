"""Canny edges."""

from __future__ import annotations

import numpy as np
import pytest

from fastdup_nb.media.edges import find_edges, measure_edge_density


def test_a_flat_picture_has_no_edge():
    assert measure_edge_density(np.full((40, 40), 90, np.uint8)) == 0.0


@pytest.mark.parametrize("axis", [0, 1])
def test_a_step_is_one_pixel_wide(axis):
    picture = np.zeros((40, 40), np.uint8)
    picture[:, 20:] = 200
    edges = find_edges(picture if axis == 1 else picture.T)
    across = edges if axis == 1 else edges.T
    assert (across.sum(axis=1) == 1).all()
    assert set(across.nonzero()[1]) == {19}


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_diagonal_step_is_found(mirrored):
    rows, columns = np.mgrid[:40, :40]
    picture = np.where(columns > rows, 200, 0).astype(np.uint8)
    edges = find_edges(picture[:, ::-1] if mirrored else picture)
    assert 30 <= edges.sum() <= 80


def test_thresholds_are_50_and_150():
    # A vertical step of height h has a Sobel magnitude of 4 h.
    for height, seen in ((12, False), (37, False), (38, True), (200, True)):
        picture = np.zeros((30, 30), np.uint8)
        picture[:, 15:] = height
        assert find_edges(picture).any() == seen


def test_a_weak_edge_counts_when_it_continues_a_strong_one():
    picture = np.zeros((40, 40), np.uint8)
    picture[:20, 20:] = 200
    picture[20:, 20:] = 25  # 4 * 25 = 100: between the thresholds
    assert find_edges(picture)[30, 19]
    picture[:20, 20:] = 25
    assert not find_edges(picture).any()
