"""Plots as standalone pages in Chromium: offline, dragged, selected, in light and dark."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fastdup_nb
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.plots.distributions import build_histogram
from fastdup_nb.views.plots.embedding_map import build_map
from fastdup_nb.widget.plot_page import write_page
from tests.browser.plots import drag, plot_in
from tests.browser.test_duplicates_page import HOSTILE, Watch, look
from tests.browser.test_gallery_pages import wait_until
from tests.pictures import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

COUNT = 40
ROOT = Path(__file__).parents[2]
NOISE = "setting log level"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> WorkDir:
    """Forty images in two groups of similar ones; blur is 10, 20, ... 400."""
    folder = tmp_path_factory.mktemp("plots")
    names = [HOSTILE, *(f"{number:02d}.jpg" for number in range(1, COUNT))]
    paths = [str(folder / name) for name in names]
    for seed, path in enumerate(paths[:-1]):  # the last one is gone
        draw(seed, (120, 90)).save(path)
    rng = np.random.default_rng(2)
    vectors = np.repeat(np.eye(8)[:2], COUNT // 2, axis=0) + rng.normal(0, 0.05, (COUNT, 8))
    assert fastdup_nb.save_binary_feature(folder, paths, vectors.astype(np.float32)) == 0
    (folder / "similarity.csv").write_text("from,to,distance\n")
    lines = [f"{row},{path},{10 * row + 10}" for row, path in enumerate(paths)]
    (folder / "atrain_stats.csv").write_text("\n".join(["index,filename,blur", *lines]))
    return WorkDir.open(folder)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    watches = []

    def open_page(path: Path, **options: object) -> Page:
        page = browser.new_page(viewport={"width": 1100, "height": 800}, **options)
        watches.append(Watch(page))
        page.goto(path.as_uri())
        return page

    yield open_page
    for watch in watches:
        allowed = ("file://", "data:", "blob:")
        assert [url for url in watch.requests if not url.startswith(allowed)] == []
        assert [text for text in watch.trouble if NOISE not in text] == []


def wait_for(plot: Locator, text: str) -> None:
    plot.locator("output", has_text=text).wait_for()


def ends_of(plot: Locator) -> list[float]:
    fields = [plot.get_by_label(name, exact=True) for name in ("from", "to")]
    return [float(field.input_value()) for field in fields]


def test_a_range_is_dragged_and_snaps_to_bars(results: WorkDir, tmp_path: Path, visit):
    shown = build_histogram(results, "blur", bins=10)
    page = visit(write_page(shown, tmp_path))
    plot = plot_in(page.locator("main"))
    wait_for(plot, "40 of 40")
    look(page, "plot_histogram_light")
    drag(page, plot, (0.01, 0.5), (0.3, 0.4))
    plot.get_by_role("button", name="All").wait_for()
    inside = shown.counts[:3].sum()
    wait_for(plot, f"{inside} of 40")
    snapped = pytest.approx([shown.edges[0], shown.edges[3]], rel=1e-4)
    wait_until(lambda: ends_of(plot) == snapped)
    look(page, "plot_histogram_range")
    drag(page, plot, (0.3, 0.5), (0.62, 0.5))  # the right end alone
    wait_for(plot, f"{shown.counts[:6].sum()} of 40")
    plot.get_by_role("button", name="All").click()
    wait_for(plot, "40 of 40")


def test_a_range_is_typed(results: WorkDir, tmp_path: Path, visit):
    page = visit(write_page(build_histogram(results, "blur", bins=10), tmp_path))
    plot = plot_in(page.locator("main"))
    low = plot.get_by_label("from", exact=True)
    low.fill("300")
    low.press("Enter")
    wait_for(plot, "about")  # not at the end of a bar
    page.keyboard.press("Tab")
    low.fill("")
    low.press("Enter")
    wait_for(plot, "40 of 40")


def test_bars_tell_what_they_hold(results: WorkDir, tmp_path: Path, visit):
    shown = build_histogram(results, "blur", bins=4)
    page = visit(write_page(shown, tmp_path))
    plot = plot_in(page.locator("main"))
    plot.hover(position={"x": 120, "y": 250})
    tip = plot.get_by_role("tooltip")
    tip.get_by_text(f"{shown.counts[0]} image").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_points_are_selected_with_the_lasso(results: WorkDir, tmp_path: Path, visit, scheme: str):
    shown = build_map(results, get_label=lambda path: "<i>odd" if "1" in path else "even")
    page = visit(write_page(shown, tmp_path), color_scheme=scheme)
    plot = plot_in(page.locator("main"))
    wait_for(plot, "0 of 40 selected")
    left = int((shown.points[:, 0] < 0).sum())
    drag(page, plot, (0.01, 0.01), (0.5, 0.01), (0.5, 0.99), (0.01, 0.99), (0.01, 0.01))
    wait_for(plot, f"{left} of 40 selected")
    look(page, f"plot_map_{scheme}")
    ink = plot.locator(".plot").evaluate("root => getComputedStyle(root).color")
    assert (ink == "rgb(236, 235, 231)") == (scheme == "dark")
    plot.locator(".stage").press("Escape")
    wait_for(plot, "0 of 40 selected")


def test_a_picture_and_a_hostile_name_under_the_pointer(results: WorkDir, tmp_path: Path, visit):
    shown = build_map(results)
    page = visit(write_page(shown, tmp_path))
    plot = plot_in(page.locator("main"))
    x, y = (shown.points[0] * (1, -1) / 1.06 + 1) / 2
    box = drag(page, plot, (0.01, 0.99), (0.01, 0.99))
    page.mouse.move(box["left"] + x * box["width"], box["top"] + y * box["height"], steps=3)
    tip = plot.get_by_role("tooltip")
    tip.get_by_text(HOSTILE).wait_for()
    assert tip.locator("img").count() <= 1
    tip.locator("img[src^='data:image/jpeg']").wait_for()
    assert tip.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    look(page, "plot_map_tip")


def test_a_fixed_theme_does_not_follow(results: WorkDir, tmp_path: Path, visit):
    page = visit(write_page(build_histogram(results, "blur"), tmp_path, theme="dark"))
    plot = plot_in(page.locator("main"))
    assert plot.locator(".plot").get_attribute("data-theme") == "dark"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(21, 22, 26)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(results: WorkDir, tmp_path: Path, visit, scheme: str):
    script = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"
    if os.environ.get("FASTDUP_NB_NO_NODE") == "1":
        pytest.skip("FASTDUP_NB_NO_NODE=1")
    if not script.is_file():
        pytest.fail("axe-core is missing: run npm ci in js/, or set FASTDUP_NB_NO_NODE=1.")
    for shown in (build_histogram(results, "blur"), build_map(results, color="folder")):
        page = visit(write_page(shown, tmp_path), color_scheme=scheme, bypass_csp=True)
        plot_in(page.locator("main"))
        page.evaluate(script.read_text("utf-8"))
        found = page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))")
        assert found == []
