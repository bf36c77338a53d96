"""Take the pictures of the guides: each page, made from the example collection, in real Chromium.

Usage: python scripts/take_pictures.py [FOLDER]
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import fastdup_nb
from examples.make_examples import make_examples

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
WIDTH, HEIGHT = 1120, 640
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def label_of(path: str) -> str:
    """Return the folder of an image: its label in the example collection."""
    return Path(path).parent.name


def make_pages(scratch: Path) -> dict[str, Path]:
    """Run on the examples and write every page; return picture name -> page."""
    photos, results = scratch / "photos", scratch / "results"
    make_examples(photos, 7)
    if fastdup_nb.run(photos, results, nearest_neighbors_k=5, threshold=0.8):
        sys.exit(1)
    fastdup_nb.run_kmeans_on_extracted(work_dir=str(results), num_clusters=8)
    fd = fastdup_nb.Fastdup(results)
    galleries: dict[str, Callable[..., Any]] = {
        "duplicates": fastdup_nb.create_duplicates_gallery,
        "outliers": fastdup_nb.create_outliers_gallery,
        "components": fastdup_nb.create_components_gallery,
        "clusters": fastdup_nb.create_kmeans_clusters_gallery,
        "statistics": fastdup_nb.create_stats_gallery,
        "similarity": fastdup_nb.create_similarity_gallery,
    }
    pages = {}
    for name, create in galleries.items():
        pages[name] = scratch / f"{name}.html"
        create(results, pages[name], get_label_func=label_of)
    pages["aspect_ratio"] = scratch / "aspect_ratio.html"
    fastdup_nb.create_aspect_ratio_gallery(results, pages["aspect_ratio"])
    pages["search"] = scratch / "search.html"
    found = fd.search(photos / "flower" / "view-7.jpg", k=6)
    fastdup_nb.create_duplicates_gallery(found, pages["search"], work_dir=results)
    for name in ("blur", "similarity"):
        pages[f"plot_{name}"] = fd.plot(name).to_html(scratch)
    placed = fd.map("tsne", get_label=label_of, height=440)
    pages["plot_map"] = placed.to_html(scratch)
    return pages


def choose_a_range(page: Page) -> None:
    """Type the upper end of a range."""
    field = page.get_by_label("to", exact=True)
    field.fill("1500")
    field.press("Enter")
    page.mouse.move(260, 300)


def point_at_an_image(page: Page) -> None:
    """Move over the points until there is a picture."""
    for number in range(400):
        page.mouse.move(300 + 20 * (number % 20), 180 + 20 * (number // 20))
        page.wait_for_timeout(20)
        if page.locator(".tip").is_visible():
            page.wait_for_timeout(300)
            return


# By the names of the pages.
ACTIONS: dict[str, Callable[[Page], None]] = {
    "plot_blur": choose_a_range,
    "plot_map": point_at_an_image,
}


def take_picture(browser: Browser, page: Path, target: Path) -> None:
    """Save what a page shows first as a JPEG."""
    opened = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
    opened.goto(page.as_uri())
    opened.wait_for_timeout(500)
    if page.stem in ACTIONS:
        ACTIONS[page.stem](opened)
        opened.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(opened.screenshot()))
    picture.convert("RGB").save(target, quality=80, optimize=True)
    opened.close()


def main() -> None:
    """Take all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        pages = make_pages(Path(scratch))
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        for name, page in pages.items():
            take_picture(browser, page, folder / f"{name}.jpg")
        browser.close()


if __name__ == "__main__":
    main()
