import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from fastdup_nb.errors import MissingDependencyError, OptionError
from fastdup_nb.export.fiftyone import make_dataset


class Sample(dict):
    def __init__(self, filepath):
        super().__init__()
        self.filepath = filepath


class Dataset:
    def __init__(self, name=None):
        self.name, self.samples = name, []

    def add_samples(self, samples):
        self.samples.extend(samples)


@pytest.fixture
def fiftyone(monkeypatch):
    """As much of FiftyOne as is used."""
    double = SimpleNamespace(
        Sample=Sample,
        Dataset=Dataset,
        Classification=lambda label: ("classification", label),
        dataset_exists=lambda name: name == "mine",
    )
    monkeypatch.setitem(sys.modules, "fiftyone", double)


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "filename": ["/a.jpg", "/b.jpg"],
            "label": ["cat", ""],
            "similarity": [0.5, float("nan")],
            "component_id": pd.array([3, None], "Int64"),
        }
    )


def test_images_become_samples_with_fields(fiftyone, table):
    dataset = make_dataset(table, "new")
    assert dataset.name == "new"
    first, second = dataset.samples
    assert (first.filepath, second.filepath) == ("/a.jpg", "/b.jpg")
    assert first == {
        "ground_truth": ("classification", "cat"),
        "similarity": 0.5,
        "component_id": 3,
    }
    assert type(first["component_id"]) is int
    assert second == {}


def test_a_dataset_that_exists_is_left_alone(fiftyone, table):
    with pytest.raises(OptionError, match="has a dataset 'mine' already"):
        make_dataset(table, "mine")


def test_without_fiftyone_the_error_says_what_to_install(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(MissingDependencyError, match="pip install fiftyone"):
        make_dataset(table)
