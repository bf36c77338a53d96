"""`high_accuracy`, sentence by sentence of the API page, and everything that has a d."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import fastdup_nb
from fastdup_nb.models import bundled_manifest
from fastdup_nb.options import ACCURATE_DIMENSION, ACCURATE_MODEL
from tests.pictures import write_pictures

EMBEDDINGS = "atrain_features.dat"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("accurate") / "images"
    write_pictures(folder, 6)
    first = min(folder.iterdir())
    with Image.open(first) as picture:
        half = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
    half.save(folder / "half.png")
    return folder


@pytest.fixture(scope="module")
def work(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("work")
    assert fastdup_nb.run(images, folder, high_accuracy=True) == 0
    return folder


def test_the_model_has_its_own_numbers():
    assert bundled_manifest(ACCURATE_MODEL).d == ACCURATE_DIMENSION == 960


def test_storage_grows_by_two_thirds(images, work, tmp_path):
    """'Compute a more accurate model. ... feature vector storage size/ memory is increased about
    60%.'"""
    assert fastdup_nb.run(images, tmp_path, run_mode=1) == 0
    sizes = [(folder / EMBEDDINGS).stat().st_size for folder in (work, tmp_path)]
    assert sizes == [7 * 960 * 4, 7 * 576 * 4]
    config = json.loads((work / "config.json").read_bytes())
    assert (config["d"], config["high_accuracy"]) == (960, True)
    assert config["fastdup_nb"]["model"] == ACCURATE_MODEL


def test_high_accuracy_finds_the_copy(images, work):
    found = pd.read_csv(work / "similarity.csv").iloc[0]
    names = {found["from"], found["to"]}
    assert names == {str(images / "half.png"), str(images / "picture_000.jpg")}


def test_the_stored_numbers_are_read_back_with_d(work, capsys):
    names, vectors = fastdup_nb.load_binary_feature(work, d=960)
    assert vectors.shape == (7, 960)
    again = work / "again"
    fastdup_nb.save_binary_feature(again, names, vectors)
    assert (again / EMBEDDINGS).read_bytes() == (work / EMBEDDINGS).read_bytes()
    with pytest.raises(fastdup_nb.FastdupError, match="pass d=960"):
        fastdup_nb.load_binary_feature(work)


def test_searching(images, work, capsys):
    assert fastdup_nb.init_search(2, work) == 1
    assert "pass d=960" in capsys.readouterr().err
    assert fastdup_nb.init_search(2, work, d=960) == 0
    found = fastdup_nb.search(str(images / "half.png"))
    assert found["to"][0] == str(images / "half.png")
    by_object = fastdup_nb.Fastdup(work).search(images / "half.png", k=2)
    assert by_object["to"].tolist() == found["to"].tolist()


def test_adding_and_resuming(images, work, tmp_path):
    more = tmp_path / "images"
    shutil.copytree(images, more)
    out = tmp_path / "out"
    assert fastdup_nb.run(more, out, high_accuracy=True) == 0
    before = (out / EMBEDDINGS).stat().st_mtime_ns
    assert fastdup_nb.run(more, out, high_accuracy=True, resume=1) == 0
    assert (out / EMBEDDINGS).stat().st_mtime_ns == before, "nothing was to do"
    write_pictures(tmp_path / "new", 2)
    added = fastdup_nb.Fastdup(out).add(tmp_path / "new")
    assert added.new == 2
    _, vectors = fastdup_nb.load_binary_feature(out, d=960)
    assert vectors.shape == (9, 960)
    # Another model starts anew: numbers of two models are never mixed.
    assert fastdup_nb.run(more, out, resume=1) == 0
    assert fastdup_nb.load_binary_feature(out)[1].shape == (7, 576)


def test_neighbours_of_stored_numbers(work, tmp_path, capsys):
    """'run_mode 2: read already extracted features', ours and those of others, with 960 numbers."""
    assert fastdup_nb.run(work, tmp_path / "a", run_mode=2, high_accuracy=True) == 0
    assert fastdup_nb.run(work, tmp_path / "b", run_mode=2, d=960) == 0
    tables = [(folder / "similarity.csv").read_bytes() for folder in (work, *tmp_path.iterdir())]
    assert tables[1:] == [tables[0]] * 2
    foreign = tmp_path / "foreign"
    numbers = np.random.default_rng(3).random((20, 960), np.float32)
    fastdup_nb.save_binary_feature(foreign, [f"{n}.jpg" for n in range(20)], numbers)
    assert fastdup_nb.run(foreign, tmp_path / "c", run_mode=2, high_accuracy=True) == 0
    assert fastdup_nb.run(foreign, tmp_path / "d", run_mode=2) == 1
    assert "pass d=960" in capsys.readouterr().err


def test_run_kmeans(images, tmp_path):
    """'high_accuracy bool - Use higher accuracy model for the feature extraction'"""
    given = {"num_clusters": 2, "high_accuracy": True}
    assert fastdup_nb.run_kmeans(images, tmp_path, **given) == 0
    centroids = pd.read_csv(tmp_path / "kmeans_centroids.csv", header=None)
    assert centroids.shape == (2, 960)
    assert fastdup_nb.run_kmeans_on_extracted("", tmp_path, num_clusters=2, d=960) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"model_path": "copy-576"}, "name two models"),
        ({"d": 512}, "gives 960 numbers per image but d=512"),
    ],
)
def test_what_contradicts_it_is_refused(images, tmp_path, capsys, options, said):
    assert fastdup_nb.run(images, tmp_path / "w", high_accuracy=True, **options) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
