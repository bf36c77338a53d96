"""What all gallery pages have in common, on galleries of every layout."""

import base64
import hashlib
import re
import threading
import time
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd
import pytest
from PIL import Image

from fastdup_nb.render import pictures as pictures_module
from fastdup_nb.render.axes import Axis, axis_of
from fastdup_nb.render.html import gallery_html, write_gallery
from fastdup_nb.render.pictures import PictureMaker
from fastdup_nb.render.shapes import draw_shapes
from fastdup_nb.views.gallery import (
    Badge,
    GalleryView,
    GroupRow,
    ImageCard,
    ImageRow,
    NeighboursRow,
    Scale,
)
from fastdup_nb.views.shapes import build_aspect_ratios
from tests.unit.render.conftest import HOSTILE, draw, row_of
from tests.unit.render.test_duplicates_page import Page, read

LAYOUTS = ("pair", "image", "neighbours", "group")
NASTY = ("</script><script>alert(1)</script>", '" onload="alert(1)', "<b>bold</b>")


@dataclass(frozen=True)
class AnyView(GalleryView):
    name: ClassVar[str] = "any"
    layout: str = "image"
    measure: Scale = field(default_factory=lambda: Scale("blur"))

    @property
    def scale(self):
        return self.measure


def card(path, **more):
    return ImageCard(path=path, name=path, **more)


def make_row(layout, number, paths, **more):
    cards = tuple(card(path, **more) for path in paths)
    badges = (Badge("note <b>", "differ"),)
    if layout == "pair":
        return row_of(number, paths[0], paths[-1], **more)
    if layout == "image":
        return ImageRow(number, cards[0], 12.0, ("similar to", paths[-1]), badges)
    if layout == "neighbours":
        near = tuple(0.9 - n / 100 for n in range(len(cards) - 1))
        return NeighboursRow(number, cards[0], cards[1:], near, 50.0, len(cards) + 6, badges)
    facts = (("lowest", "0.97"), ("<i>", "<u>"))
    labels = (("<b>cat</b>", 1200), ("dog", 3))
    return GroupRow(number, "component <b>", cards, len(cards) + 7, 3.0, facts, labels, badges)


def make_view(layout, rows, **more):
    values = {"title": "Any", "total": 5000, "matching": 1503, "filters": "worst first"}
    return AnyView(rows=tuple(rows), layout=layout, **(values | more))


layouts = pytest.mark.parametrize("layout", LAYOUTS)


@layouts
def test_a_page_needs_nothing_else(photos, tmp_path, layout):
    view = make_view(layout, [make_row(layout, 1, photos)])
    path = write_gallery(view, tmp_path / "out", "other.html")
    assert path == tmp_path / "out" / "other.html"
    assert [p.name for p in path.parent.iterdir()] == ["other.html"]
    page = read(path)
    count = {"pair": 2, "image": 1}.get(layout, 4)
    assert [image["src"][:23] for image in page.all("img")] == ["data:image/jpeg;base64,"] * count
    assert "1 of 1,503 images" in page.text
    text = re.sub(r"data:[^\"]*", "", path.read_text("utf-8"))
    assert set(re.findall(r"https?://[^\"'<\s]*", text)) == {"http://www.w3.org/2000/svg"}


@layouts
def test_hostile_text_stays_text(photos, tmp_path, layout):
    row = make_row(layout, 1, [photos[3], photos[0]], labels=NASTY, extra="<i onclick=alert(1)>")
    view = make_view(layout, [row], filters="<u>", title="<u>", measure=Scale('"><u>'))
    for text in (write_gallery(view, tmp_path).read_text("utf-8"), gallery_html(view)):
        page = Page(text)
        tags = {tag for tag, _ in page.elements}
        assert not tags & {"u"}
        assert len(page.all("script")) <= 1
        assert all(not name.startswith("on") for _, a in page.elements for name in a)
        assert all(image["src"].startswith("data:") for image in page.all("img"))
        for shown in (HOSTILE, NASTY[0], "<i onclick=alert(1)>", "<u>"):
            assert shown in page.text


@layouts
def test_missing_images_are_counted_once_and_replaced(photos, tmp_path, layout):
    gone = str(tmp_path / "photos" / "gone.jpg")
    rows = [make_row(layout, n, [gone, photos[0]]) for n in (1, 2)]
    page = read(write_gallery(make_view(layout, rows), tmp_path))
    assert "1 image missing" in page.text
    assert len(page.classed("missing")) == 2
    assert "there is no such file" in Page(gallery_html(make_view(layout, rows))).text


@layouts
def test_what_is_not_shown_is_counted(photos, tmp_path, layout):
    view = make_view(layout, [make_row(layout, 1, photos)])
    text = read(write_gallery(view, tmp_path)).text
    hidden = {"neighbours": "+ 7", "group": "+ 7"}.get(layout, "")
    assert hidden in text


@layouts
def test_a_thousand_lazy_rows_stay_below_a_megabyte(tmp_path, layout):
    folder = tmp_path / "a folder of some length" / "photos of the summer"
    paths = [draw(folder / f"IMG_20190704_12345{n}.jpg", "teal", (60 + n, 40)) for n in range(3)]
    labels = ("some label",)
    shown = paths[:2] if layout == "group" else paths
    rows = [make_row(layout, n, shown, labels=labels) for n in range(1000)]
    path = write_gallery(make_view(layout, rows), tmp_path, lazy_load=True)
    assert path.stat().st_size < 1_000_000


@layouts
def test_previews_are_static_and_small(tmp_path, layout):
    paths = [str(tmp_path / f"{n}.jpg") for n in range(40)]
    for path in paths:
        Image.effect_noise((300, 300), 90).convert("RGB").save(path)
    rows = [make_row(layout, n, paths[n : n + 10]) for n in range(30)]
    text = gallery_html(make_view(layout, rows), tmp_path / "any.html")
    page = Page(text)
    assert len(text) < 100_000
    assert 12 <= len(page.all("img")) <= 24
    assert page.all("script") == []
    assert "are shown here" in page.text


def test_a_view_without_rows(tmp_path):
    view = make_view("image", [], total=40, matching=0)
    assert "None of the 40 images fits: worst first." in read(write_gallery(view, tmp_path)).text
    assert "No image to show" in gallery_html(view)


def rows_with(*values):
    return [ImageRow(n, card("/x"), value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("form", "values", "start", "end", "step"),
    [
        ("number", (131.7, 404.2), 130, 405, 5),
        ("number", (0.012, 0.5), 0.01, 0.5, 0.005),
        ("number", (7.0, 7.0), 7.0, 7.01, 0.01),
        ("whole", (3, 9), 3, 9, 1),
        ("whole", (100, 100), 100, 101, 1),
        ("whole", (40, 120_000), 0, 120_000, 2000),
        ("bytes", (900, 2_500_000), 0, 2_500_000, 50_000),
        ("percent", (33.3, 50), 0, 100, 1),
        ("similarity", (0.93, 0.97), 0.9, 1.0, 0.01),
        ("number", (None, 5.0, 6.0), 5, 6, 0.01),
        ("number", (), 0, 1, 0.01),
    ],
)
def test_an_axis_encloses_all_values_with_round_numbers(form, values, start, end, step):
    axis = axis_of(make_view("image", rows_with(*values), measure=Scale("x", form)))
    assert (axis.start, axis.end) == (pytest.approx(start), pytest.approx(end))
    assert axis.step == pytest.approx(step)


def test_low_similarities_may_end_below_one():
    scale = Scale("similarity", "similarity", to_one=False)
    axis = axis_of(make_view("image", rows_with(0.31, 0.42), measure=scale))
    assert (axis.start, axis.end) == (pytest.approx(0.3), pytest.approx(0.45))


def test_values_in_words():
    def text(form, value):
        return Axis(0, 1, 0.1, form).text(value)

    assert text("number", 1234.567) == "1,234.6"
    assert text("number", 0.0123456) == "0.01235"
    assert text("whole", 1234.0) == "1,234"
    assert text("bytes", 24_130) == "24 kB"
    assert text("percent", 66.67) == "67"
    assert text("similarity", 0.99999) == "0.9999"
    assert text("number", None) == ""


def test_pictures_are_made_at_the_same_time_and_in_order(photos, tmp_path, monkeypatch):
    busy, most, lock = 0, 0, threading.Lock()
    real = pictures_module.make_thumbnail

    def slow(*arguments):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.02)
        with lock:
            busy -= 1
        return real(*arguments)

    monkeypatch.setattr(pictures_module, "make_thumbnail", slow)
    monkeypatch.setattr(pictures_module.os, "cpu_count", lambda: 4)
    rows = [ImageRow(n, card(path), 1.0) for n, path in enumerate(photos)]
    made = list(PictureMaker(50).pictures(rows))
    assert [row for row, _ in made] == rows
    assert most > 1
    alone = [next(iter(PictureMaker(50).pictures([row])))[1] for row in rows]
    assert [pictures for _, pictures in made] == alone


def test_copies_made_at_the_same_time_are_one_file(tmp_path):
    paths = [draw(tmp_path / f"{n}.jpg", "red") for n in range(40)]
    rows = [ImageRow(n, card(path), 1.0) for n, path in enumerate(paths)]
    made = list(PictureMaker(50, tmp_path / "page").pictures(rows))
    assert len({pictures[0].source for _, pictures in made}) == 1
    assert len(list((tmp_path / "page" / "images").iterdir())) == 1


def test_plots_are_allowed_by_the_policy_and_link_nowhere(photos, tmp_path):
    table = pd.DataFrame({"filename": photos, "width": [4, 1, 2, 3], "height": [1, 3, 1, 1]})
    view = build_aspect_ratios(table)
    path = write_gallery(view, tmp_path, figure=draw_shapes(view))
    text = path.read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 3
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "<script src" not in text
    assert '<link rel="stylesheet' not in text


def test_no_image_no_plots(tmp_path):
    table = pd.DataFrame({"filename": [], "width": [], "height": []})
    view = build_aspect_ratios(table)
    assert draw_shapes(view) is None
    text = read(write_gallery(view, tmp_path, figure=None)).text
    assert "The width and height of no image are known." in text
