"""Cutting boxes out of pictures."""

import math

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.crop import Region, cut, frame
from tests.pictures import draw


@pytest.fixture
def picture():
    return draw(3, (120, 80))


def test_a_box_is_the_pixels_in_it(picture):
    part = cut(picture, Region((10, 20, 50, 30)))
    assert np.array_equal(part, np.asarray(picture)[20:50, 10:60])
    clipped = cut(picture, Region((-10, 60, 50, 90)))
    assert np.array_equal(clipped, np.asarray(picture)[60:, :40])


def test_percents(picture):
    part = cut(picture, Region((25, 50, 50, 50), relative=True))
    assert np.array_equal(part, np.asarray(picture)[40:80, 30:90])


@pytest.mark.parametrize("start", range(2))
def test_a_rotated_box_that_is_upright_is_a_box(picture, start):
    corners = (10, 20, 60, 20, 60, 50, 10, 50)
    if start:  # the other way round: not mirrored
        corners = (10, 20, 10, 50, 60, 50, 60, 20)
    part = cut(picture, Region(corners))
    assert part.size == (50, 30)
    wanted = np.asarray(picture, np.int16)[20:50, 10:60]
    assert np.abs(np.asarray(part, np.int16) - wanted).mean() < 3


def test_a_rotated_box_is_turned_upright():
    """What is drawn upright, turned by 30 degrees and cut out again is upright."""
    small = draw(8, (60, 40))
    canvas = Image.new("RGB", (200, 200))
    canvas.paste(small, (70, 80))
    turned = canvas.rotate(30, Image.Resampling.BICUBIC, center=(100, 100))
    angle = math.radians(-30)

    def turn(x, y):
        x, y = x - 100, y - 100
        return (
            100 + x * math.cos(angle) - y * math.sin(angle),
            100 + x * math.sin(angle) + y * math.cos(angle),
        )

    corners = [turn(x, y) for x, y in ((70, 80), (130, 80), (130, 120), (70, 120))]
    part = cut(turned, Region(tuple(number for corner in corners for number in corner)))
    assert part.size == (60, 40)
    difference = np.asarray(part, np.int16)[4:-4, 4:-4] - np.asarray(small, np.int16)[4:-4, 4:-4]
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        (Region((0, 0, 0, 5)), "no area: width 0"),
        (Region((0, 0, 5, -5)), "height -5"),
        (Region((200, 0, 5, 5)), "outside of the picture, which has 120 x 80"),
        (Region((math.nan, 0, 5, 5)), "not all numbers"),
        (Region((0, 0, math.inf, 5)), "not all numbers"),
        (Region((0, 0, 10, 10, 20, 20, 30, 30)), "no area"),
        (Region((200, 0, 250, 0, 250, 50, 200, 50)), "outside"),
        (Region((-9000, 0, 9000, 0, 9000, 50, -9000, 50)), "much larger"),
    ],
)
def test_a_box_that_cannot_be_used(picture, region, reason):
    with pytest.raises(ImageError, match=reason) as caught:
        cut(picture, region)
    assert caught.value.problem is ImageProblem.BAD_BOX


def test_a_frame_shows_what_lies_around(picture):
    shown = frame(picture, Region((40, 30, 20, 20)))
    assert shown.size == (52, 52)
    assert frame(picture, Region((0, 0, 120, 80))).size == picture.size
    assert np.array_equal(np.asarray(shown)[0], np.asarray(picture)[14, 24:76])
    frame(picture, Region((10, 20, 60, 20, 60, 50, 10, 50)))
