"""A small collection with copies, and a run's results written by hand."""

import shutil

import pandas as pd
import pytest

from fastdup_nb.clean.groups import Group
from fastdup_nb.clean.results import RunFacts
from tests.pictures import draw


@pytest.fixture
def photos(tmp_path):
    """Picture 0 as large, copy (identical), small and blurred; picture 1 alone."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    draw(0, (240, 180)).save(folder / "a.jpg", quality=80)
    shutil.copy(folder / "a.jpg", folder / "sub" / "a.jpg")
    draw(0, (320, 240)).save(folder / "large.jpg", quality=80)
    draw(0, (120, 90)).save(folder / "small.jpg", quality=80)
    draw(1).save(folder / "other.jpg")
    return folder


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def facts(work):
    return RunFacts(work)


@pytest.fixture
def cluster(photos):
    names = ("a.jpg", "sub/a.jpg", "large.jpg", "small.jpg")
    return Group("7", tuple(str(photos / name) for name in names), 0.97)


@pytest.fixture
def table(cluster, work):
    """As find_top_components returns it."""
    frame = pd.DataFrame(
        {"component_id": [7], "files": [list(cluster.files)], "distance": [0.97], "len": [4]}
    )
    frame.attrs["work_dir"] = str(work)
    return frame


def contents(folder):
    """Return relative name -> bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
