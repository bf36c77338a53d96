"""Draws the invented pictures of the example collection: landscapes, fabrics, glass, and pages.

Every function takes a random generator and a size and gives an RGB picture. Pictures of one class
look alike the way photos of one class do: same subject, other colours, places and light.
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.float64]
    Scene = Callable[[np.random.Generator, int, int], Image.Image]

WHITE = (255, 255, 255)


def color(hue: float, saturation: float, value: float) -> Pixels:
    """Return an RGB colour (0 to 1 each) from hue, saturation and value (0 to 1 each)."""
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def to_image(pixels: Pixels) -> Image.Image:
    """Return pixels of shape (height, width, 3), 0 to 1, as a picture."""
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8), "RGB")


def grid(width: int, height: int) -> tuple[Pixels, Pixels]:
    """Return the x and y of every pixel as shapes (1, width) and (height, 1), 0 to 1."""
    return np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]


def blend(below: Pixels, above: Pixels, share: Pixels) -> Pixels:
    """Lay `above` over `below` where `share`, shape (height, width), is high."""
    weight = np.clip(share, 0, 1)[..., None]
    return below * (1 - weight) + above * weight


def clouds(rng: np.random.Generator, width: int, height: int, cells: int = 4) -> Pixels:
    """Return smooth noise of several octaves, shape (height, width), 0 to 1."""
    total = np.zeros((height, width))
    strength = 1.0
    for octave in range(4):
        count = cells * 2**octave
        coarse = Image.fromarray(rng.random((count, count)).astype(np.float32), "F")
        total += strength * np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
        strength *= 0.5
    low, high = total.min(), total.max()
    return np.asarray((total - low) / (high - low))


def sky(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a sky of one time of day over tree tops: clouds, a sun or moon, birds."""
    x, y = grid(width, height)
    top = color(rng.uniform(0.52, 0.75), rng.uniform(0.45, 0.9), rng.uniform(0.25, 0.95))
    bottom = color(rng.uniform(-0.05, 0.6), rng.uniform(0.15, 0.7), rng.uniform(0.7, 1.0))
    steep = y ** rng.uniform(0.6, 1.8) * np.ones((1, width))
    pixels = blend(np.ones((height, width, 3)) * top, np.ones(3) * bottom, steep)
    center_x, center_y, radius = (
        rng.uniform(0.1, 0.9),
        rng.uniform(0.1, 0.7),
        rng.uniform(0.03, 0.1),
    )
    away = np.hypot((x - center_x) * width / height, y - center_y)
    pixels = blend(pixels, np.array([1.0, 0.95, 0.8]), np.exp(-away * rng.uniform(2, 6)) * 0.6)
    pixels = blend(pixels, np.array([1.0, 0.98, 0.9]), (radius - away) * height / 2)
    cover = (clouds(rng, width, height, int(rng.integers(2, 6))) - rng.uniform(0.35, 0.65)) * 3
    tint = color(rng.uniform(0, 0.7), rng.uniform(0, 0.2), rng.uniform(0.75, 1.0))
    pixels = blend(pixels, tint, cover)
    crowns = sum(
        np.abs(np.sin(np.pi * (rng.uniform(3, 40) * x + rng.random()))) ** 0.5 for _ in range(4)
    )
    pixels = blend(pixels, bottom * 0.15, (y - 0.98 + 0.035 * crowns) * height)
    picture = to_image(pixels)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(0, 9))):
        bird_x, bird_y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.6) * height
        wing, drop = rng.uniform(4, 11), rng.uniform(2, 4)
        flight = [(bird_x - wing, bird_y), (bird_x, bird_y + drop), (bird_x + wing, bird_y)]
        draw.line(flight, fill=(24, 24, 32), width=2)
    return picture


def field(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw hills one behind the other, with furrows, under a pale sky."""
    x, y = grid(width, height)
    season = rng.uniform(0.02, 0.45)
    air = color(rng.uniform(0.5, 0.62), 0.3, 0.95)
    pixels = np.ones((height, width, 3)) * air
    layers = int(rng.integers(3, 6))
    for layer in range(layers):
        near = (layer + 1) / layers
        waves = sum(
            rng.uniform(0.02, 0.09) * np.sin(2 * np.pi * (rng.uniform(0.4, 2.2) * x + rng.random()))
            for _ in range(3)
        )
        edge = rng.uniform(0.22, 0.36) + 0.55 * near * near - 0.1 + waves
        ground = color(season + rng.uniform(-0.07, 0.07), 0.3 + 0.45 * near, 0.85 - 0.4 * near)
        furrows = np.sin((y - edge) * rng.uniform(60, 140) + x * rng.uniform(-30, 30))
        shade = 1 + 0.10 * near * furrows + 0.2 * (clouds(rng, width, height, 8) - 0.5)
        pixels = blend(pixels, ground * shade[..., None], (y - edge) * height)
    return to_image(pixels)


def balls(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw shaded balls on a table."""
    x, y = grid(width, height)
    x = x * width / height
    table, wall = (color(rng.random(), rng.uniform(0.1, 0.5), rng.uniform(0.3, 0.9)) for _ in "ab")
    pixels = blend(np.ones((height, width, 3)) * wall, table, (y - 0.45) * 4 * np.ones_like(x))
    light = np.array([rng.uniform(-0.7, 0.7), -0.6, 0.7])
    light /= np.linalg.norm(light)
    for radius in sorted(rng.uniform(0.07, 0.25, int(rng.integers(2, 6)))):
        middle_x, middle_y = rng.uniform(0.1, width / height - 0.1), rng.uniform(0.45, 0.85)
        dx, dy = (x - middle_x) / radius, (y - middle_y) / radius
        floor = np.hypot(dx + light[0], (dy - 0.9) * 3)
        pixels = blend(pixels, pixels * 0.3, 1.1 - floor)
        inside = 1 - dx * dx - dy * dy
        depth = np.sqrt(np.clip(inside, 0, 1))
        lit = np.clip(dx * light[0] + dy * light[1] + depth * light[2], 0, 1)
        surface = color(rng.random(), rng.uniform(0.5, 1), 0.95) * (0.15 + 0.85 * lit[..., None])
        surface = surface + (lit**30)[..., None] * 0.8
        pixels = blend(pixels, surface, inside * radius * height / 2)
    return to_image(pixels)


def stripes(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a woven fabric of stripes in three colours, straight or wavy."""
    x, y = grid(width, height)
    angle = rng.uniform(0, np.pi)
    across = x * np.cos(angle) * width / height + y * np.sin(angle)
    along = y * np.cos(angle) - x * np.sin(angle) * width / height
    bent = across + rng.uniform(0, 0.06) * np.sin(along * rng.uniform(3, 14))
    phase = bent * rng.uniform(3, 16) % 1.0
    first, second, third = (
        color(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.25, 0.95)) for _ in range(3)
    )
    cut = rng.uniform(0.3, 0.6)
    pixels = blend(np.ones((height, width, 3)) * first, second, (phase - cut) * 30)
    pixels = blend(pixels, third, (phase - rng.uniform(cut, 0.95)) * 30)
    weave = 0.06 * np.sin(across * height) * np.sin(along * height)
    folds = 0.35 * (clouds(rng, width, height, 2) - 0.5)
    return to_image(pixels * (1 + weave + folds)[..., None])


def mosaic(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw stained glass: the cells nearest to random points, leaded."""
    x, y = grid(width, height)
    count = int(rng.integers(12, 70))
    points = rng.random((count, 2)) * [width / height, 1]
    base, spread = rng.random(), rng.uniform(0.05, 0.5)
    hues = base + rng.normal(size=count) * spread
    panes = np.array([color(hue, rng.uniform(0.4, 1), rng.uniform(0.4, 1)) for hue in hues])
    away = np.stack([np.hypot(x * width / height - px, y - py) for px, py in points])
    order = np.argpartition(away, 1, axis=0)[:2]
    nearest, second = np.take_along_axis(away, order, axis=0)
    lead = np.clip(1.5 - (second - nearest) * height / 4, 0, 1)
    glow = 0.75 + 0.5 * clouds(rng, width, height, 6)
    return to_image(blend(panes[order[0]] * glow[..., None], np.full(3, 0.08), lead))


def towers(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a skyline at dusk with lit windows."""
    _, y = grid(width, height)
    hue = rng.uniform(0.6, 1.05)
    high, low = (
        color(hue, 0.7, rng.uniform(0.1, 0.4)),
        color(hue + 0.1, 0.5, rng.uniform(0.5, 0.95)),
    )
    dusk = blend(np.ones((height, width, 3)) * high, low, y * np.ones((1, width)))
    picture = to_image(dusk)
    draw = ImageDraw.Draw(picture)
    left = -10
    while left < width:
        wide, tall = int(rng.integers(18, 60)), int(height * rng.uniform(0.2, 0.85))
        shade = int(rng.integers(8, 60))
        draw.rectangle((left, height - tall, left + wide, height), fill=(shade, shade, shade + 14))
        step, lit = int(rng.integers(6, 11)), rng.uniform(0.15, 0.75)
        for window_y in range(height - tall + 5, height - 4, step + 2):
            for window_x in range(left + 4, left + wide - 5, step):
                if rng.random() < lit:
                    warm = int(rng.integers(120, 235))
                    draw.rectangle(
                        (window_x, window_y, window_x + step // 2, window_y + step // 2),
                        fill=(250, warm + 15, warm // 2),
                    )
        left += wide + int(rng.integers(-4, 12))
    return picture


def document(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a printed page: unlike any photo."""
    picture = Image.new("RGB", (width, height), (250, 249, 244))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 18, width // 2, 28), fill=(30, 30, 34))
    for line_y in range(44, height - 14, 9):
        word_x = 24
        while line_y % 5 and word_x < width - 40:
            word = int(rng.integers(8, 36))
            draw.rectangle((word_x, line_y, word_x + word, line_y + 3), fill=(70, 70, 74))
            word_x += word + 5
    return picture


def code_grid(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw a grid of black and white squares, as in a matrix code."""
    cells = (rng.random((29, 29)) < 0.5).astype(np.uint8) * 255
    for top, left in ((0, 0), (0, 22), (22, 0)):
        cells[top : top + 7, left : left + 7] = 0
        cells[top + 1 : top + 6, left + 1 : left + 6] = 255
        cells[top + 2 : top + 5, left + 2 : left + 5] = 0
    side = min(width, height) - 20
    page = Image.new("RGB", (width, height), WHITE)
    code = Image.fromarray(cells, "L").resize((side, side), Image.Resampling.NEAREST)
    page.paste(code, ((width - side) // 2, 10))
    return page


def noise(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Draw television snow."""
    snow = Image.fromarray(rng.integers(0, 256, (height, width), dtype=np.uint8), "L")
    return snow.filter(ImageFilter.GaussianBlur(0.7)).convert("RGB")


CLASSES: dict[str, Scene] = {
    "balls": balls,
    "fields": field,
    "mosaics": mosaic,
    "skies": sky,
    "stripes": stripes,
    "towers": towers,
}
OUTLIERS: dict[str, Scene] = {"document": document, "code": code_grid, "noise": noise}
