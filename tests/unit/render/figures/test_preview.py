import io
import re

import pytest
from PIL import Image

from fastdup_nb.render.figures.preview import MAX_BYTES, preview_html, preview_png


def colours_of(data):
    with Image.open(io.BytesIO(data)) as picture:
        pixels = picture.convert("RGBA")
        return pixels.size, {colour[:3] for _, colour in pixels.getcolors(10**6) if colour[3] > 200}


def test_bars_are_drawn(histogram):
    size, colours = colours_of(preview_png(histogram))
    assert size == (720, 280)
    assert any(abs(r - 0x14) < 9 and abs(g - 0x94) < 9 for r, g, _ in colours)  # teal


@pytest.mark.parametrize("kind", ["label", "blur", "plain"])
def test_points_are_drawn(make_map, kind):
    size, colours = colours_of(preview_png(make_map(200, kind)))
    assert size == (720, 430)
    assert len(colours) > (0 if kind == "plain" else 8)


def test_a_crowd_of_points_stays_small(make_map):
    shown = make_map(20_000, "blur")
    assert len(preview_png(shown)) <= MAX_BYTES
    assert len(preview_html(shown, "abc")) < 60_000


def test_texts_are_escaped(histogram, make_map):
    html = preview_html(histogram, "abc")
    assert "&lt;b&gt;a note" in html
    assert "<script" not in html
    assert 'class="fdnb-still fdnb-still-abc"' in html
    assert re.search(r'src="data:image/png;base64,[\w+/=]+"', html)
    told = preview_html(make_map(), "abc")
    assert "label 0 · 2" in told
    assert "a random sample of 20 of 40 images" in told
