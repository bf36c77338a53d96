"""What the API page says about `run_kmeans` and `run_kmeans_on_extracted`."""

import inspect

import faiss
import numpy as np
import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.progress import SilentProgress
from tests.pictures import write_pictures

FILES = ("kmeans_centroids.csv", "kmeans_assignments.csv", "kmeans.index")
SEED = {
    "input_dir": "",
    "work_dir": ".",
    "verbose": False,
    "num_clusters": 100,
    "num_em_iter": 20,
    "num_threads": -1,
    "num_images": 0,
    "model_path": "",
    "license": "",
    "nearest_neighbors_k": 2,
    "d": 576,
    "bounding_box": "",
    "high_accuracy": False,
}


def save_vectors(folder, count=60, d=12, seed=0):
    """Store vectors in groups of ten alike ones; return their names and themselves."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(6, d)) * 30
    vectors = (centres[np.arange(count) % 6] + rng.normal(size=(count, d))).astype(np.float32)
    file_names = [f"/photos/{i:03d}.jpg" for i in range(count)]
    assert fastdup_nb.save_binary_feature(folder, file_names, vectors) == 0
    return file_names, vectors


def read_centroids(folder):
    return np.loadtxt(folder / "kmeans_centroids.csv", delimiter=",", ndmin=2)


def extracted(folder, **options):
    given = {"num_clusters": 6, "d": 12, **options}
    assert fastdup_nb.run_kmeans_on_extracted("", str(folder), **given) == 0
    return pd.read_csv(folder / "kmeans_assignments.csv")


def test_signatures():
    parameters = inspect.signature(fastdup_nb.run_kmeans).parameters
    assert {name: p.default for name, p in parameters.items()} == SEED
    assert list(parameters) == list(SEED)
    parameters = inspect.signature(fastdup_nb.run_kmeans_on_extracted).parameters
    assert list(parameters) == list(SEED)[:-2]
    assert {name: p.default for name, p in parameters.items()}.items() <= SEED.items()


def test_centroids(tmp_path):
    """'kmeans_centroids.csv: a csv file containing the centroids of the clusters. In each row one
    centroid. In total num_clusters rows.'"""
    save_vectors(tmp_path)
    extracted(tmp_path, num_clusters=6)
    assert read_centroids(tmp_path).shape == (6, 12)
    extracted(tmp_path, num_clusters=4)
    assert read_centroids(tmp_path).shape == (4, 12)


def test_assignments(tmp_path):
    """'In each row the image filename is listed, centoid id (starting from zero) and the L2
    distance to the centroid.' and peer-formats: squared, on the raw vectors, sorted descending."""
    file_names, vectors = save_vectors(tmp_path)
    frame = extracted(tmp_path)
    assert list(frame.columns) == ["index", "filename", "cluster", "distance"]
    assert frame["filename"].tolist() == [file_names[i] for i in frame["index"]]
    assert set(frame["cluster"]) == set(range(6))
    assert frame["distance"].is_monotonic_decreasing
    centroids = read_centroids(tmp_path)[frame["cluster"]]
    squared = ((vectors[frame["index"]] - centroids) ** 2).sum(axis=1)
    assert np.allclose(squared, frame["distance"], rtol=1e-4)


@pytest.mark.parametrize(("k", "rows"), [(1, 1), (2, 2), (3, 3), (99, 6)])
def test_nearest_neighbors_k(tmp_path, k, rows):
    """'When assigning an image into a cluster, how many clusters to assign to (starting from the
    closest)'"""
    save_vectors(tmp_path)
    frame = extracted(tmp_path, nearest_neighbors_k=k)
    assert (frame.groupby("filename").size() == rows).all()
    one = extracted(tmp_path, nearest_neighbors_k=1)
    nearest = frame.sort_values("distance").drop_duplicates("filename")
    assert nearest.set_index("filename")["cluster"].to_dict() == (
        one.set_index("filename")["cluster"].to_dict()
    )


def test_the_index_is_a_flat_faiss_index_of_the_centroids(tmp_path):
    """peer-formats: 'kmeans.index, faiss IxF2 (flat L2) of the centroids'"""
    _, vectors = save_vectors(tmp_path)
    frame = extracted(tmp_path, nearest_neighbors_k=1)
    assert (tmp_path / "kmeans.index").read_bytes()[:4] == b"IxF2"
    index = faiss.read_index(str(tmp_path / "kmeans.index"))
    assert index.ntotal == 6
    found = index.search(vectors[frame["index"]], 1)[1][:, 0]
    assert found.tolist() == frame["cluster"].tolist()


def test_num_em_iter(tmp_path):
    """'Number of em iterations'"""
    vectors = np.random.default_rng(1).normal(size=(300, 12)).astype(np.float32)
    fastdup_nb.save_binary_feature(tmp_path, [f"{i}.jpg" for i in range(300)], vectors)
    few = extracted(tmp_path, nearest_neighbors_k=1, num_em_iter=1)["distance"].sum()
    many = extracted(tmp_path, nearest_neighbors_k=1, num_em_iter=30)["distance"].sum()
    assert many < few


def test_num_images_and_num_threads(tmp_path):
    """'Limit the number of images'; the number of threads changes no byte."""
    save_vectors(tmp_path)
    frame = extracted(tmp_path, num_images=10, num_clusters=2)
    assert set(frame["index"]) == set(range(10))
    extracted(tmp_path, num_threads=1)
    first = [(tmp_path / name).read_bytes() for name in FILES]
    extracted(tmp_path, num_threads=3)
    assert [(tmp_path / name).read_bytes() for name in FILES] == first


def test_input_dir_of_stored_vectors_and_verbose(tmp_path, capsys):
    """'Run KMeans algorithm on a folder of extracted feature vectors'"""
    save_vectors(tmp_path / "stored")
    status = fastdup_nb.run_kmeans_on_extracted(
        str(tmp_path / "stored"), str(tmp_path / "w"), verbose=True, num_clusters=6, d=12
    )
    assert status == 0
    assert all((tmp_path / "w" / name).is_file() for name in FILES)
    assert "60 images in 6 clusters" in capsys.readouterr().err


def test_more_clusters_than_images_is_no_error(tmp_path, capsys):
    save_vectors(tmp_path, count=7)
    frame = extracted(tmp_path, num_clusters=100)
    assert frame["cluster"].nunique() == 7
    assert "Only 7 different images for 100 clusters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_clusters": 0}, "num_clusters=0 cannot be used"),
        ({"num_em_iter": "many"}, "num_em_iter=many cannot be used"),
        ({"nearest_neighbors_k": 0}, "nearest_neighbors_k=0 cannot be used"),
        ({"d": 24}, "pass d=12"),
    ],
)
def test_status_1_and_one_line(tmp_path, capsys, options, message):
    """'ret int - 0 in case of success, 1 in case of error'"""
    save_vectors(tmp_path)
    assert fastdup_nb.run_kmeans_on_extracted("", tmp_path, **{"d": 12, **options}) == 1
    assert message in capsys.readouterr().err
    assert not any((tmp_path / name).exists() for name in FILES)


def test_no_stored_vectors(tmp_path, capsys):
    assert fastdup_nb.run_kmeans_on_extracted("", str(tmp_path)) == 1
    assert "holds no atrain_features.dat" in capsys.readouterr().err


def test_run_modes_and_nnf_param(tmp_path, capsys):
    """'nnf_param str: num_em_iter ... num_clusters'; run modes 5 and 6 of the original."""
    save_vectors(tmp_path)
    given = {"work_dir": tmp_path, "d": 12, "run_mode": 6}
    assert fastdup_nb.run(nnf_param="num_clusters=3, num_em_iter=5", **given) == 0
    assert read_centroids(tmp_path).shape == (3, 12)
    assert fastdup_nb.run(nnf_param="efSearch=3", **given) == 1
    assert "Unknown nnf_param key 'efSearch'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kmeans") / "images"
    write_pictures(folder, 12)
    (folder / "a_bad_one.jpg").write_bytes(b"nothing")
    return folder


def test_run_kmeans_extracts_and_clusters(images, tmp_path):
    """'Fastdup will extract feature vectors using the model specified by model_path and then run
    KMeans to cluster the vectors.'"""
    assert fastdup_nb.run_kmeans(images, tmp_path / "w", num_clusters=4) == 0
    frame = pd.read_csv(tmp_path / "w" / "kmeans_assignments.csv")
    listed = pd.read_csv(tmp_path / "w" / "atrain_features.dat.csv")
    assert dict(zip(frame["index"], frame["filename"], strict=True)) == dict(
        zip(listed["index"], listed["filename"], strict=True)
    )
    assert 0 not in set(frame["index"])  # the bad file has that place in the listing
    assert not (tmp_path / "w" / "similarity.csv").exists()
    fewer = fastdup_nb.run_kmeans(images, tmp_path / "v", num_clusters=2, num_images=6)
    assert fewer == 0
    assert len(pd.read_csv(tmp_path / "v" / "kmeans_assignments.csv")) == 10


def test_clusters_and_neighbours_live_beside_each_other(images, tmp_path):
    assert fastdup_nb.run(images, tmp_path) == 0
    pairs = (tmp_path / "similarity.csv").read_bytes()
    made = (tmp_path / "atrain_features.dat").stat().st_mtime_ns
    assert fastdup_nb.run_kmeans(images, tmp_path, num_clusters=4) == 0
    assert (tmp_path / "atrain_features.dat").stat().st_mtime_ns == made
    assert fastdup_nb.run("", tmp_path, run_mode=2) == 0
    assert (tmp_path / "similarity.csv").read_bytes() == pairs
    assert all((tmp_path / name).is_file() for name in FILES)


def test_clusters_of_other_embeddings_are_dropped(images, tmp_path):
    assert fastdup_nb.run_kmeans(images, tmp_path, num_clusters=4) == 0
    assert fastdup_nb.run(images, tmp_path, num_images=5) == 0
    assert not any((tmp_path / name).exists() for name in FILES)


def test_changed_images_are_embedded_again(tmp_path):
    paths = write_pictures(tmp_path / "images", 4)
    assert fastdup_nb.run_kmeans(tmp_path / "images", tmp_path / "w", num_clusters=2) == 0
    _, before = fastdup_nb.load_binary_feature(tmp_path / "w")
    write_pictures(tmp_path / "images", 1, first_seed=90)
    assert fastdup_nb.run_kmeans(tmp_path / "images", tmp_path / "w", num_clusters=2) == 0
    names, after = fastdup_nb.load_binary_feature(tmp_path / "w")
    changed = (before != after).any(axis=1).tolist()
    assert changed == [name == str(paths[0]) for name in names]


def test_fastdup_kmeans(tmp_path):
    save_vectors(tmp_path)
    fd = fastdup_nb.Fastdup(tmp_path)
    assert fd.kmeans(3)["cluster"].nunique() == 3
    assert fd.kmeans()["cluster"].nunique() == 3  # the stored ones
    assert len(fd.kmeans(5, nearest_neighbors_k=1)) == 60


@pytest.mark.parametrize("stage", ["k-means", "clusters"])
def test_an_interrupted_clustering_leaves_everything_as_it_was(tmp_path, stage):
    class Impatient(SilentProgress):
        def start(self, stage, total, unit="images", done=0):
            self.stage = stage

        def advance(self, done, bad=0):
            if self.stage == stage:
                raise KeyboardInterrupt

    save_vectors(tmp_path)
    fd = fastdup_nb.Fastdup(tmp_path)
    fd.kmeans(3)
    before = [(tmp_path / name).read_bytes() for name in FILES]
    with pytest.raises(fastdup_nb.RunInterruptedError, match="while making clusters"):
        fd.kmeans(5, progress=Impatient())
    assert [(tmp_path / name).read_bytes() for name in FILES] == before


def test_hostile_names_survive(tmp_path):
    hostile = ['q"uote,comma.jpg', "new\nline.jpg", "=1+1.jpg", "<b>.jpg", "\r.jpg"]
    vectors = np.eye(5, dtype=np.float32)
    fastdup_nb.save_binary_feature(tmp_path, hostile, vectors)
    fastdup_nb.run_kmeans_on_extracted("", tmp_path, num_clusters=2, d=5)
    frame = fastdup_nb.Fastdup(tmp_path).kmeans()
    assert set(frame["filename"]) == set(hostile)
    assert frame["filename"].tolist() == [hostile[i] for i in frame["index"]]
