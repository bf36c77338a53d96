"""100,000 images in JupyterLab: opened, scrolled from end to end, and what that costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.coloured import colour_of, write_coloured
from tests.browser.notebooks import SLOW, look, open_notebook, run_cell, start_cell
from tests.browser.test_explorer_page import check_colours

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.browser.conftest import Lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COUNT = 100_000
# What the issue of the explorer demands.
MOST_IN_TAB, MOST_IN_KERNEL = 300, 200  # megabytes
MEMORY = """
import gc, re, pathlib
gc.collect()
status = pathlib.Path("/proc/self/status").read_text()
print("held", int(re.search(r"VmRSS:\\s+(\\d+)", status)[1]) // 1024)
"""
CELLS = (
    "import fastdup_nb\nfd = fastdup_nb.Fastdup('../made/results')\ng = fd.explore('statistics')",
    "g",
    MEMORY,
    MEMORY,
    "g.close()",
)
STEPS = 120


def tab_megabytes(page: Page) -> float:
    """Return what the scripts of the tab hold, after their garbage is collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics: list[dict[str, Any]] = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 1e6


def renderer_megabytes(page: Page) -> float:
    """Return the memory of the tab's own process that nobody shares, pictures included."""
    session = page.context.browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    held = [_anonymous(process["id"]) for process in processes if process["type"] == "renderer"]
    return max(held, default=0.0)


def _anonymous(process: int) -> float:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("RssAnon"))


def kernel_megabytes(page: Page, cell: int) -> int:
    return int(run_cell(page, cell).inner_text().split("held ")[1])


def test_100000_rows_scroll_from_end_to_end_in_little_memory(
    lab: Lab, browser: Browser, record_property: Callable[[str, object], None]
):
    write_coloured(lab.folder.parent / "made", COUNT)
    page = open_notebook(browser, lab, CELLS)
    run_cell(page, 0)
    tab_before = tab_megabytes(page)
    begun = time.perf_counter()
    output = start_cell(page, 1)
    output.locator(".tile .here img").first.wait_for(timeout=SLOW)
    opened = time.perf_counter() - begun
    before = kernel_megabytes(page, 2)

    grid = output.locator(".grid")
    total = grid.evaluate("grid => grid.scrollHeight")
    assert grid.get_attribute("aria-rowcount") is not None
    shown, checked = grid.locator(".tile .here img"), 0
    for step in range(STEPS + 1):
        grid.evaluate("(grid, top) => grid.scrollTo(0, top)", total * step / STEPS)
        page.wait_for_timeout(60)
        if step % 8 == 0:
            shown.nth(9).wait_for(timeout=SLOW)
            checked += check_colours(grid)
    # Wheeled, too: small moves in the middle of the scaled scroll area.
    grid.evaluate("(grid, top) => grid.scrollTo(0, top)", total / 2)
    page.wait_for_timeout(400)
    box = grid.bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    for _ in range(40):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(30)
    page.wait_for_timeout(800)
    shown.nth(9).wait_for(timeout=SLOW)
    checked += check_colours(grid)
    assert checked > 100
    last = grid.locator(".tile").last
    last.focus()
    page.keyboard.press("End")
    stats = (lab.folder.parent / "made" / "results" / "atrain_stats.csv").read_text()
    order = [int(line.split(",")[5]) for line in stats.splitlines()[1:]]
    highest = order.index(max(order))
    grid.locator(f".tile[data-id='{highest}'] .here img").wait_for(timeout=SLOW)
    assert colour_of(highest) != colour_of(highest - 1)
    look(page, "explorer-large")

    tab, renderer = tab_megabytes(page), renderer_megabytes(page)
    grown = kernel_megabytes(page, 3) - before
    record_property("opened_seconds", round(opened, 2))
    record_property("tab_heap_mb", (round(tab_before), round(tab)))
    record_property("tab_process_mb", round(renderer))
    record_property("kernel_grown_mb", grown)
    assert tab < MOST_IN_TAB
    assert renderer - tab_before < 2 * MOST_IN_TAB
    assert grown < MOST_IN_KERNEL
