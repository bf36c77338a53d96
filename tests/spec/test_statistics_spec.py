"""The statistics as the V0.2 documents describe them.

Quoted: API page, `create_stats_gallery`, argument `metric`; file layout of `atrain_stats.csv`.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from fastdup_nb.media.decode import decode
from fastdup_nb.media.statistics import advanced_columns, basic_columns, measure
from tests.pictures import draw
from tests.unit.media.files import encode


def statistics_of(image, advanced=True, file_size=None):
    data = encode(image, "PNG")
    columns = advanced_columns() if advanced else basic_columns()
    size = len(data) if file_size is None else file_size
    return dict(zip(columns, measure(decode(data), size, advanced=advanced), strict=True))


def test_basic_columns_in_file_order():
    """`index,filename,width,height,unique,blur,mean,min,max,stdv,file_size,contrast`."""
    assert ",".join(basic_columns()) == (
        "width,height,unique,blur,mean,min,max,stdv,file_size,contrast"
    )


def test_advanced_columns_in_file_order():
    """With `run_advanced_stats=1`: `file_size,rms_contrast,...,mean_r,mean_g,mean_b`."""
    assert ",".join(advanced_columns()) == (
        "width,height,unique,blur,mean,min,max,stdv,file_size,rms_contrast,mean_rel_intensity_r,"
        "mean_rel_intensity_b,mean_rel_intensity_g,contrast,mean_hue,mean_saturation,mean_val,"
        "edge_density,mean_r,mean_g,mean_b"
    )


@pytest.mark.parametrize("size", [(700, 300), (90, 120)])
def test_width_and_height(size):
    """`width - of original image before resize`, `height - of original image before resize`."""
    values = statistics_of(draw(1, size))
    assert (values["width"], values["height"]) == size


def test_file_size():
    """`file_size - file size in bytes`."""
    assert statistics_of(draw(1), file_size=12_345)["file_size"] == 12_345


def test_blur():
    """`blur - variance of the laplacian`."""
    picture = draw(1, (128, 128))
    grey = np.asarray(picture.convert("L"), dtype=float)
    laplacian = -4 * grey[1:-1, 1:-1]
    for row, column in ((0, 1), (2, 1), (1, 0), (1, 2)):
        laplacian += grey[row : row + 126, column : column + 126]
    assert statistics_of(picture)["blur"] == pytest.approx(laplacian.var())
    blurred = picture.filter(ImageFilter.GaussianBlur(3))
    assert statistics_of(blurred)["blur"] < statistics_of(picture)["blur"] / 3


def test_unique():
    """`unique - number of unique colors, 0..255`."""
    three = Image.new("RGB", (128, 128), (10, 20, 30))
    assert statistics_of(three)["unique"] == 3
    ramp = np.tile(np.linspace(0, 255, 128).astype(np.uint8), (128, 1))
    assert statistics_of(Image.fromarray(ramp))["unique"] == len(np.unique(ramp))


def test_mean_min_and_max():
    """`mean - mean color 0..255`, `max - max color 0..255`, `min - min color 0..255`."""
    picture = Image.new("RGB", (128, 128), (0, 100, 200))
    values = statistics_of(picture, advanced=False)
    assert (values["mean"], values["min"], values["max"]) == (100, 0, 200)


def test_rms_contrast():
    """`rms_contrast - square root of mean sum of stdv/mean per channel`."""
    picture = draw(2, (128, 128))
    pixels = np.asarray(picture, dtype=float)
    ratios = pixels.std(axis=(0, 1)) / pixels.mean(axis=(0, 1))
    expected = float(np.sqrt((ratios**2).mean()))
    assert statistics_of(picture)["rms_contrast"] == pytest.approx(expected)


def test_hue_saturation_and_value():
    """`mean_hue - transform to HSV and compute mean H` (and S, and V)."""
    green = statistics_of(Image.new("RGB", (128, 128), (0, 200, 0)))
    assert green["mean_hue"] == pytest.approx(60, abs=0.5)
    assert green["mean_saturation"] == 255
    assert green["mean_val"] == 200


def test_edge_density():
    """`edge_density - using canny filter`."""
    step = Image.new("RGB", (128, 128))
    step.paste((200, 200, 200), (64, 0, 128, 128))
    assert statistics_of(step)["edge_density"] == pytest.approx(1 / 128)


def test_channel_means_are_not_swapped():
    """`mean_r - mean of R channel`, `mean_g - mean of G channel`, `mean_b - mean of B channel`."""
    values = statistics_of(Image.new("RGB", (128, 128), (210, 110, 10)))
    assert (values["mean_r"], values["mean_g"], values["mean_b"]) == (210, 110, 10)
    assert values["mean_rel_intensity_r"] > values["mean_rel_intensity_g"]
    assert values["mean_rel_intensity_g"] > values["mean_rel_intensity_b"]
