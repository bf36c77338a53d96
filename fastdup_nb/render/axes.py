"""The scale of a gallery as its page shows it: where bars begin and end, and how values read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.render import words

if TYPE_CHECKING:
    from fastdup_nb.views.gallery import Form, GalleryView

STEPS = 100


@dataclass(frozen=True, slots=True)
class Axis:
    """Round numbers around the values of a view.

    Attributes
    ----------
    start, end : float
        Multiples of `step`; no value lies outside.
    step : float
        1, 2 or 5 times a power of ten.
    form : str
        See `fastdup_nb.views.gallery.Scale`.
    """

    start: float
    end: float
    step: float
    form: Form

    def share(self, value: float) -> str:
        """Return how much of a bar a value fills, 0 to 1."""
        return f"{min(1.0, max(0.0, (value - self.start) / (self.end - self.start))):.3f}"

    def text(self, value: float | None) -> str:
        """Return a value in words."""
        return "" if value is None else words.word_value(value, self.form)

    def mark(self, value: float) -> str:
        """Return an end of the axis in words."""
        return self.text(value) if self.form == "bytes" else f"{value:,.{self.decimals}f}"

    @property
    def decimals(self) -> int:
        """Digits that tell two steps apart."""
        return max(0, -math.floor(math.log10(self.step) + 1e-9))


def axis_of(view: GalleryView) -> Axis:
    """Return the axis of a view.

    Similarities begin at the lowest one, rounded down to 0.05, and most end at 1; percents go from
    0 to 100; other values are enclosed by round numbers.
    """
    form = view.scale.form
    values = [row.value for row in view.rows if row.value is not None]
    if form == "percent":
        return Axis(0.0, 100.0, 1.0, form)
    if form == "similarity":
        lowest = min(values, default=0.0)
        start = min(0.95, max(0.0, math.floor(lowest * 20 + 1e-9) / 20))
        highest = 1.0 if view.scale.to_one else max(values, default=1.0)
        return Axis(start, max(start + 0.05, math.ceil(highest * 20 - 1e-9) / 20), 0.01, form)
    low, high = min(values, default=0.0), max(values, default=1.0)
    step = _round_step((high - low) / STEPS, whole=form in {"whole", "bytes"})
    start = math.floor(low / step) * step
    return Axis(start, max(math.ceil(high / step) * step, start + step), step, form)


def _round_step(wanted: float, *, whole: bool) -> float:
    if wanted <= 0:
        return 1.0 if whole else 0.01
    power = float(10.0 ** math.floor(math.log10(wanted)))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wanted * (1 - 1e-9))
    return max(1.0, step) if whole else step
