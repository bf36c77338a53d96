"""Adding images: the files are those of a run over the union, and only new files are decoded."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import fastdup_nb
import fastdup_nb.engine.extract as engine_extract
from fastdup_nb import CorruptWorkDirError, Fastdup, ModelError, WorkDirError
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store import names
from tests.integration.test_repeatability import contents
from tests.pictures import draw, write_pictures

pytestmark = pytest.mark.slow


def run(images, work_dir, **options):
    return Fastdup.run(images, work_dir, progress=SilentProgress(), **options)


def add(fd, images):
    return fd.add(images, progress=SilentProgress())


@pytest.fixture
def photos(tmp_path):
    """Thirty pictures, a bad file among the first twenty and one among the last."""
    folder = tmp_path / "photos"
    paths = write_pictures(folder, 30)
    shutil.copy(paths[3], folder / "picture_024.jpg")  # a new copy of an old one
    (folder / "picture_005.jpg").write_bytes(b"no picture")
    (folder / "picture_026.jpg").write_bytes(b"")
    return paths


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that are decoded."""
    seen = []
    real = engine_extract.ChunkReader._open_image

    def spy(self, index, path, data):
        seen.append(Path(path).name)
        return real(self, index, path, data)

    monkeypatch.setattr(engine_extract.ChunkReader, "_open_image", spy)
    return seen


@pytest.mark.parametrize("first", [16, 19, 1])
def test_adding_gives_the_files_of_a_run_over_all(photos, tmp_path, first):
    fd = run(photos[:first], tmp_path / "w")
    added = add(fd, photos[first:])
    bad = sum(
        name in ("picture_005.jpg", "picture_026.jpg")
        for name in (path.name for path in photos[first:])
    )
    assert (added.new, added.bad, added.changed) == (30 - first - bad, bad, 0)
    whole = run(photos, tmp_path / "whole")
    assert contents(fd.work_dir) == contents(whole.work_dir)
    about = [
        json.loads((each.work_dir / names.CONFIG).read_text())["fastdup_nb"] for each in (fd, whole)
    ]
    assert about[0] == about[1]


@pytest.mark.parametrize(
    "options",
    [
        {"nnf_mode": "HNSW32", "nearest_neighbors_k": 3},
        {"turi_param": "run_advanced_stats=1,ccthreshold=0.8|0.9", "threshold": 0.5},
        {"turi_param": "run_stats=0", "distance": "l1", "batch_size": 7},
    ],
)
def test_the_options_of_the_run_are_kept(photos, tmp_path, options):
    fd = run(photos[:18], tmp_path / "w", **options)
    add(fd, photos[18:])
    whole = run(photos, tmp_path / "whole", **options)
    produced = {p.name for p in whole.work_dir.iterdir() if p.is_file()} - {names.CONFIG}
    assert produced == {p.name for p in fd.work_dir.iterdir() if p.is_file()} - {names.CONFIG}
    for name in produced:
        assert (fd.work_dir / name).read_bytes() == (whole.work_dir / name).read_bytes(), name


def test_only_new_files_are_decoded_and_the_whole_folder_may_be_given_again(
    photos, tmp_path, decoded
):
    fd = run(photos[:20], tmp_path / "w")
    decoded.clear()
    added = add(fd, photos[0].parent)
    assert (added.new, added.bad, added.changed, added.unchanged) == (9, 1, 0, 20)
    # The empty file never gets as far; the bad one is tried again.
    assert sorted(decoded) == [
        "picture_005.jpg",
        *sorted(p.name for p in photos[20:] if p.stat().st_size),
    ]
    before = contents(fd.work_dir)
    stamps = {p.name: p.stat().st_mtime_ns for p in fd.work_dir.iterdir() if p.is_file()}
    decoded.clear()
    assert add(fd, photos[0].parent).unchanged == 30
    assert decoded == ["picture_005.jpg"]
    assert contents(fd.work_dir) == before
    assert stamps == {p.name: p.stat().st_mtime_ns for p in fd.work_dir.iterdir() if p.is_file()}


def test_changed_files_take_their_places(photos, tmp_path):
    fd = run(photos, tmp_path / "w")
    draw(777).save(photos[8])  # other content
    draw(778).save(photos[5])  # was bad
    photos[12].write_bytes(b"broken now")
    photos[9].unlink()  # stays in the results
    gone = str(photos[9])
    added = add(fd, photos)
    assert (added.new, added.bad, added.changed, added.unchanged) == (0, 0, 3, 27)
    assert gone in fd.embeddings()[0]
    draw(9).save(photos[9], quality=90)
    whole = run(photos, tmp_path / "whole")
    assert contents(fd.work_dir) == contents(whole.work_dir)


def test_the_index_goes_on_where_the_run_had_an_offset(photos, tmp_path):
    fd = run(photos[0].parent, tmp_path / "w", min_offset=10, max_offset=20)
    add(fd, photos[:3])
    indices = fd.img_stats()["index"].tolist()
    assert indices == list(range(10, 23))
    assert fd.embeddings()[0][-3:] == [str(path) for path in photos[:3]]


def test_rows_still_line_up_and_search_sees_the_new_images(photos, tmp_path):
    fd = run(photos[:20], tmp_path / "w")
    assert str(photos[21]) not in fd.search(photos[21], 5)["to"].tolist()
    add(fd, photos[20:])
    for path in (photos[0], photos[6], photos[21], photos[29]):
        assert fd.search(path, 1).iloc[0].tolist() == [str(path), str(path), 1.0]
    copies = fd.search(photos[3], 2)
    assert copies["to"].tolist() == [str(photos[3]), str(photos[24])]
    assert copies["distance"].tolist() == [1.0, 1.0]


def test_embeddings_alone_stay_embeddings_alone(photos, tmp_path):
    fd = run(photos[:20], tmp_path / "w", run_mode=1)
    add(fd, photos[20:])
    assert not (fd.work_dir / names.SIMILARITY).exists()
    assert len(fd.embeddings()[0]) == 28


def test_neighbours_looked_for_later_change_nothing_about_what_was_extracted(photos, tmp_path):
    fd = run(photos[:20], tmp_path / "w", turi_param="run_advanced_stats=1")
    Fastdup.run("", fd.work_dir, run_mode=2, threshold=0.3, progress=SilentProgress())
    add(fd, photos[20:])
    whole = run(photos, tmp_path / "whole", turi_param="run_advanced_stats=1", threshold=0.3)
    assert contents(fd.work_dir) == contents(whole.work_dir)


KILLED = """
import os, signal, sys
from fastdup_nb.store import extraction, workdir
from fastdup_nb import Fastdup
from fastdup_nb.engine import relate
extraction.SECONDS_BETWEEN_CHECKPOINTS = 0.0
where = sys.argv[3]
def kill(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "chunk":
    append = extraction.Extraction.append
    def killing(self, chunk):
        append(self, chunk)
        if self.position >= 28:
            kill()
    extraction.Extraction.append = killing
elif where == "publish":
    from fastdup_nb.store import journal
    journal.complete_moves = kill
else:
    relate.relate = kill
Fastdup(sys.argv[1]).add(sys.argv[2].split(":"))
"""


@pytest.mark.parametrize("where", ["chunk", "publish", "relate"])
def test_killed_at_any_moment_it_goes_on_to_the_same_files(photos, tmp_path, where):
    fd = run(photos[:20], tmp_path / "w")
    before = contents(fd.work_dir)
    new = [str(path) for path in photos[20:]]
    command = [sys.executable, "-c", KILLED, fd.work_dir, ":".join(new), where]
    killed = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if where == "chunk":
        assert contents(fd.work_dir) == before
        assert len(fd.search(photos[0], 3)) == 3
    again = Fastdup(fd.work_dir)
    add(again, new)
    whole = run(photos, tmp_path / "whole")
    assert contents(fd.work_dir) == contents(whole.work_dir)


def test_an_unfinished_addition_of_other_files_is_not_mixed_in(photos, tmp_path):
    fd = run(photos[:20], tmp_path / "w")
    new = [str(path) for path in photos[20:]]
    command = [sys.executable, "-c", KILLED, fd.work_dir, ":".join(new), "chunk"]
    subprocess.run(command, capture_output=True, check=False, timeout=120)
    add(fd, photos[25:])
    whole = run([*photos[:20], *photos[25:]], tmp_path / "whole")
    assert contents(fd.work_dir) == contents(whole.work_dir)


def test_what_cannot_be_added_leaves_the_results_as_they_were(photos, tmp_path):
    fd = run(photos[:20], tmp_path / "w")
    before = contents(fd.work_dir)
    config = json.loads((fd.work_dir / names.CONFIG).read_text())
    for change, kind, text in [
        ({"model_sha256": "0" * 64}, ModelError, "are from"),
        ({"fingerprint": "other"}, WorkDirError, "another version"),
    ]:
        other = {**config, "fastdup_nb": {**config["fastdup_nb"], **change}}
        (fd.work_dir / names.CONFIG).write_text(json.dumps(other))
        with pytest.raises(kind, match=text):
            add(fd, photos[20:])
    (fd.work_dir / names.CONFIG).write_text(json.dumps({**config, "fastdup_nb": None}))
    with pytest.raises(WorkDirError, match="how it was made"):
        add(fd, photos[20:])
    (fd.work_dir / names.CONFIG).write_text(json.dumps(config))
    digests = fd.work_dir / names.PRIVATE / "digests.dat"
    whole = digests.read_bytes()
    digests.write_bytes(whole[:-1])
    with pytest.raises(CorruptWorkDirError, match="digests"):
        add(fd, photos[20:])
    digests.write_bytes(whole)
    assert contents(fd.work_dir) == before
    assert add(fd, photos[20:]).new == 9


def test_a_model_that_was_moved_is_recorded_where_it_is_now(photos, tmp_path):
    weights = Path(fastdup_nb.__file__).parent / "models" / "weights"
    shutil.copy(weights / "fixed-576.onnx", tmp_path / "own.onnx")
    fd = run(photos[:18], tmp_path / "w", model_path=tmp_path / "own.onnx")
    (tmp_path / "own.onnx").rename(tmp_path / "moved.onnx")
    with pytest.raises(ModelError, match=r"own\.onnx"):
        add(fd, photos[18:20])
    fd.add(photos[18:20], model_path=tmp_path / "moved.onnx", progress=SilentProgress())
    assert add(fd, photos[20:22]).new == 2
    assert fd.search(photos[21], 1)["distance"].tolist() == [1.0]
