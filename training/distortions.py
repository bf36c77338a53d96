"""The 24 distortions copies are measured with.

Fixed strengths, and written apart from the changes the student is taught with.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

Distortion = Callable[[Image.Image, Image.Image, np.random.Generator], Image.Image]
"""From a picture, another picture and a generator to a copy."""

Bilinear = Image.Resampling.BILINEAR


def _jpeg(quality: int) -> Distortion:
    def apply(image: Image.Image, _other: Image.Image, _random: np.random.Generator) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        return Image.open(buffer).convert("RGB")

    return apply


def _crop(area: float) -> Distortion:
    """Keep ``area`` of the picture, somewhere."""

    def apply(image: Image.Image, _other: Image.Image, random: np.random.Generator) -> Image.Image:
        across, down = (int(s * area**0.5) for s in image.size)
        left = int(random.integers(image.width - across + 1))
        top = int(random.integers(image.height - down + 1))
        return image.crop((left, top, left + across, top + down))

    return apply


def _resize(share: float, down: Image.Resampling, *, back: bool = False) -> Distortion:
    """Make smaller; ``back`` to the old size as blocks."""

    def apply(image: Image.Image, _other: Image.Image, _random: np.random.Generator) -> Image.Image:
        size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
        small = image.resize(size, down)
        return small.resize(image.size, Image.Resampling.NEAREST) if back else small

    return apply


def _plain(change: Callable[[Image.Image], Image.Image]) -> Distortion:
    """Wrap a change that needs neither another picture nor chance."""

    def apply(image: Image.Image, _other: Image.Image, _random: np.random.Generator) -> Image.Image:
        return change(image)

    return apply


def _hue(image: Image.Image) -> Image.Image:
    """Hue turned by 15 of 256 steps."""
    hue, saturation, value = image.convert("HSV").split()
    turned = hue.point([(v + 15) % 256 for v in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def _noise(image: Image.Image, _other: Image.Image, random: np.random.Generator) -> Image.Image:
    values = np.asarray(image, dtype=np.float32)
    grainy = values + random.normal(0, 20, values.shape)
    return Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8))


def _border(image: Image.Image) -> Image.Image:
    """Black frame, 10 % of each side."""
    across, down = int(image.width * 0.1), int(image.height * 0.1)
    page = Image.new("RGB", (image.width + 2 * across, image.height + 2 * down))
    page.paste(image, (across, down))
    return page


def _text(image: Image.Image) -> Image.Image:
    """White bar with two lines of text at the bottom, as memes have."""
    page = image.copy()
    draw = ImageDraw.Draw(page)
    size = max(8, image.height // 11)
    draw.rectangle((0, image.height - 3 * size, image.width, image.height), fill="white")
    font = ImageFont.load_default(size)
    for line, words in enumerate(("when the build is", "green on Friday")):
        draw.text((4, image.height - (2.8 - 1.3 * line) * size), words, fill="black", font=font)
    return page


def _emoji(image: Image.Image, _other: Image.Image, random: np.random.Generator) -> Image.Image:
    """Three yellow faces."""
    page = image.copy()
    draw = ImageDraw.Draw(page)
    radius = min(image.size) // 9
    for _ in range(3):
        x, y = random.uniform(0.1, 0.9) * image.width, random.uniform(0.1, 0.9) * image.height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 204, 40))
        for eye in (x - radius / 3, x + radius / 3):
            draw.ellipse((eye - 2, y - radius / 2, eye + 2, y - radius / 5), fill=(90, 50, 10))
        mouth = (x - radius / 2, y - radius / 3, x + radius / 2, y + radius / 2)
        draw.arc(mouth, 10, 170, fill=(90, 50, 10), width=2)
    return page


def _screenshot(image: Image.Image) -> Image.Image:
    """Below a title bar, above a line of buttons, on light gray."""
    width, height = image.size
    page = Image.new("RGB", (int(width * 1.1), int(height * 1.3)), (238, 238, 240))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, page.width, int(height * 0.1)), fill=(60, 90, 160))
    draw.text((6, 4), "Photos", fill="white", font=ImageFont.load_default(max(8, height // 16)))
    page.paste(image, (int(width * 0.05), int(height * 0.13)))
    for place in (0.15, 0.5, 0.85):
        x = place * page.width
        y = page.height - 0.08 * height
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(120, 120, 130))
    return page


def _paste(image: Image.Image, other: Image.Image, random: np.random.Generator) -> Image.Image:
    """At 60 % of the width and height, somewhere on another picture."""
    page = other.resize(image.size, Bilinear)
    size = (int(image.width * 0.6), int(image.height * 0.6))
    left = int(random.integers(image.width - size[0] + 1))
    top = int(random.integers(image.height - size[1] + 1))
    page.paste(image.resize(size, Bilinear), (left, top))
    return page


def _perspective(image: Image.Image) -> Image.Image:
    """Seen from the left."""
    width, height = image.size
    corners = (0, 0, 0, height, width, 0.9 * height, width, 0.1 * height)
    return image.transform(image.size, Image.Transform.QUAD, corners, Bilinear)


DISTORTIONS: dict[str, Distortion] = {
    "jpeg q50": _jpeg(50),
    "jpeg q20": _jpeg(20),
    "jpeg q10": _jpeg(10),
    "half size": _resize(0.5, Image.Resampling.NEAREST),
    "quarter size": _resize(0.25, Image.Resampling.NEAREST),
    "pixelate 1/8": _resize(1 / 8, Image.Resampling.BOX, back=True),
    "blur": _plain(lambda i: i.filter(ImageFilter.GaussianBlur(max(i.size) / 120))),
    "noise": _noise,
    "gray": _plain(lambda i: i.convert("L").convert("RGB")),
    "brighter": _plain(lambda i: ImageEnhance.Brightness(i).enhance(1.4)),
    "darker": _plain(lambda i: ImageEnhance.Brightness(i).enhance(0.6)),
    "contrast": _plain(lambda i: ImageEnhance.Contrast(i).enhance(1.5)),
    "hue": _plain(_hue),
    "crop 90 %": _crop(0.9),
    "crop 70 %": _crop(0.7),
    "crop 50 %": _crop(0.5),
    "mirror": _plain(lambda i: i.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "rotate 5": _plain(lambda i: i.rotate(5, Bilinear)),
    "rotate 90": _plain(lambda i: i.transpose(Image.Transpose.ROTATE_90)),
    "border": _plain(_border),
    "text": _plain(_text),
    "emoji": _emoji,
    "screenshot": _plain(_screenshot),
    "pasted 60 %": _paste,
}
"""What a copy went through, by name."""

EXTRA: dict[str, Distortion] = {
    "rotate 180": _plain(lambda i: i.transpose(Image.Transpose.ROTATE_180)),
    "perspective": _plain(_perspective),
}
"""Measured besides, not part of the pooled figures."""
