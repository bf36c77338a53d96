"""Pictures of any Pillow mode as 8-bit RGB: deep, float, palette, CMYK and transparent ones.

The rules: 16-bit values are shifted, not clipped; 32-bit and float values are scaled by their own
finite range; what is transparent shows white paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WHITE = (255, 255, 255)
_OPAQUE = 255
_BLOCK = (
    1 << 20
)  # values scaled at a time, so that a large float picture is never held twice in float64
_DEEPEST_SHORT = 65535


def reduce_to_rgb(image: Image.Image, factor: int) -> Image.Image:
    """Return a loaded picture as RGB, shrunk by a whole factor with a box average.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode.
    factor : int
        1 keeps the size; else each side becomes ceil(side / factor).

    Raises
    ------
    ImageError
        `CORRUPT` for a float picture without one finite value.
    """
    image = _to_plain_mode(image)
    if factor > 1:
        image = image.reduce(factor)
    if image.mode in {"RGBA", "LA"}:
        return _lay_on_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_plain_mode(image: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be averaged: L, RGB, CMYK, LA, RGBA and the like."""
    mode = image.mode
    if mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if mode in {"I", "F"}:
        return _scale_deep(np.asarray(image))
    if mode == "1":
        image = image.convert("L")
    if image.has_transparency_data:
        return image if mode in {"RGBA", "LA"} else image.convert("RGBA")
    return image.convert("RGB") if mode in {"P", "PA"} else image


def _scale_deep(values: NDArray[np.int32] | NDArray[np.float32]) -> Image.Image:
    """Return 32-bit values as L: 16-bit contents shifted, others scaled by their finite range."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ImageError(ImageProblem.CORRUPT, "a float image without one finite value")
    low, high = float(finite.min()), float(finite.max())
    del finite
    if values.dtype.kind == "i" and low >= 0 and high <= _DEEPEST_SHORT:
        return Image.fromarray(np.right_shift(values, 8, dtype=np.int32).astype(np.uint8))
    span = high - low
    flat = values.reshape(-1)
    scaled = np.zeros(flat.size, dtype=np.uint8)
    if span > 0:
        for start in range(0, flat.size, _BLOCK):
            block = flat[start : start + _BLOCK].astype(np.float64)
            block = np.nan_to_num(block, nan=low, posinf=high, neginf=low)
            scaled[start : start + _BLOCK] = np.rint((block - low) / span * 255)
    return Image.fromarray(scaled.reshape(values.shape))


def _lay_on_white(image: Image.Image) -> Image.Image:
    alpha = image.getchannel("A")
    opaque = image.convert("RGB")
    if alpha.getextrema()[0] == _OPAQUE:
        return opaque
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(opaque, mask=alpha)
    return paper
