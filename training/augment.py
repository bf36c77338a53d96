"""Copies of a photo as people make them: cropped, turned, recompressed, written on, pasted.

Everything here takes and gives a PIL image of any size and draws its numbers from the generator it
is handed, so that one seed gives one copy.  ``mild_copy`` and ``strong_copy`` are what the training
loop calls.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Random = np.random.Generator
Donor = Callable[[], Image.Image]
"""Gives another picture: background to paste on, neighbour of a collage, overlay."""

Change = Callable[[Image.Image, Random], Image.Image]

Bilinear = Image.Resampling.BILINEAR
_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  !?.,#@&"))
_FONTS = {size: ImageFont.load_default(size) for size in (9, 12, 16, 22, 30)}


def _colour(random: Random) -> tuple[int, int, int]:
    """Black or white mostly, otherwise anything."""
    pick = random.random()
    if pick < 0.35:
        return (0, 0, 0)
    if pick < 0.65:
        return (255, 255, 255)
    red, green, blue = random.integers(0, 256, 3)
    return (int(red), int(green), int(blue))


# --- where pixels go ------------------------------------------------------------------------------


def crop(image: Image.Image, random: Random, least: float) -> Image.Image:
    """Cut out at least ``least`` of the area; sides in a ratio of 3:4 to 4:3 of the original's."""
    width, height = image.size
    area = random.uniform(least, 1.0)
    ratio = math.exp(random.uniform(-0.28, 0.28))
    across = min(1.0, math.sqrt(area * ratio)) * width
    down = min(1.0, math.sqrt(area / ratio)) * height
    left = random.uniform(0, width - across)
    top = random.uniform(0, height - down)
    return image.resize(image.size, Bilinear, box=(left, top, left + across, top + down))


def mirror(image: Image.Image, random: Random) -> Image.Image:
    """Left and right exchanged, sometimes top and bottom."""
    return ImageOps.mirror(image) if random.random() < 0.75 else ImageOps.flip(image)


def quarter_turn(image: Image.Image, random: Random) -> Image.Image:
    """Turn by 90, 180 or 270 degrees."""
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    return image.transpose(turns[int(random.integers(3))])


def tilt(image: Image.Image, random: Random) -> Image.Image:
    """Turn by a few degrees; corners are filled, or cropped away."""
    angle = float(random.normal(0, 8))
    turned = image.rotate(angle, Bilinear, fillcolor=_colour(random))
    if random.random() < 0.5:
        cut = min(0.2, abs(math.sin(math.radians(angle))) / 2)
        width, height = image.size
        box = (cut * width, cut * height, (1 - cut) * width, (1 - cut) * height)
        turned = turned.resize(image.size, Bilinear, box=box)
    return turned


def perspective(image: Image.Image, random: Random) -> Image.Image:
    """Seen from the side: every corner pulled in by up to 15 %."""
    width, height = image.size
    corners = random.uniform(0, 0.15, (4, 2)) * (width, height)
    corners += [(0, 0), (0, 0.85 * height), (0.85 * width, 0.85 * height), (0.85 * width, 0)]
    return image.transform(image.size, Image.Transform.QUAD, corners.ravel().tolist(), Bilinear)


def border(image: Image.Image, random: Random) -> Image.Image:
    """Frame or bars of one colour around the whole picture."""
    width, height = image.size
    left, top, right, bottom = random.uniform(0.02, 0.18, 4) * random.choice([0, 1, 1], 4)
    if random.random() < 0.5:
        left = right = max(left, right)
        top = bottom = max(top, bottom)
    inner = image.resize(
        (int(width * (1 - left - right)), int(height * (1 - top - bottom))), Bilinear
    )
    page = Image.new("RGB", image.size, _colour(random))
    page.paste(inner, (int(left * width), int(top * height)))
    return page


def paste_on(image: Image.Image, random: Random, donor: Donor) -> Image.Image:
    """Pasted on another picture, covering 40 to 85 % of each side."""
    width, height = image.size
    share = random.uniform(0.4, 0.85) if random.random() < 0.7 else 0.6
    size = (int(width * share), int(height * share * random.uniform(0.85, 1.15)))
    page = donor().resize(image.size, Bilinear)
    place = (
        int(random.uniform(0, width - size[0])),
        int(random.uniform(0, max(1, height - size[1]))),
    )
    page.paste(image.resize(size, Bilinear), place)
    return page


# --- what is laid over it -------------------------------------------------------------------------


def write(image: Image.Image, random: Random) -> Image.Image:
    """One to three lines of text, on a bar or straight on the picture."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(int(random.integers(1, 4))):
        size = int(random.choice(list(_FONTS)))
        text = "".join(random.choice(_LETTERS, int(random.integers(4, 24))))
        left, top = random.uniform(-0.05, 0.5) * width, random.uniform(0, 0.9) * height
        if random.random() < 0.4:
            draw.rectangle((0, top - 2, width, top + size + 4), fill=_colour(random))
        draw.text((left, top), text, fill=_colour(random), font=_FONTS[size])
    return image


def caption(image: Image.Image, random: Random) -> Image.Image:
    """Put a bar with one or two lines of text at the bottom or the top, as memes have."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    width, height = image.size
    share = random.uniform(0.12, 0.32)
    top = 0 if random.random() < 0.3 else int((1 - share) * height)
    light = random.random() < 0.7
    draw.rectangle((0, top, width, top + share * height), fill="white" if light else "black")
    size = int(random.choice(list(_FONTS)))
    for line in range(int(random.integers(1, 3))):
        text = "".join(random.choice(_LETTERS, int(random.integers(6, 22))))
        place = (4, top + 3 + line * (size + 2))
        draw.text(place, text, fill="black" if light else "white", font=_FONTS[size])
    return image


def stickers(image: Image.Image, random: Random) -> Image.Image:
    """Emoji-like faces, discs and boxes on top."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(int(random.integers(1, 4))):
        radius = random.uniform(0.05, 0.17) * width
        x, y = random.uniform(0, width), random.uniform(0, height)
        box = (x - radius, y - radius, x + radius, y + radius)
        if random.random() < 0.3:
            draw.rectangle(box, fill=_colour(random))
            continue
        yellow = (255, int(random.integers(180, 230)), int(random.integers(0, 90)))
        draw.ellipse(box, fill=yellow if random.random() < 0.6 else _colour(random))
        for side in (-0.4, 0.4):
            eye = x + side * radius
            draw.ellipse((eye - 2, y - radius * 0.4, eye + 2, y - radius * 0.1), fill=(40, 20, 10))
        draw.arc(
            (x - radius / 2, y - radius / 4, x + radius / 2, y + radius / 2),
            0,
            180,
            fill=(40, 20, 10),
        )
    return image


def screenshot(image: Image.Image, random: Random) -> Image.Image:
    """Show the picture inside an application: bars and lines of text around it."""
    width, height = image.size
    light = random.random() < 0.6
    page = Image.new("RGB", image.size, (245, 245, 247) if light else (24, 26, 30))
    draw = ImageDraw.Draw(page)
    ink = (60, 60, 60) if light else (220, 220, 220)
    top, bottom = int(random.uniform(0.05, 0.18) * height), int(random.uniform(0.0, 0.2) * height)
    side = int(random.choice([0.0, 0.0, 0.08, 0.2]) * width)
    draw.text((4, 2), "".join(random.choice(_LETTERS, 14)), fill=ink, font=_FONTS[9])
    for line in range(height - bottom + 3, height - 3, 8):
        draw.line((4, line, random.uniform(0.3, 0.95) * width, line), fill=ink, width=2)
    page.paste(
        image.resize((width - side, height - top - bottom), Bilinear),
        (int(side * (random.random() < 0.5)), top),
    )
    return page


def blend(image: Image.Image, random: Random, donor: Donor) -> Image.Image:
    """Another picture shining through, as a watermark does."""
    return Image.blend(
        image, donor().resize(image.size, Bilinear), float(random.uniform(0.1, 0.35))
    )


# --- what happens to the values -------------------------------------------------------------------


def recolour(image: Image.Image, random: Random) -> Image.Image:
    """Brightness, contrast, saturation, hue, gamma: one to three of them."""
    for kind in random.choice(5, int(random.integers(1, 4)), replace=False):
        factor = math.exp(random.normal(0, 0.35))
        if kind == 0:
            image = ImageEnhance.Brightness(image).enhance(factor)
        elif kind == 1:
            image = ImageEnhance.Contrast(image).enhance(factor)
        elif kind == 2:
            image = ImageEnhance.Color(image).enhance(factor**1.5)
        elif kind == 3:
            hue, saturation, value = image.convert("HSV").split()
            shift = int(random.normal(0, 14))
            hue = hue.point([(v + shift) % 256 for v in range(256)])
            image = Image.merge("HSV", (hue, saturation, value)).convert("RGB")
        else:
            curves = [
                [round(255 * (v / 255) ** g) for v in range(256)]
                for g in np.exp(random.normal(0, 0.25, 3))
            ]
            image = image.point([level for curve in curves for level in curve])
    return image


def relight(image: Image.Image, random: Random) -> Image.Image:
    """Make it clearly darker, or brighter."""
    dark = random.random() < 0.6
    return ImageEnhance.Brightness(image).enhance(
        random.uniform(0.35, 0.75) if dark else random.uniform(1.25, 1.7)
    )


def gray(image: Image.Image, random: Random) -> Image.Image:
    """Without colour, or in sepia."""
    plain = ImageOps.grayscale(image)
    if random.random() < 0.8:
        return plain.convert("RGB")
    return ImageOps.colorize(plain, (30, 15, 0), (255, 240, 200))


def blur(image: Image.Image, random: Random) -> Image.Image:
    """Out of focus."""
    return image.filter(ImageFilter.GaussianBlur(float(random.uniform(0.4, 2.6))))


def sharpen(image: Image.Image, random: Random) -> Image.Image:
    """Sharpened, or posterised to few levels."""
    if random.random() < 0.7:
        return image.filter(ImageFilter.UnsharpMask(2, int(random.uniform(80, 250)), 0))
    return ImageOps.posterize(image, int(random.integers(2, 5)))


def noise(image: Image.Image, random: Random) -> Image.Image:
    """Gaussian noise, or salt and pepper."""
    values = np.asarray(image)
    if random.random() < 0.75:
        grain = random.standard_normal(values.shape, dtype=np.float32) * random.uniform(4, 28)
        return Image.fromarray(np.clip(values + grain, 0, 255).astype(np.uint8))
    values = values.copy()
    hit = random.random(values.shape[:2], dtype=np.float32) < random.uniform(0.01, 0.05)
    values[hit] = random.integers(0, 2, (int(hit.sum()), 1), dtype=np.uint8) * 255
    return Image.fromarray(values)


def recompress(image: Image.Image, random: Random) -> Image.Image:
    """Through JPEG, quality 10 to 70."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=int(random.integers(10, 71)))
    return Image.open(buffer).convert("RGB")


def shrink(image: Image.Image, random: Random) -> Image.Image:
    """Made small, with any filter, and large again; with the nearest filter this is pixelation."""
    share = math.exp(random.uniform(math.log(0.11), math.log(0.7)))
    size = (max(8, int(image.width * share)), max(8, int(image.height * share)))
    down = (Image.Resampling.NEAREST, Bilinear, Image.Resampling.BOX)[int(random.integers(3))]
    up = (Image.Resampling.NEAREST, Bilinear, Image.Resampling.BICUBIC)[int(random.integers(3))]
    return image.resize(size, down).resize(image.size, up)


# --- together -------------------------------------------------------------------------------------


_VALUES: tuple[tuple[Change, float], ...] = (
    (recolour, 0.4),
    (relight, 0.12),
    (gray, 0.14),
    (blur, 0.16),
    (sharpen, 0.05),
    (shrink, 0.2),
)
_LATE: tuple[tuple[Change, float], ...] = (
    (write, 0.12),
    (caption, 0.06),
    (stickers, 0.1),
    (noise, 0.12),
    (recompress, 0.25),
)


def mild_copy(image: Image.Image, random: Random) -> Image.Image:
    """Hardly changed, or not at all: what most files of a collection are."""
    if random.random() < 0.5:
        image = crop(image, random, least=0.75)
    if random.random() < 0.15:
        image = ImageOps.mirror(image)
    if random.random() < 0.25:
        image = recolour(image, random)
    return image


def strong_copy(image: Image.Image, random: Random, donor: Donor) -> Image.Image:
    """One to four changes on top of each other, in the order they happen to files."""
    if random.random() < 0.55:
        image = crop(image, random, least=0.3 if random.random() < 0.5 else 0.6)
    image = _sometimes(image, random, ((mirror, 0.25),))
    image = _at_most_one(image, random, ((quarter_turn, 0.18), (tilt, 0.16), (perspective, 0.06)))
    image = _sometimes(image, random, _VALUES)
    around: tuple[tuple[Change, float], ...] = (
        (border, 0.12),
        (lambda i, r: paste_on(i, r, donor), 0.16),
        (screenshot, 0.1),
        (lambda i, r: blend(i, r, donor), 0.03),
    )
    return _sometimes(_at_most_one(image, random, around), random, _LATE)


def _sometimes(
    image: Image.Image, random: Random, changes: tuple[tuple[Change, float], ...]
) -> Image.Image:
    """Make each change with its own chance."""
    for change, share in changes:
        if random.random() < share:
            image = change(image, random)
    return image


def _at_most_one(
    image: Image.Image, random: Random, changes: tuple[tuple[Change, float], ...]
) -> Image.Image:
    """Make one of the changes, or none."""
    drawn = random.random()
    for change, share in changes:
        if drawn < share:
            return change(image, random)
        drawn -= share
    return image
