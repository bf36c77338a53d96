import numpy as np
import pytest

from fastdup_nb.core import kmeans
from fastdup_nb.core.kmeans import assign_rows, cluster_rows, fit_centroids, read_sample
from fastdup_nb.errors import NeighborError
from fastdup_nb.progress import SilentProgress
from tests.unit.core.vectors import ArrayRows

QUIET = SilentProgress()


class Heard(SilentProgress):
    def __init__(self):
        self.messages, self.stages, self.done = [], [], {}

    def start(self, stage, total, unit="images", done=0):
        self.stages.append(stage)
        self.done[stage] = [0, total]

    def advance(self, done, bad=0):
        self.done[self.stages[-1]][0] += done

    def message(self, text):
        self.messages.append(text)


def blobs(groups, each, d=16, seed=0):
    """Return vectors around well separated centres, and the group of each."""
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat(np.arange(groups), each))
    centres = rng.normal(size=(groups, d)) * 40
    return (centres[group] + rng.normal(size=(len(group), d))).astype(np.float32), group


def test_separate_groups_are_not_mixed_when_there_are_clusters_enough():
    vectors, group = blobs(4, 40)
    found = cluster_rows(ArrayRows(vectors), 12, 2, 20, 1, QUIET)
    for number in range(12):
        assert len(set(group[found.cluster[:, 0] == number])) <= 1
    assert found.sizes.sum() == 160


def test_centroids_are_the_means_of_their_rows():
    vectors, _ = blobs(5, 30)
    found = cluster_rows(ArrayRows(vectors), 5, 1, 50, 1, QUIET)
    for number, centroid in enumerate(found.centroids):
        mean = vectors[found.cluster[:, 0] == number].mean(axis=0)
        assert np.allclose(mean, centroid, atol=1e-3)


def test_more_steps_fit_better():
    vectors = np.random.default_rng(3).normal(size=(400, 8)).astype(np.float32)
    spread = [
        cluster_rows(ArrayRows(vectors), 10, 1, steps, 1, QUIET).distance.sum() for steps in (1, 20)
    ]
    assert spread[1] < spread[0]


def test_distances_are_squared_and_of_the_raw_vectors():
    vectors = np.random.default_rng(1).normal(size=(1300, 9)).astype(np.float32) * 7
    centroids = vectors[:30] + 1
    cluster, distance = assign_rows(ArrayRows(vectors), centroids, 3, 2, QUIET)
    every = ((vectors[:, None].astype(float) - centroids[None]) ** 2).sum(axis=2)
    order = np.argsort(every, axis=1, kind="stable")[:, :3]
    assert np.array_equal(cluster, order)
    assert np.allclose(distance, np.take_along_axis(every, order, 1), rtol=1e-12)


@pytest.mark.parametrize("threads", [2, 5])
def test_the_number_of_threads_changes_nothing(threads):
    vectors = np.random.default_rng(2).normal(size=(1500, 24)).astype(np.float32)
    one = cluster_rows(ArrayRows(vectors), 20, 2, 10, 1, QUIET)
    many = cluster_rows(ArrayRows(vectors), 20, 2, 10, threads, QUIET)
    assert np.array_equal(one.centroids, many.centroids)
    assert np.array_equal(one.cluster, many.cluster)
    assert np.array_equal(one.distance, many.distance)


def test_fewer_different_rows_than_clusters():
    vectors = np.repeat(np.eye(3, 8, dtype=np.float32), 5, axis=0)
    heard = Heard()
    found = cluster_rows(ArrayRows(vectors), 10, 20, 20, 1, heard)
    assert found.centroids.shape == (3, 8)
    assert found.cluster.shape == (15, 3)
    assert heard.messages == [
        "Only 3 different images for 10 clusters: there will be 3.",
    ]
    assert (found.distance[:, 0] == 0).all()


def test_copies_do_not_make_empty_clusters():
    vectors = np.vstack([np.ones((50, 4)), np.eye(4)]).astype(np.float32)
    found = cluster_rows(ArrayRows(vectors), 5, 1, 20, 1, QUIET)
    assert sorted(found.sizes) == [1, 1, 1, 1, 50]


def test_one_row():
    found = cluster_rows(ArrayRows(np.ones((1, 4), np.float32)), 1, 2, 20, 1, QUIET)
    assert found.cluster.tolist() == [[0]]


def test_a_sample_is_learned_from_and_all_rows_are_assigned(monkeypatch):
    monkeypatch.setattr(kmeans, "ROWS_PER_CLUSTER", 4)
    vectors, _ = blobs(3, 100)
    rows = ArrayRows(vectors)
    sample = read_sample(rows, 10)
    assert sample.shape == (40, 16)
    assert np.array_equal(sample, read_sample(rows, 10))
    assert cluster_rows(rows, 10, 1, 5, 1, QUIET).cluster.shape == (300, 1)


def test_the_sample_is_bounded_in_bytes(monkeypatch):
    monkeypatch.setattr(kmeans, "SAMPLE_BYTES", 50 * 16 * 4)
    vectors, _ = blobs(3, 100)
    assert len(read_sample(ArrayRows(vectors), 10)) == 50
    assert len(read_sample(ArrayRows(vectors), 80)) == 80  # one per cluster at least


def test_progress_counts_steps_and_images_to_the_end():
    vectors, _ = blobs(3, 20)
    heard = Heard()
    cluster_rows(ArrayRows(vectors), 3, 1, 50, 1, heard)
    assert heard.done == {"k-means": [50, 50], "clusters": [60, 60]}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value):
    vectors, _ = blobs(3, 20)
    vectors[7, 2] = value
    with pytest.raises(NeighborError, match="not finite"):
        fit_centroids(vectors, 3, 5, QUIET)
    with pytest.raises(NeighborError, match="not finite"):
        assign_rows(ArrayRows(vectors), vectors[:2], 1, 1, QUIET)


def test_nothing_is_written_to_standard_error(capfd):
    vectors, _ = blobs(3, 20)
    cluster_rows(ArrayRows(vectors), 10, 1, 5, 1, QUIET)
    shown = capfd.readouterr()
    assert shown.out == shown.err == ""


def test_separate_groups_become_the_clusters():
    vectors, group = blobs(12, 25)
    found = cluster_rows(ArrayRows(vectors), 12, 1, 20, 1, QUIET)
    assert len(set(zip(group, found.cluster[:, 0], strict=True))) == 12


def test_zeros_of_either_sign_are_one_vector():
    vectors = np.zeros((4, 3), np.float32)
    vectors[::2] *= -1
    assert len(fit_centroids(vectors, 3, 5, QUIET)) == 1


def test_first_centroids_are_different_when_nearly_all_rows_are_copies():
    vectors = np.ones((300, 6), np.float32)
    vectors[-5:, 0] += np.float32(1e-6) * np.arange(1, 6, dtype=np.float32)
    first = kmeans._first_centroids(vectors, 5)
    assert len(np.unique(first, axis=0)) == 5
