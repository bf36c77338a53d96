"""A user's first minutes in JupyterLab: load, run, look, and make a mistake."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.notebooks import DECODED, SLOW, look, open_notebook, run_cell
from tests.pictures import draw, write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

CELLS = (
    "%load_ext fastdup_nb",
    "fd = %fastdup run photos\nfd",
    "%fastdup duplicates",
    "%fastdup run not_there",
    "",
)


def write_photos(folder: Path) -> None:
    paths = write_pictures(folder, 40)
    shutil.copy(paths[0], folder / "copy <b>of 0.jpg")
    draw(3).save(folder / "near 3.jpg", quality=40)
    (folder / "broken.jpg").write_bytes(b"")


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Page:
    write_photos(lab.folder / "photos")
    return open_notebook(browser, lab, CELLS)


def test_first_minutes_in_jupyterlab(page: Page, lab: Lab):
    strangers: list[str] = []
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((lab.url, "data:", "blob:"))
            else strangers.append(request.url)
        ),
    )
    assert run_cell(page, 0).count() == 0

    run = run_cell(page, 1)
    progress = run.nth(0).inner_text().strip()
    assert "43 images" in progress or "42 images" in progress
    assert "1 bad" in progress
    assert "\n" not in progress
    assert run.nth(0).locator("progress").count() == 0
    assert "copies" in run.nth(1).inner_text().lower()
    look(page, "lab-run")

    gallery = run_cell(page, 2)
    images = gallery.locator("img")
    images.first.wait_for(timeout=SLOW)
    assert images.count() >= 4
    assert images.evaluate_all(DECODED)
    text = gallery.inner_text()
    assert "copy <b>of 0.jpg" in text
    assert "near 3.jpg" in text
    look(page, "lab-duplicates")

    error = run_cell(page, 3).inner_text().strip().splitlines()
    assert len(error) == 2
    assert error[0].startswith("InputNotFoundError: There is no folder, file or variable")
    assert error[1].startswith("Hint: ")

    page.locator(".jp-CodeCell").nth(4).locator(".cm-content").click()
    page.keyboard.type("again = %fastdup su")
    page.keyboard.press("Tab")
    page.locator(".jp-Completer").get_by_text("summary").wait_for(timeout=SLOW)
    look(page, "lab-error")
    page.keyboard.press("Enter")
    page.get_by_text("again = %fastdup summary").wait_for(timeout=SLOW)
    assert strangers == []
