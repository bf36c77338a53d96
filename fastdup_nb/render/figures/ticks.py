"""Where an axis has marks, and what they say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastdup_nb.views.wording import word_size

if TYPE_CHECKING:
    from fastdup_nb.views.gallery import Form

_COMMON_RATIOS = {9 / 16: "9:16", 3 / 4: "3:4", 1.0: "1:1", 4 / 3: "4:3", 16 / 9: "16:9"}
_STEPS = (1.0, 2.0, 5.0, 10.0)


def make_ticks(
    low: float, high: float, *, logarithmic: bool = False, count: int = 8
) -> list[float]:
    """Return round numbers within a range, about `count` of them.

    Examples
    --------
    >>> make_ticks(0.0, 97.0, count=5)
    [0.0, 20.0, 40.0, 60.0, 80.0]
    >>> make_ticks(3.0, 4000.0, logarithmic=True, count=8)
    [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]
    """
    if logarithmic and low > 0:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        for digits in ((1, 2, 5), (1, 3), (1,)):
            ticks = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
            inside = [tick for tick in ticks if low <= tick <= high]
            if len(inside) <= count + 2 or digits == (1,):
                return inside if len(inside) > 1 else make_ticks(low, high, count=count)
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(power * part for part in _STEPS if span / (power * part) <= count)
    places = max(0, -math.floor(math.log10(step)) + 1)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, places) for number in range(first, last + 1)]


def ratio_ticks(low: float, high: float) -> dict[float, str]:
    """Return the usual ratios of width to height, and powers of two beyond them."""
    powers = [2.0**power for power in range(-12, 13)]
    ends = {value: f"{value:.3g}" for value in powers if not 0.4 < value < 2.3}
    return {value: text for value, text in (ends | _COMMON_RATIOS).items() if low <= value <= high}


def tick_text(value: float, form: Form) -> str:
    """Return what a mark says.

    >>> tick_text(20000.0, "whole"), tick_text(0.25, "number"), tick_text(50000.0, "bytes")
    ('20,000', '0.25', '50 kB')
    """
    if form == "bytes":
        return word_size(int(value))
    if form == "percent":
        return f"{value:g} %"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
