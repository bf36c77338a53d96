"""The same input and options give the same bytes: other thread counts, resumed runs, parts."""

import os
import signal
import subprocess
import sys
import time

import pytest

import fastdup_nb
from fastdup_nb.store import names
from fastdup_nb.store.extraction import CHECKPOINT

pytestmark = pytest.mark.slow

RESULTS = [
    names.FEATURES,
    names.FEATURE_NAMES,
    names.BAD_FILES,
    names.STATISTICS,
    names.SIMILARITY,
    names.OUTLIERS,
    names.COMPONENTS,
    names.COMPONENT_INFO,
    names.INDEX,
]


def contents(work_dir):
    return {name: (work_dir / name).read_bytes() for name in RESULTS}


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(collection, finished, tmp_path, threads):
    assert fastdup_nb.run(collection.folder, tmp_path / "w", num_threads=threads) == 0
    assert contents(tmp_path / "w") == contents(finished.work_dir)


def test_running_again_in_the_same_work_dir_gives_the_same(collection, finished, tmp_path):
    work_dir = tmp_path / "w"
    assert fastdup_nb.run(collection.folder, work_dir, threshold=0.5, lower_threshold=0.5) == 0
    assert contents(work_dir) != contents(finished.work_dir)
    assert fastdup_nb.run(collection.folder, work_dir) == 0
    assert contents(work_dir) == contents(finished.work_dir)


def test_extraction_then_neighbours_is_the_whole_run(collection, finished, tmp_path):
    work_dir = tmp_path / "w"
    assert fastdup_nb.run(collection.folder, work_dir, run_mode=1) == 0
    assert not (work_dir / names.SIMILARITY).exists()
    assert fastdup_nb.run("", work_dir, run_mode=2) == 0
    assert contents(work_dir) == contents(finished.work_dir)


# A suite that runs in the background of a script has SIGINT ignored, and so have its children.
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

KILLED = (
    LISTENING
    + """
import os, sys
import fastdup_nb.engine.extract as extract
from fastdup_nb.store import extraction
extraction.SECONDS_BETWEEN_CHECKPOINTS = 0.0
extract_append = extraction.Extraction.append
def append(self, chunk):
    extract_append(self, chunk)
    if self.position >= int(sys.argv[3]):
        os.kill(os.getpid(), getattr(signal, sys.argv[4]))
extraction.Extraction.append = append
from fastdup_nb import run
sys.exit(run(sys.argv[1], sys.argv[2]))
"""
)


@pytest.mark.parametrize(("position", "how"), [(16, "SIGKILL"), (33, "SIGKILL"), (16, "SIGINT")])
def test_a_killed_run_resumes_to_the_same_bytes(collection, finished, tmp_path, position, how):
    work_dir = tmp_path / "w"
    command = [sys.executable, "-c", KILLED, collection.folder, work_dir, str(position), how]
    first = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert first.returncode != 0
    assert not (work_dir / names.FEATURES).exists()
    assert (work_dir / names.PRIVATE / CHECKPOINT).is_file()
    if how == "SIGINT":
        assert "RunInterruptedError" in first.stderr
        assert "resume=1" in first.stderr
        assert "Traceback" not in first.stderr
    assert fastdup_nb.run(collection.folder, work_dir, resume=1) == 0
    assert contents(work_dir) == contents(finished.work_dir)


def test_a_finished_extraction_is_not_repeated_by_resume(collection, finished, tmp_path):
    work_dir = tmp_path / "w"
    assert fastdup_nb.run(collection.folder, work_dir, run_mode=1) == 0
    before = (work_dir / names.FEATURES).stat().st_mtime_ns
    assert fastdup_nb.run(collection.folder, work_dir, resume=1) == 0
    assert (work_dir / names.FEATURES).stat().st_mtime_ns == before
    assert contents(work_dir) == contents(finished.work_dir)


def test_other_images_are_not_mixed_in_by_resume(collection, tmp_path, capsys):
    work_dir = tmp_path / "w"
    command = [sys.executable, "-c", KILLED, collection.folder, work_dir, "16", "SIGKILL"]
    subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert fastdup_nb.run(collection.folder, work_dir, resume=1, num_images=20) == 1
    assert "other images or options" in capsys.readouterr().err
    assert fastdup_nb.run(collection.folder, work_dir, num_images=20) == 0


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [((0, 20), range(20)), ((1, 20), range(1, 20)), ((20, 0), range(20, 55))],
)
def test_offsets_are_half_open_and_kept_in_the_index(collection, tmp_path, offsets, expected):
    work_dir = tmp_path / "w"
    low, high = offsets
    assert (
        fastdup_nb.run(collection.folder, work_dir, run_mode=1, min_offset=low, max_offset=high)
        == 0
    )
    fd = fastdup_nb.Fastdup(work_dir)
    listed = {*fd.img_stats()["index"], *fd.invalid_instances()["index"]}
    assert listed == set(expected)


def test_parts_hold_the_same_vectors_as_the_whole(collection, finished, tmp_path):
    whole = (finished.work_dir / names.FEATURES).read_bytes()
    parts = b""
    for number, (low, high) in enumerate([(0, 23), (23, 40), (40, 0)]):
        work_dir = tmp_path / str(number)
        fastdup_nb.run(collection.folder, work_dir, run_mode=1, min_offset=low, max_offset=high)
        parts += (work_dir / names.FEATURES).read_bytes()
    assert parts == whole


def test_an_interrupt_from_the_keyboard_stops_within_seconds(collection, tmp_path):
    code = (
        LISTENING + "import sys, fastdup_nb.engine.extract as e, time\n"
        "read = e.ChunkReader.read\n"
        "e.ChunkReader.read = lambda self, a, b: (time.sleep(0.5), read(self, a, b))[1]\n"
        "from fastdup_nb import run; sys.exit(run(sys.argv[1], sys.argv[2], num_threads=1))"
    )
    command = [sys.executable, "-c", code, collection.folder, tmp_path / "w"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (tmp_path / "w" / names.PRIVATE / "names.part").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.7)
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Interrupted:" in errors
    assert "Traceback" not in errors
