"""A plot as a small picture, for notebooks that are looked at without a kernel."""

from __future__ import annotations

import math
from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from fastdup_nb.render.figures.histogram import mark_text, tick_texts
from fastdup_nb.render.figures.palette import AMBER, GREY, TEAL, category_colours
from fastdup_nb.render.figures.ticks import make_ticks, tick_text
from fastdup_nb.views.plots.colours import Categories, Numbers
from fastdup_nb.views.plots.histogram import Histogram
from fastdup_nb.views.wording import as_unicode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.views.plots.embedding_map import EmbeddingMap

MAX_BYTES = 42_000  # 56 kB as text
# Drawn larger and made smaller, for smooth edges.
SCALE = 2
WIDTH = 720
HISTOGRAM_HEIGHT, MAP_HEIGHT = 280, 430
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 18, 30
FEWER = 0.5
_HINT = "A picture of the plot; run the cell for the plot itself."
_INK = "#7b7f87"  # read on white and on dark grey


def preview_html(shown: Histogram | EmbeddingMap, mark: str) -> str:
    """Return a picture with a caption: no script, below 60 kB.

    Parameters
    ----------
    shown : Histogram or EmbeddingMap
    mark : str
        By which the living widget finds and hides it.
    """
    picture = preview_png(shown)
    data = b64encode(picture).decode("ascii")
    title, *lines = [escape(as_unicode(line)) for line in _caption(shown)]
    told = "".join(f'<div style="color:#7b7f87">{line}</div>' for line in lines if line)
    return (
        f'<div class="fdnb-still fdnb-still-{escape(mark)}" '
        'style="max-width:720px;font-size:0.9em;line-height:1.5">'
        f'<div><strong>{title}</strong> <span style="opacity:0.72">{_HINT}</span></div>'
        f'<img alt="{title}" style="max-width:100%;height:auto" '
        f'src="data:image/png;base64,{data}">{_legend(shown)}{told}</div>'
    )


def preview_png(shown: Histogram | EmbeddingMap) -> bytes:
    """Return a PNG file on a transparent ground, no larger than `MAX_BYTES`."""
    if isinstance(shown, Histogram):
        return _encode(_draw_histogram(shown))
    share = 1.0
    while True:
        data = _encode(_draw_map(shown, share))
        if len(data) <= MAX_BYTES or share < 0.01:
            return data
        share *= FEWER


def _caption(shown: Histogram | EmbeddingMap) -> list[str]:
    if isinstance(shown, Histogram):
        return [shown.title, shown.axis, shown.note]
    return [shown.title, shown.note]


def _legend(shown: Histogram | EmbeddingMap) -> str:
    if isinstance(shown, Histogram) or shown.colours is None:
        return ""
    colours = shown.colours
    if isinstance(colours, Numbers):
        low, high = (
            tick_text(float(f"{v:.3g}"), colours.form) for v in (colours.low, colours.high)
        )
        return f"<div>{escape(colours.title)}: {low} (blue) to {high} (yellow)</div>"
    paints = category_colours(len(colours.entries), colours.plain)
    items = [
        f'<span style="white-space:nowrap;margin-right:1em"><span style="color:{paint}">●</span> '
        f"{escape(as_unicode(text[:40]))} · {count:,}</span> "
        for paint, (text, count) in zip(paints, colours.entries, strict=True)
    ]
    return f"<div>{''.join(items)}</div>"


def _draw_histogram(shown: Histogram) -> Image.Image:
    image = Image.new("RGBA", (WIDTH * SCALE, HISTOGRAM_HEIGHT * SCALE))
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(12 * SCALE)
    low, high = shown.span
    top = float(max(shown.counts.max(initial=0), 1))
    base = 0.6 if shown.log_y else 0.0
    floor, roof = (HISTOGRAM_HEIGHT - BOTTOM) * SCALE, (TOP + 12) * SCALE

    def across(value: float) -> float:
        place = _share(value, low, high, logarithmic=shown.log_x)
        return (LEFT + place * (WIDTH - LEFT - RIGHT)) * SCALE

    def up(value: float) -> float:
        return floor - _share(value, base, top, logarithmic=shown.log_y) * (floor - roof)

    ends = zip(shown.edges[:-1], shown.edges[1:], shown.counts, strict=True)
    for left, right, count in ends:
        if count:
            pen.rectangle((across(left), up(count), across(right) - 1, floor), fill=TEAL)
    for mark in shown.marks:
        place = across(mark.value)
        pen.line((place, TOP * SCALE, place, floor), fill=AMBER, width=SCALE)
        if mark.text.isascii():
            pen.text((place + 4 * SCALE, 2 * SCALE), mark_text(shown, mark), AMBER, font)
    pen.line((LEFT * SCALE, floor, (WIDTH - RIGHT) * SCALE, floor), fill=_INK, width=SCALE)
    for value, text in tick_texts(shown).items():
        pen.text((across(value), floor + 6 * SCALE), text, _INK, font, anchor="mt")
    for value in make_ticks(base, top, logarithmic=shown.log_y, count=5):
        if value.is_integer():
            place = (LEFT - 6) * SCALE
            pen.text((place, up(value)), f"{value:,.0f}", _INK, font, anchor="rm")
    return image


def _draw_map(shown: EmbeddingMap, share: float) -> Image.Image:
    image = Image.new("RGBA", (WIDTH * SCALE, MAP_HEIGHT * SCALE))
    pen = ImageDraw.Draw(image)
    count = len(shown.rows)
    radius = SCALE * min(5.0, max(1.6, 6.6 - 1.1 * math.log10(max(count, 1))))
    chosen = np.random.default_rng(0).permutation(count)[: max(1, round(count * share))]
    width, height = (WIDTH - 24) * SCALE, (MAP_HEIGHT - 24) * SCALE
    paints = _paints(shown)
    for place in chosen[np.argsort(_is_own(shown)[chosen], kind="stable")]:
        x = 12 * SCALE + (float(shown.points[place, 0]) + 1) / 2 * width
        y = 12 * SCALE + (1 - float(shown.points[place, 1])) / 2 * height
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(paints[place]))
    return image


def _is_own(shown: EmbeddingMap) -> NDArray[np.bool_]:
    """Return which points have a colour of their own: they lie above the grey ones."""
    if not isinstance(shown.colours, Categories):
        return np.ones(len(shown.rows), bool)
    return shown.colours.codes < len(shown.colours.entries) - shown.colours.plain


def _paints(shown: EmbeddingMap) -> NDArray[np.uint8]:
    """Return red, green, blue and alpha of every point, shape (n, 4)."""
    colours = shown.colours
    if isinstance(colours, Categories):
        palette = category_colours(len(colours.entries), colours.plain)
        table = np.array([ImageColor.getrgb(paint) for paint in palette], np.uint8)
        solid = table[colours.codes]
    elif isinstance(colours, Numbers):
        solid = _numbers(colours)
    else:
        solid = np.tile(np.array(ImageColor.getrgb(TEAL), np.uint8), (len(shown.rows), 1))
    return np.concatenate([solid, np.full((len(solid), 1), 220, np.uint8)], axis=1)


def _numbers(colours: Numbers) -> NDArray[np.uint8]:
    from bokeh.palettes import Viridis256

    from fastdup_nb.render.figures.embedding_map import DARKEST

    palette = [*Viridis256[DARKEST:], GREY]
    table = np.array([ImageColor.getrgb(paint) for paint in palette], np.uint8)
    values, low, high = colours.values, colours.low, colours.high
    if colours.logarithmic:
        values, low, high = np.log(np.maximum(values, low)), math.log(low), math.log(high)
    share = np.clip((values - low) / (high - low or 1.0), 0, 1)
    known = np.isfinite(share)
    places = np.where(known, np.where(known, share, 0) * (len(palette) - 2), len(palette) - 1)
    return table[places.astype(np.int64)]


def _share(value: float, low: float, high: float, *, logarithmic: bool) -> float:
    if logarithmic:
        value, low, high = math.log(max(value, 1e-12)), math.log(low), math.log(high)
    return (value - low) / (high - low)


def _encode(image: Image.Image) -> bytes:
    small = image.resize((image.width // SCALE, image.height // SCALE), Image.Resampling.BOX)
    file = BytesIO()
    # Few colours: an eighth of the bytes, and no eye sees it.
    small.quantize(96, Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return file.getvalue()
