"""The pages of outliers, statistics, neighbours and aspect ratios in Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import fastdup_nb
from tests.browser.test_duplicates_page import HOSTILE, Watch, focused, look, style, wait_for_focus
from tests.pictures import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SHOWN = "#cards > li:not([hidden])"
NAMES = (HOSTILE, "b 1.jpg", "c#2.jpg", 'it\'s "g".jpg', "e.jpg", "gone.jpg")
LABELS = ("cat", "cat", "</script><b>x</b>", "dog", "dog", "cat")


class Pages:
    """Results about six images, one of which is missing, and pages of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "photos").mkdir()
        self.paths = [str(folder / "photos" / name) for name in NAMES]
        for seed, path in enumerate(self.paths[:-1]):
            draw(seed, (240, 100 + 30 * seed)).save(path)
        self.options = {"get_label_func": dict(zip(self.paths, LABELS, strict=True))}

    def pairs(self, *pairs: tuple[int, int, float]) -> pd.DataFrame:
        rows = [(self.paths[a], self.paths[b], score) for a, b, score in pairs]
        return pd.DataFrame(rows, columns=["from", "to", "distance"])

    def outliers(self) -> Path:
        table = self.pairs((0, 1, 0.1), (1, 2, 0.2), (3, 2, 0.3), (5, 2, 0.4))
        assert fastdup_nb.create_outliers_gallery(table, self.folder, **self.options) == 0
        return self.folder / "outliers.html"

    def statistics(self) -> Path:
        values = {"blur": [100.0, 2000.0, 350.0, 42.5, 800.0, 0.5], "width": 240, "height": 100}
        table = pd.DataFrame({"filename": self.paths, **values})
        assert fastdup_nb.create_stats_gallery(table, self.folder, **self.options) == 0
        return self.folder / "blur.html"

    def similarity(self) -> Path:
        table = self.pairs(
            *((0, 1, 0.95), (0, 3, 0.94), (0, 5, 0.92), (3, 0, 0.94), (3, 1, 0.93)),
            *((4, 3, 0.97), (4, 5, 0.96)),
        )
        fastdup_nb.create_similarity_gallery(table, self.folder, **self.options)
        return self.folder / "similarity.html"

    def aspect_ratio(self) -> Path:
        sizes = {"width": [400, 100, 120, 300, 90, 90], "height": [100, 300, 100, 100, 90, 80]}
        table = pd.DataFrame({"filename": self.paths, **sizes})
        assert fastdup_nb.create_aspect_ratio_gallery(table, self.folder, **self.options) == 0
        return self.folder / "aspect_ratio.html"


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    return Pages(tmp_path)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Path], Page]]:
    watches = []

    def open_page(path: Path, **options: object) -> Page:
        page = browser.new_page(viewport={"width": 1360, "height": 900}, **options)
        watches.append(Watch(page))
        page.goto(path.as_uri())
        return page

    yield open_page
    for watch in watches:
        strangers = [url for url in watch.requests if not url.startswith(("file://", "data:"))]
        assert strangers == []
        assert [text for text in watch.trouble if "setting log level" not in text] == []


def values(page: Page) -> list[str]:
    return page.locator(f"{SHOWN} .head b").all_inner_texts()


def wait_until(holds: Callable[[], bool]) -> None:
    """Ask again until it holds. The page's policy forbids what Playwright waits with."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def shows(page: Page, expected: list[str]) -> None:
    """Wait until exactly these values are shown."""
    wait_until(lambda: values(page) == expected)


def test_outliers(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.outliers())
    look(page, "outliers_light")
    assert values(page) == ["0.1000", "0.2000", "0.3000", "0.4000"]
    assert page.get_by_text("4 of 4 images").count() == 1
    assert page.get_by_text("1 image missing").count() == 1
    assert page.locator(".missing").inner_text() == "there is no such file"
    assert page.locator(".note b, .labels b").count() == 0
    assert page.locator(".name", has_text="onerror=alert(1)").count() == 1
    page.get_by_label("Find").fill("c#2")
    shows(page, ["0.2000", "0.3000", "0.4000"])  # c#2 is the neighbour of these
    page.get_by_role("searchbox").fill("")
    page.locator("#label").select_option("=cat")
    shows(page, ["0.1000", "0.2000", "0.4000"])
    page.locator("#label").select_option("")
    page.get_by_label("Order").select_option("most")
    shows(page, ["0.4000", "0.3000", "0.2000", "0.1000"])
    page.get_by_label("Lowest similarity").fill("30")
    shows(page, ["0.4000", "0.3000"])


def test_statistics(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.statistics())
    look(page, "statistics_light")
    assert page.locator("h1").inner_text() == "Blurriest images"
    assert values(page) == ["0.5", "42.5", "100.0", "350.0", "800.0", "2,000.0"]
    low, high = page.get_by_label("Lowest blur"), page.get_by_label("Highest blur")
    assert (low.get_attribute("min"), high.get_attribute("max")) == ("0", "100")
    low.fill("5")  # of steps of 20
    high.fill("40")
    shows(page, ["100.0", "350.0", "800.0"])
    assert page.locator("#range").inner_text() == "100 \N{EN DASH} 800"
    page.get_by_label("Order").select_option("sharpest first")
    shows(page, ["800.0", "350.0", "100.0"])


def test_neighbours(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.similarity())
    look(page, "similarity_light")
    assert values(page) == ["0", "50", "67"]
    first = page.locator("#cards > li").first
    assert first.locator(".side").count() == 3
    assert first.locator(".other").count() == 2
    assert first.get_by_text("most neighbours: cat").count() == 1
    assert first.locator(".side > b").all_inner_texts() == ["0.9400", "0.9300"]
    names = first.locator(".name").all_inner_texts()
    assert [name.replace("\n", "") for name in names] == ['it\'s "g".jpg', HOSTILE, "b 1.jpg"]
    page.locator("#label").select_option("same")
    page.get_by_text("No image fits these filters.").wait_for()
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Lowest label score").fill("60")
    shows(page, ["67"])


def test_keyboard_and_lightbox_of_neighbours(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.similarity())
    page.keyboard.press("ArrowRight")
    assert focused(page) == 'Open it\'s "g".jpg'
    page.keyboard.press("ArrowRight")
    assert focused(page) == f"Open {HOSTILE}"
    page.keyboard.press("ArrowDown")
    assert "Open" in focused(page)
    assert page.evaluate(
        "document.activeElement.closest('li') === document.querySelectorAll('#cards > li')[1]"
    )
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#lb-number").inner_text() == "1 / 7"
    assert page.locator("#lb-score").inner_text() == "0.9400"
    assert page.locator("#lb-stage .pane:visible").count() == 2
    look(page, "similarity_lightbox")
    page.keyboard.press("3")
    assert page.locator("#lb-stage").get_attribute("data-mode") == "difference"
    page.keyboard.press("ArrowRight")
    assert page.locator("#lb-number").inner_text() == "2 / 7"
    page.keyboard.press("Escape")
    wait_for_focus(page, "Open b 1.jpg")


def test_lightbox_of_one_image(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.statistics())
    page.locator(".stage").nth(1).click()
    assert page.locator("#lb-stage .pane").count() == 1
    assert page.locator("#lb-score").inner_text() == "blur 42.5"
    assert page.locator(".modes").count() == 0
    page.keyboard.press("2")  # no second image to compare with
    page.keyboard.press("+")
    assert page.locator("#lb-zoom").inner_text() == "150 %"
    page.keyboard.press("ArrowRight")
    assert page.locator("#lb-number").inner_text() == "3 / 6"
    look(page, "statistics_lightbox")


def test_aspect_ratio(pages: Pages, visit: Callable[..., Page]):
    page = visit(pages.aspect_ratio(), color_scheme="dark")
    page.locator(".bk-Figure canvas").nth(1).wait_for()
    assert page.locator(".bk-Figure").count() == 2
    ink = "Bokeh.documents[0].roots()[0].title.text_color"
    wait_until(lambda: page.evaluate(ink) != "#444444")
    dark = page.evaluate(ink)
    look(page, "aspect_ratio_dark")
    page.keyboard.press("t")
    assert page.evaluate(ink) != dark
    look(page, "aspect_ratio_light")
    assert page.locator(".head em").all_inner_texts() == ["widest", "tallest"]
    assert page.locator(".head b").all_inner_texts() == ["4", "0.3333"]
    labels = page.evaluate(
        "Bokeh.documents[0].roots().map((plot) => [plot.below[0], plot.left[0]]"
        ".map((axis) => axis.axis_label))"
    )
    assert labels[0] == ["width (pixels)", "height (pixels)"]
    assert labels[1][1] == "images"
    assert page.locator(".plots a, .bk-logo").count() == 0


@pytest.mark.parametrize("name", ["outliers", "statistics", "similarity", "aspect_ratio"])
def test_small_and_dark(pages: Pages, visit: Callable[..., Page], name: str):
    page = visit(getattr(pages, name)(), color_scheme="dark")
    look(page, f"{name}_dark")
    light = page.locator("body").evaluate(style("backgroundColor"))
    page.keyboard.press("t")
    assert page.locator("body").evaluate(style("backgroundColor")) != light
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until(lambda: page.evaluate("document.documentElement.scrollWidth") == 390)
    look(page, f"{name}_mobile")
    page.locator(".stage").first.click()
    for button in ("Close", "Next pair" if name == "similarity" else "Next image"):
        box = page.get_by_role("button", name=button, exact=True).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize("name", ["outliers", "statistics", "similarity", "aspect_ratio"])
def test_every_control_has_a_name(pages: Pages, visit: Callable[..., Page], name: str):
    page = visit(getattr(pages, name)())
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('body :is(button, input, select, dialog)')]
          .filter((e) => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
            || e.textContent.trim() || e.labels?.length))
          .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_lazy_pictures_are_loaded_when_they_come_into_sight(tmp_path: Path, browser: Browser):
    count = 150
    paths = [tmp_path / f"{seed}.png" for seed in range(count)]
    for seed, path in enumerate(paths):
        draw(seed, (40, 30)).save(path)
    table = pd.DataFrame({"filename": paths, "blur": range(count), "width": 1, "height": 1})
    returned = fastdup_nb.create_stats_gallery(
        table, tmp_path / "page", num_images=count, lazy_load=True
    )
    assert returned == 0
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    watch = Watch(page)
    page.goto((tmp_path / "page" / "blur.html").as_uri())
    loaded = "[...document.querySelectorAll('#cards img')].filter((i) => i.naturalWidth).length"
    wait_until(lambda: page.evaluate(loaded) >= 15)
    assert page.evaluate(loaded) < count
    page.locator(".stage").last.scroll_into_view_if_needed()
    last = "document.querySelector('#cards > li:last-child img').naturalWidth"
    wait_until(lambda: page.evaluate(last) > 0)
    assert watch.trouble == []
