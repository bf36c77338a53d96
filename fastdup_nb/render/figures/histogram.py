"""A distribution as a Bokeh figure, with a range to drag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.render.figures.palette import AMBER, TEAL
from fastdup_nb.render.figures.ticks import make_ticks, ratio_ticks, tick_text
from fastdup_nb.views.wording import as_unicode, count_of, plural_of, word_value

if TYPE_CHECKING:
    from fastdup_nb.views.plots.histogram import Histogram, Mark

HEIGHT = 380
# By these names the front end finds what it works with.
SOURCE, RANGE = "fastdup_nb-points", "fastdup_nb-range"
_HEADROOM = 1.16
MARGIN = 0.012


def draw_histogram(shown: Histogram, height: int = HEIGHT) -> Any:
    """Return a Bokeh figure: bars, marked thresholds, and a range tool.

    Parameters
    ----------
    shown : Histogram
    height : int
        Pixels; the width is that of the place it is shown in.
    """
    from bokeh.models import ColumnDataSource, HoverTool, Range1d
    from bokeh.plotting import figure

    low, high = shown.span
    base = 0.6 if shown.log_y else 0.0
    top = float(max(shown.counts.max(initial=0), 1))
    end = top**_HEADROOM * 1.3 if shown.log_y else top * _HEADROOM
    plot: Any = figure(
        title=plain(shown.title),
        x_axis_label=plain(shown.axis),
        y_axis_label=plural_of(shown.noun),
        x_axis_type="log" if shown.log_x else "linear",
        y_axis_type="log" if shown.log_y else "linear",
        x_range=_with_margins(low, high, logarithmic=shown.log_x),
        y_range=Range1d(start=base, end=end),
        height=height,
        tools="save",
        sizing_mode="stretch_width",
    )
    source = ColumnDataSource(
        {
            "left": shown.edges[:-1],
            "right": shown.edges[1:],
            "top": np.maximum(shown.counts, base),
            "count": shown.counts,
            "alpha": np.full(len(shown.counts), 0.85),
            "tip": bar_tips(shown),
        },
        name=SOURCE,
    )
    bars = plot.quad(
        left="left",
        right="right",
        bottom=base,
        top="top",
        source=source,
        fill_color=TEAL,
        fill_alpha="alpha",
        line_color=None,
        hover_fill_color=AMBER,
        hover_fill_alpha=1.0,
    )
    plot.add_tools(HoverTool(renderers=[bars], tooltips="@tip", mode="vline", visible=False))
    _mark(plot, shown, top)
    _add_range(plot, low, high)
    _set_ticks(plot, shown)
    return plot


def plain(text: str) -> str:
    """Return a text that Bokeh does not take for a formula, which would need MathJax."""
    text = as_unicode(text)
    for delimiter in ("$$", r"\(", r"\["):
        text = text.replace(delimiter, f"{delimiter[0]}\N{ZERO WIDTH SPACE}{delimiter[1]}")
    return text


def bar_tips(shown: Histogram) -> list[str]:
    """Return what every bar says: its ends, how many, and for thresholds how many from there up."""
    above = np.cumsum(shown.counts[::-1])[::-1]
    tips = []
    for low, high, count, more in zip(
        shown.edges[:-1], shown.edges[1:], shown.counts, above, strict=True
    ):
        lines = [_span_text(shown, float(low), float(high)), count_of(int(count), shown.noun)]
        if shown.from_above:
            lines.append(f"{count_of(int(more), shown.noun)} from here up")
        tips.append("\n".join(lines))
    return tips


def _span_text(shown: Histogram, low: float, high: float) -> str:
    if shown.form in {"whole", "percent"} and high - low == 1:
        return word_value(low + 0.5, shown.form)
    if shown.form == "percent":
        return f"{max(low, 0):g} to {min(high, 100):g} %"
    if shown.form in {"whole", "bytes"}:
        low, high = np.ceil(low), np.floor(high)
    return f"{word_value(low, shown.form)} to {word_value(high, shown.form)}"


def _mark(plot: Any, shown: Histogram, top: float) -> None:
    from bokeh.models.annotations import Label, Span

    for mark in shown.marks:
        plot.add_layout(
            Span(
                location=mark.value,
                dimension="height",
                line_color=AMBER,
                line_width=1.5,
                line_dash="dashed",
            )
        )
        plot.add_layout(
            Label(
                x=mark.value,
                y=top * 1.05,
                x_offset=4,
                text=plain(mark_text(shown, mark)),
                text_color=AMBER,
                text_font_size="12px",
            )
        )


def mark_text(shown: Histogram, mark: Mark) -> str:
    """Return what stands beside a mark: its text, and its value where that is not the text."""
    if ":" in mark.text:  # a ratio
        return mark.text
    return f"{mark.text} {tick_text(float(f'{mark.value:.4g}'), shown.form)}"


def _with_margins(low: float, high: float, *, logarithmic: bool) -> Any:
    """Return the range of an axis, some way beyond, so that the ends of a choice can be grabbed."""
    from bokeh.models import Range1d

    if logarithmic:
        factor = (high / low) ** MARGIN
        return Range1d(start=low / factor, end=high * factor)
    margin = (high - low) * MARGIN
    return Range1d(start=low - margin, end=high + margin)


def _add_range(plot: Any, low: float, high: float) -> None:
    from bokeh.models import Range1d, RangeTool

    chosen = Range1d(start=low, end=high, name=RANGE)
    tool = RangeTool(x_range=chosen, start_gesture="pan")
    overlay: Any = tool.overlay
    overlay.update(
        fill_color=TEAL,
        fill_alpha=0.08,
        line_color=TEAL,
        line_alpha=0.9,
        line_dash="solid",
        line_width=2,
        use_handles=True,
    )
    plot.add_tools(tool)


def tick_texts(shown: Histogram) -> dict[float, str]:
    """Return where the axis has marks, and what they say."""
    low, high = shown.span
    if shown.name == "aspect_ratio":
        return ratio_ticks(low, high)
    ticks = make_ticks(low, high, logarithmic=shown.log_x)
    return {tick: tick_text(tick, shown.form) for tick in ticks}


def _set_ticks(plot: Any, shown: Histogram) -> None:
    from bokeh.models import FixedTicker, NumeralTickFormatter

    texts = tick_texts(shown)
    plot.xaxis.ticker = FixedTicker(ticks=list(texts))
    plot.xaxis.major_label_overrides = dict(texts)
    plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
    if not shown.log_y:
        plot.yaxis.ticker.min_interval = 1
    dress(plot)


def dress(plot: Any) -> None:
    """Remove what links elsewhere and what distracts; leave colours to the page."""
    plot.toolbar.logo = None
    plot.background_fill_alpha = 0
    plot.border_fill_alpha = 0
    plot.outline_line_color = None
    plot.title.text_font_size = "15px"
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.minor_tick_line_color = None
    plot.grid.grid_line_alpha = 0.25
    plot.min_border_right = 16
