import json
import subprocess
import sys

import numpy as np
import pytest

from fastdup_nb.errors import (
    CorruptWorkDirError,
    ResultNotFoundError,
    WorkDirError,
    WorkDirLockedError,
)
from fastdup_nb.store import names
from fastdup_nb.store.features import save_features
from fastdup_nb.store.journal import JOURNAL, complete_moves, move_into_place
from fastdup_nb.store.workdir import WorkDir


@pytest.fixture
def work_dir(tmp_path):
    save_features(tmp_path / "w", ["/a.jpg", "/b.jpg", "/c.jpg"], np.eye(3, dtype="f4"))
    (tmp_path / "w" / names.FEATURE_NAMES).write_text(
        "index,filename\n0,/a.jpg\n2,/b.jpg\n5,/c.jpg\n"
    )
    return WorkDir.create(tmp_path / "w")


def test_a_second_writer_is_told_who_is_first(work_dir):
    code = (
        "import sys; from fastdup_nb.store.workdir import WorkDir\n"
        "with WorkDir(sys.argv[1]).lock(): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(work_dir.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"locked\n"
        with pytest.raises(WorkDirLockedError, match=f"in use by process {first.pid}"):
            work_dir.lock().__enter__()
        first.stdin.close()
        first.wait(60)
    with work_dir.lock():
        pass


def test_a_killed_writer_leaves_no_lock(work_dir):
    code = (
        "import os, sys; from fastdup_nb.store.workdir import WorkDir\n"
        "with WorkDir(sys.argv[1]).lock(): os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(work_dir.path)], check=False)
    with work_dir.lock():
        pass


@pytest.mark.parametrize("done", [0, 1, 2])
def test_moves_a_kill_broke_off_are_completed_by_the_next_writer(work_dir, done):
    sources = {work_dir.private / f"{i}.new": f"result{i}.csv" for i in range(2)}
    for source in sources:
        source.write_text(source.name)
    (work_dir.path / names.OUTLIERS).write_text("old")
    record = {
        "moves": [[str(s.relative_to(work_dir.path)), name] for s, name in sources.items()],
        "remove": [names.OUTLIERS],
    }
    (work_dir.private / JOURNAL).write_text(json.dumps(record))
    for source, name in list(sources.items())[:done]:
        source.rename(work_dir.path / name)
    with work_dir.lock():
        assert (work_dir.path / "result1.csv").read_text() == "1.new"
        assert not (work_dir.path / names.OUTLIERS).exists()
        assert not (work_dir.private / JOURNAL).exists()


def test_what_is_published_again_is_not_removed(work_dir):
    new = work_dir.private / "new"
    new.write_text("new")
    (work_dir.path / names.SIMILARITY).write_text("old")
    (work_dir.path / names.OUTLIERS).write_text("old")
    move_into_place(
        work_dir.path,
        work_dir.private,
        {new: names.SIMILARITY},
        [names.SIMILARITY, names.OUTLIERS],
    )
    assert (work_dir.path / names.SIMILARITY).read_text() == "new"
    assert not (work_dir.path / names.OUTLIERS).exists()
    complete_moves(work_dir.path, work_dir.private)


def test_numbers_in_pairs_become_names(work_dir):
    (work_dir.path / names.SIMILARITY).write_text("from,to,distance\n0,5,0.9\n")
    frame = work_dir.read_pairs()
    assert frame.to_dict("records") == [{"from": "/a.jpg", "to": "/c.jpg", "distance": 0.9}]


def test_a_number_without_a_name_is_refused(work_dir):
    (work_dir.path / names.SIMILARITY).write_text("from,to,distance\n0,1,0.9\n")
    with pytest.raises(CorruptWorkDirError, match="does not name"):
        work_dir.read_pairs()


def test_pairs_without_their_columns_are_refused(work_dir):
    (work_dir.path / names.SIMILARITY).write_text("a,b\n0,1\n")
    with pytest.raises(CorruptWorkDirError, match="no column distance, from, to"):
        work_dir.read_pairs()


@pytest.mark.parametrize(
    "text",
    [
        "__id,component_id,count,mean_distance,min_distance,max_distance\n5,1,2,0,0,0\n",
        "__id,component_id,pagerank,delta\n5,1,0.15,0\n",
    ],
)
def test_components_of_both_generations_get_file_names(work_dir, text):
    (work_dir.path / names.COMPONENTS).write_text(text)
    assert work_dir.read_components()["filename"].tolist() == ["/c.jpg"]


def test_d_is_taken_from_the_file_when_not_given(work_dir):
    with work_dir.open_features() as rows:
        assert rows.shape == (3, 3)


def test_an_empty_folder_is_no_result(tmp_path):
    with pytest.raises(ResultNotFoundError) as caught:
        WorkDir.open(tmp_path)
    assert caught.value.hint


def test_a_missing_folder_is_no_result(tmp_path):
    with pytest.raises(ResultNotFoundError, match="does not exist"):
        WorkDir.open(tmp_path / "nowhere")


def test_one_of_its_files_opens_the_folder(work_dir):
    opened = WorkDir.open(work_dir.path / names.FEATURE_NAMES)
    assert opened.path == work_dir.path


def test_a_work_dir_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WorkDirError) as caught:
        WorkDir.create(tmp_path / "file" / "w")
    assert "\n" not in str(caught.value)


def test_a_foreign_config_is_refused(work_dir):
    (work_dir.path / names.CONFIG).write_text("not json")
    with pytest.raises(CorruptWorkDirError):
        work_dir.read_config()
