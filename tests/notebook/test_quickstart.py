"""The quickstart notebook, run as a new user runs it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode

pytestmark = pytest.mark.notebook

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "examples" / "00-quickstart.ipynb"
# A notebook that is larger than this is slow to open and refused by code hosts' viewers.
BAD = {"corrupt", "not_an_image", "tiny", "truncated", "zero_byte"}
MOST_BYTES = 400_000


@pytest.fixture
def executed(run_notebook, tmp_path: Path) -> NotebookNode:
    folder = tmp_path / "examples"
    ignored = shutil.ignore_patterns("example_photos*", "__pycache__")
    shutil.copytree(NOTEBOOK.parent, folder, ignore=ignored)
    return run_notebook(nbformat.read(NOTEBOOK, as_version=4), folder=folder)


def html_of(cell: NotebookNode) -> str:
    return "".join(out.get("data", {}).get("text/html", "") for out in cell.outputs)


def cell_with(notebook: NotebookNode, text: str) -> Any:
    found = [c for c in notebook.cells if c.cell_type == "code" and text in c.source]
    assert len(found) == 1, text
    return found[0]


def test_quickstart_shows_what_was_planted(executed: NotebookNode, tmp_path: Path):
    errors = [out for c in executed.cells for out in c.get("outputs", []) if "ename" in out]
    assert errors == []

    explorer = cell_with(executed, "%fastdup explore")
    assert "application/vnd.jupyter.widget-view+json" in explorer.outputs[0]["data"]
    still = html_of(explorer)
    assert 6 <= still.count("data:image/jpeg;base64,") <= 24
    assert len(still) < 100_000

    run = cell_with(executed, "%fastdup run")
    plain = [out["data"]["text/plain"] for out in run.outputs if "data" in out]
    assert re.search(r"\d images in \d", plain[0]), plain[0]
    assert "\n" not in plain[0], "progress ends as one line"
    assert "<progress" not in run.outputs[0]["data"]["text/html"]
    assert "copies" in html_of(run)

    gallery = html_of(cell_with(executed, "--num-images 6"))
    assert gallery.count("data:image/jpeg;base64,") >= 6
    assert "http://" not in gallery.replace("http://www.w3.org", "")
    assert "https://" not in gallery

    wrong = html_of(cell_with(executed, "--slice diff"))
    assert "china" in wrong
    assert "flower" in wrong

    planted = json.loads((tmp_path / "examples/example_photos/planted.json").read_text())
    bad = html_of(cell_with(executed, "fd.invalid_instances()"))
    assert bad.count("ERROR_") == sum(item["kind"] in BAD for item in planted)
    assert not list((tmp_path / "examples").rglob("*.html"))


def test_executed_quickstart_is_small(executed: NotebookNode):
    assert len(nbformat.writes(executed)) < MOST_BYTES
