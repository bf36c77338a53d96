"""Choosing images by a statistic that is unusually low or high."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.clean.groups import NO_LABEL
from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

OUTLIER_DISTANCE, SIZE = "outlier_distance", "size"
_NOT_METRICS = {"index", "filename", "from", "to", "label", "label2"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Which values are unusual: below the lower or above the upper limit, both strictly.

    Attributes
    ----------
    lower_percentile, upper_percentile : float or None
        Shares, 0 to 1, of the values below the limit (quantile, linearly interpolated).
    lower_threshold, upper_threshold : float or None
        The limits themselves.
    """

    lower_percentile: float | None = None
    upper_percentile: float | None = None
    lower_threshold: float | None = None
    upper_threshold: float | None = None

    def check(self) -> None:
        """Raise `OptionError` when these cannot be used together."""
        for side in ("lower", "upper"):
            share, limit = getattr(self, f"{side}_percentile"), getattr(self, f"{side}_threshold")
            if share is not None and limit is not None:
                raise OptionError(
                    f"{side}_percentile and {side}_threshold are both given.", "Give one of them."
                )
            _check_number(f"{side}_percentile", share, share=True)
            _check_number(f"{side}_threshold", limit)
        if all(value is None for value in self._values()):
            raise OptionError(
                "No limit is given.",
                "Give lower_percentile, upper_percentile, lower_threshold or upper_threshold.",
            )
        for kind in ("percentile", "threshold"):
            low, high = getattr(self, f"lower_{kind}"), getattr(self, f"upper_{kind}")
            if low is not None and high is not None and low >= high:
                raise OptionError(
                    f"The {kind}s overlap: lower {low:g}, upper {high:g}.",
                    f"lower_{kind} is the smaller one.",
                )

    def of(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Return the lower and the upper limit of some values; infinite where there is none.

        Raises
        ------
        OptionError
            When they overlap.
        """
        low, high = self.lower_threshold, self.upper_threshold
        if self.lower_percentile is not None:
            low = float(np.quantile(values, self.lower_percentile))
        if self.upper_percentile is not None:
            high = float(np.quantile(values, self.upper_percentile))
        lower = -math.inf if low is None else float(low)
        upper = math.inf if high is None else float(high)
        if lower > upper:
            raise OptionError(
                f"The limits overlap: below {lower:g} or above {upper:g} is every value.",
                "Give a lower limit that is below the upper one.",
            )
        return lower, upper

    def _values(self) -> tuple[float | None, ...]:
        return (
            self.lower_percentile,
            self.upper_percentile,
            self.lower_threshold,
            self.upper_threshold,
        )


def _check_number(name: str, value: Any, *, share: bool = False) -> None:
    if value is None:
        return
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or math.isnan(value) or (share and not 0 <= value <= 1):
        expected = "a share, 0 to 1 (0.05 for 5 %)" if share else "a number"
        raise OptionError(f"{name}={value!r} cannot be used.", f"Give {expected}.")


@dataclass(frozen=True, slots=True)
class Selection:
    """The images chosen by a statistic.

    Attributes
    ----------
    chosen : tuple of (file name, reason, label)
        Names as the table has them, each once.
    total : int
        Images that have a value.
    """

    chosen: tuple[tuple[str, str, str], ...]
    total: int


def select_outliers(
    table: pd.DataFrame,
    metric: str,
    limits: Limits,
    *,
    filename_col: str = "filename",
    label_col: str | None = None,
) -> Selection:
    """Choose the images with an unusually low or high value.

    Parameters
    ----------
    table : DataFrame
        One row per image, with the metric.
    metric : str
    limits : Limits
    filename_col, label_col : str

    Raises
    ------
    OptionError
        When a column is missing, or all images or none would be chosen.
    """
    limits.check()
    label = label_col or ("label" if "label" in table.columns else None)
    for column in (filename_col, *([label_col] if label_col else [])):
        if column not in table.columns:
            raise unknown_name("column", column, [str(name) for name in table.columns])
    values = _values_of(table, metric)
    usable = np.isfinite(values) & _measured(table)
    if not usable.any():
        raise OptionError(f"No image has a value of {metric}.", "Nothing was done.")
    low, high = limits.of(values[usable])
    hit = usable & ((values < low) | (values > high))
    _check_sensible(hit, usable, f"{metric} {_range_text(low, high)}")
    chosen: dict[str, tuple[str, str, str]] = {}
    for row in np.flatnonzero(hit).tolist():
        name = str(table[filename_col].iloc[row])
        value = float(values[row])
        side = f"below {low:g}" if value < low else f"above {high:g}"
        text = _label_text(table[label].iloc[row]) if label else ""
        chosen.setdefault(name, (name, f"{metric} {value:g} is {side}", text))
    return Selection(tuple(chosen.values()), int(usable.sum()))


def _values_of(table: pd.DataFrame, metric: str) -> NDArray[np.float64]:
    import pandas as pd

    if metric == SIZE and SIZE not in table.columns and {"width", "height"} <= set(table.columns):
        return (_numbers(table["width"]) * _numbers(table["height"])).astype(np.float64)
    if metric not in table.columns:
        known = [
            str(name)
            for name in table.columns
            if name not in _NOT_METRICS and pd.api.types.is_numeric_dtype(table[name])
        ]
        extra = [SIZE] if {"width", "height"} <= set(table.columns) else []
        raise unknown_name("metric", metric, [*known, *extra, OUTLIER_DISTANCE])
    values = _numbers(table[metric])
    if not np.isfinite(values).any():
        raise OptionError(f"The column {metric} holds no numbers.", "Give a statistic.")
    return values


def _numbers(column: Any) -> NDArray[np.float64]:
    import pandas as pd

    numbers: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(np.float64)
    return numbers


def _measured(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows are of images: the original gives other files sizes of 0 or -1."""
    measured = np.ones(len(table), dtype=bool)
    for side in ("width", "height"):
        if side in table.columns:
            measured &= ~(_numbers(table[side]) <= 0)
    return measured


def _check_sensible(hit: NDArray[np.bool_], usable: NDArray[np.bool_], condition: str) -> None:
    if not hit.any():
        raise OptionError(f"No image has {condition}.", "Nothing was done.")
    if hit.sum() == usable.sum():
        raise OptionError(
            f"All {hit.sum():,} images have {condition}.", "Nothing was done: check the limits."
        )


def _range_text(low: float, high: float) -> str:
    sides = [f"below {low:g}"] if low > -math.inf else []
    sides += [f"above {high:g}"] if high < math.inf else []
    return " or ".join(sides)


def _label_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or NO_LABEL
    return NO_LABEL if value is None or value != value else str(value)  # noqa: PLR0124 - NaN
