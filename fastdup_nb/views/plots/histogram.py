"""A distribution with the images behind every value, so that a range of it can be looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fastdup_nb.core.bins import count_bins
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.views.gallery import Form


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot at a value that means something, and what."""

    value: float
    text: str


@dataclass(frozen=True)
class Histogram:
    """How often values occur, and which images have them.

    Attributes
    ----------
    name : str
        What was asked for: `blur`, `similarity`, `components`.
    title, axis : str
        The heading, and what the values are.
    noun : str
        What has a value, in the singular: `image`, `pair`, `component`.
    values : ndarray of float64, shape (m,)
        Finite.
    edges : ndarray of float64, shape (b + 1,)
        Rising; the first and last hold all values between them.
    owners, images : ndarray of int64, shape (k,)
        Image `images[i]` (a row of the results) belongs to value `owners[i]`.
    file_names : sequence of str
        Of the rows of the results.
    form : {'similarity', 'number', 'whole', 'bytes', 'percent'}
        How a value is written.
    log_x, log_y : bool
        Whether the axes are logarithmic.
    marks : tuple of Mark
        Thresholds and averages.
    from_above : bool
        Whether a threshold keeps what is above it, so that counts from there up are of interest.
    note : str
        What to know about it.
    view, column : str
        Where the explorer shows these values: its view, and the column to limit to a range.
    """

    name: str
    title: str
    axis: str
    noun: str
    values: NDArray[np.float64]
    edges: NDArray[np.float64]
    owners: NDArray[np.int64]
    images: NDArray[np.int64]
    file_names: Sequence[str] = ()
    form: Form = "number"
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()
    from_above: bool = False
    note: str = ""
    view: str = ""
    column: str = ""
    counts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", count_bins(self.values, self.edges))

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest end of a bin."""
        return float(self.edges[0]), float(self.edges[-1])

    def inside(self, low: float, high: float) -> NDArray[np.bool_]:
        """Return which values lie in a range; both ends belong to it."""
        return (self.values >= low) & (self.values <= high)

    def images_inside(self, low: float, high: float) -> NDArray[np.int64]:
        """Return the images that have a value in a range, each once, in the order of the results.

        Parameters
        ----------
        low, high : float
            Both ends belong to it.
        """
        return np.unique(self.images[self.inside(low, high)[self.owners]])

    def word_range(self, low: float, high: float) -> str:
        """Return how many there are in a range, in words."""
        inside = int(self.inside(low, high).sum())
        total = len(self.values)
        text = f"{inside:,} of {count_of(total, self.noun)}"
        if self.noun == "image":
            return text
        return f"{text}, {count_of(len(self.images_inside(low, high)), 'image')}"

    def to_frame(self) -> pd.DataFrame:
        """Return the bins: low, high, count."""
        return pd.DataFrame({"low": self.edges[:-1], "high": self.edges[1:], "count": self.counts})
