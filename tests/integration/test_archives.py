"""Runs on archives: stopped and resumed, on any number of threads, added to, merged."""

from __future__ import annotations

import filecmp
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import fastdup_nb
from fastdup_nb.errors import InputError, OptionError, ResultNotFoundError, WorkDirError
from fastdup_nb.options import RunOptions
from fastdup_nb.progress import SilentProgress
from fastdup_nb.session import run_options
from fastdup_nb.store import names
from fastdup_nb.store.extraction import CHECKPOINT
from tests.archives import jpeg, write_archive
from tests.pictures import write_pictures

pytestmark = pytest.mark.slow

FILES = (
    names.FEATURES,
    names.FEATURE_NAMES,
    names.BAD_FILES,
    names.STATISTICS,
    names.LABELS,
    names.SIMILARITY,
    names.OUTLIERS,
    names.COMPONENTS,
    f"{names.PRIVATE}/digests.dat",
)


def sample(number):
    """Return an image and its label; every ninth image is damaged."""
    data = jpeg(number, (100, 80)) if number % 9 else b"damaged"
    return [(f"s/{number:05d}.jpg", data), (f"s/{number:05d}.cls", b"%d" % (number % 3))]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Archives of every kind among single images, one of them cut."""
    folder = tmp_path_factory.mktemp("archives") / "in"
    write_pictures(folder / "b", 5, first_seed=300)
    write_pictures(folder / "f", 11, first_seed=400)
    for place, (name, count) in enumerate(
        {"a.tar": 19, "c/c.tar.gz": 21, "d.zip": 16, "e.tgz": 9, "g.tar": 1}.items()
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        contents = [item for i in range(count) for item in sample(100 * place + i)]
        write_archive(folder / name, contents)
    whole = (folder / "e.tgz").read_bytes()
    (folder / "e.tgz").write_bytes(whole[: len(whole) * 2 // 3])
    return folder


@pytest.fixture(scope="module")
def whole(mixed, tmp_path_factory):
    return run(mixed, tmp_path_factory.mktemp("whole") / "w")


def run(given, folder, progress=None, **options):
    settings = RunOptions(input_dir=given, work_dir=folder, threshold=0.5, **options)
    run_options(settings, progress or SilentProgress())
    return folder


def differing(one, other, files=FILES):
    return [name for name in files if not filecmp.cmp(one / name, other / name, shallow=False)]


def test_all_rows_line_up(mixed, whole):
    listed = pd.read_csv(whole / names.FEATURE_NAMES)
    bad = pd.read_csv(whole / names.BAD_FILES)
    order = pd.concat([listed, bad])[["index", "filename"]].sort_values("index")
    assert order["index"].tolist() == list(range(len(order)))
    files = [name.removeprefix(f"{mixed}/").split("/")[0] for name in order["filename"]]
    assert files == sorted(files)
    assert list(dict.fromkeys(files)) == ["a.tar", "b", "c", "d.zip", "e.tgz", "f", "g.tar"]
    table = pd.read_csv(whole / names.STATISTICS)
    assert table["filename"].tolist() == listed["filename"].tolist()
    labels = pd.read_csv(whole / names.LABELS, keep_default_na=False)
    assert labels["filename"].tolist() == listed["filename"].tolist()
    assert labels["label"].tolist()[:3] == ["1", "2", "0"]
    assert "" in set(labels["label"])  # of single images


@pytest.mark.parametrize("threads", [1, 5])
def test_threads_change_nothing(mixed, whole, tmp_path, threads):
    assert differing(whole, run(mixed, tmp_path / "w", num_threads=threads)) == []


class Stopping(SilentProgress):
    """Interrupts the run after so many images."""

    def __init__(self, after):
        self.left = after

    def advance(self, done, bad=0):
        self.left -= done
        if self.left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("after", [3, 20, 30, 45, 62])
def test_a_run_that_is_stopped_anywhere_goes_on(mixed, whole, tmp_path, after):
    work_dir = tmp_path / "w"
    with pytest.raises(fastdup_nb.RunInterruptedError):
        run(mixed, work_dir, Stopping(after), num_threads=2)
    state = json.loads((work_dir / names.PRIVATE / CHECKPOINT).read_bytes())
    assert after < state["position"] < 92
    assert state["entry_start"] <= state["position"]
    run(mixed, work_dir, resume=True)
    assert differing(whole, work_dir) == []


def test_a_killed_run_goes_on(mixed, whole, tmp_path):
    code = (
        "import sys, time, fastdup_nb.engine.extract as e, fastdup_nb.store.extraction as s\n"
        "s.SECONDS_BETWEEN_CHECKPOINTS = 0\n"
        "read = e.ChunkReader.read_span\n"
        "e.ChunkReader.read_span = lambda self, a: (time.sleep(0.1), read(self, a))[1]\n"
        "from fastdup_nb import run; run(sys.argv[1], sys.argv[2], threshold=0.5, num_threads=1)"
    )
    work_dir = tmp_path / "w"
    process = subprocess.Popen([sys.executable, "-c", code, mixed, work_dir])
    deadline = time.monotonic() + 120
    checkpoint = work_dir / names.PRIVATE / CHECKPOINT
    while not (checkpoint.exists() and json.loads(checkpoint.read_bytes())["position"] > 25):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    run(mixed, work_dir, resume=True)
    assert differing(whole, work_dir) == []


def test_another_archive_under_the_same_name_is_no_resume(tmp_path):
    path = write_archive(tmp_path / "a.tar", [item for i in range(1, 30) for item in sample(i)])
    with pytest.raises(fastdup_nb.RunInterruptedError):
        run(path, tmp_path / "w", Stopping(9), num_threads=1)
    write_archive(path, [item for i in range(50, 70) for item in sample(i)])
    with pytest.raises(WorkDirError, match="other images or options"):
        run(path, tmp_path / "w", resume=True)
    run(path, tmp_path / "w")


def test_resuming_a_finished_run_reads_nothing_again(mixed, tmp_path, monkeypatch):
    work_dir = run(mixed, tmp_path / "w")
    monkeypatch.setattr(sys.modules["fastdup_nb.engine.run"], "extract", None)
    run(mixed, work_dir, resume=True)


@pytest.mark.parametrize("cuts", [[3], [1, 2, 4, 5, 6, 8, 9], [20]])
def test_parts_of_workers_merge_to_the_single_run(mixed, whole, tmp_path, cuts):
    ends = [0, *cuts, 0]
    workers = []
    for number in range(len(ends) - 1):
        worker = tmp_path / f"worker{number}"
        given = {"min_offset": ends[number], "max_offset": ends[number + 1], "run_mode": 1}
        workers.append(run(mixed, worker, **given))
    merged = run(list(reversed(workers)), tmp_path / "merged", run_mode=2)
    assert differing(whole, merged) == []
    together = tmp_path / "together"
    together.mkdir()
    for worker in workers:
        for path in worker.iterdir():
            if path.is_file():
                shutil.copy(path, together)
    run("", together, run_mode=2)
    assert differing(whole, together) == []
    marks = [json.loads((d / names.CONFIG).read_text())["fastdup_nb"] for d in (whole, merged)]
    assert marks[0]["fingerprint"] == marks[1]["fingerprint"]


def test_single_images_of_workers_merge_too(tmp_path):
    write_pictures(tmp_path / "in", 25)
    (tmp_path / "in" / "picture_007.jpg").write_bytes(b"bad")
    (tmp_path / "in" / "picture_009.jpg").write_bytes(b"")
    single = run(tmp_path / "in", tmp_path / "w")
    parts = []
    for low, high in ((9, 18), (0, 9), (18, 0)):
        part = run(
            tmp_path / "in", tmp_path / f"p{low}", run_mode=1, min_offset=low, max_offset=high
        )
        parts.append(part / names.FEATURE_NAMES)
    merged = run(parts, tmp_path / "merged", run_mode=2)
    files = [name for name in FILES if name != names.LABELS]
    assert differing(single, merged, files) == []
    added = fastdup_nb.Fastdup(merged).add(write_pictures(tmp_path / "more", 1, first_seed=99))
    assert added.new == 1


def test_parts_that_come_later_are_merged_too(mixed, tmp_path):
    """Archives one by one into one work_dir, then all of them."""
    work_dir = tmp_path / "w"
    run(mixed / "a.tar", work_dir, run_mode=1)
    run(mixed / "d.zip", work_dir, run_mode=1)
    assert len(pd.read_csv(work_dir / names.FEATURE_NAMES)) == 15
    run("", work_dir, run_mode=2)
    files = pd.read_csv(work_dir / names.FEATURE_NAMES)["filename"]
    assert len(files) == 16 + 15
    before = (work_dir / names.FEATURES).stat().st_mtime_ns
    run("", work_dir, run_mode=2)  # nothing new: not merged again
    assert (work_dir / names.FEATURES).stat().st_mtime_ns == before
    run(mixed / "g.tar", work_dir)  # everything on one archive: older parts do not come back
    run("", work_dir, run_mode=2)
    files = pd.read_csv(work_dir / names.FEATURE_NAMES)["filename"].tolist()
    assert files == [f"{mixed}/g.tar/s/00400.jpg"]


def test_parts_that_do_not_fit_together(mixed, whole, tmp_path):
    one = run(mixed / "d.zip", tmp_path / "one", run_mode=1)
    two = run(mixed / "a.tar", tmp_path / "two", run_mode=1)
    with pytest.raises(InputError, match=r"is in .* and in another part"):
        run([one, two, one], tmp_path / "w", run_mode=2)
    assert not (tmp_path / "w" / names.FEATURES).exists()
    other = run(mixed / "a.tar", tmp_path / "other", run_mode=1, turi_param="run_advanced_stats=1")
    with pytest.raises(InputError, match="different columns"):
        run([one, other], tmp_path / "w", run_mode=2)
    other = run(mixed / "a.tar", tmp_path / "few", run_mode=1, turi_param="min_file_size=2500")
    with pytest.raises(InputError, match="different options"):
        run([one, other], tmp_path / "w", run_mode=2)
    other = run(mixed / "a.tar", tmp_path / "model", run_mode=1, model_path="fixed-576")
    with pytest.raises(InputError, match="different models"):
        run([one, other], tmp_path / "w", run_mode=2)
    vectors = fastdup_nb.load_binary_feature(str(two))[1][:, :64].copy()
    fastdup_nb.save_binary_feature(
        str(tmp_path / "short"), [f"/x/{i}.jpg" for i in range(16)], vectors
    )
    with pytest.raises(fastdup_nb.FastdupError, match="short") as caught:
        run([one, tmp_path / "short"], tmp_path / "w", run_mode=2)
    assert "d=64" in caught.value.hint
    with pytest.raises(ResultNotFoundError, match="nothing"):
        run([one, tmp_path / "nothing"], tmp_path / "w", run_mode=2)
    (two / names.STATISTICS).write_bytes((two / names.STATISTICS).read_bytes()[:-300])
    with pytest.raises(fastdup_nb.CorruptWorkDirError):
        run([one, two], tmp_path / "w", run_mode=2)
    assert not (tmp_path / "w" / names.FEATURES).exists()


def test_parts_as_the_original_writes_them(tmp_path):
    """No reasons, no digests, nothing about how they were made; names with `./`."""
    import numpy as np

    rng = np.random.default_rng(0)
    folder = tmp_path / "peer"
    folder.mkdir()
    for tar in ("data00000.tar", "data00001.tar"):
        stem = folder / f"atrain_{tar}"
        vectors = rng.random((3, 576)).astype("<f4")
        stem.with_name(stem.name + "features.dat").write_bytes(vectors.tobytes())
        rows = [f"{i},/w/tmp/{tar}/./{n}.jpg" for i, n in ((0, 0), (1, 1), (3, 3))]
        text = "\n".join(["index,filename", *rows, ""])
        stem.with_name(stem.name + "features.dat.csv").write_text(text)
        bad = f"index,filename,error_code,filesize\n2,/w/tmp/{tar}/2.jpg,ERROR_CORRUPT_IMAGE,7\n"
        stem.with_name(stem.name + "features.bad.csv").write_text(bad)
    (folder / "atrain_data00000.tarlabels.csv").write_text("index,label\n0,cat\n1,N/A\n3,dog\n")
    run("", folder, run_mode=2)
    labels = pd.read_csv(folder / names.LABELS, keep_default_na=False)
    assert labels["label"].tolist() == ["cat", "", "dog", "", "", ""]
    listed = pd.read_csv(folder / names.FEATURE_NAMES)
    assert labels["filename"].tolist() == listed["filename"].tolist()
    assert listed["index"].tolist() == [0, 1, 3, 4, 5, 7]
    bad = pd.read_csv(folder / names.BAD_FILES)
    assert bad["index"].tolist() == [2, 6]
    assert (folder / names.SIMILARITY).is_file()
    assert not (folder / names.STATISTICS).exists()


def test_galleries_of_the_original_find_its_archives(tmp_path):
    """It calls `/data/x.tar` `<work_dir>/tmp/datax.tar`; `input_dir` says where they are."""
    from fastdup_nb.views.places import make_resolver

    write_archive(tmp_path / "x.tar", [("./a/1.jpg", jpeg(1))])
    write_archive(tmp_path / "long_x.tar", [("a/1.jpg", jpeg(2))])
    resolve = make_resolver(None, tmp_path)
    assert resolve("w/tmp/datax.tar/a/1.jpg") == f"{tmp_path}/x.tar/a/1.jpg"
    assert resolve("/w/tmp/datalong_x.tar/./a/1.jpg") == f"{tmp_path}/long_x.tar/a/1.jpg"
    assert resolve("/w/tmp/datax.tar/a/2.jpg") == "/w/tmp/datax.tar/a/2.jpg"


def test_archives_are_added_to_a_finished_run(mixed, tmp_path):
    work_dir = run(mixed / "a.tar", tmp_path / "w")
    fd = fastdup_nb.Fastdup(work_dir)
    added = fd.add([mixed / "a.tar", mixed / "c", mixed / "e.tgz"])
    assert added.changed == 0
    assert added.unchanged == 19
    single = run([mixed / name for name in ("a.tar", "c", "e.tgz")], tmp_path / "single")
    assert added.new == len(pd.read_csv(single / names.FEATURE_NAMES)) - 16
    files = [names.FEATURE_NAMES, names.BAD_FILES, names.STATISTICS, f"{names.PRIVATE}/digests.dat"]
    assert differing(single, work_dir, files) == []


def test_a_folder_named_like_an_archive(tmp_path):
    write_pictures(tmp_path / "in" / "x.tar", 3)
    write_archive(tmp_path / "in" / "x.tar" / "y.zip", [("z.jpg", jpeg(4))])
    work_dir = run(tmp_path / "in", tmp_path / "w")
    files = pd.read_csv(work_dir / names.FEATURE_NAMES)["filename"].tolist()
    assert files[-1] == f"{tmp_path}/in/x.tar/y.zip/z.jpg"
    assert len(files) == 4
    assert fastdup_nb.sources.read_bytes(files[-1]) == jpeg(4)


def test_a_range_behind_the_end_of_an_archive(mixed, tmp_path):
    with pytest.raises(fastdup_nb.EmptyInputError, match="in that range"):
        run(mixed / "a.tar", tmp_path / "w", min_offset=99)


def test_tar_only_without_any(tmp_path):
    write_pictures(tmp_path / "in", 2)
    with pytest.raises(fastdup_nb.EmptyInputError) as caught:
        run(tmp_path / "in", tmp_path / "w", turi_param="tar_only=1")
    assert "tar_only" in str(caught.value)


@pytest.mark.parametrize("option", ["max_archive_gb=0.00001", "max_archive_members=3"])
def test_limits_are_options(mixed, tmp_path, option):
    run(mixed / "a.tar", tmp_path / "w", turi_param=option)
    bad = pd.read_csv(tmp_path / "w" / names.BAD_FILES)
    assert option.partition("=")[0] in bad["reason"].iloc[-1]
    assert bad["filename"].iloc[-1] == str(mixed / "a.tar")
    assert 1 <= len(pd.read_csv(tmp_path / "w" / names.FEATURE_NAMES)) < 9


@pytest.mark.parametrize("option", ["num_images_in_tar=-1", "max_archive_gb=0"])
def test_limits_that_cannot_be(mixed, tmp_path, option):
    with pytest.raises(OptionError):
        run(mixed / "a.tar", tmp_path / "w", turi_param=option)


def test_open_files_are_closed(mixed, tmp_path):
    opened = Path("/proc/self/fd")
    if not opened.is_dir():
        pytest.skip("no list of open files here")
    before = len(list(opened.iterdir()))
    for i in range(3):
        run(mixed, tmp_path / str(i), run_mode=1)
    assert len(list(opened.iterdir())) <= before + 2


def test_cleaning_never_changes_an_archive(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    path = write_archive(tmp_path / "in" / "a.tar", [("1.jpg", jpeg(1)), ("2.jpg", jpeg(1))])
    write_archive(tmp_path / "in" / "b.zip", [("3.jpg", jpeg(1))])
    (tmp_path / "in" / "4.jpg").write_bytes(jpeg(1))
    before = path.read_bytes()
    work_dir = run(tmp_path / "in", tmp_path / "w")
    groups = fastdup_nb.find_top_components(work_dir)
    gone = fastdup_nb.delete_components(groups, dry_run=False)
    assert [str(name) for name in gone] in ([], [str(tmp_path / "in" / "4.jpg")])
    assert "archives are never changed" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert (tmp_path / "in" / "b.zip").is_file()


def test_images_in_archives_are_searched_for_and_exported(mixed, tmp_path):
    fd = fastdup_nb.Fastdup(run(mixed / "c", tmp_path / "w"))
    name = f"{mixed}/c/c.tar.gz/s/00105.jpg"
    found = fd.search(name, 2)
    assert found["to"].iloc[0] == name
    assert found["distance"].iloc[0] == pytest.approx(1)
    from_bytes = fd.search(jpeg(105, (100, 80)), 1)
    assert from_bytes["to"].iloc[0] == name
    assert fastdup_nb.generate_sprite_image([name], 1, str(tmp_path)) is not None
    page = tmp_path / "outliers.html"
    assert fastdup_nb.create_outliers_gallery(fd.work_dir / names.OUTLIERS, tmp_path) == 0
    assert "data:image/jpeg" in page.read_text("utf-8")
    assert "missing</" not in page.read_text("utf-8")


def test_merging_from_the_shell(mixed, whole, tmp_path, capsys):
    from fastdup_nb.cli import main

    for number, (low, high) in enumerate(((0, 4), (4, 0))):
        offsets = ["--min-offset", str(low), "--max-offset", str(high), "--run-mode", "1"]
        work = ["--work-dir", str(tmp_path / str(number)), "--quiet"]
        assert main(["run", str(mixed), *offsets, *work]) == 0
    given = [str(tmp_path / "0"), str(tmp_path / "1"), "--run-mode", "2", "--threshold", "0.5"]
    assert main(["run", *given, "--work-dir", str(tmp_path / "all"), "--quiet"]) == 0
    assert differing(whole, tmp_path / "all") == []
