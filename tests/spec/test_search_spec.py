"""What the V0.2 API page says about `init_search` and `search`."""

from __future__ import annotations

import inspect
import threading

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb.api import search as api_search
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_frame
from tests.pictures import draw, write_pictures

COLUMNS = ["from", "to", "distance"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    paths = write_pictures(folder / "photos", 12)
    (folder / "photos" / "picture_004.jpg").write_bytes(b"bad")
    assert fastdup_nb.run(folder / "photos", folder / "work") == 0
    return folder / "work", paths


@pytest.fixture
def work_dir(photos, monkeypatch):
    monkeypatch.setattr(api_search, "_current", api_search._Current())
    return photos[0]


@pytest.fixture
def paths(photos):
    return photos[1]


def test_signatures():
    """def init_search(k, work_dir, d=576, model_path=..., verbose=False); def search(img, size,
    verbose=0)"""
    init = inspect.signature(fastdup_nb.init_search).parameters
    published = {"k": inspect.Parameter.empty, "work_dir": inspect.Parameter.empty}
    published |= {"d": 576, "model_path": "", "verbose": False}
    positional = {
        name: p.default for name, p in init.items() if p.kind is not inspect.Parameter.KEYWORD_ONLY
    }
    assert positional == published
    search = inspect.signature(fastdup_nb.search).parameters
    assert list(search) == ["img", "size", "verbose"]
    assert search["verbose"].default == 0


def test_the_example(work_dir, paths, tmp_path, capsys):
    """fastdup.init_search(10, work_dir, verbose=True); df = fastdup.search("myimage.jpg", None,
    verbose=True); fastdup.create_duplicates_gallery(df, ".", input_dir=input_dir)"""
    assert fastdup_nb.init_search(10, work_dir, verbose=True) == 0
    assert "11 images" in capsys.readouterr().out
    for path in (paths[0], paths[7]):
        df = fastdup_nb.search(str(path), None, verbose=True)
        assert path.name in capsys.readouterr().out
        assert list(df.columns) == COLUMNS
        assert df.iloc[0].tolist() == [str(path), str(path), 1.0]
        assert len(df) == 10
        assert df["distance"].is_monotonic_decreasing
    assert fastdup_nb.create_duplicates_gallery(df, tmp_path, input_dir=paths[0].parent) == 0


def test_quiet_by_default(work_dir, paths, capsys):
    """verbose bool - (Optional): True for verbose mode."""
    assert fastdup_nb.init_search(2, work_dir) == 0
    fastdup_nb.search(paths[1])
    assert capsys.readouterr() == ("", "")


def test_k(work_dir, paths):
    """k int - number of nearest neighbors to search for"""
    for k in (1, 3, 11, 50):
        assert fastdup_nb.init_search(k, work_dir) == 0
        assert len(fastdup_nb.search(paths[2])) == min(k, 11)


@pytest.mark.parametrize("k", [0, -2, 1.5, "3", None])
def test_k_that_cannot_be(work_dir, k, capsys):
    """Returns: ret int - 0 in case of success, otherwise 1."""
    assert fastdup_nb.init_search(k, work_dir) == 1
    assert "whole number" in capsys.readouterr().err


def test_d(work_dir, capsys):
    """d int - dimension of the feature vector. Default is 576."""
    assert fastdup_nb.init_search(2, work_dir, d=575) == 1
    assert "d=576" in capsys.readouterr().err
    assert fastdup_nb.init_search(2, work_dir, d=576) == 0


def test_model_path(work_dir, capsys, tmp_path):
    """model_path str - path to the onnx model file. Optional."""
    assert fastdup_nb.init_search(2, work_dir, model_path=tmp_path / "no.onnx") == 1
    assert "no.onnx" in capsys.readouterr().err


def test_work_dir(work_dir, tmp_path, paths, capsys):
    """work_dir str - working directory where fastdup.run was run."""
    assert fastdup_nb.init_search(3, work_dir) == 0
    assert fastdup_nb.init_search(3, tmp_path / "none") == 1
    assert "does not exist" in capsys.readouterr().err
    assert len(fastdup_nb.search(paths[0])) == 3  # the earlier preparation stays


def test_before_init_search(work_dir, paths, capsys):
    """Initialize real time search and precomputed nnf data. This function should be called only
    once before running searches."""
    found = fastdup_nb.search(paths[0])
    assert list(found.columns) == COLUMNS
    assert found.empty
    assert "init_search" in capsys.readouterr().err


def test_pictures_and_size(work_dir, paths, capsys):
    """img str - the image to search for; size int - image size width x height"""
    assert fastdup_nb.init_search(1, work_dir) == 0
    picture = draw(6)
    right = fastdup_nb.search(picture, 240 * 180)
    assert right["to"].tolist() == [str(paths[6])]
    assert fastdup_nb.search(np.asarray(picture), (240, 180)).equals(right)
    assert fastdup_nb.search(picture, 224 * 224).empty
    assert "size=50176" in capsys.readouterr().err


def test_threshold_hides_nothing_by_default(work_dir, paths):
    """Release 2.54 has a threshold; here it is a keyword, and 0 unless given."""
    assert fastdup_nb.init_search(11, work_dir) == 0
    assert len(fastdup_nb.search(paths[0])) == 11
    assert fastdup_nb.init_search(11, work_dir, threshold=0.9999) == 0
    assert fastdup_nb.search(paths[0])["to"].tolist() == [str(paths[0])]
    nothing = fastdup_nb.search(draw(4242))
    assert nothing.empty
    assert list(nothing.columns) == COLUMNS


def test_the_output_file(work_dir, paths):
    """The output file is created on work_dir/similrity.csv as initialized by init_search (here
    search.csv: similarity.csv holds the findings of the run)"""
    before = (work_dir / names.SIMILARITY).read_bytes()
    assert fastdup_nb.init_search(4, work_dir) == 0
    found = fastdup_nb.search(paths[3])
    written = read_frame(work_dir / names.SEARCH)
    assert list(written.columns) == COLUMNS
    assert written["to"].tolist() == found["to"].tolist()
    assert written["distance"].tolist() == pytest.approx(found["distance"].tolist(), abs=1e-6)
    assert (work_dir / names.SIMILARITY).read_bytes() == before


def test_an_output_file_that_cannot_be_written_is_no_reason_to_fail(work_dir, paths, capsys):
    """Returns: the pairs, and one line about the file"""
    (work_dir / names.SEARCH).unlink(missing_ok=True)
    (work_dir / names.SEARCH).mkdir()
    assert fastdup_nb.init_search(4, work_dir) == 0
    assert len(fastdup_nb.search(paths[3])) == 4
    assert "search.csv" in capsys.readouterr().err
    (work_dir / names.SEARCH).rmdir()


def test_an_image_that_cannot_be_read(work_dir, paths, capsys):
    """1 = in case of failure (here: one line, and no rows)"""
    assert fastdup_nb.init_search(4, work_dir) == 0
    for bad in ("no/such/file.jpg", paths[4], 3, b""):
        found = fastdup_nb.search(bad)
        assert found.empty
        assert list(found.columns) == COLUMNS
        lines = capsys.readouterr().err.strip().splitlines()
        assert 1 <= len(lines) <= 2


def test_many_threads(work_dir, paths, capsys):
    """The below code can be executed multiple times, each time with a new searched image"""
    assert fastdup_nb.init_search(2, work_dir) == 0
    wrong = []

    def ask(number):
        path = str(paths[number])
        found = [fastdup_nb.search(path)["to"].iloc[0] for _ in range(5)]
        wrong.extend(name for name in found if name != path)

    threads = [threading.Thread(target=ask, args=(n,)) for n in (0, 1, 2, 3, 5, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert capsys.readouterr().err == ""


def test_progress_is_optional(work_dir, paths):
    """The object gives the same as the functions."""
    assert fastdup_nb.init_search(3, work_dir) == 0
    by_function = fastdup_nb.search(paths[1])
    fd = fastdup_nb.Fastdup(work_dir)
    assert fd.search(paths[1], 3).equals(by_function)
    assert fd.add(paths, progress=SilentProgress()).unchanged == 12
