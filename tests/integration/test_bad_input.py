"""Everything a user can get wrong gives one clear line with a hint, status 1, and loses nothing."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow


def failed_line(capsys) -> str:
    """Return the error line; check that it is one, with a hint, and no traceback."""
    err = capsys.readouterr().err
    lines = [line for line in err.splitlines() if "Error: " in line]
    assert len(lines) == 1, err
    assert err.splitlines()[-1].startswith("Hint: ")
    assert "Traceback" not in err
    return lines[0]


def test_a_missing_folder(tmp_path, capsys):
    assert fastdup_nb.run(tmp_path / "nowhere", tmp_path / "w") == 1
    assert "nowhere" in failed_line(capsys)


def test_an_empty_folder(tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert fastdup_nb.run(tmp_path / "empty", tmp_path / "w") == 1
    assert "empty" in failed_line(capsys)


def test_a_folder_without_an_image(tmp_path, capsys):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a")
    assert fastdup_nb.run(tmp_path / "texts", tmp_path / "w") == 1
    assert ".txt" in failed_line(capsys)


def test_an_empty_list(tmp_path, capsys):
    assert fastdup_nb.run([], tmp_path / "w") == 1
    failed_line(capsys)


def test_all_files_bad_still_lists_the_reasons(tmp_path, capsys):
    (tmp_path / "bad").mkdir()
    for number in range(3):
        (tmp_path / "bad" / f"{number}.jpg").write_bytes(b"")
    assert fastdup_nb.run(tmp_path / "bad", tmp_path / "w") == 1
    assert "None of the 3 files" in failed_line(capsys)
    with (tmp_path / "w" / names.BAD_FILES).open() as stream:
        assert [row["error_code"] for row in csv.DictReader(stream)] == ["ERROR_ZERO_SIZE_FILE"] * 3


def test_a_listed_file_that_is_missing_does_not_stop_the_others(tmp_path):
    pictures = write_pictures(tmp_path / "p", 3)
    gone = tmp_path / "p" / "gone.jpg"
    assert fastdup_nb.run([*pictures, gone], tmp_path / "w") == 0
    bad = fastdup_nb.Fastdup(tmp_path / "w").invalid_instances()
    assert bad[["index", "filename", "error_code"]].to_numpy().tolist() == [
        [3, str(gone), "ERROR_MISSING_FILE"]
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_very_few_images(tmp_path, count):
    write_pictures(tmp_path / "p", count)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", nearest_neighbors_k=5) == 0
    fd = fastdup_nb.Fastdup(tmp_path / "w")
    assert len(fd.img_stats()) == count
    assert list(fd.similarity().columns) == ["from", "to", "distance"]
    assert len(fd.connected_components()) == count
    assert str(fd)


def test_a_d_that_does_not_fit_the_model(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", d=512) == 1
    assert "576" in failed_line(capsys)
    assert not (tmp_path / "w" / names.FEATURES).exists()


def test_a_model_that_is_missing_or_none(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", model_path=tmp_path / "no.onnx") == 1
    failed_line(capsys)
    (tmp_path / "text.onnx").write_text("hello")
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", model_path=tmp_path / "text.onnx") == 1
    failed_line(capsys)


def test_a_d_that_does_not_fit_stored_features(tmp_path, capsys):
    fastdup_nb.save_binary_feature(tmp_path, ["a", "b"], np.eye(2, 20, dtype="f4"))
    assert fastdup_nb.run("", tmp_path, run_mode=2) == 1
    failed_line(capsys)
    assert fastdup_nb.run("", tmp_path, run_mode=2, d=20) == 0


def test_a_feature_file_cut_in_the_middle(collection, finished, tmp_path, capsys):
    for name in (names.FEATURES, names.FEATURE_NAMES):
        (tmp_path / name).write_bytes((finished.work_dir / name).read_bytes())
    (tmp_path / names.FEATURES).write_bytes((tmp_path / names.FEATURES).read_bytes()[:-700])
    assert fastdup_nb.run("", tmp_path, run_mode=2) == 1
    assert names.FEATURES in failed_line(capsys)
    assert not (tmp_path / names.SIMILARITY).exists()


def test_a_foreign_work_dir(tmp_path, capsys):
    (tmp_path / names.FEATURE_NAMES).write_bytes(b"\x00\x01\x02 nonsense")
    (tmp_path / names.FEATURES).write_bytes(b"abc")
    assert fastdup_nb.run("", tmp_path, run_mode=2) == 1
    failed_line(capsys)


def test_run_mode_2_without_features(tmp_path, capsys):
    assert fastdup_nb.run("", tmp_path, run_mode=2) == 1
    assert names.FEATURES in failed_line(capsys)


def test_a_locked_work_dir(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    work_dir = WorkDir.create(tmp_path / "w")
    with work_dir.lock():
        assert fastdup_nb.run(tmp_path / "p", tmp_path / "w") == 1
    assert f"in use by process {os.getpid()}" in failed_line(capsys)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w") == 0


def test_a_work_dir_that_cannot_be_made(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    (tmp_path / "file").touch()
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "file" / "w") == 1
    failed_line(capsys)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a file system without writing")
def test_a_read_only_work_dir(tmp_path, capsys):
    write_pictures(tmp_path / "p", 2)
    assert fastdup_nb.run(tmp_path / "p", "/sys/kernel/fastdup_nb_work") == 1
    failed_line(capsys)


def test_no_space_left_keeps_what_was_done(tmp_path, capsys, monkeypatch):
    import errno

    from fastdup_nb.store import extraction

    pictures = write_pictures(tmp_path / "p", 40)
    write = extraction.encode_rows
    calls = []

    def full_disk(rows):
        calls.append(rows)
        if len(calls) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(rows)

    monkeypatch.setattr(extraction, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    monkeypatch.setattr(extraction, "encode_rows", full_disk)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w") == 1
    assert "No space left" in failed_line(capsys)
    monkeypatch.undo()
    assert extraction.read_checkpoint(tmp_path / "w" / names.PRIVATE).position > 0
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", resume=1) == 0
    assert len(fastdup_nb.Fastdup(tmp_path / "w").img_stats()) == len(pictures)


def test_a_failed_run_leaves_the_results_of_the_earlier_one(tmp_path, capsys):
    write_pictures(tmp_path / "p", 3)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w") == 0
    before = (tmp_path / "w" / names.SIMILARITY).read_bytes()
    assert fastdup_nb.run(tmp_path / "nowhere", tmp_path / "w") == 1
    assert (tmp_path / "w" / names.SIMILARITY).read_bytes() == before
    capsys.readouterr()


def test_the_work_dir_is_not_searched_for_images(tmp_path):
    write_pictures(tmp_path / "p", 3)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "p" / "w") == 0
    draw(99).save(tmp_path / "p" / "w" / "thumbnail.jpg")
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "p" / "w") == 0
    assert len(fastdup_nb.Fastdup(tmp_path / "p" / "w").img_stats()) == 3


def test_results_open_from_another_working_directory(tmp_path, monkeypatch):
    write_pictures(tmp_path / "p", 3)
    monkeypatch.chdir(tmp_path)
    assert fastdup_nb.run("p", "w") == 0
    monkeypatch.chdir("/")
    frame = fastdup_nb.Fastdup(tmp_path / "w").img_stats()
    assert all(Path(name).is_file() for name in frame["filename"])


@pytest.mark.parametrize(
    "values",
    [
        {"nnf_mode": "NoSuchIndex"},
        {"nnf_mode": "HNSW32", "distance": "l1"},
        {"nn_provider": "turi", "turi_param": "nnmodel=lsh", "distance": "canberra"},
        {"nnf_param": "bogus=3"},
    ],
)
def test_a_neighbour_method_that_cannot_be(tmp_path, capsys, values):
    write_pictures(tmp_path / "p", 3)
    assert fastdup_nb.run(tmp_path / "p", tmp_path / "w", **values) == 1
    failed_line(capsys)


def test_what_a_cleaning_put_away_is_not_searched_for_images(tmp_path):
    write_pictures(tmp_path, 3)
    write_pictures(tmp_path / names.TRASH / "batch", 2, first_seed=50)
    assert fastdup_nb.run(tmp_path, tmp_path) == 0
    assert len(fastdup_nb.Fastdup(tmp_path).img_stats()) == 3
