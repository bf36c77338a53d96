"""The pages of components and of similar components in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import fastdup_nb
from tests.browser.test_duplicates_page import HOSTILE, Watch, look, style
from tests.browser.test_gallery_pages import shows, wait_until
from tests.pictures import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# Component 3 is as large as no page shows at once.
GROUPS = [0, 0, 0, 1, 1, 2, 2, *[3] * 60]
LEAST = {0: 0.98, 1: 0.97, 2: 1.0, 3: 0.965}
LABELS = ("cat", "dog", "<i>cat</i>", "dog", "dog", "cat", "cat")


class Collection:
    """Four components; hostile names and labels; one image is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results"
        (folder / "photos").mkdir()
        self.results.mkdir()
        names = [HOSTILE, "b 1.jpg", "gone.jpg", *(f"{n:03d}.jpg" for n in range(len(GROUPS) - 3))]
        self.paths = [str(folder / "photos" / name) for name in names]
        for seed, path in enumerate(self.paths):
            if seed != 2:
                draw(seed, (120, 90)).save(path)
        numbers = range(len(GROUPS))
        table = {"index": numbers, "filename": self.paths}
        pd.DataFrame(table).to_csv(self.results / "atrain_features.dat.csv", index=False)
        least = [LEAST[group] for group in GROUPS]
        table = {"__id": numbers, "component_id": GROUPS, "min_distance": least}
        path = self.results / "connected_components.csv"
        pd.DataFrame({**table, "mean_distance": least}).to_csv(path, index=False)
        ends = [(0, 1, 0.94), (0, 2, 0.93), (1, 3, 0.91)]
        rows = [
            (self.paths[GROUPS.index(a)], self.paths[GROUPS.index(b)], a, b, s) for a, b, s in ends
        ]
        columns = ["from", "to", "cluster_from", "cluster_to", "distance"]
        self.pairs = self.results / "similarity_hierarchical_0.960000.csv"
        pd.DataFrame(rows, columns=columns).to_csv(self.pairs, index=False)

    def components(self, **options: object) -> Path:
        labels = dict(zip(self.paths, LABELS, strict=False))
        page = self.folder / "page"
        assert (
            fastdup_nb.create_components_gallery(
                self.results, page, get_label_func=labels, **options
            )
            == 0
        )
        return page / "components.html"

    def similar(self) -> Path:
        page = self.folder / "page"
        assert fastdup_nb.create_duplicates_gallery(self.pairs, page, lazy_load=True) == 0
        return page / "similarity_hierarchical.html"


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    return Collection(tmp_path)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
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


def test_components(collection: Collection, visit: Callable[..., Page]):
    page = visit(collection.components())
    look(page, "components_light")
    shows(page, ["0.9650", "0.9800", "0.9700", "1.0000"])
    assert page.get_by_text("4 of 4 components").count() == 1
    assert page.get_by_text("1 image missing").count() == 1
    largest, first = page.locator("#cards > li").nth(0), page.locator("#cards > li").nth(1)
    assert largest.locator(".stage").count() == 54
    assert largest.get_by_text("+ 6", exact=True).count() == 1
    names = [name.replace("\n", "") for name in first.locator(".name").all_inner_texts()]
    assert names == [HOSTILE, "b 1.jpg", "gone.jpg"]
    assert first.locator(".missing").inner_text() == "there is no such file"
    assert first.locator(".labels.counts li").all_inner_texts() == [
        "cat 1",
        "dog 1",
        "<i>cat</i> 1",
    ]
    assert first.get_by_text("labels differ").count() == 1
    page.get_by_label("Find").fill("onerror")
    shows(page, ["0.9800"])
    page.get_by_label("Find").fill("")
    page.locator("#label").select_option("=dog")
    shows(page, ["0.9800", "0.9700"])
    page.locator("#label").select_option("same")
    shows(page, ["0.9700", "1.0000"])
    page.locator("#label").select_option("")
    page.get_by_label("Order").select_option("most")
    shows(page, ["1.0000", "0.9800", "0.9700", "0.9650"])


def test_every_image_opens(collection: Collection, visit: Callable[..., Page]):
    page = visit(collection.components(lazy_load=True))
    page.locator(".stage").nth(54).click()
    assert HOSTILE in page.locator("#lb-sides").inner_text().replace("\n", "")
    page.keyboard.press("ArrowRight")
    assert "b 1.jpg" in page.locator("#lb-sides").inner_text().replace("\n", "")
    look(page, "components_lightbox")


def test_similar_components(collection: Collection, visit: Callable[..., Page]):
    collection.components(lazy_load=True)
    page = visit(collection.similar())
    look(page, "similar_components")
    shows(page, ["0.9400", "0.9300", "0.9100"])
    assert page.get_by_text("3 of 3 pairs of components").count() == 1
    wait_until(
        lambda: page.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth)")
    )
    assert page.locator(".name", has_text="component").count() == 6
    page.locator(".stage").first.click()
    assert page.locator("#lb-stage .pane:visible").count() == 2


def test_small_and_dark(collection: Collection, visit: Callable[..., Page]):
    page = visit(collection.components(), color_scheme="dark")
    look(page, "components_dark")
    dark = page.locator("body").evaluate(style("backgroundColor"))
    page.keyboard.press("t")
    assert page.locator("body").evaluate(style("backgroundColor")) != dark
    page.set_viewport_size({"width": 390, "height": 844})
    wait_until(lambda: page.evaluate("document.documentElement.scrollWidth") == 390)
    look(page, "components_mobile")
