"""The first minutes in Notebook 7 and in Voila; JupyterLab's are in test_lab."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.notebooks import DECODED, SECONDS, SLOW, look, write_notebook
from tests.pictures import write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

SETUP = "%load_ext fastdup_nb"
RUN = "fd = %fastdup run photos\nfd"
GALLERY = "%fastdup duplicates"
MISTAKE = "%fastdup run not_there"


def write_photos(folder: Path) -> None:
    paths = write_pictures(folder, 20)
    shutil.copy(paths[0], folder / "copy <b>of 0.jpg")


def look_at_gallery(output: Locator) -> None:
    """Assert that the pictures of the gallery are on screen and names are text."""
    images = output.locator("img")
    images.first.wait_for(timeout=SLOW)
    assert images.count() >= 2
    assert images.evaluate_all(DECODED)
    assert "copy <b>of 0.jpg" in output.inner_text()


class Notebook7:
    """Notebook 7 in a browser; it does not tell whether its kernel is ready, as JupyterLab does."""

    def __init__(self, browser: Browser, server: Lab, cells: list[str]) -> None:
        write_notebook(server.folder / "first.ipynb", cells)
        self.page: Page = browser.new_page(viewport={"width": 1300, "height": 1400})
        self.page.goto(server.address("first.ipynb"), timeout=SLOW)
        self.page.locator(".jp-CodeCell").nth(len(cells) - 1).wait_for(timeout=SLOW)
        kernel = self.page.locator(".jp-Toolbar-kernelName")
        kernel.filter(has_not_text="No Kernel").wait_for(timeout=SLOW)

    def run_cell(self, number: int) -> Locator:
        """Run a cell, wait until it has run, and return its output."""
        cell = self.page.locator(".jp-CodeCell").nth(number)
        prompt = cell.locator(".jp-InputPrompt")
        for _ in range(20):  # a press before the kernel is there is lost
            cell.locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            self.page.wait_for_timeout(2 * SECONDS)
            if prompt.inner_text().strip() != "[ ]:":
                break
        prompt.get_by_text(f"[{number + 1}]:").wait_for(timeout=SLOW)
        return cell.locator(".jp-OutputArea-output")


def test_notebook_7(notebook_7: Lab, browser: Browser):
    write_photos(notebook_7.folder / "photos")
    opened = Notebook7(browser, notebook_7, [SETUP, RUN, GALLERY, MISTAKE, ""])
    assert opened.run_cell(0).count() == 0

    run = opened.run_cell(1)
    progress = run.nth(0).inner_text().strip()
    assert "21 images" in progress
    assert "\n" not in progress
    assert "copies" in run.nth(1).inner_text().lower()

    look_at_gallery(opened.run_cell(2))

    first, second = opened.run_cell(3).inner_text().strip().splitlines()
    assert first.startswith("InputNotFoundError: There is no folder, file or variable")
    assert second.startswith("Hint: ")

    opened.page.locator(".jp-CodeCell").nth(4).locator(".cm-content").click()
    opened.page.keyboard.type("again = %fastdup su")
    opened.page.keyboard.press("Tab")
    opened.page.locator(".jp-Completer").get_by_text("summary").wait_for(timeout=SLOW)
    look(opened.page, "notebook-7")


def test_voila(voila: Lab, browser: Browser):
    write_photos(voila.folder / "photos")
    write_notebook(voila.folder / "first.ipynb", [SETUP, RUN, GALLERY])
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.goto(voila.address("first.ipynb"), timeout=SLOW)
    outputs = page.locator(".jp-OutputArea-output")
    outputs.filter(has_text="copies").first.wait_for(timeout=SLOW)
    assert "21 images" in outputs.first.inner_text()
    look_at_gallery(outputs.filter(has=page.locator("img")).last)
    look(page, "voila")
