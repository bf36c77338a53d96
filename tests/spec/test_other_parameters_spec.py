"""Parameters of `run` and of the k-means and cleaning functions that the other files leave out."""

from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, save
from PIL import Image

import fastdup_nb
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.extraction import CHECKPOINT
from tests.pictures import write_pictures

EMBEDDINGS, LISTED = "atrain_features.dat", "atrain_features.dat.csv"
FILES = ("kmeans_centroids.csv", "kmeans_assignments.csv")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parameters") / "images"
    write_pictures(folder, 9)
    return str(folder)


@pytest.fixture(scope="module")
def own_model(tmp_path_factory):
    """A model that gives the mean colour: three numbers."""
    node = helper.make_node("ReduceMean", ["images"], ["vector"], axes=[1, 2], keepdims=0)
    pictures = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 8, 8, 3])
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["N", 3])
    graph = helper.make_graph([node], "own", [pictures], [vector])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path_factory.mktemp("model") / "own.onnx"
    save(model, path)
    return str(path)


@pytest.fixture(scope="module")
def colours(tmp_path_factory):
    """Many small images, each of one colour."""
    folder = tmp_path_factory.mktemp("colours")
    values = np.random.default_rng(0).integers(0, 256, (60, 3))
    for number, colour in enumerate(values.tolist()):
        Image.new("RGB", (12, 12), tuple(colour)).save(folder / f"{number:02d}.png")
    return str(folder)


def run(images, folder, **options):
    assert fastdup_nb.run(images, str(folder), **options) == 0
    return folder


def test_input_dir_and_num_threads(images, tmp_path, monkeypatch):
    """'input_dir (str): Location of the images', 'num_threads int - Number of threads.'"""
    from fastdup_nb.engine import extract

    asked = []

    class Pool(extract.ThreadPoolExecutor):
        def __init__(self, max_workers, **options):
            asked.append(max_workers)
            super().__init__(max_workers, **options)

    monkeypatch.setattr(extract, "ThreadPoolExecutor", Pool)
    for threads in (1, 3):
        run(images, tmp_path / str(threads), run_mode=1, num_threads=threads)
        given = {"num_clusters": 2, "num_threads": threads}
        assert fastdup_nb.run_kmeans(images, tmp_path / f"k{threads}", **given) == 0
    assert asked == [1, 1, 3, 3]
    assert len(pd.read_csv(tmp_path / "3" / LISTED)) == 9


def test_compute(images, tmp_path, capsys):
    """'compute str - Compute type [cpu|gpu]'"""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime can run on a GPU")
    assert fastdup_nb.run(images, tmp_path / "w", compute="gpu") == 1
    assert "onnxruntime-gpu" in capsys.readouterr().err
    assert fastdup_nb.run(images, tmp_path / "w", compute="tpu") == 1
    assert "Known: cpu, gpu." in capsys.readouterr().err


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """Stored embeddings of 40 images."""
    folder = tmp_path_factory.mktemp("vectors")
    numbers = np.random.default_rng(0).random((40, 8)).astype(np.float32)
    fastdup_nb.save_binary_feature(folder, [f"/photos/{i:02d}.jpg" for i in range(40)], numbers)
    return folder


def relate(vectors, folder, **options):
    """Run on the stored embeddings and return the folder of the results."""
    given = {"work_dir": str(folder), "d": 8, "run_mode": 2, "threshold": 0.0, **options}
    assert fastdup_nb.run(str(vectors), **given) == 0
    return folder


def test_distance(vectors, tmp_path):
    """'distance str - Distance metric for the Nearest Neighbors algorithm.'"""
    _, numbers = fastdup_nb.load_binary_feature(vectors, d=8)
    unit = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    measures = {
        "cosine": lambda a, b: float(a @ b),
        "l1": lambda a, b: 1 / (1 + float(np.abs(a - b).sum())),
        "linf": lambda a, b: 1 / (1 + float(np.abs(a - b).max())),
    }
    for name, measure in measures.items():
        folder = relate(vectors, tmp_path / name, distance=name, nnf_mode="Flat")
        first = pd.read_csv(folder / "similarity.csv").iloc[0]
        source, target = (unit[int(first[end][-6:-4])] for end in ("from", "to"))
        assert first["distance"] == pytest.approx(measure(source, target), abs=1e-5)


def test_neighbour_methods(vectors, tmp_path):
    """'nnf_mode str - When nn_provider='nnf' selects the nnf model mode.', 'nnf_param str - Selects
    assigns optional parameters.'; nn_provider='annoy' stores an index of its own."""
    import faiss

    flat = relate(vectors, tmp_path / "flat", nn_provider="nnf", nnf_mode="Flat")
    graph = relate(vectors, tmp_path / "graph", nnf_mode="HNSW32")
    wider = relate(vectors, tmp_path / "wider", nnf_mode="HNSW32", nnf_param="efConstruction=77")
    kinds = [faiss.read_index(str(folder / "nnf.index")) for folder in (flat, graph, wider)]
    assert [type(index).__name__ for index in kinds[:2]] == ["IndexFlatIP", "IndexHNSWFlat"]
    usual, asked = (index.hnsw.efConstruction for index in kinds[1:])
    assert usual != asked == 77
    other = relate(vectors, tmp_path / "annoy", nn_provider="annoy")
    assert (other / "annoy.index").is_file()
    assert not (other / "nnf.index").exists()


def test_verbose(images, tmp_path, capfd):
    """'verbose boolean - Verbosity.'"""
    run(images, tmp_path / "a")
    assert capfd.readouterr().out == ""
    run(images, tmp_path / "b", verbose=True)
    assert "9 images" in capfd.readouterr().out


def test_license_is_not_needed_and_not_stored(images, tmp_path):
    """'license (str): Optional'. A key changes nothing and is written nowhere."""
    run(images, tmp_path / "a", run_mode=1)
    run(images, tmp_path / "b", run_mode=1, license="a-secret-key")
    for path in (tmp_path / "b").rglob("*"):
        assert not path.is_file() or b"a-secret-key" not in path.read_bytes(), path
    both = [(tmp_path / name / EMBEDDINGS).read_bytes() for name in "ab"]
    assert both[0] == both[1]


def test_own_model_in_a_run(images, own_model, tmp_path, capsys):
    """'model_path str - Optional location of ONNX model file', 'd int - Length of the feature
    vector. ... When you use your own onnx model, change this parameter'"""
    run(images, tmp_path / "w", run_mode=1, model_path=own_model, d=3)
    _, colours = fastdup_nb.load_binary_feature(tmp_path / "w", d=3)
    assert colours.shape == (9, 3)
    assert 0 < colours.min() < colours.max() <= 255
    assert fastdup_nb.run(images, tmp_path / "v", model_path=own_model) == 1
    assert "d=3" in capsys.readouterr().err


def test_offsets(images, tmp_path):
    """'min_offset ... Optional min offset to start iterating on the full file list.', and
    'max_offset'; half-open."""
    run(images, tmp_path / "w", run_mode=1, min_offset=2, max_offset=5)
    assert pd.read_csv(tmp_path / "w" / LISTED)["index"].tolist() == [2, 3, 4]


def test_batch_size(images, tmp_path, capsys):
    """'batch_size int - Optional batch size when computing inference. Allowed values < 200.' The
    embeddings do not depend on it."""
    for size in (1, 4, 199):
        run(images, tmp_path / str(size), run_mode=1, batch_size=size)
    first, *others = [(tmp_path / str(n) / EMBEDDINGS).read_bytes() for n in (1, 4, 199)]
    assert others == [first, first]
    assert fastdup_nb.run(images, tmp_path / "w", batch_size=200) == 1
    assert "below 200" in capsys.readouterr().err


def test_resume(images, tmp_path, monkeypatch):
    """'resume int - Optional flag to resume from a previous run.' What is done is not repeated."""

    class Counting(SilentProgress):
        interrupt = False
        starts: ClassVar[list[int]] = []

        def start(self, stage, total, unit="images", done=0):
            self.starts.append(done)

        def advance(self, done, bad=0):
            if self.interrupt:
                raise KeyboardInterrupt

    monkeypatch.setattr("fastdup_nb.progress.default_progress", Counting)
    monkeypatch.setattr(Counting, "interrupt", True)
    options = {"run_mode": 1, "batch_size": 4}
    assert fastdup_nb.run(images, tmp_path / "w", **options) == 1
    saved = json.loads((tmp_path / "w" / ".fastdup_nb" / CHECKPOINT).read_bytes())["position"]
    assert 0 < saved < 9
    monkeypatch.setattr(Counting, "interrupt", False)
    run(images, tmp_path / "w", resume=1, **options)
    run(images, tmp_path / "whole", **options)
    assert Counting.starts == [0, saved, 0]
    parts = [(tmp_path / name / EMBEDDINGS).read_bytes() for name in ("w", "whole")]
    assert parts[0] == parts[1]


def test_run_kmeans(colours, own_model, tmp_path, capfd):
    """'model_path str - Model path for the model to be used for feature vector extraction', 'd int
    - Dimension of the feature vector', 'nearest_neighbors_k int - ... how many clusters to assign
    to', 'num_em_iter', 'num_threads', 'verbose', 'license'"""

    def cluster(name, **options):
        given = {"model_path": own_model, "d": 3, "num_clusters": 3, **options}
        capfd.readouterr()
        assert fastdup_nb.run_kmeans(colours, tmp_path / name, **given) == 0
        return [(tmp_path / name / file).read_bytes() for file in FILES]

    usual = cluster("usual")
    assert np.loadtxt(tmp_path / "usual" / FILES[0], delimiter=",").shape == (3, 3)
    assert len(pd.read_csv(tmp_path / "usual" / FILES[1])) == 2 * 60
    cluster("one", nearest_neighbors_k=1)
    assert len(pd.read_csv(tmp_path / "one" / FILES[1])) == 60
    assert cluster("threads", num_threads=1, license="any") == usual
    assert "clusters" not in capfd.readouterr().err
    assert cluster("verbose", verbose=True) == usual
    assert "60 images in 3 clusters" in capfd.readouterr().err
    assert cluster("few", num_em_iter=1, num_clusters=4) != cluster("many", num_clusters=4)


def test_unused_parameters_of_clustering_stored_embeddings(tmp_path):
    """'model_path str', 'license str - License string': the embeddings are there, so neither is
    read; a model that does not exist is no error."""
    vectors = np.random.default_rng(0).random((30, 4)).astype(np.float32)
    fastdup_nb.save_binary_feature(tmp_path, [f"/{i}.jpg" for i in range(30)], vectors)
    given = {"num_clusters": 3, "d": 4}
    assert fastdup_nb.run_kmeans_on_extracted("", tmp_path, **given) == 0
    first = [(tmp_path / name).read_bytes() for name in FILES]
    further = {"model_path": str(tmp_path / "none.onnx"), "license": "any"}
    assert fastdup_nb.run_kmeans_on_extracted("", tmp_path, **given, **further) == 0
    assert [(tmp_path / name).read_bytes() for name in FILES] == first


def test_unused_parameters_of_the_kmeans_classifier():
    """'k int - (unused)', 'threshold float - (unused)'"""
    table = pd.DataFrame({"filename": list("abcd"), "cluster": [0, 0, 1, 1], "distance": 1.0})
    labels = {"a": "x", "b": "x", "c": "y", "d": "y"}
    usual = fastdup_nb.create_kmeans_classifier(table, 1, labels)
    assert usual["prediction"].tolist() == ["x", "x", "y", "y"]
    for k, threshold in ((7, None), (1, 0.99)):
        again = fastdup_nb.create_kmeans_classifier(table, k, labels, threshold=threshold)
        assert again.equals(usual)


@pytest.fixture
def numbers(tmp_path):
    paths = [str(path) for path in write_pictures(tmp_path / "photos", 4)]
    return pd.DataFrame({"filename": paths, "blur": [1.0, 2.0, 3.0, 4.0]})


@pytest.mark.parametrize(
    ("limit", "rows"),
    [
        ({"upper_threshold": 2.5}, [2, 3]),
        ({"lower_threshold": 1.5}, [0]),
        ({"upper_percentile": 0.7}, [3]),
        ({"lower_percentile": 0.5}, [0, 1]),
    ],
)
def test_limits(numbers, tmp_path, limit, rows):
    """'lower_percentile float ... 0.05 means remove 5% of the lowest values', 'upper_percentile
    float', 'lower_threshold float', 'upper_threshold float'"""
    chosen = fastdup_nb.delete_or_retag_stats_outliers(
        numbers, "blur", **limit, work_dir=tmp_path / "w"
    )
    assert chosen == numbers["filename"][rows].tolist()


def test_save_path_of_moved_files(numbers, tmp_path):
    """'save_path str - optional.' and 'how str - either 'delete' or 'move''"""
    moved = fastdup_nb.delete_or_retag_stats_outliers(
        numbers,
        "blur",
        lower_threshold=2,
        how="move",
        save_path=tmp_path / "there",
        dry_run=False,
        work_dir=tmp_path / "w",
    )
    assert moved == numbers["filename"][:1].tolist()
    assert [path.name for path in (tmp_path / "there").rglob("*.jpg")] == ["picture_000.jpg"]


def test_work_dir_of_a_table(numbers, tmp_path):
    """'work_dir str - optional. In case of stats dataframe, point to fastdup work_dir.' There the
    cleaning is noted, and undone."""
    gone = fastdup_nb.delete_or_retag_stats_outliers(
        numbers, "blur", lower_threshold=2, dry_run=False, work_dir=tmp_path / "w", trash="work_dir"
    )
    assert gone == numbers["filename"][:1].tolist()
    assert (tmp_path / "w" / "cleaning.jsonl").is_file()
    assert fastdup_nb.undo(tmp_path / "w") == gone
