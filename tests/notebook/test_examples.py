"""The example notebooks, run as a reader runs them. The quickstart has a file of its own."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

pytestmark = [pytest.mark.notebook, pytest.mark.slow]

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_BYTES = 400_000
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def read(run_notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Run a notebook and return everything that it has printed."""

    def run(name: str) -> str:
        folder = tmp_path / "examples"
        ignored = shutil.ignore_patterns("example_photos*", "__pycache__")
        shutil.copytree(EXAMPLES, folder, ignore=ignored)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # the trash is below it
        notebook = run_notebook(nbformat.read(EXAMPLES / f"{name}.ipynb", 4), folder=folder)
        check(notebook)
        outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
        texts = [out.get("text") or out["data"].get("text/plain", "") for out in outputs]
        return "\n".join(texts)

    return run


def check(notebook: NotebookNode) -> None:
    """Assert what holds for all: widgets have a picture, nothing is large or from elsewhere."""
    assert len(nbformat.writes(notebook)) < MOST_BYTES
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        assert not [out for out in outputs if out.output_type == "error"], cell.source
        markup = "".join(out.get("data", {}).get("text/html", "") for out in outputs)
        assert len(markup) < 100_000
        assert not re.search(r'(src|href)=["\']?https?://(?!127\.0\.0\.1)', markup), cell.source
        if any(WIDGET in out.get("data", {}) for out in outputs):
            assert "data:image" in markup or "<svg" in markup, cell.source


def test_clean_duplicates(read: Callable[[str], str]):
    told = read("01-clean-duplicates")
    match = re.search(r"(\d+) files before, (\d+) after\n+(\d+) files", told)
    assert match
    before, after, back = map(int, match.groups())
    assert after < before
    assert back == before
    assert "files put back" in told


def test_find_wrong_labels(read: Callable[[str], str]):
    told = read("02-find-wrong-labels")
    found = re.search(r"(\d+) suspects, (\d+) of 10 planted ones", told)
    assert found
    assert int(found[2]) >= 5
    labels = re.search(r"10 wrong before, (\d+) wrong after", told)
    assert labels
    assert int(labels[1]) < 10


def test_bad_photos(read: Callable[[str], str], tmp_path: Path):
    told = read("03-bad-photos")
    assert "9 of 9 spoilt images" in told
    assert "['fields-06_dark.jpg', 'view-2_dark.jpg', 'view-4_dark.jpg']" in told
    assert (tmp_path / "examples/example_photos/flower/view-2_dark.jpg").is_file()


def test_search(read: Callable[[str], str]):
    told = read("04-search")
    assert re.search(r"seen before.jpg\s+view-7.jpg\s+0.9\d+\s+True", told)
    assert re.search(r"never seen.jpg\s+noise.jpg\s+0.\d+\s+False", told)
    assert "2 new, 0 bad" in told
    assert "query_" in told
    assert told.rstrip().splitlines()[-1].split()[2:4] == ["never", "seen.jpg"]


def test_embedding_map_and_projector(read: Callable[[str], str], tmp_path: Path):
    told = read("05-embedding-map-and-projector")
    assert "0 images are selected in the map" in told
    assert re.search(r"\d+% of the variance", told)
    assert "http://127.0.0.1:" in told
    page = (tmp_path / "examples/map.html").read_text()
    assert "data:image/jpeg;base64," in page
    assert (tmp_path / "examples/example_photos_fastdup/projector/projector_config.pbtxt").is_file()


def test_video(read: Callable[[str], str], tmp_path: Path):
    told = read("06-video")
    assert "cut off.mp4 - it is no video that can be read" in told
    pairs = re.findall(r"trip\.mp4/frame_00000(\d)\S+  ~  trip, sent\.avi/frame_00000(\d)", told)
    assert sorted(pairs) == [("0", "2"), ("1", "0"), ("2", "1")]
    assert "Similar videos: 1 of 1 pair of videos" in told
    assert "10 frames of 3 videos" in told
    small = re.search(r"frame_000002\.000s\.jpg \((\d+), (\d+)\)", told)
    assert small
    assert max(map(int, small.groups())) < 320
    results = tmp_path / "examples/example_videos_fastdup"
    for page in ("duplicate_videos.html", "components.html"):
        assert "data:image/jpeg;base64," in (results / page).read_text()


def test_buckets_and_archives(
    read: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("FASTDUP_EXAMPLE_BUCKET", raising=False)
    told = read("07-buckets-and-archives")
    same = re.search(r"(\d+) of (\d+) images have the features of the loose file", told)
    assert same
    assert same[1] == same[2]
    assert "unpacked files: 0" in told
    assert "/first.tar/china/cut off.jpg - ERROR_CORRUPT_IMAGE" in told
    assert "0 8 pictures in the page" in told
    assert re.search(r"china +17", told)  # labels, of both shards
    assert "a picture of balls" in told
    assert re.search(r"flower +china", told)  # the wrong label that is planted
    assert re.search(r"^True$", told, re.MULTILINE)  # merged is the same as in one run
    assert "No bucket was read: FASTDUP_EXAMPLE_BUCKET is not set" in told


def test_boxes(read: Callable[[str], str], tmp_path: Path):
    told = read("08-boxes")
    assert "lies outside of the picture, which has 640 x 480 px" in told
    assert "no area: width -40, height 40" in told
    suspects = re.search(r"(\d+) suspects, (\d+) of 6 planted ones", told)
    assert suspects
    assert int(suspects[2]) >= 4
    assert int(suspects[1]) <= 20
    assert re.search(r"1\.0000\s+exact\s+.*#xywh=", told)
    assert list((tmp_path / "examples/example_scenes/crops/crops/0").glob("000000_scene-00_*.jpg"))


def test_train_test_leakage(read: Callable[[str], str], tmp_path: Path):
    told = read("09-train-test-leakage")
    assert re.search(r"\d+ of 41 test images are in train: \d+ exact copies", told)
    assert "8 of 8 planted leaks" in told
    assert "0 of" in told.rpartition("test images are in train")[0][-20:]
    assert (tmp_path / "examples/leaks.html").is_file()
