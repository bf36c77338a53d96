"""Every Pillow mode becomes the RGB a person would see."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.decode import decode
from tests.pictures import draw
from tests.unit.media.files import encode, grey


def colours(image, file_format="PNG", **options):
    """Return the pixels after a way through a file."""
    return np.asarray(decode(encode(image, file_format, **options)).image)


def deep(values, dtype="<u2"):
    return Image.fromarray(np.asarray(values, dtype=dtype))


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bits_are_shifted_not_clipped(file_format):
    ramp = np.tile(np.arange(0, 65536, 1024, dtype=np.uint16), (32, 1))
    pixels = colours(deep(ramp), file_format)
    assert (pixels[0, :, 0] == np.arange(0, 256, 4)).all()
    assert (pixels[..., 0] == pixels[..., 2]).all()


def test_sixteen_bits_of_the_other_byte_order():
    ramp = np.tile(np.arange(0, 65536, 1024, dtype=">u2"), (32, 1))
    image = Image.frombytes("I;16B", (64, 32), ramp.tobytes())
    assert (colours(image, "TIFF")[0, :, 0] == np.arange(0, 256, 4)).all()


def test_sixteen_bits_in_thirty_two():
    ramp = np.tile(np.arange(0, 65536, 1024, dtype=np.int32), (32, 1))
    assert (colours(Image.fromarray(ramp), "TIFF")[0, :, 1] == np.arange(0, 256, 4)).all()


@pytest.mark.parametrize("lowest", [-1_000_000, 0])
def test_true_thirty_two_bits_are_scaled_by_their_range(lowest):
    ramp = np.tile(np.linspace(lowest, 1_000_000, 64).astype(np.int32), (32, 1))
    row = colours(Image.fromarray(ramp), "TIFF")[0, :, 0]
    assert (row[0], row[-1]) == (0, 255)
    assert (np.diff(row.astype(int)) >= 3).all()


def test_floats_are_scaled_by_their_finite_range():
    values = np.tile(np.linspace(0.25, 0.75, 64, dtype=np.float32), (32, 1))
    values[0, :4] = np.nan, np.inf, -np.inf, 0.5
    pixels = colours(Image.fromarray(values), "TIFF")[..., 0]
    assert pixels[0, :4].tolist() == [0, 255, 0, 128]
    assert (pixels[1, 0], pixels[1, -1]) == (0, 255)


@pytest.mark.parametrize("scale", [3e38, 1e-42])
def test_extreme_floats_neither_overflow_nor_warn(scale):
    values = np.tile(np.linspace(-1, 1, 64, dtype=np.float32), (32, 1)) * np.float32(scale)
    row = colours(Image.fromarray(values), "TIFF")[0, :, 0]
    assert (row[0], row[-1]) == (0, 255)


def test_a_constant_float_picture_is_black():
    assert not colours(Image.fromarray(np.full((32, 32), 0.7, np.float32)), "TIFF").any()


def test_a_float_picture_without_values_is_corrupt():
    data = encode(Image.fromarray(np.full((32, 32), np.nan, np.float32)), "TIFF")
    with pytest.raises(ImageError, match="finite") as caught:
        decode(data)
    assert caught.value.problem is ImageProblem.CORRUPT


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("size", [(32, 24), (400, 400)])
def test_what_is_transparent_shows_white(mode, size):
    image = grey(0, mode, size)
    image.putalpha(0)
    assert (colours(image) == 255).all()
    image.putalpha(128)
    assert abs(int(colours(image)[9, 9, 0]) - 127) <= 1
    image.putalpha(255)
    assert not colours(image).any()


def test_opaque_alpha_changes_nothing():
    picture = draw(2, (400, 400))
    assert (colours(picture.convert("RGBA")) == colours(picture)).all()


def test_hidden_colours_do_not_bleed_into_their_neighbours():
    # Transparent red beside opaque black, halved: only white and black may mix.
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0, 201, 400))
    column = colours(image)[50, 100]
    assert column.tolist() == [column[0]] * 3


def test_a_palette_with_transparency():
    image = draw(2, (64, 64)).quantize(16)
    clear = image.getpixel((5, 5))
    pixels = colours(image, transparency=clear)
    assert pixels[5, 5].tolist() == [255, 255, 255]
    levels = bytes([0 if index == clear else 255 for index in range(16)])
    assert colours(image, transparency=levels)[5, 5].tolist() == [255, 255, 255]


def test_a_transparent_colour_key():
    image = Image.new("RGB", (32, 32), (10, 20, 30))
    image.paste((200, 0, 0), (0, 0, 16, 32))
    pixels = colours(image, transparency=(10, 20, 30))
    assert pixels[5, 25].tolist() == [255, 255, 255]
    assert pixels[5, 5].tolist() == [200, 0, 0]


def test_a_plain_palette_keeps_its_colours():
    image = draw(2, (400, 400)).quantize(32)
    expected = np.asarray(image.convert("RGB").reduce(2))
    assert (colours(image) == expected).all()


def test_one_bit():
    image = Image.new("1", (32, 32))
    image.paste(1, (0, 0, 16, 32))
    pixels = colours(image)
    assert (pixels[0, 0, 0], pixels[0, 31, 0]) == (255, 0)


@pytest.mark.parametrize("size", [(64, 48), (640, 480)])
def test_cmyk_jpeg_has_the_right_colours(size):
    picture = draw(2, size)
    pixels = colours(picture.convert("CMYK"), "JPEG", quality=95)
    expected = np.asarray(decode(encode(picture, "PNG")).image, dtype=float)
    assert np.abs(pixels - expected).mean() < 4


def test_grey_jpeg():
    pixels = colours(draw(2, (640, 480)).convert("L"), "JPEG")
    assert (pixels[..., 0] == pixels[..., 1]).all()
    assert pixels.std() > 10
