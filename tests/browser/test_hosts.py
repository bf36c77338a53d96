"""The first minutes in Notebook 7, Voila and marimo; JupyterLab's are in test_lab."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import serve
from tests.browser.notebooks import DECODED, SECONDS, SLOW, look, write_notebook
from tests.pictures import write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Request

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

SETUP = "%load_ext fastdup_nb"
RUN = "fd = %fastdup run photos\nfd"
GALLERY = "%fastdup duplicates"
OTHER = "%fastdup stats --num-images 4"
EXPLORE = "g = %fastdup explore statistics\ng"
CHOSEN = "from pathlib import Path\n[Path(name).name for name in g.selection['filename']]"
# What the kernel knows of the selection, shown by a widget of its own.
TELL = """
import ipywidgets
label = ipywidgets.Label("nothing is selected")
g.observe(lambda change: setattr(label, "value", f"selected: {len(change.new)}"), "selected")
label
"""
MISTAKE = "%fastdup run not_there"


def write_photos(folder: Path) -> None:
    paths = write_pictures(folder, 20)
    shutil.copy(paths[0], folder / "copy <b>of 0.jpg")


def strangers_of(page: Page, server: Lab) -> list[str]:
    """Return a list of the requests that leave the server; it grows as they are made."""
    found: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:")):
            found.append(request.url)

    page.on("request", note)
    return found


def look_at_gallery(output: Locator) -> None:
    """Assert that the pictures of the gallery are on screen and names are text."""
    images = output.locator("img")
    images.first.wait_for(timeout=SLOW)
    assert images.count() >= 2
    assert images.evaluate_all(DECODED)
    assert "copy <b>of 0.jpg" in output.inner_text()
    # Side by side, whatever galleries of another layout are on the page.
    first, second = images.evaluate_all(
        "all => all.slice(0, 2).map(one => one.getBoundingClientRect().top)"
    )
    assert first == second


def select_in_explorer(page: Page, name: str) -> None:
    """Wait for the thumbnails of the explorer, and select an image and the one after it by keys."""
    grid = page.locator(".fastdup-explorer").get_by_role("grid")
    cells = grid.get_by_role("gridcell")
    thumbnails = cells.locator("img[src]")
    thumbnails.nth(5).wait_for(timeout=SLOW)
    assert thumbnails.evaluate_all(DECODED)
    cells.filter(has_text=name).first.click()
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    grid.locator("[role=gridcell][aria-selected=true]").nth(1).wait_for(timeout=SLOW)
    assert grid.locator("[role=gridcell][aria-selected=true]").count() == 2


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
    cells = [SETUP, RUN, GALLERY, MISTAKE, EXPLORE, CHOSEN, ""]
    opened = Notebook7(browser, notebook_7, cells)
    strangers = strangers_of(opened.page, notebook_7)
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

    opened.run_cell(4)
    select_in_explorer(opened.page, "copy")
    look(opened.page, "notebook-7")
    chosen = opened.run_cell(5).inner_text()
    assert "copy <b>of 0.jpg" in chosen
    assert chosen.count(".jpg") == 2

    opened.page.locator(".jp-CodeCell").nth(6).locator(".cm-content").click()
    opened.page.keyboard.type("again = %fastdup su")
    opened.page.keyboard.press("Tab")
    opened.page.locator(".jp-Completer").get_by_text("summary").wait_for(timeout=SLOW)
    assert strangers == []


def test_voila(voila: Lab, browser: Browser):
    write_photos(voila.folder / "photos")
    write_notebook(voila.folder / "first.ipynb", [SETUP, RUN, GALLERY, OTHER, EXPLORE, TELL])
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.goto(voila.address("first.ipynb"), timeout=SLOW)
    outputs = page.locator(".jp-OutputArea-output")
    outputs.filter(has_text="copies").first.wait_for(timeout=SLOW)
    assert "21 images" in outputs.first.inner_text()
    look_at_gallery(outputs.filter(has_text="most similar first").first)
    page.get_by_text("nothing is selected").wait_for(timeout=SLOW)
    select_in_explorer(page, "copy")
    page.get_by_text("selected: 2").wait_for(timeout=SLOW)
    look(page, "voila")


MARIMO = """
import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import fastdup_nb
    import marimo as mo

    fd = fastdup_nb.Fastdup.run("PHOTOS", "PHOTOS_fastdup")
    g = mo.ui.anywidget(fd.explore("statistics"))
    g
    return fd, g, mo


@app.cell
def _(g, mo):
    mo.md(f"selected: {len(g.widget.selected)}, {len(g.value['selected'])}")
    return


@app.cell
def _(fd):
    fd.plot("blur")
    return
"""


def test_marimo(tmp_path: Path, browser: Browser):
    write_photos(tmp_path / "photos")
    app = tmp_path / "app.py"
    app.write_text(MARIMO.replace("PHOTOS", str(tmp_path / "photos")))
    options = ("run", str(app), "--headless", "--no-token", "--host=127.0.0.1", "--port={port}")
    with serve(tmp_path, "marimo", options, (), "?") as server:
        page = browser.new_page(viewport={"width": 1300, "height": 1400})
        page.goto(server.address(""), timeout=SLOW)
        page.get_by_text("selected: 0, 0").wait_for(timeout=SLOW)
        select_in_explorer(page, "copy")
        page.get_by_text("selected: 2, 2").wait_for(timeout=SLOW)
        page.locator(".fastdup-plot canvas").first.wait_for(timeout=SLOW)
        look(page, "marimo")
