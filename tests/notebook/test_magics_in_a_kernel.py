"""`%fastdup` in a real kernel with the real engine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nbclient.exceptions import CellExecutionError

from tests.pictures import draw, write_pictures

if TYPE_CHECKING:
    from nbformat import NotebookNode

pytestmark = pytest.mark.notebook


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "my photos"
    paths = write_pictures(folder, 12)
    shutil.copy(paths[0], folder / "copy.jpg")
    draw(3).save(folder / "near.jpg", quality=40)
    (folder / "broken.jpg").write_bytes(b"")
    return folder


def outputs(notebook: NotebookNode, number: int) -> list[Any]:
    return list(notebook.cells[number].outputs)


LISTED = """
from pathlib import Path
files = sorted(Path("my photos").glob("p*.jpg"))
%fastdup run files --quiet --work-dir listed
"""


@pytest.mark.usefixtures("photos")
def test_a_session(run_notebook, tmp_path: Path):
    notebook = run_notebook(
        [
            "%load_ext fastdup_nb",
            "fd = %fastdup run 'my photos' --threshold 0",
            "%fastdup summary",
            "%fastdup duplicates",
            "print(type(fd).__name__, len(fd.similarity()), fd.work_dir.name)",
            "%fastdup run --help",
            LISTED,
            "%fastdup duplicates fd --num-images 30",
            "%fastdup duplicates fd --save-path pages",
        ]
    )
    (progress,) = outputs(notebook, 1)
    assert progress["output_type"] == "display_data"
    text = progress["data"]["text/plain"]
    assert "\n" not in text
    assert "1 bad" in text
    assert "application/vnd.jupyter.widget-view+json" not in progress["data"]
    assert "<progress" not in progress["data"]["text/html"]

    (summary,) = outputs(notebook, 2)
    assert "copies" in summary["data"]["text/plain"].lower()
    assert "text/html" in summary["data"]

    (gallery,) = outputs(notebook, 3)
    assert "data:image/jpeg;base64," in gallery["data"]["text/html"]
    assert "copy.jpg" in gallery["data"]["text/html"]
    assert "copy.jpg" in gallery["data"]["text/plain"]

    assert outputs(notebook, 4)[0]["text"].startswith("Fastdup ")
    assert outputs(notebook, 4)[0]["text"].endswith("my photos_fastdup\n")
    assert outputs(notebook, 5)[0]["text"].startswith("usage: %fastdup run")
    (quiet,) = outputs(notebook, 6)
    assert quiet["output_type"] == "execute_result"
    # More pairs than a notebook shows are written as a page too.
    assert "duplicates.html" not in gallery["data"]["text/html"]
    assert "my%20photos_fastdup/duplicates.html" in outputs(notebook, 7)[0]["data"]["text/html"]
    assert "pages/duplicates.html" in outputs(notebook, 8)[0]["data"]["text/html"]
    pages = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html"))
    assert pages == ["my photos_fastdup/duplicates.html", "pages/duplicates.html"]


FAILING = """
def get_label(path):
    if path.endswith("picture_001.jpg"):
        raise LookupError("not in the list")
    return 3
"""


@pytest.mark.usefixtures("photos")
def test_options_in_a_cell_and_a_label_function_that_fails(run_notebook):
    notebook = run_notebook(
        [
            "%load_ext fastdup_nb",
            "k, folder = 3, 'my photos'",
            "%%fastdup run {folder} --as fd\n# all pairs\nthreshold = 0\nnearest_neighbors_k: {k}",
            "len(fd.similarity()) > 12",
            FAILING,
            "%fastdup similarity --labels get_label --min-items 1",
            "%%fastdup duplicates\nnum_images = 2\n\nextra = get_lable",
        ],
        allow_errors=True,
    )
    shown, result = outputs(notebook, 2)
    assert shown["output_type"] == "display_data"
    assert result["output_type"] == "execute_result"
    assert outputs(notebook, 3)[0]["data"]["text/plain"] == "True"
    message, gallery = outputs(notebook, 5)
    text = message["data"]["text/plain"]
    assert text.startswith("get_label fails for /")
    assert text.endswith("picture_001.jpg: LookupError: not in the list")
    assert "data:image/jpeg;base64," in gallery["data"]["text/html"]
    (error,) = outputs(notebook, 6)
    assert error["traceback"][0].startswith("OptionError: There is no file or variable 'get_lable'")
    assert "Did you mean 'get_label'?" in error["traceback"][1]


def test_a_failed_cell_is_one_line_and_a_hint(run_notebook):
    cells = ["%load_ext fastdup_nb", "%fastdup run not_there"]
    notebook = run_notebook(cells, allow_errors=True)
    (error,) = outputs(notebook, 1)
    assert error["output_type"] == "error"
    assert error["ename"] == "InputNotFoundError"
    assert len(error["traceback"]) == 2
    assert error["traceback"][0].startswith("InputNotFoundError: There is no folder, file or var")
    assert error["traceback"][1].startswith("Hint: ")


def test_a_failed_cell_stops_the_notebook(run_notebook):
    with pytest.raises(CellExecutionError, match="InputNotFoundError"):
        run_notebook(["%load_ext fastdup_nb", "%fastdup run not_there"])


INTERRUPT = """
import _thread, threading
from fastdup_nb import progress

def interrupt_soon(self, done, bad=0, advance=progress.NotebookProgress.advance):
    advance(self, done, bad)
    if self._stage is not None and self._stage.done >= 16:
        _thread.interrupt_main()

progress.NotebookProgress.advance = interrupt_soon
"""


def test_an_interrupted_run_says_how_to_go_on(run_notebook, tmp_path: Path):
    write_pictures(tmp_path / "photos", 200)
    notebook = run_notebook(
        [
            "%load_ext fastdup_nb",
            INTERRUPT,
            "%fastdup run photos",
            "fd = %fastdup run photos --resume --quiet",
            "len(fd.img_stats())",
        ],
        allow_errors=True,
    )
    shown, error = outputs(notebook, 2)
    assert "stopped at" in shown["data"]["text/plain"]
    assert error["ename"] == "RunInterruptedError"
    assert len(error["traceback"]) == 2
    assert error["traceback"][1] == "Hint: To go on: %fastdup run photos --resume"
    assert outputs(notebook, 4)[0]["data"]["text/plain"] == "200"
