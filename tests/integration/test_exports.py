"""Results of a whole run, written for other tools."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest

from fastdup_nb import OptionError


def folder_of(path):
    return Path(path).parent.name


def test_every_row_of_the_table_is_right(finished, collection, tmp_path):
    path = finished.export("csv", tmp_path / "images.csv", get_label=folder_of)
    table = pd.read_csv(path, keep_default_na=False)
    assert len(table) == collection.good_count
    copy = table[table["filename"] == str(collection.copies[0][1])].iloc[0]
    assert (copy["label"], float(copy["similarity"])) == ("copies", 1.0)
    assert copy["component_images"] >= 4
    assert (copy["width"], copy["height"]) == (240, 180)
    statistics = finished.img_stats().set_index("filename")
    # Names on one line, as a table for people has them, stand for themselves in the others.
    plain = table[table["filename"].isin(statistics.index)]
    assert len(plain) == collection.good_count - 1
    assert np.allclose(plain["blur"], statistics.loc[plain["filename"], "blur"])


def test_the_projector_shows_the_run(finished, collection, tmp_path):
    folder = finished.export("projector", tmp_path / "logs", get_label=folder_of)
    names, vectors = finished.embeddings()
    written = np.fromfile(folder / "tensors.bytes", "<f4").reshape(vectors.shape)
    assert np.array_equal(written, vectors)
    _, *rows = (folder / "metadata.tsv").read_text("utf-8").splitlines()
    assert [row.split("\t")[0] for row in rows] == [folder_of(name) for name in names]


def test_labelling_tasks_hold_every_image(finished, collection, tmp_path):
    archive = finished.export("cvat", tmp_path / "cvat", get_label=folder_of)
    with ZipFile(archive) as opened:
        (job,) = json.loads(opened.read("annotations.json"))
        assert json.loads(opened.read("task.json"))["data"]["stop_frame"] == len(job["shapes"]) - 1
    assert len(job["shapes"]) == collection.good_count
    folder = finished.export("labelimg", tmp_path / "labelimg", get_label=folder_of)
    assert len(list(folder.iterdir())) == collection.good_count + 1


def test_coco_holds_every_image(finished, collection, tmp_path):
    path = finished.export("coco", tmp_path / "coco.json", get_label=folder_of)
    document = json.loads(path.read_bytes())
    assert len(document["images"]) == len(document["annotations"]) == collection.good_count
    assert {entry["name"] for entry in document["categories"]} == {
        *("plain", "copies", "near", "odd names"),
    }


def test_fiftyone_gets_every_image(finished, collection, monkeypatch):
    samples = []
    dataset = SimpleNamespace(add_samples=samples.extend)
    double = SimpleNamespace(
        Sample=lambda filepath: {"filepath": filepath},
        Dataset=lambda: dataset,
        Classification=lambda label: label,
    )
    monkeypatch.setitem(sys.modules, "fiftyone", double)
    assert finished.to_fiftyone(get_label=folder_of) is dataset
    assert len(samples) == collection.good_count
    assert {sample["ground_truth"] for sample in samples} >= {"plain", "near"}


def test_an_unknown_kind_is_an_error_with_the_known_ones(finished, tmp_path):
    with pytest.raises(OptionError, match="Known: csv, parquet, coco, projector, cvat, labelimg"):
        finished.export("xlsx", tmp_path)
