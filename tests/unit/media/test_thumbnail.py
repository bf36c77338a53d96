"""Thumbnails for galleries."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError
from fastdup_nb.media.thumbnail import make_thumbnail, to_data_uri
from tests.pictures import draw
from tests.unit.media.files import encode, with_orientation


def load(data):
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((500, 375), (100, 75)),
        ((300, 3000), (10, 100)),
        ((80, 60), (80, 60)),
        ((3000, 12), (100, 1)),
    ],
)
def test_the_longer_side_fits_and_nothing_is_enlarged(size, expected):
    thumbnail = load(make_thumbnail(encode(draw(1, (240, 180)).resize(size), "PNG"), 100))
    assert thumbnail.format == "JPEG"
    assert thumbnail.size == expected


def test_it_is_upright_and_without_metadata():
    data = encode(draw(1, (400, 300)), "JPEG", exif=with_orientation(6), comment=b"secret")
    thumbnail = load(make_thumbnail(data, 100))
    assert thumbnail.size == (75, 100)
    assert not thumbnail.getexif()
    assert "comment" not in thumbnail.info


def test_an_undersized_upright_png_carries_no_metadata_either():
    data = encode(draw(1, (80, 60)), "PNG", exif=with_orientation(1), icc_profile=b"profile")
    thumbnail = load(make_thumbnail(data, 100))
    assert not thumbnail.getexif()
    assert "icc_profile" not in thumbnail.info


def test_transparent_is_white():
    clear = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    assert np.asarray(load(make_thumbnail(encode(clear, "PNG"), 64))).min() >= 254


def test_pictures_too_small_for_a_run_are_shown():
    assert load(make_thumbnail(encode(draw(1, (240, 180)).resize((3, 2)), "PNG"), 64)).size == (
        3,
        2,
    )


def test_the_picture_is_the_same():
    picture = draw(6, (640, 480))
    thumbnail = load(make_thumbnail(encode(picture, "JPEG", quality=95), 160))
    expected = np.asarray(picture.resize((160, 120), Image.Resampling.BOX), dtype=float)
    assert np.abs(np.asarray(thumbnail) - expected).mean() < 5


def test_quality_is_passed_on():
    data = encode(draw(6, (640, 480)), "PNG")
    assert len(make_thumbnail(data, 320, quality=30)) < len(make_thumbnail(data, 320, quality=90))


def test_data_uri():
    data = encode(draw(6), "PNG")
    head, _, body = to_data_uri(make_thumbnail(data, 64)).partition(",")
    assert head == "data:image/jpeg;base64"
    assert b64decode(body) == make_thumbnail(data, 64)


def test_an_unreadable_file_raises():
    with pytest.raises(ImageError):
        make_thumbnail(b"no image", 64)
