"""The plots of the aspect ratio gallery: a scatter of sizes and a histogram of width / height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.render.plots import Figure, embed_plots
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.views.shapes import AspectRatioView, Shapes

TEAL, AMBER = "#14948a", "#d08a2e"
HEIGHT = 420
SMALLEST_DOT, LARGEST_DOT = 5, 26
COMMON_RATIOS = ((9 / 16, "9:16"), (3 / 4, "3:4"), (1.0, "1:1"), (4 / 3, "4:3"), (16 / 9, "16:9"))
_TOOLS = "pan,box_zoom,wheel_zoom,reset"


def draw_shapes(view: AspectRatioView) -> Figure | None:
    """Return both plots; None when there is no image.

    Parameters
    ----------
    view : AspectRatioView
    """
    if view.shapes is None:
        return None
    plots = [
        (_scatter(view.shapes), _scatter_caption(view.shapes)),
        (_histogram(view.shapes), _histogram_caption(view.shapes)),
    ]
    return embed_plots(plots)


def _scatter(shapes: Shapes) -> Any:
    from bokeh.models import ColumnDataSource, HoverTool, Range1d
    from bokeh.plotting import figure

    plot: Any = figure(
        title="Size",
        x_axis_label="width (pixels)",
        y_axis_label="height (pixels)",
        x_range=Range1d(start=0, end=float(shapes.widths.max()) * 1.06),
        y_range=Range1d(start=0, end=float(shapes.heights.max()) * 1.06),
        height=HEIGHT,
        tools=_TOOLS,
        sizing_mode="stretch_width",
    )
    far = float(max(shapes.widths.max(), shapes.heights.max())) * 3
    plot.line([0, far], [0, far], color="gray", line_dash="dashed", line_alpha=0.6)
    source = ColumnDataSource(
        {
            "width": shapes.widths,
            "height": shapes.heights,
            "count": shapes.counts,
            "ratio": shapes.widths / shapes.heights,
            "dot": _dots(shapes.counts),
        }
    )
    dots = plot.scatter(
        "width", "height", size="dot", source=source, fill_color=TEAL, line_color=None, alpha=0.55
    )
    plot.scatter(
        [shapes.mean_width],
        [shapes.mean_height],
        marker="cross",
        size=22,
        line_width=3,
        color=AMBER,
    )
    tips = [
        ("width", "@width{0,0}"),
        ("height", "@height{0,0}"),
        ("ratio", "@ratio{0.00}"),
        ("images", "@count{0,0}"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    return plot


def _histogram(shapes: Shapes) -> Any:
    from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Range1d
    from bokeh.models.annotations import Span
    from bokeh.plotting import figure

    low, high = float(shapes.edges[0]), float(shapes.edges[-1])
    plot: Any = figure(
        title="Width / height",
        x_axis_label="width / height (below 1: upright, above 1: lying)",
        y_axis_label="images",
        x_axis_type="log",
        x_range=Range1d(start=low, end=high),
        height=HEIGHT,
        tools=_TOOLS,
        sizing_mode="stretch_width",
    )
    source = ColumnDataSource(
        {
            "left": shapes.edges[:-1],
            "right": shapes.edges[1:],
            "count": shapes.bins,
        }
    )
    bars = plot.quad(
        left="left",
        right="right",
        bottom=0,
        top="count",
        source=source,
        fill_color=TEAL,
        fill_alpha=0.75,
        line_color=None,
    )
    plot.y_range.start = 0
    plot.yaxis.ticker.min_interval = 1
    marks = {ratio: name for ratio, name in COMMON_RATIOS if low <= ratio <= high}
    ends = {value: f"{value:.2g}" for value in _round_marks(low, high)}
    labels: dict[Any, Any] = ends | marks
    plot.xaxis.ticker = FixedTicker(ticks=sorted(labels))
    plot.xaxis.major_label_overrides = labels
    plot.add_layout(
        Span(location=shapes.mean_ratio, dimension="height", line_color=AMBER, line_width=2)
    )
    tips = [("ratio", "@left{0.00} to @right{0.00}"), ("images", "@count{0,0}")]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=tips))
    return plot


def _dots(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return diameters: areas grow with the number of images."""
    share = np.sqrt(counts / counts.max())
    dots: NDArray[np.float64] = np.maximum(SMALLEST_DOT, LARGEST_DOT * share)
    return np.minimum(dots, LARGEST_DOT if counts.max() > 1 else SMALLEST_DOT + 3)


def _round_marks(low: float, high: float) -> list[float]:
    """Return powers of two far enough from the common ratios to be read."""
    powers = [2.0**power for power in range(-12, 13)]
    return [value for value in powers if low <= value <= high and not 0.4 < value < 2.3]


def _scatter_caption(shapes: Shapes) -> str:
    return (
        f"average {shapes.mean_width:,.0f} × {shapes.mean_height:,.0f} pixels (the cross)"  # noqa: RUF001
        f" · {count_of(len(shapes.counts), 'different size')};"
        " on the dashed line images are square"
    )


def _histogram_caption(shapes: Shapes) -> str:
    return f"average {shapes.mean_ratio:.3f} (the line) · median {shapes.median_ratio:.3f}"
