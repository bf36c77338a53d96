"""What is left of an explorer where it is not alive."""

import re
from html.parser import HTMLParser

import pytest
from IPython.core.formatters import format_display_data
from IPython.testing.globalipapp import get_ipython as _terminal

from fastdup_nb.errors import OptionError
from fastdup_nb.widget.explorer import Explorer
from tests.pictures import draw
from tests.unit.widget.conftest import NAMES, label_of

MOST_BYTES, MOST_PICTURES = 100_000, 24
HOSTILE = "<img src=x onerror=alert(1)>"


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, name):
        return [attrs for tag, attrs in self.found if tag == name]


@pytest.mark.parametrize("view", ["duplicates", "groups", "outliers", "similarity", "statistics"])
def test_the_preview_is_small_static_and_safe(explorer, view):
    explorer.show(view)
    still = explorer._still()
    assert len(still.encode()) < MOST_BYTES
    tags = Tags(still)
    pictures = tags.named("img")
    assert 1 <= len(pictures) <= MOST_PICTURES
    assert all(picture["src"].startswith("data:image/jpeg;base64,") for picture in pictures)
    assert tags.named("script") == []
    # A notebook that is not trusted loses style sheets.
    assert tags.named("style") == []
    assert not any(name.startswith("on") for _, attrs in tags.found for name in attrs)
    assert HOSTILE not in still
    assert f"fdnb-still-{explorer.preview}" in still


def test_the_preview_of_large_photos_stays_small(tmp_path, place):
    for image in range(len(NAMES)):
        draw(image, (3000, 2000)).save(place.path(image), quality=95)
    explorer = Explorer(place.results)
    assert len(explorer._still().encode()) < MOST_BYTES
    explorer.close()


def test_the_bundle_is_a_widget_a_picture_and_text(explorer):
    data, _ = explorer._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "Duplicates: 4 of 4 pairs" in data["text/plain"]
    explorer.close()
    assert explorer._ipython_display_ is not None
    assert repr(explorer) == "Explorer(closed)"


def test_a_terminal_shows_text(explorer, capsys):
    _terminal()
    assert format_display_data(explorer) == ({}, {})  # it has shown itself
    shown = capsys.readouterr().out
    assert "Duplicates: 4 of 4 pairs" in shown
    assert "a.jpg" in shown
    assert "<div" not in shown


def test_a_page_needs_nothing_else(explorer, tmp_path):
    explorer.filter(label="cats")
    path = explorer.to_html(tmp_path / "page.html", rows=2)
    page = path.read_text("utf-8")
    assert not re.findall(r"""(?:src|href)\s*=\s*["']?https?:""", page)
    assert page.count('<li class="pair') == 2
    assert "label: cats" in page
    assert HOSTILE not in page
    explorer.show("statistics")
    assert explorer.to_html(tmp_path).name == "statistics.html"
    assert HOSTILE not in (tmp_path / "statistics.html").read_text("utf-8")
    for wrong in (0, 1.5, True, 10**9):
        with pytest.raises(OptionError):
            explorer.to_html(tmp_path, rows=wrong)


def test_every_view_makes_a_page(place, tmp_path):
    explorer = Explorer(place.results, get_label=lambda path: label_of(path)[:1])
    for view in ("groups", "components", "outliers", "similarity", "labels"):
        explorer.show(view)
        assert explorer.to_html(tmp_path / f"{view}.html").stat().st_size > 1000
    explorer.close()
