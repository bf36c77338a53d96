"""What users do in a notebook in the browser: open it, run a cell, look."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from tests.browser.conftest import Lab

# Asked of the application: the page says "Idle" before there is a kernel.
READY = """() => {
  const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
  return context?.isReady && context.session?.kernel?.status === 'idle';
}"""
DECODED = """async images => {
  await Promise.all(images.map(image => image.decode()));
  return images.every(image => image.naturalWidth > 0);
}"""
SECONDS = 1000
SLOW = 120 * SECONDS


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells."""
    made = [nbformat.v4.new_code_cell(text) for text in cells]
    # Without the name of a kernel JupyterLab asks for one.
    about = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=about), path)


def open_notebook(browser: Browser, lab: Lab, cells: Sequence[str]) -> Page:
    """Open a notebook of these cells in JupyterLab, and return when its kernel is idle."""
    write_notebook(lab.folder / "first.ipynb", cells)
    page = browser.new_page(viewport={"width": 1400, "height": 1600})
    page.goto(lab.address("first.ipynb"), timeout=SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return page


def start_cell(page: Page, number: int) -> Locator:
    """Press Shift+Enter in a cell and return its output."""
    cell = page.locator(".jp-CodeCell").nth(number)
    cell.locator(".cm-content").click()
    page.keyboard.press("Shift+Enter")
    return cell.locator(".jp-OutputArea-output")


def run_cell(page: Page, number: int) -> Locator:
    """Run a cell, wait until it has run, and return its output."""
    output = start_cell(page, number)
    prompt = page.locator(".jp-CodeCell").nth(number).locator(".jp-InputPrompt")
    prompt.get_by_text(f"[{number + 1}]:").wait_for(timeout=SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return output


def look(page: Page, name: str) -> None:
    """Keep a screenshot where the variable says, for people to look at."""
    if folder := os.environ.get("FASTDUP_NB_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
