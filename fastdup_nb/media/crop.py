"""The part of a picture that an annotation names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.core.boxes import clip_box
from fastdup_nb.errors import ImageError, ImageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

_CORNERS = 4
# How much is shown around a box, relative to its longer side, and in pixels.
_AROUND, _LEAST_AROUND = 0.5, 16
_LINES_ACROSS = 120
_BRIGHT, _DARK = (0, 230, 118), (0, 40, 20)


@dataclass(frozen=True, slots=True)
class Region:
    """A box or a rotated box.

    Attributes
    ----------
    numbers : tuple of float
        x, y, width, height of a box; x1, y1, ... x4, y4 of the corners of a rotated one, in order
        around it, the upper left one of what it holds first.
    relative : bool
        Whether the numbers are percents of the picture's width and height; else pixels of the
        upright picture.
    """

    numbers: tuple[float, ...]
    relative: bool = False

    @property
    def is_rotated(self) -> bool:
        """Whether it has four corners of its own."""
        return len(self.numbers) == 2 * _CORNERS

    def in_pixels(self, width: int, height: int) -> tuple[float, ...]:
        """Return the numbers in pixels of a picture of this size."""
        if not self.relative:
            return self.numbers
        sides = (width / 100, height / 100)
        return tuple(number * sides[place % 2] for place, number in enumerate(self.numbers))

    def bounds(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return x, y, width, height of what it covers of a picture, in whole pixels.

        Raises
        ------
        ImageError
            `BAD_BOX` when it has no area, is not made of numbers, or lies outside.
        """
        numbers = self.in_pixels(width, height)
        if not all(map(math.isfinite, numbers)):
            raise _bad("its numbers are not all numbers")
        if self.is_rotated:
            xs, ys = numbers[::2], numbers[1::2]
            numbers = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
            if abs(_area(xs, ys)) < 1:
                raise _bad("it has no area")
        x, y, wide, high = numbers
        if wide <= 0 or high <= 0:
            raise _bad(f"it has no area: width {wide:g}, height {high:g}")
        inside = clip_box(x, y, wide, high, width, height)
        if inside is None:
            raise _bad(f"it lies outside of the picture, which has {width} x {height} px")
        return inside


def cut(image: Image, region: Region) -> Image:
    """Return the part of a picture in a region, upright: a rotated box is turned.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB, in full size.
    region : Region
        What lies outside of the picture is left out; of a rotated box it is black.

    Raises
    ------
    ImageError
        `BAD_BOX`, see `Region.bounds`.
    """
    from PIL.Image import Resampling, Transform

    x, y, width, height = region.bounds(*image.size)
    if not region.is_rotated:
        return image.crop((x, y, x + width, y + height))
    corners = _clockwise(region.in_pixels(*image.size))
    size = (
        max(1, round((_length(corners, 0, 1) + _length(corners, 3, 2)) / 2)),
        max(1, round((_length(corners, 0, 3) + _length(corners, 1, 2)) / 2)),
    )
    if max(size) > 4 * max(image.size):
        raise _bad("it is much larger than the picture")
    upper_left, upper_right, lower_right, lower_left = corners
    quad = (*upper_left, *lower_left, *lower_right, *upper_right)
    return image.transform(size, Transform.QUAD, quad, Resampling.BICUBIC)


Point = tuple[float, float]


def _clockwise(numbers: Sequence[float]) -> list[Point]:
    """Return the corners from the first one on, clockwise on the screen."""
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    if _area(numbers[::2], numbers[1::2]) < 0:
        corners[1], corners[3] = corners[3], corners[1]
    return corners


def _area(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the area of a polygon; positive when it goes clockwise, with y downwards."""
    around = range(len(xs))
    return sum(xs[i - 1] * ys[i] - xs[i] * ys[i - 1] for i in around) / 2


def _length(corners: Sequence[Point], one: int, other: int) -> float:
    return math.dist(corners[one], corners[other])


def _bad(reason: str) -> ImageError:
    return ImageError(ImageProblem.BAD_BOX, f"the box cannot be used: {reason}")


def frame(image: Image, region: Region) -> Image:
    """Return a region with what lies around it, and a line around the region itself.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB, in full size.
    region : Region

    Raises
    ------
    ImageError
        `BAD_BOX`, see `Region.bounds`.
    """
    from PIL.ImageDraw import Draw

    x, y, width, height = region.bounds(*image.size)
    around = max(_LEAST_AROUND, round(_AROUND * max(width, height)))
    left, top = max(0, x - around), max(0, y - around)
    right, bottom = min(image.width, x + width + around), min(image.height, y + height + around)
    shown = image.crop((left, top, right, bottom))
    numbers = region.in_pixels(*image.size)
    if not region.is_rotated:
        numbers = (x, y, x + width, y, x + width, y + height, x, y + height)
    corners = [(a - left, b - top) for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
    closed = [*corners, *corners[:2]]
    line = max(2, round(max(shown.size) / _LINES_ACROSS))
    pen = Draw(shown)
    pen.line(closed, fill=_DARK, width=line + 2, joint="curve")
    pen.line(closed, fill=_BRIGHT, width=line, joint="curve")
    return shown
