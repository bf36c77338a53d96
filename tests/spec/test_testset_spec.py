"""`test_dir` and the run modes 3 and 4 of the V0.2 API page, sentence by sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fastdup_nb
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow

TEST_GOOD = 8


class Split:
    """A train and a test folder with bad files on both sides, copies and a near-duplicate."""

    def __init__(self, root: Path) -> None:
        self.train, self.test = root / "train", root / "test"
        train = write_pictures(self.train, 14)
        test = write_pictures(self.test, 7, first_seed=100)
        shutil.copy(train[3], self.test / "a_copy.jpg")
        shutil.copy(train[3], self.train / "zz_twin.jpg")
        draw(7).save(self.test / "b_near.jpg", quality=40)
        # Bad files first, in between and last: numbers and rows differ on both sides.
        for path in (train[0], train[9], test[0], self.train / "zzz.jpg", self.test / "zz.jpg"):
            path.write_bytes(b"no picture")
        self.copy, self.near = str(self.test / "a_copy.jpg"), str(self.test / "b_near.jpg")
        self.copied = {str(train[3]), str(self.train / "zz_twin.jpg")}
        self.source_of_near = str(train[7])


@pytest.fixture(scope="module")
def split(tmp_path_factory) -> Split:
    return Split(tmp_path_factory.mktemp("split"))


@pytest.fixture(scope="module")
def compared(split, tmp_path_factory) -> Path:
    """The work_dir of a run with test_dir in mode 0."""
    work_dir = tmp_path_factory.mktemp("compared") / "w"
    assert run(split.train, work_dir, test_dir=split.test) == 0
    return work_dir


@pytest.fixture
def trained(split, tmp_path) -> Path:
    assert run(split.train, tmp_path / "trained") == 0
    return tmp_path / "trained"


def run(images, work_dir, **options) -> int:
    return fastdup_nb.run(images, work_dir, threshold=0.5, **options)


def pairs(work_dir) -> pd.DataFrame:
    return pd.read_csv(Path(work_dir) / "similarity.csv")


def check_pairs(split: Split, table: pd.DataFrame) -> None:
    """Every name is right: the copy goes to its copies, the near-duplicate to its source."""
    best = table.drop_duplicates("from").set_index("from")
    assert set(table[table["from"] == split.copy]["to"][:2]) == split.copied
    assert best.loc[split.copy, "distance"] == 1.0
    assert best.loc[split.near, "to"] == split.source_of_near
    assert 0.96 < best.loc[split.near, "distance"] < 1
    others = table[~table["from"].isin([split.copy, split.near])]
    assert (others["distance"] < 0.96).all()


def same_pairs(one: Path, other: Path) -> bool:
    return all(
        (one / name).read_bytes() == (other / name).read_bytes()
        for name in ("similarity.csv", "outliers.csv")
    )


def test_test_dir(split, compared, tmp_path):
    """'When given similarity of train and test images is compared (vs. train/train or test/test
    which are not performed).'"""
    assert run(split.train, tmp_path / "alone") == 0
    table = pairs(compared)
    assert set(table["from"].map(lambda name: Path(name).parent)) == {split.test}
    assert set(table["to"].map(lambda name: Path(name).parent)) == {split.train}
    assert not set(pairs(tmp_path / "alone")["from"]) & set(table["from"])
    check_pairs(split, table)
    outliers = pd.read_csv(compared / "outliers.csv")
    assert set(outliers["from"].map(lambda name: Path(name).parent)) == {split.test}


def test_train_and_test_files_are_kept_apart(split, compared):
    for prefix, folder, good, bad in (
        ("atrain", split.train, 13, 3),
        ("atest", split.test, TEST_GOOD, 2),
    ):
        listed = pd.read_csv(compared / f"{prefix}_features.dat.csv")
        assert len(listed) == len(pd.read_csv(compared / f"{prefix}_stats.csv")) == good
        assert len(pd.read_csv(compared / f"{prefix}_features.bad.csv")) == bad
        assert (compared / f"{prefix}_features.dat").stat().st_size == good * 576 * 4
        names = sorted(str(path) for path in folder.iterdir())
        assert [names[number] for number in listed["index"]] == listed["filename"].tolist()
    names, vectors = fastdup_nb.load_binary_feature(compared / "atest_features.dat")
    assert vectors.shape == (TEST_GOOD, 576)
    assert names[0] == split.copy


def test_components_of_train_and_test(split, compared):
    """Components number the train images first, then the test images."""
    table = pd.read_csv(compared / "connected_components.csv")
    assert len(table) == 13 + TEST_GOOD
    assert table["__id"].is_monotonic_increasing
    named = fastdup_nb.Fastdup(compared).connected_components()
    groups = named[named["count"] > 1].groupby("component_id")["filename"].agg(set).tolist()
    assert sorted(map(len, groups)) == [2, 3]
    assert {split.copy} | split.copied in groups
    assert {split.near, split.source_of_near} in groups
    assert fastdup_nb.create_components_gallery(compared, compared / "page.html") == 0
    page = (compared / "page.html").read_text("utf-8")
    assert "a_copy.jpg" in page


@pytest.mark.parametrize("form", ["text file", "list", "path", "inner"])
def test_forms_of_test_dir(split, compared, tmp_path, form):
    """'test_dir can be a local folder path', 'A python list with absolute filenames', 'A file
    containing absolute filenames each on its own row.'"""
    names = sorted(str(path) for path in split.test.iterdir())
    given: object = {"list": names, "path": str(split.test)}.get(form)
    train: Path = split.train
    if form == "text file":
        given = tmp_path / "test.txt"
        given.write_text("\n".join(names) + "\n")
    if form == "inner":  # below input_dir: no train images
        train, given = split.train.parent, split.test
    assert run(train, tmp_path / "w", test_dir=given) == 0
    assert same_pairs(tmp_path / "w", compared)


def test_mode_3(split, compared, trained):
    """'3 Reads the NN model stored by nnf.index from the work_dir and computes all pairs similarity
    on all images given by the test_dir parameter. input_dir should point to the location of the
    train data.'"""
    before = (trained / "connected_components.csv").read_bytes()
    features = (trained / "atrain_features.dat").read_bytes()
    assert run(split.train, trained, test_dir=split.test, run_mode=3) == 0
    assert same_pairs(trained, compared)
    assert (trained / "connected_components.csv").read_bytes() == before
    assert (trained / "atrain_features.dat").read_bytes() == features
    # Another test set: nothing of the first one stays.
    one = [split.copy]
    assert run(split.train, trained, test_dir=one, run_mode=3) == 0
    assert set(pairs(trained)["from"]) == set(one)


def test_mode_3_takes_the_range_of_the_test_images(split, trained):
    assert run(split.train, trained, test_dir=split.test, run_mode=3, num_images=1) == 0
    assert set(pairs(trained)["from"]) == {split.copy}
    assert (
        run(split.train, trained, test_dir=split.test, run_mode=3, min_offset=1, max_offset=2) == 0
    )
    assert set(pairs(trained)["from"]) == {split.near}


def test_mode_4_with_test_dir(split, compared, trained, tmp_path):
    """'4 reads the NN model stored by nnf.index from the work_dir and computes all pairs similarity
    on pre extracted feature vectors computer by run_mode=1.'"""
    assert run(split.test, tmp_path / "t", run_mode=1) == 0
    for given in (tmp_path / "t", str(tmp_path / "t" / "atrain_features.dat.csv")):
        assert run(split.train, trained, test_dir=given, run_mode=4) == 0
        assert same_pairs(trained, compared)


def test_mode_4_as_documented(split, compared, trained, tmp_path):
    """The example of the running guide: the work_dir holds the test embeddings and a copy of
    nnf.index, input_dir is the list of the train embeddings."""
    test_dir = tmp_path / "t"
    assert run(split.test, test_dir, run_mode=1) == 0
    shutil.copy(trained / "nnf.index", test_dir)
    given = str(trained / "atrain_features.dat.csv")
    assert run(given, test_dir, run_mode=4) == 0
    assert same_pairs(test_dir, compared)
    assert fastdup_nb.create_duplicates_gallery(test_dir / "similarity.csv", test_dir) == 0
    assert "a_copy.jpg" in (test_dir / "duplicates.html").read_text("utf-8")


def test_own_features_of_the_guide(tmp_path):
    """'Now search for test images using your precomputed features'"""
    rng = np.random.default_rng(5)
    train = rng.random((30, 20), dtype=np.float32)
    test = train[[4, 17]] + np.float32(0.001)
    work_dir, test_dir = tmp_path / "train", tmp_path / "test"
    names = [f"/photos/{row}.jpg" for row in range(30)]
    assert fastdup_nb.save_binary_feature(work_dir, names, train) == 0
    assert run(work_dir / "atrain_features.dat.csv", work_dir, d=20, run_mode=2) == 0
    assert fastdup_nb.save_binary_feature(test_dir, ["/d.jpg", "/e.jpg"], test) == 0
    shutil.copy(work_dir / "nnf.index", test_dir)
    assert run(work_dir / "atrain_features.dat.csv", test_dir, d=20, run_mode=4) == 0
    best = pairs(test_dir).drop_duplicates("from").set_index("from")["to"].to_dict()
    assert best == {"/d.jpg": "/photos/4.jpg", "/e.jpg": "/photos/17.jpg"}


def test_numbers_instead_of_names(split, compared, tmp_path):
    """`store_int`: test images follow all train images, the bad ones too."""
    assert run(split.train, tmp_path / "w", test_dir=split.test, turi_param="store_int=1") == 0
    stored = pairs(tmp_path / "w")
    assert stored["from"].min() >= 16 > stored["to"].max()
    named = fastdup_nb.Fastdup(tmp_path / "w").similarity()
    assert named[["from", "to"]].equals(pairs(compared)[["from", "to"]].astype(object))


def test_two_stages(split, compared, tmp_path):
    assert run(split.train, tmp_path / "w", test_dir=split.test, run_mode=1) == 0
    made = (tmp_path / "w" / "atest_features.dat").stat().st_mtime_ns
    assert run("", tmp_path / "w", test_dir=split.test, run_mode=2) == 0
    assert (tmp_path / "w" / "atest_features.dat").stat().st_mtime_ns == made
    assert same_pairs(tmp_path / "w", compared)
    # Without test_dir it is about the train images alone.
    assert run("", tmp_path / "w", run_mode=2) == 0
    assert set(pairs(tmp_path / "w")["from"].map(lambda name: Path(name).parent)) == {split.train}


@pytest.mark.parametrize("threads", [1, 4])
def test_the_result_does_not_depend_on_threads(split, compared, tmp_path, threads):
    assert run(split.train, tmp_path / "w", test_dir=split.test, num_threads=threads) == 0
    assert same_pairs(tmp_path / "w", compared)


@pytest.mark.parametrize("options", [{"nnf_mode": "HNSW32"}, {"nn_provider": "annoy"}])
def test_other_indexes_find_the_copies_too(split, tmp_path, options):
    if "nn_provider" in options:
        pytest.importorskip("annoy")
    assert run(split.train, tmp_path / "w", test_dir=split.test, **options) == 0
    check_pairs(split, pairs(tmp_path / "w"))


def test_what_cannot_be_compared_says_why(split, trained, tmp_path, capsys):
    def error(images, work_dir, **options) -> str:
        assert run(images, work_dir, **options) == 1
        first, hint = capsys.readouterr().err.splitlines()
        assert hint.startswith("Hint: ")
        return first

    assert "there is no test_dir" in error(split.train, trained, run_mode=3)
    assert "holds no embeddings" in error(split.train, trained, run_mode=4)
    assert "holds no stored embeddings" in error(
        split.train, trained, test_dir=split.test, run_mode=4
    )
    assert "same embeddings" in error(trained, trained, run_mode=4)
    assert "need no test_dir" in error(split.train, trained, test_dir=split.test, run_mode=5)
    assert "nowhere" in error(split.train, trained, test_dir=tmp_path / "nowhere", run_mode=3)
    (tmp_path / "empty").mkdir()
    assert "test_dir" in error(split.train, trained, test_dir="", run_mode=3)
    assert "is empty" in error(split.train, trained, test_dir=tmp_path / "empty", run_mode=3)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "x.jpg").write_bytes(b"x")
    assert "None of the 1 test files" in error(
        split.train, trained, test_dir=tmp_path / "bad", run_mode=3
    )
    vectors = np.ones((2, 33), np.float32)
    fastdup_nb.save_binary_feature(tmp_path / "other", ["a.jpg", "b.jpg"], vectors)
    assert "need" in error(split.train, trained, test_dir=tmp_path / "other", run_mode=4)
    # What was there before still is.
    assert set(pairs(trained)["from"].map(lambda name: Path(name).parent)) == {split.train}
