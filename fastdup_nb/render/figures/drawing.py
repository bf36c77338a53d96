"""What is shown as a Bokeh figure, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastdup_nb.views.plots.histogram import Histogram

if TYPE_CHECKING:
    from fastdup_nb.views.plots.embedding_map import EmbeddingMap

HISTOGRAM, MAP = "histogram", "map"


def kind_of(shown: Histogram | EmbeddingMap) -> str:
    """Return `histogram` or `map`."""
    return HISTOGRAM if isinstance(shown, Histogram) else MAP


def draw(shown: Histogram | EmbeddingMap, height: int | None = None) -> Any:
    """Return a Bokeh figure.

    Parameters
    ----------
    shown : Histogram or EmbeddingMap
    height : int, optional
        Pixels; what suits it when not given.
    """
    from fastdup_nb.render.figures import embedding_map, histogram

    if isinstance(shown, Histogram):
        return histogram.draw_histogram(shown, height or histogram.HEIGHT)
    return embedding_map.draw_map(shown, height or embedding_map.HEIGHT)


def bokeh_version() -> str:
    """Return the version of the installed Bokeh, which BokehJS must match."""
    import bokeh

    return str(bokeh.__version__)


def bokeh_script() -> str:
    """Return BokehJS as the installed Bokeh brings it, about 1.3 MB."""
    from bokeh.resources import Resources

    return "".join(Resources(mode="inline", components=["bokeh"], log_level="error").js_raw)
