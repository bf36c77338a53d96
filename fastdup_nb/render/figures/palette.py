"""Colours of plots; all are seen on white and on dark grey alike."""

from __future__ import annotations

TEAL, AMBER, GREY = "#14948a", "#d08a2e", "#8b8f97"
# Ten that can be told apart, also by most people who see fewer colours.
CATEGORIES = (
    "#2f8fd0",
    "#e5762c",
    "#3aa35a",
    "#d1485f",
    "#8f6fd6",
    "#b8922a",
    "#d66fb4",
    "#22a7a7",
    "#8a6a52",
    "#7da33a",
)


def category_colours(count: int, plain: int) -> list[str]:
    """Return a colour for each of some groups, the last `plain` of which are grey."""
    own = [CATEGORIES[number % len(CATEGORIES)] for number in range(count - plain)]
    return [*own, *[GREY] * plain]
