import json
import re

import pytest

from fastdup_nb.errors import OptionError
from fastdup_nb.render.figures import page
from fastdup_nb.render.figures.page import write_plot

SCRIPT = "/* ours */"


def held_in(path):
    text = path.read_text("utf-8")
    held = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    return text, json.loads(held[1])


def test_a_page_carries_everything(histogram, tmp_path):
    path = write_plot(histogram, tmp_path / "new" / "folder", SCRIPT)
    assert path == tmp_path / "new" / "folder" / "plot_blur.html"
    text, held = held_in(path)
    assert f'<script type="module">{SCRIPT}</script>' in text
    assert "&lt;b&gt;a note" in text
    assert "default-src 'none'" in text
    assert held["item"]["doc"]
    assert held["pictures"] == {}
    assert not re.search(r'(?:src|href)="(?!data:)', text.split("<body>")[0])


def test_a_map_carries_small_pictures(make_map, tmp_path):
    text, held = held_in(write_plot(make_map(), tmp_path / "map.html", SCRIPT, theme="dark"))
    assert len(held["pictures"]) == 19  # one is not there
    assert "19 points have a picture in this page" in text
    assert held["theme"] == "dark"
    assert "</script><img" not in text


def test_pictures_are_bounded(make_map, tmp_path, monkeypatch):
    _, held = held_in(write_plot(make_map(), tmp_path, SCRIPT, pictures=5))
    assert 4 <= len(held["pictures"]) <= 5
    monkeypatch.setattr(page, "MAX_PICTURE_BYTES", 2500)
    _, held = held_in(write_plot(make_map(), tmp_path, SCRIPT))
    assert 1 <= len(held["pictures"]) < 10
    assert sum(map(len, held["pictures"].values())) <= 2500
    _, held = held_in(write_plot(make_map(), tmp_path, SCRIPT, pictures=0))
    assert held["pictures"] == {}


@pytest.mark.parametrize("pictures", [-1, 2.5, "all", True])
def test_pictures_are_a_number(histogram, tmp_path, pictures):
    with pytest.raises(OptionError, match="pictures"):
        write_plot(histogram, tmp_path, SCRIPT, pictures=pictures)
