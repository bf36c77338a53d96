"""Plots for pages, whole: nothing is fetched when they are opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Figure:
    """Plots as markup.

    Attributes
    ----------
    markup : Markup
        The elements, scripts included.
    scripts : tuple of str
        The text of every script in the markup: the page allows these and no others.
    """

    markup: Markup
    scripts: tuple[str, ...] = ()
