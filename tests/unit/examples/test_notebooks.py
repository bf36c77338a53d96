"""What holds for every example notebook without running it, and the files that Binder reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[3]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
COLAB = "https://colab.research.google.com/github/{}/blob/main/examples/{}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{}/main?urlpath=lab/tree/examples/{}.ipynb"


def source_of(path: Path) -> str:
    return "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


def test_all_are_there():
    assert [path.stem for path in NOTEBOOKS][:6] == [
        "00-quickstart",
        "01-clean-duplicates",
        "02-find-wrong-labels",
        "03-bad-photos",
        "04-search",
        "05-embedding-map-and-projector",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    for cell in notebook.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_badges_and_colab_name_one_repository(path: Path):
    first = nbformat.read(path, as_version=4).cells[0].source
    (repository,) = set(re.findall(r"/(?:github|gh)/([\w-]+/[\w-]+)/", first))
    assert f"]({COLAB.format(repository, path.stem)})" in first
    assert f"]({BINDER.format(repository, path.stem)})" in first
    assert f"git clone -q https://github.com/{repository}\n" in source_of(path)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_links_to_is_there(path: Path):
    source = source_of(path)
    for name in re.findall(r"\]\(([\w-]+\.ipynb)\)", source):
        assert (path.parent / name).is_file(), name
    for name in re.findall(r"`(docs/[\w-]+\.md)`", source):
        assert (ROOT / name).is_file(), name


def test_binder_installs_what_the_package_declares(tmp_path: Path):
    """postBuild with a double of Python that only writes down how it is called."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    calls = tmp_path / "calls"
    double = tmp_path / "python"
    double.write_text(f'#!/bin/sh\necho "$@" >> {calls}\necho {tmp_path}/prefix\n')
    double.chmod(0o755)
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)
    environment = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([str(script)], cwd=ROOT, env=environment, check=True)
    asked = re.search(r"pip install .*\.\[([\w,]+)\]", calls.read_text())
    assert asked
    assert set(asked[1].split(",")) <= set(extras["optional-dependencies"])
    settings = tmp_path / "prefix/etc/jupyter/labconfig/default_setting_overrides.json"
    assert json.loads(settings.read_text())


def test_binder_has_a_python_that_is_new_enough():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    runtime = (ROOT / "binder" / "runtime.txt").read_text().strip()
    least = re.fullmatch(r">=3\.(\d+)", wanted)
    has = re.fullmatch(r"python-3\.(\d+)", runtime)
    assert least
    assert has
    assert int(has[1]) >= int(least[1])
