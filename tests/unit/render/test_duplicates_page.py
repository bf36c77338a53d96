import base64
import hashlib
import re
import tracemalloc
from html.parser import HTMLParser
from io import BytesIO

import pytest
from PIL import Image

from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.render.axes import axis_of
from fastdup_nb.render.html import gallery_html, page_path, write_gallery
from tests.unit.render.conftest import HOSTILE, draw, row_of, view_of


class Page(HTMLParser):
    """The elements of a page as (tag, attributes), and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def classed(self, name):
        return [a for _, a in self.elements if name in (a.get("class") or "").split()]


def read(path):
    return Page(path.read_text("utf-8"))


def size_of(uri):
    return Image.open(BytesIO(base64.b64decode(uri.partition(",")[2]))).size


def test_the_page_needs_nothing_else(photos, tmp_path):
    path = write_gallery(view_of(row_of(1, *photos[:2])), tmp_path / "out")
    assert path == tmp_path / "out" / "duplicates.html"
    assert [p.name for p in path.parent.iterdir()] == ["duplicates.html"]
    page = read(path)
    assert [image["src"][:23] for image in page.all("img")] == ["data:image/jpeg;base64,"] * 2
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    text = re.sub(r"data:[^\"]*", "", path.read_text("utf-8"))
    addresses = set(re.findall(r"https?://[^\"'<\s]*", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # the name of a namespace
    assert {part[:6] for part in re.findall(r"url\((.{6})", path.read_text("utf-8"))} == {'"data:'}


def test_the_policy_allows_our_script_only(photos, tmp_path):
    path = write_gallery(view_of(row_of(1, *photos[:2])), tmp_path)
    policy = next(
        meta["content"]
        for meta in read(path).all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    )
    (script,) = re.findall(r"<script>(.*?)</script>", path.read_text("utf-8"), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data: file: 'self';")
    assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_hostile_text_stays_text(photos, tmp_path):
    nasty = ["</script><script>alert(1)</script>", '" onload="alert(1)', "<b>bold</b>", "a|b"]
    row = row_of(1, photos[3], photos[0], labels=tuple(nasty), extra="<i onclick=alert(1)>")
    view = view_of(row, filters="<u>", work_dir='"><script>alert(2)</script>')
    for text in (
        write_gallery(view, tmp_path).read_text("utf-8"),
        gallery_html(view, tmp_path / "<s>.html"),
    ):
        page = Page(text)
        assert {"b", "u", "s"} & {tag for tag, _ in page.elements} <= {"b"}
        assert len(page.all("script")) <= 1
        assert all(not name.startswith("on") for _, a in page.elements for name in a)
        assert all(image["src"].startswith("data:") for image in page.all("img"))
        assert HOSTILE in page.text
        assert "<i onclick=alert(1)>" in page.text
        assert nasty[0] in page.text


def test_names_that_are_not_unicode_can_be_written(tmp_path):
    name = "/x/\udcff.jpg"
    path = write_gallery(view_of(row_of(1, name, "/x/b.jpg")), tmp_path)
    assert "\N{REPLACEMENT CHARACTER}.jpg" in path.read_text("utf-8")


def test_what_a_pair_shows(photos, tmp_path):
    copies = row_of(1, *photos[:2], 1.0, "exact", labels=("cat",), extra="2019")
    near = row_of(2, *photos[1:3], 0.99999, width=640, height=480, file_size=24_000)
    page = read(write_gallery(view_of(copies, near, matching=1503), tmp_path))
    assert "2 of 1,503 pairs" in page.text
    assert page.text.count("exact copy") == 1
    assert "640 \N{MULTIPLICATION SIGN} 480 · 24 kB" in page.text
    assert "120 \N{MULTIPLICATION SIGN} 80 · " in page.text  # measured: the run kept no statistics
    assert "0.9999" in page.text  # only what is 1 shows as 1
    assert "a.jpg" in page.text
    assert [a["title"] for a in page.classed("name")][:2] == ["a.jpg", "b.jpg"]
    assert page.all("body")[0]["data-prefix"] == f"{tmp_path}/photos/"
    assert "fastdup_nb 0." in page.text
    assert "2026-01-31" in page.text


def test_a_missing_image_is_replaced_by_the_reason(photos, tmp_path):
    broken = tmp_path / "photos" / "broken.jpg"
    broken.write_bytes(b"")
    row = row_of(1, str(tmp_path / "photos" / "gone.jpg"), str(broken))
    view = view_of(row)
    page = read(write_gallery(view, tmp_path / "out", lazy_load=True))
    assert page.all("img") == []
    assert len(page.classed("missing")) == 2
    for text in (page.text, Page(gallery_html(view)).text):
        assert "there is no such file" in text
        assert "the file is empty" in text


def test_boxes_are_drawn_in_the_pixels_of_the_image(photos, tmp_path):
    row = row_of(1, *photos[:2], boxes=((10.0, 20.0, 50.0, 60.0),))
    page = read(write_gallery(view_of(row), tmp_path))
    assert page.classed("boxes")[0]["viewbox"] == "0 0 120 80"
    assert page.all("rect")[0] == {"x": "10.0", "y": "20.0", "width": "40.0", "height": "40.0"}


def test_lazy_load_writes_pictures_once_beside_the_page(photos, tmp_path):
    rows = [row_of(n, *photos[:2]) for n in range(1, 4)]
    path = write_gallery(view_of(*rows), tmp_path / "out", lazy_load=True)
    images = read(path).all("img")
    assert len(images) == 6
    assert all(image["loading"] == "lazy" for image in images)
    files = {p.relative_to(path.parent).as_posix() for p in (path.parent / "images").iterdir()}
    assert {image["src"] for image in images} == files
    assert len(files) == 2


def test_a_thousand_lazy_pairs_stay_below_a_megabyte(photos, tmp_path):
    folder = tmp_path / "a folder of some length" / "and another one in it" / "photos of the summer"
    first = draw(folder / "IMG_20190704_123456.jpg", "teal")
    second = draw(folder / "IMG_20190704_123457 (copy).jpg", "navy")
    labels = ("some label",)
    rows = [row_of(n, first, second, 0.9 + n / 1e5, labels=labels) for n in range(1000)]
    path = write_gallery(view_of(*rows), tmp_path, lazy_load=True)
    assert path.stat().st_size < 1_000_000


def test_memory_does_not_grow_with_the_page(photos, tmp_path):
    def peak(count):
        rows = [row_of(n, photos[n % 3], photos[(n + 1) % 3]) for n in range(count)]
        view = view_of(*rows)
        tracemalloc.start()
        path = write_gallery(view, tmp_path / str(count))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used, path.stat().st_size

    peak(5)  # loads the libraries and templates
    small, _ = peak(100)
    large, size = peak(1500)
    assert size > 4_000_000
    assert large - small < 2_000_000


@pytest.mark.parametrize(("max_width", "side"), [(None, 400), (300, 150), (100, 50)])
def test_max_width_bounds_the_pictures(tmp_path, max_width, side):
    path = tmp_path / "big.jpg"
    Image.new("RGB", (800, 600), "teal").save(path)
    view = view_of(row_of(1, str(path), str(path)))
    page = read(write_gallery(view, tmp_path, max_width=max_width))
    assert max(size_of(page.all("img")[0]["src"])) == side
    if max_width:
        assert page.all("body")[0]["style"] == f"--widest:{max_width}px"


@pytest.mark.parametrize("max_width", [0, -5, "wide", 2.5, True])
def test_bad_max_width(photos, tmp_path, max_width):
    with pytest.raises(OptionError, match="max_width"):
        write_gallery(view_of(row_of(1, *photos[:2])), tmp_path, max_width=max_width)


def test_save_path_is_a_folder_or_a_page(tmp_path, monkeypatch):
    assert page_path(tmp_path / "x", "d.html") == tmp_path / "x" / "d.html"
    assert page_path(str(tmp_path / "x.html"), "d.html") == tmp_path / "x.html"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert page_path("~/pages", "d.html") == tmp_path / "pages" / "d.html"


def test_a_page_that_cannot_be_written_leaves_the_old_one(photos, tmp_path, monkeypatch):
    view = view_of(row_of(1, *photos[:2]))
    path = write_gallery(view, tmp_path / "out")
    before = path.read_bytes()

    def fails(*_):
        raise RuntimeError("interrupted")

    monkeypatch.setattr("fastdup_nb.render.pictures.make_thumbnail", fails)
    with pytest.raises(RuntimeError, match="interrupted"):
        write_gallery(view, tmp_path / "out")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(WorkDirError, match="Cannot write"):
        write_gallery(view, blocked / "sub")


def test_no_pair_is_said(tmp_path):
    page = read(write_gallery(view_of(total=40, matching=0, filters="similarity 2"), tmp_path))
    assert "0 of 0 pairs" in page.text
    assert "None of the 40 pairs fits: similarity 2." in page.text
    assert "a lower threshold finds more" in read(write_gallery(view_of(), tmp_path)).text


def test_bars_begin_below_the_lowest_similarity(photos):
    assert axis_of(view_of(row_of(1, *photos[:2], 0.93), row_of(2, *photos[1:3], 1.0))).start == 0.9
    assert axis_of(view_of(row_of(1, *photos[:2], 1.0))).start == 0.95
    assert axis_of(view_of(row_of(1, *photos[:2], 0.9))).start == 0.9
    assert axis_of(view_of()).start == 0.0


def test_the_preview_is_static_and_small(tmp_path):
    noise = [tmp_path / f"{n}.jpg" for n in range(30)]
    for path in noise:
        Image.effect_noise((300, 300), 90).convert("RGB").save(path)
    rows = [row_of(n, str(noise[2 * n]), str(noise[2 * n + 1])) for n in range(15)]
    text = gallery_html(view_of(*rows), tmp_path / "duplicates.html")
    page = Page(text)
    assert len(text) < 100_000
    assert 0 < len(page.all("img")) <= 24
    assert page.all("script") == []
    assert "are shown here" in page.text
    assert str(tmp_path / "duplicates.html") in page.text


def test_the_preview_links_what_a_notebook_server_can_serve(photos, tmp_path, monkeypatch):
    view = view_of(row_of(1, *photos[:2]))
    monkeypatch.chdir(tmp_path)
    text = gallery_html(view, tmp_path / "my pages" / "duplicates.html")
    assert [a["href"] for a in Page(text).all("a")] == ["my%20pages/duplicates.html"]
    monkeypatch.chdir("/")
    monkeypatch.chdir(tmp_path / "photos")
    assert Page(gallery_html(view, tmp_path / "duplicates.html")).all("a") == []
