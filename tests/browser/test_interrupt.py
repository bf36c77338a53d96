"""A run that is stopped in JupyterLab as users stop it, saved, reopened, and gone on with."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import pytest
from PIL import Image

from tests.browser.notebooks import READY, SLOW, open_notebook, run_cell, start_cell

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

COUNT = 600
CELLS = (
    "%load_ext fastdup_nb",
    "fd = %fastdup run photos --num-threads 1",
    "%fastdup status photos_fastdup",
    "fd = %fastdup run photos --num-threads 1 --resume",
    "len(fd.img_stats())",
)


def write_slow_photos(folder: Path) -> None:
    """Write photos that take their time: large, of noise, which JPEG packs badly."""
    folder.mkdir()
    pixels = np.random.default_rng(5).integers(0, 255, (1400, 1800, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "0000.jpg", quality=60)
    for number in range(1, COUNT):
        shutil.copy(folder / "0000.jpg", folder / f"{number:04d}.jpg")


def test_an_interrupted_run_is_saved_and_goes_on(lab: Lab, browser: Browser):
    write_slow_photos(lab.folder / "photos")
    page = open_notebook(browser, lab, CELLS)
    run_cell(page, 0)

    output = start_cell(page, 1)
    output.get_by_text(re.compile(r"[1-9][0-9]*/600 images")).wait_for(timeout=SLOW)
    assert output.locator("progress").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    page.keyboard.press("i")
    error = output.filter(has_text="RunInterruptedError")
    error.wait_for(timeout=SLOW)
    first, second = error.inner_text().strip().splitlines()
    assert re.match(r"RunInterruptedError: Interrupted: [1-9]\d* of 600 images are", first)
    assert second == "Hint: To go on: %fastdup run photos --num-threads 1 --resume"
    assert "stopped at" in output.first.inner_text()
    assert "\n" not in output.first.inner_text().strip()
    assert output.locator("progress").count() == 0
    page.wait_for_function(READY, timeout=SLOW)

    status = run_cell(page, 2).inner_text()
    assert "files are read and saved; to go on: %fastdup run INPUT" in status

    page.keyboard.press("Control+s")
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context.model.dirty === false", timeout=SLOW
    )
    saved = nbformat.read(lab.folder / "first.ipynb", as_version=4)
    shown, failed = saved.cells[1].outputs
    assert "stopped at" in shown["data"]["text/plain"]
    assert "<progress" not in shown["data"]["text/html"]
    assert failed["ename"] == "RunInterruptedError"
    assert "widgets" not in saved.metadata

    resumed = run_cell(page, 3)
    line = resumed.first.inner_text().strip()
    assert "600 images" in line
    assert "stopped" not in line
    assert run_cell(page, 4).inner_text().strip() == "600"
