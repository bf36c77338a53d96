"""The explorer's front end with the real kernel side, in Chromium without Jupyter in between."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastdup_nb.session import Fastdup
from tests.browser.bridge import Bridge
from tests.browser.coloured import colour_of, write_coloured
from tests.browser.conftest import ROOT, chromium
from tests.browser.notebooks import SLOW, look

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from fastdup_nb.widget.explorer import Explorer

pytestmark = pytest.mark.browser

COUNT = 300
NEAR = 12  # of 255: what JPEG may do to a colour
# The middle pixel of every picture on show, with the id of its image.
SHOWN_COLOURS = """grid => [...grid.querySelectorAll('.tile[data-id] .here img')].map(image => {
  const canvas = new OffscreenCanvas(1, 1), pen = canvas.getContext('2d');
  pen.drawImage(image, image.naturalWidth / 2, image.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
  const tile = image.closest('.tile');
  return [Number(tile.dataset.id), tile.querySelector('.name').textContent,
          [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)]];
})"""
HOSTILE = (
    "<img src=x onerror=document.title='broken'>.jpg",
    "صورة العائلة.jpg",
    "evil\u202egpj.exe.jpg",
    "'\"&amp;`${1}.jpg",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium("--disable-gpu") as started:
        yield started


@pytest.fixture(scope="module")
def collection(tmp_path_factory) -> Path:
    return write_coloured(tmp_path_factory.mktemp("coloured"), COUNT, labels=12)


@pytest.fixture
def explorer(collection) -> Iterator[Explorer]:
    made = Fastdup(collection).explore("statistics", annotations=collection.parent / "labels.csv")
    yield made
    made.close()


@pytest.fixture
def bridge(browser) -> Iterator[Bridge]:
    made = Bridge(browser)
    yield made
    made.page.close()
    assert made.trouble == []


def grid_of(bridge: Bridge) -> Locator:
    return bridge.page.locator(".grid")


def opened(bridge: Bridge, explorer: Explorer) -> Locator:
    bridge.show(explorer)
    bridge.page.locator(".tile .here img").first.wait_for(timeout=SLOW)
    return grid_of(bridge)


def check_colours(grid: Locator) -> int:
    """Assert that every picture on show is that of its image; return how many there are."""
    shown = grid.evaluate(SHOWN_COLOURS)
    for image, name, colour in shown:
        assert int(name[6:12]) == image
        apart = np.abs(np.subtract(colour, colour_of(image))).max()
        assert apart <= NEAR, f"{name} is shown as {colour}, not {colour_of(image)}"
    return len(shown)


def wait_for_pictures(bridge: Bridge) -> None:
    bridge.page.wait_for_function(
        """() => {
          const root = document.querySelector('.fastdup-explorer').shadowRoot;
          const grid = root.querySelector('.grid').getBoundingClientRect();
          const seen = [...root.querySelectorAll('.grid .tile, .grid .card')].filter(tile => {
            const box = tile.getBoundingClientRect();
            return box.bottom > grid.top && box.top < grid.bottom;
          });
          return seen.length > 0 && seen.every(tile => !tile.matches('.blank')
            && [...tile.querySelectorAll('.frame')].every(frame => frame.matches('.here')));
        }""",
        timeout=SLOW,
    )


@pytest.mark.parametrize("view", ["statistics", "duplicates", "components"])
def test_scrolling_never_shows_a_wrong_image(view, bridge, explorer):
    explorer.view = view
    grid = opened(bridge, explorer)
    rng = np.random.default_rng(0)
    total = grid.evaluate("grid => grid.scrollHeight")
    checked = 0
    for top in [*rng.integers(0, total, 12).tolist(), total, 0]:
        # Small steps and jumps, without waiting: what is under way must not land elsewhere.
        for step in range(3):
            grid.evaluate("(grid, top) => grid.scrollTo(0, top)", top + 90 * step)
            bridge.settle(15)
            checked += check_colours(grid)
        bridge.settle(120)
    grid.evaluate("grid => grid.scrollTo(0, 500)")
    bridge.settle()
    wait_for_pictures(bridge)
    checked += check_colours(grid)
    assert checked > 50


def test_sorting_and_filtering_never_show_a_wrong_image(bridge, explorer):
    grid = opened(bridge, explorer)
    page = bridge.page
    for column in page.locator(".sort option").evaluate_all("all => all.map(o => o.value)"):
        page.locator(".sort select").select_option(column)
        bridge.settle(60)
        check_colours(grid)
    page.locator(".find input").fill("00010")
    page.locator(".status", has_text=" of ").wait_for(timeout=SLOW)
    wait_for_pictures(bridge)
    assert check_colours(grid) > 3
    assert explorer.state["text"] == "00010"


def test_python_filters_and_selects_and_the_browser_follows(bridge, explorer):
    opened(bridge, explorer)
    explorer.filter(column="blur", low=100, high=119)
    bridge.page.locator(".status", has_text="20 of 300").wait_for(timeout=SLOW)
    explorer.select([5, 7])
    bridge.page.locator(".marksbar", has_text="2 selected").wait_for(timeout=SLOW)


def test_selection_by_keyboard_reaches_python(bridge, explorer):
    grid = opened(bridge, explorer)
    seen: list[list[int]] = []
    explorer.observe(lambda change: seen.append(change["new"]), "selected")
    grid.locator(".tile").first.focus()
    keyboard = bridge.page.keyboard
    for key in (" ", "ArrowRight", "ArrowRight", " ", "Shift+ArrowRight"):
        keyboard.press(key)
    bridge.page.locator(".marksbar", has_text="3 selected").wait_for(timeout=SLOW)
    ids = [int(tile.get_attribute("data-id")) for tile in grid.locator(".tile").all()[:4]]
    bridge.wait_until(lambda: explorer.selected == [ids[0], ids[2], ids[3]])
    assert seen
    keyboard.press("Escape")
    bridge.wait_until(lambda: explorer.selected == [])


def test_arrows_walk_to_the_end_and_back_with_the_focus_on_a_tile(bridge, explorer):
    opened(bridge, explorer)
    page = bridge.page
    page.locator(".tile").first.focus()
    focused = """() => document.querySelector('.fastdup-explorer').shadowRoot
      .activeElement?.getAttribute('data-id')"""
    for key in ("End", "Home", "PageDown", "PageDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        page.wait_for_function(f"({focused})() !== null", timeout=SLOW)
    page.keyboard.press("End")
    page.wait_for_function(f"({focused})() !== null", timeout=SLOW)
    wait_for_pictures(bridge)
    order = np.argsort([int(line.split(",")[5]) for line in _stats(explorer)])
    assert int(page.evaluate(focused)) == order[-1]


def _stats(explorer: Explorer) -> list[str]:
    results = explorer._living().collection.images.results
    return (results.path / "atrain_stats.csv").read_text().splitlines()[1:]


@pytest.mark.parametrize("view", ["statistics", "duplicates", "components", "outliers"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(view, scheme, browser, explorer):
    script = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"
    if os.environ.get("FASTDUP_NB_NO_NODE") == "1":
        pytest.skip("FASTDUP_NB_NO_NODE=1")
    if not script.is_file():
        pytest.fail("axe-core is missing: run npm ci in js/, or set FASTDUP_NB_NO_NODE=1.")
    bridge = Bridge(browser, color_scheme=scheme, reduced_motion="reduce")
    page = bridge.page
    explorer.view = view
    bridge.show(explorer)
    page.locator(".status", has_text="0 ").wait_for(timeout=SLOW)
    bridge.settle(300)
    axe = script.read_text("utf-8")
    page.evaluate(axe)
    assert axe_findings(bridge) == []
    if view != "outliers":
        page.locator(".tile").first.focus()
        for key in (" ", "i", "x"):
            page.keyboard.press(key)
        page.locator(".detailsbody dl").first.wait_for(timeout=SLOW)
        page.locator(".tally").first.wait_for(timeout=SLOW)
        assert axe_findings(bridge) == []
        for key, dialog in (("?", ".help"), ("p", ".plan"), ("Enter", ".lightbox")):
            page.locator(".tile").first.focus()
            page.keyboard.press(key)
            page.locator(f"dialog{dialog}").wait_for(timeout=SLOW)
            bridge.settle(300)
            assert axe_findings(bridge) == []
            page.keyboard.press("Escape")
    page.close()
    assert bridge.trouble == []


def axe_findings(bridge: Bridge) -> list[str]:
    found = bridge.page.evaluate("axe.run(document)")
    return [
        f"{finding['id']}: {json.dumps(node['target'])} {node['html'][:160]} "
        f"{node['failureSummary'][:200]}"
        for finding in found["violations"]
        for node in finding["nodes"]
    ]


def test_hostile_names_stay_text(bridge, tmp_path):
    photos = tmp_path / "photos"
    work_dir = write_coloured(tmp_path / "made", 8)
    photos.mkdir()
    for number, name in enumerate(HOSTILE):
        shutil.copy(tmp_path / "made" / "photos" / f"image {number:06d}.png", photos / name)
    listed = "".join(
        f'{n},"{photos / name}"\n'.replace('"&', '""&') for n, name in enumerate(HOSTILE)
    )
    (work_dir / "atrain_features.dat.csv").write_text(f"index,filename\n{listed}", "utf-8")
    for name in ("atrain_stats.csv", "connected_components.csv"):
        lines = (work_dir / name).read_text().splitlines()[: len(HOSTILE) + 1]
        for number, hostile in enumerate(HOSTILE):
            quoted = str(photos / hostile).replace('"', '""')
            image = str(tmp_path / "made" / "photos" / f"image {number:06d}.png")
            lines[number + 1] = lines[number + 1].replace(image, f'"{quoted}"')
        (work_dir / name).write_text("\n".join(lines) + "\n", "utf-8")
    (work_dir / "similarity.csv").write_text("from,to,distance\n")
    labels = [f"<script>{n}</script>" if n else "قط" for n in range(len(HOSTILE))]
    label_of = {str(photos / name): label for name, label in zip(HOSTILE, labels, strict=True)}
    explorer = Fastdup(work_dir).explore("statistics", get_label=label_of)
    grid = opened(bridge, explorer)
    wait_for_pictures(bridge)
    names = grid.locator(".name").all_inner_texts()
    assert HOSTILE[0] in names
    assert any("صورة" in name for name in names)
    assert all(
        tag == "BDI" for tag in grid.locator(".name").evaluate_all("a => a.map(e => e.tagName)")
    )
    assert bridge.page.locator("script").count() == 1
    assert grid.locator(".frame img").count() == len(HOSTILE)
    grid.locator(".tile").first.focus()
    bridge.page.keyboard.press("i")
    bridge.page.locator(".detailsbody dl").first.wait_for(timeout=SLOW)
    bridge.page.keyboard.press("Enter")
    bridge.page.locator("dialog.lightbox .footer").wait_for(timeout=SLOW)
    assert bridge.page.title() == "Explorer"
    look(bridge.page, "explorer-hostile")
    explorer.close()


def test_base64_carries_what_buffers_cannot(bridge, explorer):
    bridge.binary = False
    grid = opened(bridge, explorer)
    wait_for_pictures(bridge)
    assert check_colours(grid) > 3


def test_a_kernel_that_went_away_is_said_so_and_found_again(bridge, explorer):
    opened(bridge, explorer)
    page = bridge.page
    bridge.silent = True
    page.evaluate("models.explorer.emit('comm_live_update')")
    lost = page.locator(".notice.error", has_text="run the cell again")
    lost.wait_for(timeout=SLOW)
    look(page, "explorer-no-kernel")
    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowRight")  # what is here can still be looked at
    bridge.silent = False
    lost.locator("button").click()
    lost.wait_for(state="hidden", timeout=SLOW)
    page.locator(".views button[data-view=duplicates]").click()
    page.locator(".grid[data-layout=pair] .tile .here img").first.wait_for(timeout=SLOW)


def test_a_widget_whose_kernel_is_gone_from_the_start_says_what_to_do(bridge, explorer):
    bridge.silent = True
    bridge.show(explorer)
    bridge.page.locator(".notice.error", has_text="run the cell again").wait_for(timeout=SLOW)


def test_images_deleted_under_it_are_said_to_be_gone(bridge, tmp_path):
    work_dir = write_coloured(tmp_path, 40)
    explorer = Fastdup(work_dir).explore("statistics")
    for path in sorted((tmp_path / "photos").iterdir())[::2]:
        path.unlink()
    bridge.show(explorer)
    missing = bridge.page.locator(".tile .missing").first
    missing.wait_for(timeout=SLOW)
    assert missing.inner_text().strip() != ""
    bridge.page.locator(".tile .here img").first.wait_for(timeout=SLOW)
    check_colours(grid_of(bridge))
    tile = bridge.page.locator(".tile:has(.missing)").first
    tile.focus()
    bridge.page.keyboard.press("Enter")
    bridge.page.locator("dialog.lightbox .missing").wait_for(timeout=SLOW)
    bridge.page.keyboard.press("Escape")
    look(bridge.page, "explorer-deleted")
    explorer.close()


def test_ten_thousand_labels_can_be_searched(bridge, tmp_path):
    work_dir = write_coloured(tmp_path, 10_000, labels=10_000)
    explorer = Fastdup(work_dir).explore("statistics", annotations=tmp_path / "labels.csv")
    opened(bridge, explorer)
    page = bridge.page
    facet = page.locator(".facet", has_text="label").last
    assert facet.locator("li").count() < 30
    facet.locator("input[type=search]").fill("09876")
    facet.locator("li", has_text="label 09876").locator("label").click()
    page.locator(".status", has_text="1 of 10,000").wait_for(timeout=SLOW)
    wait_for_pictures(bridge)
    check_colours(grid_of(bridge))
    page.get_by_text("Clear all filters").click()
    page.locator(".status", has_text="10,000 images").wait_for(timeout=SLOW)
    explorer.close()


def test_two_widgets_do_not_meddle(bridge, collection):
    fd = Fastdup(collection)
    one, other = fd.explore("statistics"), fd.explore("duplicates")
    bridge.show(one, "one")
    bridge.show(other, "other")
    page = bridge.page
    page.wait_for_function(
        """() => Object.values(widgets).every(({ el }) =>
          el.querySelector('.fastdup-explorer').shadowRoot.querySelector('.tile .here img'))""",
        timeout=SLOW,
    )
    first = page.locator(".fastdup-explorer").first
    first.locator(".tile").first.focus()
    page.keyboard.press(" ")
    page.keyboard.press("x")
    first.locator(".tally.delete").wait_for(timeout=SLOW)
    bridge.wait_until(lambda: len(one.selected) == 1)
    assert other.selected == []
    assert other.marks == {}
    bridge.dispose("one")
    page.locator(".tile .here img").first.wait_for(timeout=SLOW)
    assert page.evaluate("models.one.listening") == 0
    one.close()
    other.close()


def test_disposed_it_leaves_nothing_behind(bridge, explorer):
    bridge.page.evaluate("""() => {
      window.alive = new Set();
      const make = URL.createObjectURL, revoke = URL.revokeObjectURL;
      URL.createObjectURL = (blob) => {
        const url = make.call(URL, blob);
        alive.add(url);
        return url;
      };
      URL.revokeObjectURL = (url) => { alive.delete(url); revoke.call(URL, url); };
    }""")
    opened(bridge, explorer)
    bridge.page.locator(".tile").first.focus()
    bridge.page.keyboard.press("Enter")
    bridge.page.locator("dialog.lightbox .pane:not(.loading)").wait_for(timeout=SLOW)
    assert bridge.page.evaluate("alive.size") > 0
    bridge.dispose()
    assert bridge.page.evaluate("alive.size") == 0
    assert bridge.page.evaluate("models.explorer.listening") == 0
    assert bridge.page.locator("dialog").count() == 0


def test_keys_stay_inside(bridge, explorer):
    bridge.page.evaluate(
        "document.addEventListener('keydown', (event) => (window.heard ??= []).push(event.key))"
    )
    opened(bridge, explorer)
    host = bridge.page.locator(".fastdup-explorer")
    assert host.get_attribute("data-lm-suppress-shortcuts") == "true"
    bridge.page.locator(".tile").first.focus()
    for key in ("d", "d", "x", "a", "q"):
        bridge.page.keyboard.press(key)
    bridge.page.keyboard.press("/")
    bridge.page.keyboard.type("abc")
    assert bridge.page.evaluate("window.heard ?? []") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 440])
def test_every_view_fits(width, scheme, browser, explorer):
    bridge = Bridge(browser, width, 800, color_scheme=scheme)
    opened(bridge, explorer)
    page = bridge.page
    layouts = {"statistics": "image", "duplicates": "pair", "components": "group"}
    for view, layout in layouts.items():
        explorer.view = view
        page.locator(f".grid[data-layout={layout}] .tile[data-id]").first.wait_for(timeout=SLOW)
        wait_for_pictures(bridge)
        look(page, f"explorer-{view}-{width}-{scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wide = """() => { const grid = document.querySelector('.fastdup-explorer').shadowRoot
          .querySelector('.grid'); return grid.scrollWidth - grid.clientWidth; }"""
        assert page.evaluate(wide) <= 0
    if width < 720:
        assert not page.locator(".side").is_visible()
        page.locator(".filters").click()
        page.locator(".side").wait_for(timeout=SLOW)
        bridge.settle(300)
        look(page, f"explorer-drawer-{scheme}")
        page.keyboard.press("Escape")
        page.locator(".side").wait_for(state="hidden", timeout=SLOW)
    page.close()
    assert bridge.trouble == []
