"""The duplicates page in Chromium: it works, by mouse and by keyboard, and asks for nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastdup_nb.render.html import write_gallery
from fastdup_nb.views.duplicates import DuplicatesView, ImageCard, PairRow
from tests.pictures import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>.jpg"
NAMES = ("a.jpg", "b 1.jpg", "c#2.jpg", "d%3.jpg", HOSTILE, "f.jpg", 'it\'s "g".jpg', "h.jpg")
SCORES = (1.0, 0.995, 0.98, 0.95, 0.93, 0.92)
LABELS = ("cat", "dog", "cat", "</script><b>x</b>", "dog", "cat", "cat", "dog")
VISIBLE = ".pair:not([hidden])"


def make_view(folder: Path) -> DuplicatesView:
    """Six pairs: one of exact copies, one of a missing file, hostile names and labels."""
    folder.mkdir()
    cards = []
    for seed, (name, label) in enumerate(zip(NAMES, LABELS, strict=True)):
        path = folder / name
        if name != "h.jpg":
            draw(seed).save(path)
        boxes = ((10.0, 10.0, 90.0, 90.0),) if name == "a.jpg" else ()
        cards.append(ImageCard(str(path), str(path), (label,), f"<i>{seed}</i>", boxes=boxes))
    rows = tuple(
        PairRow(n + 1, cards[n], cards[n + 2], score, "exact" if n == 0 else "near")
        for n, score in enumerate(SCORES)
    )
    return DuplicatesView("Duplicates", rows, 1503, 1503, "most similar first", "2026-01-31", "/w")


class Watch:
    """What a page did that it should not."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.trouble: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.trouble.append(message.text))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", lambda dialog: self.trouble.append(dialog.message))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write_gallery(make_view(tmp_path / "photos"), tmp_path / "page")


@pytest.fixture
def page(browser: Browser, written: Path) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme="light")
    watch = Watch(opened)
    opened.goto(written.as_uri())
    yield opened
    strangers = [url for url in watch.requests if not url.startswith(("file://", "data:"))]
    assert strangers == []
    assert watch.trouble == []


def scores(page: Page) -> list[str]:
    return page.locator(f"{VISIBLE} .head b").all_inner_texts()


def shows(page: Page, expected: list[str]) -> None:
    """Wait until the page shows these pairs: it filters a moment after the last key."""
    deadline = time.monotonic() + 60
    while (found := scores(page)) != expected and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert found == expected


def look(page: Page, name: str) -> None:
    """Keep a screenshot where the variable says, for people to look at."""
    if folder := os.environ.get("FASTDUP_NB_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def wait_for_focus(page: Page, label: str) -> None:
    """Wait until the focus is there: closing the lightbox gives it back a moment later."""
    ask = "start => (document.activeElement.getAttribute('aria-label') || '').startsWith(start)"
    page.wait_for_function(ask, arg=label, timeout=60_000)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


def test_hostile_names_are_text(page: Page):
    assert page.locator(".pair").count() == 6
    assert page.get_by_text("6 of 1,503 pairs").count() == 1
    assert page.locator(".name", has_text="onerror=alert(1)").count() == 2
    assert page.locator(".labels b, .extra i").count() == 0
    assert page.locator(".missing").inner_text() == "there is no such file"
    loaded = "images => images.every(image => image.complete && image.naturalWidth > 0)"
    assert page.locator(".frame img").evaluate_all(loaded)


def test_filter_and_sort(page: Page):
    assert len(scores(page)) == 6
    page.get_by_label("Find").fill("c#2")
    shows(page, ["1.0000", "0.9800"])
    assert page.locator("#status").inner_text() == "2 of 6 shown"
    page.get_by_label("Find").fill("no such name")
    shows(page, [])
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Kind").select_option("exact")
    shows(page, ["1.0000"])
    page.get_by_label("Kind").select_option("")
    page.locator("#label").select_option("diff")
    shows(page, ["0.9950", "0.9800", "0.9500", "0.9300", "0.9200"])
    assert page.locator(f"{VISIBLE}:has(.differ)").count() == 5
    page.locator("#label").select_option("=</script><b>x</b>")
    shows(page, ["0.9950", "0.9500"])
    page.locator("#label").select_option("")
    page.get_by_label("Order").select_option("least")
    shows(page, ["0.9200", "0.9300", "0.9500", "0.9800", "0.9950", "1.0000"])
    page.get_by_label("Lowest similarity").fill("95")
    shows(page, ["0.9500", "0.9800", "0.9950", "1.0000"])
    page.get_by_label("Highest similarity").fill("98")
    shows(page, ["0.9500", "0.9800"])


def test_keyboard(page: Page):
    for key, expected in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowDown", 5), ("Home", 1)):
        page.keyboard.press(key)
        assert focused(page).startswith(f"Compare pair {expected},")
    page.keyboard.press("Enter")
    lightbox = page.locator("#lightbox")
    assert lightbox.is_visible()
    look(page, "duplicates_lightbox")
    page.keyboard.press("ArrowRight")
    assert page.locator("#lb-number").inner_text() == "2 / 6"
    page.keyboard.press("Escape")
    assert not lightbox.is_visible()
    wait_for_focus(page, "Compare pair 2,")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("t?")  # text in a field, not commands
    assert page.get_by_label("Find").input_value() == "t?"
    page.keyboard.press("Escape")
    assert page.get_by_label("Find").input_value() == ""


def test_compare(page: Page):
    page.locator(".stage").first.click()
    stage = page.locator("#lb-stage")
    for key, mode in (("2", "blink"), ("3", "difference"), ("1", "side")):
        page.keyboard.press(key)
        assert stage.get_attribute("data-mode") == mode
        assert page.locator(f"[data-mode={mode}][aria-pressed=true]").count() == 1
    page.keyboard.press("3")
    look(page, "duplicates_difference")
    assert stage.locator(".pane").last.evaluate(style("mixBlendMode")) == "difference"
    page.keyboard.press("2")
    before = "second" in (stage.get_attribute("class") or "")
    page.keyboard.press(" ")
    assert ("second" in (stage.get_attribute("class") or "")) != before
    page.keyboard.press("1")
    page.keyboard.press("+")
    assert page.locator("#lb-zoom").inner_text() == "150 %"
    page.keyboard.press("m")
    assert page.get_by_role("button", name="Mirror").get_attribute("aria-pressed") == "true"
    page.keyboard.press("0")
    assert page.locator("#lb-zoom").inner_text() == "100 %"
    assert stage.locator(".boxes").first.is_visible()
    page.keyboard.press("b")
    assert not stage.locator(".boxes").first.is_visible()


def test_from_disk_the_lightbox_shows_the_original(page: Page, written: Path):
    page.locator(".stage").nth(1).click()
    image = page.locator("#lb-stage img").first
    page.wait_for_function("image => image.src.startsWith('file:')", arg=image.element_handle())
    assert image.get_attribute("src") == (written.parents[1] / "photos" / "b 1.jpg").as_uri()


def style(name: str) -> str:
    return f"element => getComputedStyle(element).{name}"


def test_light_and_dark(page: Page, browser: Browser, written: Path):
    body = page.locator("body")
    look(page, "duplicates_light")
    light = body.evaluate(style("backgroundColor"))
    page.keyboard.press("t")
    dark = body.evaluate(style("backgroundColor"))
    assert light != dark
    page.reload()
    assert body.evaluate(style("backgroundColor")) == dark  # remembered
    other = browser.new_page(color_scheme="dark")
    other.goto(written.as_uri())
    assert other.locator("body").evaluate(style("backgroundColor")) == dark
    look(other, "duplicates_dark")


def test_small_screen(page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    look(page, "duplicates_mobile")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".stage").first.click()
    look(page, "duplicates_mobile_lightbox")
    for name in ("Close", "Next pair", "Difference"):
        box: Any = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_copy_paths(browser: Browser, written: Path):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(written.as_uri())
    page.get_by_role("button", name="Copy the path of b 1.jpg").click()
    path = str(written.parents[1] / "photos" / "b 1.jpg")
    page.get_by_text("Path copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == path


def test_served_it_asks_for_its_own_pictures_only(browser: Browser, tmp_path: Path):
    written = write_gallery(make_view(tmp_path / "photos"), tmp_path / "page", lazy_load=True)
    page = browser.new_page()
    watch = Watch(page)
    own = "http://gallery.test/"

    def answer(route: Any) -> None:
        file = written.parent / route.request.url.removeprefix(own)
        route.fulfill(path=file) if file.is_file() else route.abort()

    page.route("**/*", answer)
    page.goto(f"{own}duplicates.html")
    page.locator(".stage").first.click()
    page.wait_for_load_state("networkidle")
    names = {url.removeprefix(own).partition("/")[0] for url in watch.requests}
    assert names - {"data:,"} == {"duplicates.html", "images"}
    assert watch.trouble == []


def test_without_script_every_pair_is_there(browser: Browser, written: Path):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(written.as_uri())
    assert page.locator(".pair").count() == 6
    assert not page.locator(".bar").is_visible()


def test_every_control_has_a_name(page: Page):
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, dialog')]
          .filter((e) => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
            || e.textContent.trim() || e.labels?.length))
          .map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
