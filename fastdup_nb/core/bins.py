"""Bins of a histogram that suit their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 60
FEWEST_BINS = 12
# Whole numbers over no more than this get a bin each.
UNIT_BINS = 80
# From this ratio of the highest to the lowest on, a logarithmic scale shows more.
LOGARITHMIC = 20.0


def make_edges(
    values: NDArray[np.float64],
    *,
    bins: int = BINS,
    whole: bool = False,
    logarithmic: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> NDArray[np.float64]:
    """Return the ends of bins, one more than bins, rising.

    Parameters
    ----------
    values : ndarray of float64, shape (m,)
        Finite; may be empty.
    bins : int
        How many at most; fewer for fewer than 900 values.
    whole : bool
        The values are whole numbers: the ends lie between them.
    logarithmic : bool
        Evenly spaced on a logarithmic scale; the values are above 0.
    low, high : float, optional
        The first and last end, where the scale has natural ones.

    Examples
    --------
    >>> make_edges(np.array([2.0, 4.0]), whole=True).tolist()
    [1.5, 2.5, 3.5, 4.5]
    """
    # Few values in many bins show noise.
    bins = min(bins, max(FEWEST_BINS, int(np.ceil(2 * np.sqrt(len(values))))))
    first = float(values.min()) if low is None and len(values) else low or 0.0
    last = float(values.max()) if high is None and len(values) else high or first
    if whole:
        return _whole_edges(first, last, bins, logarithmic=logarithmic)
    if last <= first:  # one value: a bin around it
        margin = abs(first) * 0.05 or 0.5
        first, last = first - margin, first + margin
    if logarithmic and first > 0:
        edges = np.geomspace(first, last, bins + 1)
    else:
        edges = np.linspace(first, last, bins + 1)
    edges[0], edges[-1] = first, last  # not a rounding error away from the lowest and the highest
    return edges


def is_spread(values: NDArray[np.float64], ratio: float = LOGARITHMIC) -> bool:
    """Return whether values above 0 span so much that a logarithmic scale suits them better."""
    return bool(len(values)) and float(values.min()) > 0 and values.max() >= ratio * values.min()


def count_bins(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many values lie in each bin; the last bin holds its upper end too."""
    return np.histogram(values, edges)[0].astype(np.int64)


def _whole_edges(first: float, last: float, bins: int, *, logarithmic: bool) -> NDArray[np.float64]:
    low, high = int(np.floor(first)), int(np.ceil(last))
    if high - low < UNIT_BINS:
        numbers = np.arange(low, high + 2)
    elif logarithmic and low > 0:
        numbers = np.unique(np.round(np.geomspace(low, high + 1, bins + 1)).astype(np.int64))
    else:
        step = -(-(high - low + 1) // bins)
        numbers = np.arange(low, high + 1 + step, step)
    return numbers.astype(np.float64) - 0.5
