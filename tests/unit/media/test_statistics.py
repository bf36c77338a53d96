"""Statistics: known pictures have known values."""

from __future__ import annotations

import colorsys
import math

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fastdup_nb.media.decode import decode
from fastdup_nb.media.statistics import (
    STATISTICS,
    advanced_columns,
    basic_columns,
    measure,
    measure_blur,
)
from tests.pictures import draw
from tests.unit.media.files import encode, stripes, with_orientation


def measured(image, file_format="PNG", at_least=128, **options):
    data = encode(image, file_format, **options)
    values = measure(decode(data, at_least=at_least), len(data), advanced=True)
    return dict(zip(advanced_columns(), values, strict=True))


def flat(colour, size=(200, 200)):
    return Image.new("RGB", size, colour)


def test_basic_values_are_the_same_with_and_without_the_advanced_ones():
    photo = decode(encode(draw(1), "PNG"))
    few = dict(zip(basic_columns(), measure(photo, 77, advanced=False), strict=True))
    many = dict(zip(advanced_columns(), measure(photo, 77, advanced=True), strict=True))
    assert few == {name: many[name] for name in few}
    assert few["file_size"] == 77


def test_every_column_has_one_line_of_help():
    assert len({statistic.name for statistic in STATISTICS}) == len(STATISTICS) == 21
    for statistic in STATISTICS:
        assert statistic.help.endswith(".")
        assert "\n" not in statistic.help


def test_a_flat_colour():
    values = measured(flat((200, 100, 50)))
    assert (values["mean_r"], values["mean_g"], values["mean_b"]) == (200, 100, 50)
    assert values["mean"] == pytest.approx(350 / 3)
    assert (values["min"], values["max"], values["unique"]) == (50, 200, 3)
    assert (values["stdv"], values["blur"], values["rms_contrast"]) == (0, 0, 0)
    assert values["contrast"] == pytest.approx(150 / 250)
    assert values["mean_rel_intensity_r"] == pytest.approx(200 / (350 / 3))
    assert values["mean_rel_intensity_g"] == pytest.approx(100 / (350 / 3))
    assert values["mean_rel_intensity_b"] == pytest.approx(50 / (350 / 3))
    assert values["edge_density"] == 0


@pytest.mark.parametrize(
    "image",
    [
        flat((0, 0, 0)),
        flat((255, 255, 255)),
        Image.new("RGBA", (50, 50), (9, 9, 9, 0)),
        draw(3).convert("L"),
        draw(3).resize((2000, 11)),
        draw(3).resize((10, 10)),
    ],
)
def test_every_value_is_finite(image):
    assert all(math.isfinite(value) for value in measured(image).values())


def test_black_has_no_contrast():
    values = measured(flat((0, 0, 0)))
    assert values["contrast"] == values["rms_contrast"] == values["mean_rel_intensity_b"] == 0


def test_half_black_half_white():
    image = flat((0, 0, 0), (320, 320))
    image.paste((255, 255, 255), (0, 0, 160, 320))
    values = measured(image)
    assert (values["mean"], values["stdv"], values["contrast"]) == (127.5, 127.5, 1)
    assert values["rms_contrast"] == pytest.approx(1)
    assert values["unique"] == 2
    assert values["edge_density"] == pytest.approx(1 / 128)


def test_against_numpy():
    image = draw(9, (128, 128))
    pixels = np.asarray(image, dtype=float)
    means, deviations = pixels.mean(axis=(0, 1)), pixels.std(axis=(0, 1))
    values = measured(image)
    assert values["mean"] == pytest.approx(means.mean())
    assert values["stdv"] == pytest.approx(deviations.mean())
    assert values["unique"] == len(np.unique(pixels))
    assert values["rms_contrast"] == pytest.approx(np.sqrt(((deviations / means) ** 2).mean()))
    assert [values[name] for name in ("mean_r", "mean_g", "mean_b")] == pytest.approx(list(means))


def test_blur_is_the_variance_of_the_laplacian():
    grey = draw(9, (128, 128)).convert("L")
    g = np.asarray(grey, dtype=float)
    laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
    assert measure_blur(grey) == pytest.approx(laplacian.var())
    assert measured(draw(9, (128, 128)))["blur"] == pytest.approx(laplacian.var())


def test_the_sharpest_possible_picture_does_not_overflow():
    board = (np.indices((128, 128)).sum(axis=0) % 2 * 255).astype(np.uint8)
    assert measure_blur(Image.fromarray(board)) == pytest.approx(1020**2)


@pytest.mark.parametrize("sigma", [2, 4])
def test_blur_separates_sharp_from_blurry(sigma):
    rng = np.random.default_rng(0)
    sharp, blurry = [], []
    for seed in range(6):
        noise = Image.fromarray(rng.integers(0, 255, (375, 500, 3), dtype=np.uint8))
        picture = Image.blend(draw(seed, (500, 375)), noise, 0.1)
        sharp.append(measured(picture, "JPEG", quality=90)["blur"])
        soft = picture.filter(ImageFilter.GaussianBlur(sigma))
        blurry.append(measured(soft, "JPEG", quality=90)["blur"])
    assert all(s > 3 * b for s, b in zip(sharp, blurry, strict=True))
    assert min(sharp) > max(blurry)


def test_values_hardly_depend_on_the_resolution_of_the_file():
    picture = draw(4, (640, 640))
    large, small = measured(picture.resize((1280, 1280))), measured(picture)
    for name in ("mean", "stdv", "mean_hue", "mean_saturation"):
        assert large[name] == pytest.approx(small[name], rel=0.02)
    assert large["blur"] == pytest.approx(small["blur"], rel=0.35)


def test_values_do_not_depend_on_the_input_size_of_the_model():
    picture = draw(4, (900, 700))
    assert measured(picture, at_least=512) == measured(picture, at_least=128)


def test_orientation_changes_nothing_but_the_sides():
    picture = draw(4, (320, 160))
    upright = measured(picture)
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    again = measured(turned, exif=with_orientation(6))
    assert (again["width"], again["height"]) == (320, 160)
    del upright["file_size"], again["file_size"]
    assert again == upright


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (10, 200, 120)])
def test_hue_saturation_value_on_the_scale_of_opencv(colour):
    values = measured(flat(colour))
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    assert values["mean_hue"] == pytest.approx(hue * 180, abs=1)
    assert values["mean_saturation"] == pytest.approx(saturation * 255, abs=1)
    assert values["mean_val"] == pytest.approx(value * 255)


def test_edge_density_of_stripes_and_their_blurred_copy():
    sharp = measured(stripes())["edge_density"]
    soft = measured(stripes().filter(ImageFilter.GaussianBlur(6)))["edge_density"]
    assert sharp > 0.2
    assert soft < 0.02
