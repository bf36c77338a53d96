"""Take the pictures of the explorer: each view and a comparison, and one of it in JupyterLab.

The widget, its front end and the browser are the real ones; what carries their messages is that of
the browser tests, and for the picture in JupyterLab JupyterLab itself.

Usage: python -m scripts.take_explorer_pictures [FOLDER]
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

import fastdup_nb
from examples.make_examples import make_examples
from tests.browser.bridge import Bridge
from tests.browser.conftest import JUPYTER, chromium, serve
from tests.browser.notebooks import open_notebook, run_cell

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 980, 560
VIEWS = (
    *("duplicates", "groups", "components", "clusters", "outliers"),
    *("similarity", "statistics", "labels"),
)
DARK = {"statistics"}
CELLS = ("%load_ext fastdup_nb\nfd = %fastdup run photos", "%fastdup explore groups")


def label_of(path: str) -> str:
    """Return the folder of an image: its label in the example collection."""
    return Path(path).parent.name


def make_results(scratch: Path) -> fastdup_nb.Fastdup:
    """Run on the examples."""
    photos, results = scratch / "photos", scratch / "photos_fastdup"
    make_examples(photos, 7)
    if fastdup_nb.run(photos, results, nearest_neighbors_k=5, threshold=0.8):
        sys.exit(1)
    fastdup_nb.run_kmeans_on_extracted(work_dir=str(results), num_clusters=8)
    return fastdup_nb.Fastdup(results)


def save(page: Page, target: Path) -> None:
    """Save what a page shows as a small JPEG."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(target, quality=60, optimize=True, progressive=True)
    print(f"{target.name}: {target.stat().st_size // 1000} kB")


def show(browser: Browser, explorer: Any) -> Bridge:
    """Return a page with an explorer and nothing else."""
    bridge = Bridge(browser, WIDTH, HEIGHT)
    bridge.page.add_style_tag(content="h1 { display: none; } body { margin: 0 !important; }")
    bridge.show(explorer)
    bridge.settle(2500)
    return bridge


def take_views(browser: Browser, fd: fastdup_nb.Fastdup, folder: Path) -> None:
    """Take a picture of every view, of a search and of a comparison."""
    options: dict[str, Any] = {"get_label": label_of, "height": HEIGHT - 2, "thumb": 150}
    for view in VIEWS:
        theme = "dark" if view in DARK else "light"
        explorer = fd.explore(view, theme=theme, **options)
        bridge = show(browser, explorer)
        save(bridge.page, folder / f"explorer_{view}.jpg")
        bridge.page.close()
    explorer = fd.explore("outliers", theme="light", **options)
    names = list(fd.embeddings()[0])
    wanted = next(name for name in names if name.endswith("flower/view-7.jpg"))
    explorer.similar(names.index(wanted), 12)
    bridge = show(browser, explorer)
    save(bridge.page, folder / "explorer_search.jpg")
    bridge.page.close()

    explorer = fd.explore("duplicates", theme="light", **options)
    explorer.filter("view-7_crop")
    bridge = show(browser, explorer)
    bridge.page.locator("[role=gridcell]").first.click()
    bridge.page.keyboard.press("c")
    bridge.settle(2000)
    save(bridge.page, folder / "explorer_compare.jpg")
    bridge.page.close()


def take_notebook(browser: Browser, scratch: Path, target: Path) -> None:
    """Take a picture of the explorer in JupyterLab."""
    options = ("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly")
    with serve(scratch, "jupyterlab", JUPYTER, options, "lab/tree/{}?reset&") as lab:
        make_examples(lab.folder / "photos", 7)
        page = open_notebook(browser, lab, CELLS)
        page.set_viewport_size({"width": 1180, "height": 880})
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        for number in range(len(CELLS)):
            run_cell(page, number)
        page.wait_for_timeout(3000)
        page.keyboard.press("Escape")
        page.locator(".jp-WindowedPanel-outer").first.evaluate("element => element.scrollTo(0, 0)")
        page.wait_for_timeout(1000)
        save(page, target)


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, chromium("--disable-gpu") as browser:
        take_views(browser, make_results(Path(scratch)), folder)
        take_notebook(browser, Path(scratch), folder / "notebook.jpg")


if __name__ == "__main__":
    main()
