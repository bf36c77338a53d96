"""The statistics of one picture: the columns of `atrain_stats.csv`.

All but width, height and file_size are measured on the upright picture averaged down to 128 x 128
pixels. docs/statistics.md gives every formula and how it differs from the original's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.media.decode import WORKING_SIDE, Photo

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_LEVELS = np.arange(256, dtype=np.int64)
_POWERS = np.stack([_LEVELS, _LEVELS * _LEVELS], axis=1)
# Pillow's hue goes to 255, OpenCV's (which the columns promise) to 179, both for a full turn.
_HUE_SCALE = 180 / 255


@dataclass(frozen=True, slots=True)
class Statistic:
    """One column of the statistics file.

    Parameters
    ----------
    name : str
        Its published name.
    advanced : bool
        Whether it needs `run_advanced_stats=1`.
    help : str
        One line: what it is, and what low and high values mean.
    """

    name: str
    advanced: bool
    help: str


def _basic(name: str, text: str) -> Statistic:
    return Statistic(name, advanced=False, help=text)


def _advanced(name: str, text: str) -> Statistic:
    return Statistic(name, advanced=True, help=text)


STATISTICS: tuple[Statistic, ...] = (
    _basic("width", "Pixels from left to right of the upright file."),
    _basic("height", "Pixels from top to bottom of the upright file."),
    _basic(
        "unique",
        "Distinct byte values over the three channels, 1 to 256; low: flat, drawn or posterised.",
    ),
    _basic(
        "blur", "Variance of the Laplacian, sharpness; low: blurry or flat, high: sharp or noisy."
    ),
    _basic("mean", "Mean brightness, 0 to 255; low: dark, high: bright."),
    _basic("min", "Smallest channel value, 0 to 255; high: washed out."),
    _basic("max", "Largest channel value, 0 to 255; low: dark."),
    _basic("stdv", "Mean standard deviation of the channels, 0 to 127.5; low: flat."),
    _basic("file_size", "Bytes of the file."),
    _advanced("rms_contrast", "Root of the mean squared stdv/mean of the channels; low: flat."),
    _advanced(
        "mean_rel_intensity_r", "Red relative to the mean of the channels, 0 to 3; 1: neutral."
    ),
    _advanced(
        "mean_rel_intensity_b", "Blue relative to the mean of the channels, 0 to 3; 1: neutral."
    ),
    _advanced(
        "mean_rel_intensity_g", "Green relative to the mean of the channels, 0 to 3; 1: neutral."
    ),
    _basic("contrast", "(max - min) / (max + min), 0 to 1; low: flat, 0: one value or black."),
    _advanced(
        "mean_hue", "Mean hue, 0 to 179 (half degrees); hue is circular, so red averages badly."
    ),
    _advanced("mean_saturation", "Mean HSV saturation, 0 to 255; low: grey, high: colourful."),
    _advanced("mean_val", "Mean HSV value, 0 to 255; low: dark, high: bright."),
    _advanced(
        "edge_density", "Share of pixels on Canny edges, 0 to 1; low: empty or blurry, high: busy."
    ),
    _advanced("mean_r", "Mean of the red channel, 0 to 255."),
    _advanced("mean_g", "Mean of the green channel, 0 to 255."),
    _advanced("mean_b", "Mean of the blue channel, 0 to 255."),
)


@lru_cache(maxsize=1)
def basic_columns() -> tuple[str, ...]:
    """Return the columns of a plain run, in file order (after index and filename)."""
    return tuple(statistic.name for statistic in STATISTICS if not statistic.advanced)


@lru_cache(maxsize=1)
def advanced_columns() -> tuple[str, ...]:
    """Return the columns with `run_advanced_stats=1`, in file order (after index and filename)."""
    return tuple(statistic.name for statistic in STATISTICS)


def measure(photo: Photo, file_size: int, *, advanced: bool) -> tuple[float | int, ...]:
    """Return the statistics of a picture.

    Parameters
    ----------
    photo : Photo
        A decoded picture.
    file_size : int
        Bytes of its file.
    advanced : bool
        Whether to measure the advanced ones too.

    Returns
    -------
    tuple of float or int
        In the order of `basic_columns` or `advanced_columns`; every value is finite.
    """
    small = photo.squeeze(WORKING_SIDE, WORKING_SIDE)
    counts = _histograms(small)
    channels = _summarise(counts)
    occurring = np.flatnonzero(counts.any(axis=0))
    low, high = int(occurring[0]), int(occurring[-1])
    basic = (
        photo.width,
        photo.height,
        len(occurring),
        measure_blur(small.convert("L")),
        sum(c.mean for c in channels) / 3,
        float(low),
        float(high),
        sum(c.deviation for c in channels) / 3,
        file_size,
    )
    contrast = (high - low) / (high + low) if high else 0.0
    if not advanced:
        return (*basic, contrast)
    return (*basic, *_measure_relations(channels), contrast, *_measure_colours(small, channels))


@dataclass(frozen=True, slots=True)
class _Channel:
    """What the 256 counts of a channel tell."""

    mean: float
    deviation: float


def _histograms(small: Image) -> NDArray[np.int64]:
    """Return how often each value occurs: (3, 256)."""
    return np.fromiter(small.histogram(), np.int64, 3 * 256).reshape(3, 256)


def _summarise(counts: NDArray[np.int64]) -> list[_Channel]:
    # Whole numbers throughout: the same on every machine, and the variance is never below 0.
    pixels = WORKING_SIDE * WORKING_SIDE
    sums: list[list[int]] = (counts @ _POWERS).tolist()
    return [
        _Channel(total / pixels, math.sqrt(pixels * squares - total * total) / pixels)
        for total, squares in sums
    ]


def measure_blur(grey: Image) -> float:
    """Return the variance of the Laplacian of a grey picture, in squared grey levels.

    The kernel is 0 1 0 / 1 -4 1 / 0 1 0, inside the picture only. Low means blurry or flat.

    Parameters
    ----------
    grey : PIL.Image.Image
        Mode L, at least 3 x 3 pixels.
    """
    # Whole numbers again. The picture is one long row here, which is quicker, until the columns
    # that would wrap around are struck out.
    width, height = grey.size
    pixels = np.frombuffer(grey.tobytes(), np.uint8).astype(np.int16)
    laplacian = pixels[: -2 * width] + pixels[2 * width :]
    laplacian += pixels[width - 1 : -width - 1]
    laplacian += pixels[width + 1 : 1 - width]
    laplacian -= 4 * pixels[width:-width]
    rows = laplacian.reshape(height - 2, width)
    rows[:, 0] = rows[:, -1] = 0
    values = rows.astype(np.int32)
    count = (width - 2) * (height - 2)
    # By row, for 32 bits to hold the squares: einsum adds without a copy and without BLAS, which
    # would start threads of its own inside ours.
    total = int(np.einsum("ij->", values))
    squares = int(np.einsum("ij,ij->i", values, values).sum(dtype=np.int64))
    return (count * squares - total * total) / (count * count)


def _measure_relations(channels: list[_Channel]) -> tuple[float, float, float, float]:
    """Return rms_contrast and the relative intensities of red, blue and green, in file order."""
    ratios = [c.deviation / c.mean if c.mean else 0.0 for c in channels]
    rms_contrast = math.sqrt(sum(ratio * ratio for ratio in ratios) / 3)
    overall = sum(c.mean for c in channels) / 3
    red, green, blue = (c.mean / overall if overall else 0.0 for c in channels)
    return rms_contrast, red, blue, green


def _measure_colours(small: Image, channels: list[_Channel]) -> tuple[float, ...]:
    """Return mean hue, saturation, value, edge density and channel means, in file order."""
    from fastdup_nb.media.edges import measure_edge_density

    hue, saturation, value = (c.mean for c in _summarise(_histograms(small.convert("HSV"))))
    density = measure_edge_density(np.asarray(small.convert("L")))
    return (hue * _HUE_SCALE, saturation, value, density, *(c.mean for c in channels))
