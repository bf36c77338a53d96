"""Notebooks run in a kernel of their own, in a folder of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
Run = Callable[..., NotebookNode]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a kernel that runs this Python and finds this package, and return its name."""
    folder = tmp_path / "jupyter" / "kernels" / "tested"
    folder.mkdir(parents=True)
    spec = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "tested",
        "language": "python",
        "env": {"PYTHONPATH": str(ROOT)},
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "tested"


@pytest.fixture
def run_notebook(kernel: str, tmp_path: Path) -> Run:
    """Return a function that runs cells, or a notebook, and returns it with its outputs."""

    def run(
        cells: list[str] | NotebookNode, *, folder: Path = tmp_path, allow_errors: bool = False
    ) -> NotebookNode:
        notebook = cells
        if isinstance(cells, list):
            made = [nbformat.v4.new_code_cell(cell) for cell in cells]
            notebook = nbformat.v4.new_notebook(cells=made)
        NotebookClient(
            notebook,
            kernel_name=kernel,
            timeout=300,
            allow_errors=allow_errors,
            resources={"metadata": {"path": str(folder)}},
        ).execute()
        return notebook

    return run
