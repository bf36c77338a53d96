"""What a user has set: text, facets, range and order. Checked here, wherever it comes from."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastdup_nb.errors import OptionError
from fastdup_nb.views.wording import as_unicode

LONGEST_TEXT = 200
LONGEST_VALUE = 1000
MOST_VALUES = 100
MOST_FACETS = 50
LARGEST = sys.float_info.max
_MEMBERS = ("text", "facets", "range", "sort")


@dataclass(frozen=True, slots=True)
class Range:
    """Values of a column from low to high, both included; None is open."""

    column: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of the rows."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is set in a view.

    Attributes
    ----------
    text : str
        Words that the name or a label of an image must hold.
    facets : dict of str to tuple of str
        Facet -> values, of which a row must have one.
    range : Range or None
    sort : Sort or None
        None: the order of the view.
    """

    text: str = ""
    facets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    range: Range | None = None
    sort: Sort | None = None

    @classmethod
    def parse(cls, given: object) -> State:
        """Return the state that a JSON object describes.

        Raises
        ------
        OptionError
            When it describes none. Nothing of it is trusted.
        """
        members = _members(given, "state", _MEMBERS)
        return cls(
            text=_text(members.get("text", ""), "text", LONGEST_TEXT),
            facets=_facets(members.get("facets", {})),
            range=_range(members.get("range")),
            sort=_sort(members.get("sort")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object."""
        limits, order = self.range, self.sort
        return {
            "text": self.text,
            "facets": {name: list(values) for name, values in self.facets.items()},
            "range": limits and {"column": limits.column, "low": limits.low, "high": limits.high},
            "sort": order and {"column": order.column, "descending": order.descending},
        }


def _facets(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, Mapping) or len(given) > MOST_FACETS:
        raise _wrong("facets", "an object of lists of texts")
    return {
        _text(name, "facets", LONGEST_VALUE): _values(values)
        for name, values in given.items()
        if values != []
    }


def _values(given: object) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)) or len(given) > MOST_VALUES:
        raise _wrong("facets", f"lists of at most {MOST_VALUES} texts")
    return tuple(_text(value, "facets", LONGEST_VALUE) for value in given)


def _range(given: object) -> Range | None:
    if given is None:
        return None
    members = _members(given, "range", ("column", "low", "high"))
    column = _text(members.get("column"), "range", LONGEST_VALUE)
    low, high = (_number(members.get(end)) for end in ("low", "high"))
    return Range(column, low, high)


def _sort(given: object) -> Sort | None:
    if given is None:
        return None
    members = _members(given, "sort", ("column", "descending"))
    descending = members.get("descending", False)
    if not isinstance(descending, bool):
        raise _wrong("sort", "a column and whether it is descending")
    return Sort(_text(members.get("column"), "sort", LONGEST_VALUE), descending)


def _number(given: object) -> float | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise _wrong("range", "numbers or nothing at its ends")
    try:
        number = float(given)
    except OverflowError:  # a whole number of hundreds of digits
        number = math.inf if given > 0 else -math.inf
    if math.isnan(number):
        raise _wrong("range", "numbers or nothing at its ends")
    return min(max(number, -LARGEST), LARGEST)  # JSON has no infinity


def _text(given: object, what: str, longest: int) -> str:
    if not isinstance(given, str) or len(given) > longest:
        raise _wrong(what, f"texts of at most {longest} characters")
    return as_unicode(given)


def _members(given: object, what: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping) or not set(given) <= set(known):
        raise _wrong(what, f"an object with {', '.join(known)}")
    return given


def _wrong(what: str, expected: str) -> OptionError:
    return OptionError(f"The {what} to show cannot be used.", f"It takes {expected}.")
