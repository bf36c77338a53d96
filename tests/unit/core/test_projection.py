import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from fastdup_nb.core.projection import principal_components, project
from fastdup_nb.errors import MissingDependencyError, OptionError


@pytest.fixture
def clouds():
    """Three groups of 40 unit vectors far from each other."""
    rng = np.random.default_rng(3)
    centres = np.repeat(np.eye(24)[:3], 40, axis=0)
    return (centres + rng.normal(0, 0.03, (120, 24))).astype(np.float32)


def spread_and_gap(points):
    groups = points.reshape(3, 40, 2)
    centres = groups.mean(axis=1)
    spread = np.linalg.norm(groups - centres[:, None], axis=2).max()
    gap = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    return spread, gap


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_similar_vectors_are_near_each_other(clouds, method):
    spread, gap = spread_and_gap(project(clouds, method).points)
    assert spread < gap / 2


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_the_same_whatever_the_number_of_threads(clouds, method):
    with threadpool_limits(limits=1):
        one = project(clouds, method).points
    assert np.array_equal(one, project(clouds, method).points)


def test_points_fill_a_square_and_keep_their_proportions(clouds):
    points = project(clouds).points
    assert points.dtype == np.float32
    assert np.abs(points).max() == 1
    assert np.ptp(points, axis=0).max() == 2
    scores, _ = principal_components(clouds, 2)
    ratio = np.ptp(scores, axis=0)
    assert np.ptp(points, axis=0) == pytest.approx(2 * ratio / ratio.max(), abs=1e-3)


def test_the_share_of_the_variance_is_that_of_scikit_learn(clouds):
    from sklearn.decomposition import PCA

    unit = clouds.astype(float)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    theirs = PCA(2, svd_solver="full").fit(unit)
    assert project(clouds).explained == pytest.approx(theirs.explained_variance_ratio_.sum())
    scores, _ = principal_components(clouds, 2)
    assert np.abs(scores) == pytest.approx(np.abs(theirs.transform(unit)), abs=1e-5)


def test_more_dimensions_than_vectors_give_the_same_components(clouds):
    few = clouds[::12]
    padded = np.pad(few, ((0, 0), (0, 100)))
    assert principal_components(padded, 3)[0] == pytest.approx(
        principal_components(np.repeat(few, 5, axis=0), 3)[0][::5], abs=1e-5
    )


def test_lengths_of_vectors_do_not_matter(clouds):
    longer = clouds * np.linspace(1, 9, len(clouds), dtype=np.float32)[:, None]
    assert project(longer).points == pytest.approx(project(clouds).points, abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_images_have_a_place_too(clouds, count):
    points = project(clouds[:count]).points
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_equal_images(method):
    points = project(np.ones((6, 8), np.float32), method).points
    assert np.isfinite(points).all()


def test_zero_vectors(clouds):
    clouds[5] = 0
    assert np.isfinite(project(clouds).points).all()


def test_vectors_are_not_changed(clouds):
    before = clouds.copy()
    project(clouds)
    assert np.array_equal(clouds, before)


def test_unknown_methods_and_too_few_images(clouds):
    with pytest.raises(OptionError, match="Did you mean 'tsne'"):
        project(clouds, "t-sne")
    with pytest.raises(OptionError, match="needs 4 images"):
        project(clouds[:3], "tsne")


def test_without_umap_the_error_names_the_extra(clouds, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(MissingDependencyError, match=r"fastdup_nb\[umap\]"):
        project(clouds, "umap")


def test_umap(clouds):
    pytest.importorskip("umap")
    spread, gap = spread_and_gap(project(clouds, "umap").points)
    assert spread < gap
    assert np.array_equal(project(clouds, "umap").points, project(clouds, "umap").points)
