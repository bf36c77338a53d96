"""Bokeh plots for pages, whole: nothing is fetched when they are opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCRIPT = re.compile(r"\s*<script[^>]*>(.*)</script>\s*", re.DOTALL)


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


def embed_plots(plots: Sequence[tuple[Any, str]]) -> Figure:
    """Return plots with captions as markup that carries the library with it.

    Parameters
    ----------
    plots : sequence of (bokeh figure, caption)

    Returns
    -------
    Figure
    """
    from bokeh.embed import components
    from bokeh.resources import Resources

    for plot, _ in plots:
        _dress(plot)
    script, elements = components([plot for plot, _ in plots])
    library = "".join(Resources(mode="inline", components=["bokeh"], log_level="error").js_raw)
    found = _SCRIPT.fullmatch(script)
    start = found[1] if found else ""
    drawn = "".join(
        f'<figure class="plot">{element.strip()}<figcaption>{escape(caption)}</figcaption></figure>'
        for element, (_, caption) in zip(elements, plots, strict=True)
    )
    scripts = f"<script>{library}</script><script>{start}</script>"
    markup = f'<div class="plots" id="plot-colours">{drawn}</div>{scripts}'
    return Figure(Markup(markup), (library, start))  # noqa: S704 - Bokeh's, and ours


def _dress(plot: Any) -> None:
    """Remove what links elsewhere; the page sets the colours, for light and for dark."""
    plot.toolbar.logo = None
    plot.toolbar.active_scroll = None
    plot.background_fill_alpha = 0
    plot.border_fill_alpha = 0
    plot.outline_line_color = None
    plot.title.text_font_size = "15px"
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.minor_tick_line_color = None
    plot.grid.grid_line_alpha = 0.25
    plot.min_border_right = 16
