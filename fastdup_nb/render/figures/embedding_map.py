"""An embedding map as a Bokeh figure, with lasso and box selection."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.render.figures.histogram import SOURCE, dress, plain
from fastdup_nb.render.figures.palette import AMBER, GREY, TEAL, category_colours
from fastdup_nb.render.figures.ticks import make_ticks, tick_text
from fastdup_nb.views.plots.colours import Categories, Numbers
from fastdup_nb.views.wording import as_unicode, base_name, word_value

if TYPE_CHECKING:
    from fastdup_nb.views.plots.embedding_map import EmbeddingMap

HEIGHT = 560
NAME_LENGTH, LABEL_LENGTH = 60, 26
_MARGIN = 1.06
DARKEST = 48  # of Viridis; the colours below are not seen on dark grey


def draw_map(shown: EmbeddingMap, height: int = HEIGHT) -> Any:
    """Return a Bokeh figure: a point per image, coloured, with lasso, box, pan and zoom.

    Parameters
    ----------
    shown : EmbeddingMap
    height : int
        Pixels; the width is that of the place it is shown in.
    """
    from bokeh.models import ColumnDataSource, HoverTool, LassoSelectTool, Range1d, TapTool
    from bokeh.plotting import figure

    plot: Any = figure(
        title=shown.heading,
        x_range=Range1d(start=-_MARGIN, end=_MARGIN),
        y_range=Range1d(start=-_MARGIN, end=_MARGIN),
        height=height,
        tools="box_select,pan,wheel_zoom,reset,save",
        active_scroll=None,
        sizing_mode="stretch_width",
    )
    columns: dict[str, Any] = {
        "x": shown.points[:, 0],
        "y": shown.points[:, 1],
        "id": shown.rows.astype(np.int32),
        "tip": point_tips(shown),
    }
    source = ColumnDataSource(columns, name=SOURCE)
    if isinstance(shown.colours, Categories):
        points = _draw_categories(plot, source, shown, shown.colours)
    elif isinstance(shown.colours, Numbers):
        source.data["value"] = shown.colours.values
        points = [_draw_numbers(plot, source, shown, shown.colours)]
    else:
        points = [_scatter(plot, source, shown, TEAL)]
    lasso = LassoSelectTool(renderers=points, continuous=False)
    tips = HoverTool(renderers=points, tooltips="@tip", visible=False)
    plot.add_tools(lasso, TapTool(renderers=points, visible=False), tips)
    plot.toolbar.active_drag = lasso
    dress(plot)
    plot.axis.visible = False
    plot.grid.visible = False
    return plot


def point_tips(shown: EmbeddingMap) -> list[str]:
    """Return what every point says: the name of the image, its labels, what it is coloured by."""
    tips = []
    for number, row in enumerate(shown.rows):
        lines = [_cut(base_name(shown.file_names[row]), NAME_LENGTH)]
        if shown.labels and shown.labels[number]:
            lines.append(_cut(shown.labels[number], NAME_LENGTH))
        lines += _colour_line(shown.colours, number)
        tips.append(as_unicode("\n".join(lines)))
    return tips


def _colour_line(colours: Categories | Numbers | None, number: int) -> list[str]:
    if isinstance(colours, Numbers):
        value = float(colours.values[number])
        text = word_value(value, colours.form) if math.isfinite(value) else "not known"
        return [f"{colours.title} {text}"]
    if isinstance(colours, Categories) and colours.title != "label" and colours.texts[number]:
        return [_cut(colours.texts[number], NAME_LENGTH)]
    return []


def _draw_categories(plot: Any, source: Any, shown: EmbeddingMap, colours: Categories) -> list[Any]:
    from bokeh.models import CDSView, IndexFilter
    from bokeh.models.annotations import Legend, LegendItem

    paints = category_colours(len(colours.entries), colours.plain)
    renderers: dict[int, Any] = {}
    # Those without a colour of their own lie below, then the largest groups.
    own = len(colours.entries) - colours.plain
    for code in [*range(own, len(colours.entries)), *range(own)]:
        chosen = np.flatnonzero(colours.codes == code)
        view = CDSView(filter=IndexFilter(indices=chosen.tolist()))
        renderers[code] = _scatter(plot, source, shown, paints[code], view=view)
    items = [
        LegendItem(
            label={"value": f"{plain(_cut(text, LABEL_LENGTH))} · {count:,}"},
            renderers=[renderers[code]],
        )
        for code, (text, count) in enumerate(colours.entries)
    ]
    legend = Legend(
        items=items,
        title=plain(colours.title),
        click_policy="hide",
        border_line_color=None,
        background_fill_alpha=0,
        label_text_font_size="12px",
        title_text_font_style="bold",
        spacing=1,
    )
    plot.add_layout(legend, "right")
    return list(renderers.values())


def _draw_numbers(plot: Any, source: Any, shown: EmbeddingMap, colours: Numbers) -> Any:
    from bokeh.models import FixedTicker, LinearColorMapper, LogColorMapper
    from bokeh.models.annotations import ColorBar
    from bokeh.palettes import Viridis256

    low, high = colours.low, colours.high
    if high <= low:
        low, high = low - 0.5, high + 0.5
    kind: Any = LogColorMapper if colours.logarithmic else LinearColorMapper
    mapper = kind(palette=Viridis256[DARKEST:], low=low, high=high, nan_color=GREY)
    drawn = _scatter(plot, source, shown, {"field": "value", "transform": mapper})
    ticks = make_ticks(low, high, logarithmic=colours.logarithmic, count=6)
    bar = ColorBar(
        color_mapper=mapper,
        title=plain(colours.title),
        ticker=FixedTicker(ticks=ticks),
        major_label_overrides={tick: tick_text(tick, colours.form) for tick in ticks},
        background_fill_alpha=0,
        title_text_font_style="bold",
        width=14,
    )
    plot.add_layout(bar, "right")
    return drawn


def _scatter(plot: Any, source: Any, shown: EmbeddingMap, colour: Any, view: Any = None) -> Any:
    return plot.scatter(
        "x",
        "y",
        source=source,
        size=point_size(len(shown.rows)),
        fill_color=colour,
        fill_alpha=0.3 if colour == GREY else 0.75,
        line_color=None,
        nonselection_fill_alpha=0.12,
        selection_fill_alpha=0.95,
        hover_fill_color=AMBER,
        hover_fill_alpha=1.0,
        **({"view": view} if view is not None else {}),
    )


def point_size(count: int) -> float:
    """Return the diameter of points in pixels: the more there are, the smaller.

    >>> point_size(10), point_size(5000)
    (11.0, 5.1)
    """
    return round(min(11.0, max(3.5, 13.2 - 2.2 * math.log10(max(count, 1)))), 1)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
