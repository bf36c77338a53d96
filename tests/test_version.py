from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import fastdup_nb
from fastdup_nb._version import __version__

ROOT = Path(__file__).parent.parent


def test_the_version_is_written_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["hatch"]["version"]["path"] == "fastdup_nb/_version.py"
    assert fastdup_nb.__version__ == __version__
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?(a|b|rc|dev)\d+)?", __version__)


def test_the_changelog_tells_of_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[{re.escape(__version__)}\]", changelog, re.MULTILINE)


def test_the_shell_tells_the_version():
    told = subprocess.run(
        [sys.executable, "-m", "fastdup_nb", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert __version__ in told.stdout
