import numpy as np
import pytest

from fastdup_nb.errors import CorruptWorkDirError, OptionError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.features import FeatureFile, open_features, read_feature_names, save_features


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(7, 5)).astype("f4")


@pytest.fixture
def folder(tmp_path, vectors):
    save_features(tmp_path, [f"/data/{i}.jpg" for i in range(7)], vectors)
    return tmp_path


def test_features_are_raw_little_endian_float32_without_a_header(folder, vectors):
    raw = np.frombuffer((folder / names.FEATURES).read_bytes(), "<f4")
    assert np.array_equal(raw.reshape(7, 5), vectors)
    assert (folder / names.FEATURE_NAMES).read_text().splitlines()[:2] == [
        "index,filename",
        "0,/data/0.jpg",
    ]


def test_blocks_and_arbitrary_rows_are_the_stored_ones(folder, vectors):
    with FeatureFile(folder / names.FEATURES, 5) as rows:
        assert rows.shape == (7, 5)
        assert np.array_equal(rows.read(2, 6), vectors[2:6])
        assert np.array_equal(rows.read(5, 100), vectors[5:])
        assert rows.read(9, 12).shape == (0, 5)
        assert np.array_equal(rows.take(np.array([6, 0, 0, 3])), vectors[[6, 0, 0, 3]])


@pytest.mark.parametrize("which", ["", names.FEATURES, names.FEATURE_NAMES])
def test_folder_features_or_list_open_the_same(folder, vectors, which):
    index, file_names, rows = open_features(folder / which, 5)
    with rows:
        assert index == list(range(7))
        assert file_names[3] == "/data/3.jpg"
        assert np.array_equal(rows.read(0, 7), vectors)


def test_older_names_are_read(folder, vectors):
    (folder / names.FEATURES).rename(folder / "features.dat")
    (folder / names.FEATURE_NAMES).rename(folder / "features.dat.csv")
    with open_features(folder, 5)[2] as rows:
        assert np.array_equal(rows.read(0, 7), vectors)


def test_a_wrong_d_names_the_right_one(folder):
    with pytest.raises(CorruptWorkDirError) as caught:
        open_features(folder, 4)
    assert "pass d=5" in caught.value.hint


@pytest.mark.parametrize("cut", [1, 4, 20])
def test_a_cut_feature_file_is_refused(folder, cut):
    path = folder / names.FEATURES
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(CorruptWorkDirError):
        open_features(folder, 5)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ResultNotFoundError, match=r"atrain_features\.dat does not exist"):
        open_features(tmp_path, 5)


@pytest.mark.parametrize(
    ("text", "index", "file_names"),
    [
        ("index,filename\n3,a.jpg\n9,b.jpg\n", [3, 9], ["a.jpg", "b.jpg"]),
        (",filename\n0,a.jpg\n", [0], ["a.jpg"]),
        ("filename\na.jpg\nb.jpg\n", [0, 1], ["a.jpg", "b.jpg"]),
        ("a.jpg\nb.jpg\n", [0, 1], ["a.jpg", "b.jpg"]),
        ('index,filename\n0,"a ""b"", c\nd.jpg"\n', [0], ['a "b", c\nd.jpg']),
        ("", [], []),
    ],
)
def test_lists_of_every_generation_are_read(tmp_path, text, index, file_names):
    path = tmp_path / "list.csv"
    path.write_text(text)
    assert read_feature_names(path) == (index, file_names)


@pytest.mark.parametrize(
    ("file_names", "array", "message"),
    [
        (["a"], np.zeros((1, 3)), "float64, not float32"),
        (["a"], np.zeros(3, "f4"), "2-dimensional"),
        (["a", "b"], np.zeros((1, 3), "f4"), "2 file names do not fit 1 rows"),
        (["a"], [[1.0]], "2-dimensional"),
    ],
)
def test_what_cannot_be_stored_is_refused(tmp_path, file_names, array, message):
    with pytest.raises(OptionError, match=message):
        save_features(tmp_path, file_names, array)
    assert not list(tmp_path.iterdir())
