"""The explorer in JupyterLab: from load_ext to files in the trash and back, by keyboard."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.notebooks import READY, SLOW, look, open_notebook, run_cell, start_cell
from tests.pictures import draw, write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Lab

pytestmark = pytest.mark.browser

IMAGES = 300
CELLS = (
    "%load_ext fastdup_nb",
    "fd = %fastdup run photos",
    """label = lambda path: 'even' if int(path[-7:-4]) % 2 == 0 else 'odd'
g = %fastdup explore --labels label
g""",
    "print(g.selected, g.marks)",
)
FOCUSED = """() =>
  document.querySelector('.fastdup-explorer').shadowRoot.activeElement?.className ?? ''"""


def write_photos(folder: Path) -> None:
    """Write 300 photos; every tenth of the last hundred is a copy of another."""
    paths = write_pictures(folder, IMAGES - 10)
    for number in range(10):
        shutil.copy(paths[20 * number], folder / f"copy_{20 * number:03d}.jpg")
    draw(3).save(folder / "near_003.jpg", quality=40)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_from_load_ext_to_the_trash_and_back(lab: Lab, browser: Browser):
    write_photos(lab.folder / "photos")
    page = open_notebook(browser, lab, CELLS)
    for number in (0, 1):
        run_cell(page, number)
    explorer = run_cell(page, 2)
    cells = page.locator(".jp-CodeCell").count()
    explorer.locator(".tile .here img").first.wait_for(timeout=SLOW)
    assert explorer.locator(".views [aria-current]").inner_text().startswith("Duplicates")
    look(page, "explorer-lab")

    # Filter by label.
    explorer.locator(".facet label", has_text="even").first.click()
    explorer.locator(".status", has_text=" of ").wait_for(timeout=SLOW)
    explorer.locator(".tile .here img").first.wait_for(timeout=SLOW)

    # Select by keyboard; the keys are the explorer's, not the notebook's.
    explorer.locator(".tile").first.focus()
    assert "tile" in page.evaluate(FOCUSED)
    press(page, " ", "ArrowDown", " ")
    explorer.locator(".marksbar", has_text="2 selected").wait_for(timeout=SLOW)

    # Mark.
    press(page, "x")
    explorer.locator(".tally.delete", has_text="2 to delete").wait_for(timeout=SLOW)
    assert page.locator(".jp-CodeCell").count() == cells
    marked = explorer.locator('.tile[data-mark="delete"] .name').all_inner_texts()
    assert len(marked) == 2
    run_cell(page, 3)
    printed = page.locator(".jp-CodeCell").nth(3).locator(".jp-OutputArea-output").inner_text()
    assert printed.count("delete") == 2
    look(page, "explorer-lab-marked")

    # Apply: the plan first, then the trash.
    explorer.locator(".tile").first.focus()
    press(page, "p")
    plan = explorer.locator("dialog.plan")
    plan.wait_for(timeout=SLOW)
    look(page, "explorer-lab-plan")
    plan.locator(".danger").click()
    explorer.locator(".notice.done", has_text="trash").wait_for(timeout=SLOW)
    assert not any((lab.folder / "photos" / name).exists() for name in marked)
    look(page, "explorer-lab-applied")

    # And back.
    explorer.locator(".notice.done button", has_text="Undo").click()
    explorer.locator(".notice.done", has_text="back").wait_for(timeout=SLOW)
    assert all((lab.folder / "photos" / name).exists() for name in marked)
    look(page, "explorer-lab-undone")


RESTART = """async () => {
  await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart();
}"""
DARK = """() => jupyterapp.commands.execute(
  'apputils:change-theme', { theme: 'JupyterLab Dark' })"""


def test_the_theme_is_the_hosts_and_a_restarted_kernel_is_said_so(lab: Lab, browser: Browser):
    write_pictures(lab.folder / "photos", 30)
    cells = (
        "import fastdup_nb\nfastdup_nb.run('photos', 'work')\nfd = fastdup_nb.Fastdup('work')",
        "g = fd.explore('statistics')\ng",
        "import fastdup_nb\nfastdup_nb.Fastdup('work').explore('statistics')",
    )
    page = open_notebook(browser, lab, cells)
    run_cell(page, 0)
    explorer = run_cell(page, 1)
    explorer.locator(".tile .here img").first.wait_for(timeout=SLOW)
    explorer.locator(".explorer[data-theme=light]").wait_for(timeout=SLOW)
    # The picture for saved notebooks stands back while the widget is there.
    assert page.locator("[class^=fdnb-still]:visible").count() == 0
    page.evaluate(DARK)
    explorer.locator(".explorer[data-theme=dark]").wait_for(timeout=SLOW)
    look(page, "explorer-lab-dark")

    page.evaluate(RESTART)
    explorer.locator(".notice.error", has_text="run the cell again").wait_for(timeout=SLOW)
    assert explorer.locator(".tile .here img").count() > 0
    look(page, "explorer-lab-restarted")
    page.wait_for_function(READY, timeout=SLOW)
    again = start_cell(page, 2)
    again.locator(".tile .here img").first.wait_for(timeout=SLOW)
    assert again.locator(".notice.error:visible").count() == 0
