"""Train and test: `Fastdup.compare`, the command, the summary, and adding images afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import fastdup_nb.engine.extract as engine_extract
from fastdup_nb import Fastdup, ModelError, OptionError, RunInterruptedError, cli
from fastdup_nb.progress import SilentProgress
from tests.integration.test_repeatability import contents
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow


class Split:
    """Train images, and test images of which three are in train."""

    def __init__(self, root: Path) -> None:
        self.train, self.test = root / "train", root / "test"
        self.paths = write_pictures(self.train, 12)
        write_pictures(self.test, 5, first_seed=50)
        shutil.copy(self.paths[2], self.test / "copy <b>.jpg")
        shutil.copy(self.paths[5], self.test / "copy_again.jpg")
        draw(7).save(self.test / "near.jpg", quality=40)
        (self.test / "bad.jpg").write_bytes(b"x")
        leaked = ("copy <b>.jpg", "copy_again.jpg", "near.jpg")
        self.leaked = {str(self.test / name) for name in leaked}


@pytest.fixture
def split(tmp_path) -> Split:
    return Split(tmp_path)


def run(images, work_dir, **options) -> Fastdup:
    return Fastdup.run(images, work_dir, progress=SilentProgress(), **options)


def compare(fd: Fastdup, other, **options):
    return fd.compare(other, progress=SilentProgress(), **options)


def test_compare_says_what_is_in_train(split, tmp_path):
    fd = run(split.train, tmp_path / "w")
    before = contents(fd.work_dir)
    found = compare(fd, split.test)
    assert str(found.leakage) == (
        "3 of 8 test images are in train: 2 exact copies, 1 near-duplicate "
        "(similarity 0.96 or more)."
    )
    assert repr(found).startswith(str(found.leakage))
    assert "1 test file could not be used." in repr(found)
    assert set(found.leaked()) == split.leaked
    assert list(found.frame.columns) == ["from", "to", "distance", "kind"]
    assert found.frame["kind"].tolist().count("exact") == 2
    assert set(found.frame["from"]) == split.leaked
    page = found.gallery(tmp_path / "out")
    assert page.name == "comparison.html"
    text = page.read_text("utf-8")
    assert "3 of 8 test images are in train" in text
    assert "copy <b>.jpg" not in text
    assert "3 of 8 test images" in found._repr_html_()
    assert contents(fd.work_dir) == before


def test_compare_takes_another_run_and_keeps_what_it_has_embedded(split, tmp_path, monkeypatch):
    fd, other = run(split.train, tmp_path / "w"), run(split.test, tmp_path / "t", run_mode=1)
    first = compare(fd, split.test)

    def fail(*_args: object) -> None:
        raise AssertionError("embedded again")

    monkeypatch.setattr("fastdup_nb.engine.extract.ChunkReader._open_image", fail)
    for same in (other, str(tmp_path / "t"), split.test):
        assert compare(fd, same).frame.equals(first.frame)


def test_nothing_in_train(split, tmp_path):
    fd = run(split.train, tmp_path / "w")
    write_pictures(tmp_path / "new", 3, first_seed=300)
    found = compare(fd, tmp_path / "new")
    assert str(found.leakage) == "0 of 3 test images are in train (12 images)."
    assert found.leaked() == []
    assert len(found) == 0
    assert "0 of 3" in found._repr_html_()
    assert len(compare(fd, tmp_path / "new", threshold=0)) == 6


def test_what_cannot_be_compared(split, tmp_path):
    fd = run(split.train, tmp_path / "w")
    with pytest.raises(OptionError, match="with itself"):
        compare(fd, fd)
    with pytest.raises(OptionError, match="threshold"):
        compare(fd, split.test, threshold=2)
    other = run(split.test, tmp_path / "t", model_path="computed-576", run_mode=1)
    with pytest.raises(ModelError, match="computed-576"):
        compare(fd, other)


def test_the_summary_of_a_run_with_test_images(split, tmp_path):
    fd = run(split.train, tmp_path / "w", test_dir=split.test)
    summary = fd.summary()
    assert "3 of 8 test images are in train" in str(summary)
    assert "near-duplicates" not in str(summary)
    assert sum(share.percent for share in summary.summary.shares) == pytest.approx(100)
    frame = summary.to_frame().set_index("finding")
    assert frame.loc["test images in train", "images"] == 3
    assert fd.test_img_stats()["filename"].tolist() == sorted(
        str(path) for path in split.test.iterdir() if path.name != "bad.jpg"
    )
    assert fd.test_invalid_instances()["filename"].tolist() == [str(split.test / "bad.jpg")]


@pytest.mark.parametrize("mode", [0, 3])
def test_adding_train_images_compares_again(split, tmp_path, mode):
    fd = run(split.paths[:4], tmp_path / "w", **({} if mode else {"test_dir": split.test}))
    if mode:
        fd = run(split.train, tmp_path / "w", test_dir=split.test, run_mode=3)
    assert fd.summary().summary.leakage.in_train == 1
    added = fd.add(split.train, progress=SilentProgress())
    assert added.new == 8
    assert fd.summary().summary.leakage.in_train == 3
    whole = run(split.paths, tmp_path / "whole", test_dir=split.test)
    for name in ("similarity.csv", "outliers.csv", "connected_components.csv"):
        assert (fd.work_dir / name).read_bytes() == (whole.work_dir / name).read_bytes()


def test_the_command(split, tmp_path, monkeypatch, capsys):
    run(split.train, tmp_path / "w")
    monkeypatch.chdir(tmp_path)
    words = ["compare", "test", "--work-dir", "w"]
    assert cli.main([*words, "--gallery", "page.html", "--save-path", "pairs.csv"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("3 of 8 test images are in train")
    assert set(pd.read_csv("pairs.csv")["from"]) == split.leaked
    assert Path("page.html").is_file()
    assert cli.main([*words, "--level", "1"]) == 0
    assert capsys.readouterr().out.startswith("2 of 8 test images are in train")
    assert cli.main(["compare", "--work-dir", "w"]) == 2
    assert "nothing to compare" in capsys.readouterr().err
    assert cli.main(["compare", "nowhere", "--work-dir", "w"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_the_explorer_shows_both_sides(split, tmp_path):
    fd = run(split.train, tmp_path / "w", test_dir=split.test, threshold=0.5)
    explorer = fd.explore()
    table = explorer.matching
    assert set(table["filename"]) & split.leaked == split.leaked
    assert table["filename"].tolist()[0] in split.leaked
    explorer.show("statistics")
    images = explorer.matching
    assert len(images) == 12 + 8
    widths = images.set_index("filename")["width"]
    assert (widths[sorted(split.leaked)] == 240).all()


def test_an_interrupted_test_extraction_goes_on(split, tmp_path, monkeypatch):
    whole = run(split.train, tmp_path / "whole", test_dir=split.test)
    real = engine_extract.ChunkReader._open_image
    stop = str(split.test / "near.jpg")

    def interrupt(self, index, path, data):
        if path == stop:
            raise KeyboardInterrupt
        return real(self, index, path, data)

    monkeypatch.setattr(engine_extract.ChunkReader, "_open_image", interrupt)
    options = {"test_dir": split.test, "num_threads": 1, "batch_size": 2}
    with pytest.raises(RunInterruptedError):
        run(split.train, tmp_path / "w", **options)
    monkeypatch.undo()
    made = (tmp_path / "w" / "atrain_features.dat").stat().st_mtime_ns
    fd = run(split.train, tmp_path / "w", resume=1, **options)
    assert (fd.work_dir / "atrain_features.dat").stat().st_mtime_ns == made
    for name in ("atest_features.dat.csv", "atest_stats.csv", "atest_features.bad.csv"):
        assert (fd.work_dir / name).read_bytes() == (whole.work_dir / name).read_bytes()
    assert fd.similarity()[["from", "to"]].equals(whole.similarity()[["from", "to"]])
    # Once more: there is nothing to do.
    made = (fd.work_dir / "atest_features.dat").stat().st_mtime_ns
    run(split.train, tmp_path / "w", resume=1, **options)
    assert (fd.work_dir / "atest_features.dat").stat().st_mtime_ns == made
