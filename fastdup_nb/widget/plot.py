"""Plots in a notebook: histograms with a range to drag, embedding maps with a lasso.

BokehJS comes from the installed Bokeh, once per page, as a message of the kernel: nothing is loaded
from anywhere else, and nothing of it is saved with the notebook.
"""

from __future__ import annotations

import json
import math
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

import anywidget
import pandas as pd
import traitlets

from fastdup_nb.errors import FastdupError, ImageError, OptionError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.thumbnail import make_thumbnail
from fastdup_nb.options import unknown_name
from fastdup_nb.render.figures.drawing import bokeh_script, bokeh_version, draw, kind_of
from fastdup_nb.render.figures.preview import preview_html
from fastdup_nb.sources import read_bytes
from fastdup_nb.widget.messages import id_list, request_number, whole
from fastdup_nb.widget.plot_page import write_page
from fastdup_nb.widget.replies import error_content

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.views.plots.embedding_map import EmbeddingMap
    from fastdup_nb.views.plots.histogram import Histogram

THEMES = ("auto", "light", "dark")
LEAST_HEIGHT, LARGEST_HEIGHT = 200, 2000
MOST_PICTURES, LEAST_SIDE, LARGEST_SIDE = 16, 32, 512
_RELOAD = "Reload the page; if that does not help, run the cell again."


class LinkedExplorer(Protocol):
    """What a plot tells an explorer."""

    view: str

    def show(self, view: str) -> Any:
        """Show a view."""

    def filter(self, *, column: str, low: float | None, high: float | None) -> Any:
        """Show only rows with a value in a range."""

    def select(self, ids: Sequence[int]) -> Any:
        """Select images."""


class Plot(anywidget.AnyWidget):
    """A plot in a notebook; see `Histogram` and `EmbeddingMap` for what can be shown.

    Parameters
    ----------
    shown : Histogram or EmbeddingMap
        What `fastdup_nb.views.plots` reads from a work_dir.
    explorer : Explorer, optional
        Follows what is chosen in the plot; see `link`.
    theme : {'auto', 'light', 'dark'}
        `auto` follows the notebook.
    height : int, optional
        Pixels of the plot.

    Attributes
    ----------
    selected : list of int
        Images (rows of the results) that are chosen in the plot.
    range : tuple of float or None
        The chosen range of a histogram, both ends within; None for everything.

    Raises
    ------
    OptionError
        When the theme or the height cannot be used.
    """

    _esm = files("fastdup_nb") / "widget" / "static" / "plot.js"

    kind = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    bokeh_version = traitlets.Unicode().tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)
    readout = traitlets.Unicode().tag(sync=True)
    preview = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        shown: Histogram | EmbeddingMap,
        *,
        explorer: LinkedExplorer | None = None,
        theme: str = "auto",
        height: int | None = None,
    ) -> None:
        if height is not None:
            height = whole("height", height, LEAST_HEIGHT, LARGEST_HEIGHT)
        self.shown: Any = shown
        self._height = height
        self._explorer: LinkedExplorer | None = None
        super().__init__(
            kind=kind_of(shown),
            note=shown.note,
            bokeh_version=bokeh_version(),
            theme=theme,
            preview=secrets.token_hex(6),
        )
        self.on_msg(self._hear)
        if explorer is not None:
            self.link(explorer)

    @property
    def figure(self) -> Any:
        """The plot as a new Bokeh figure, to change or to save with Bokeh's own functions."""
        return draw(self.shown, self._height)

    @property
    def selection(self) -> pd.DataFrame:
        """The chosen images: index (row of the results) and filename."""
        rows = list(self.selected)
        names = [self.shown.file_names[row] for row in rows]
        return pd.DataFrame({"filename": names}, index=rows, dtype=object)

    def to_frame(self) -> pd.DataFrame:
        """Return what is drawn as a table."""
        frame: pd.DataFrame = self.shown.to_frame()
        return frame

    def to_html(self, path: str | PathLike[str], **options: Any) -> Path:
        """Write the plot as a page that needs nothing else: no network and no kernel.

        Parameters
        ----------
        path : path
            An .html file, or a folder.
        **options
            See `fastdup_nb.render.figures.page.write_plot`.
        """
        return write_page(
            self.shown, path, **{"theme": self.theme, "height": self._height, **options}
        )

    def link(self, explorer: LinkedExplorer | None) -> None:
        """Let an explorer follow what is chosen here; None ends it.

        Parameters
        ----------
        explorer : Explorer or None
            What `fd.explore()` returns.

        Raises
        ------
        OptionError
            When it is no explorer.
        """
        if explorer is not None and not all(
            callable(getattr(explorer, name, None)) for name in ("show", "filter", "select")
        ):
            message = f"explorer is a {type(explorer).__name__}."
            raise OptionError(message, "Give what fd.explore() returned.")
        self._explorer = explorer

    @traitlets.validate("theme", "range", "selected")
    def _validate(self, proposal: Any) -> Any:
        return self._check(proposal["trait"].name, proposal["value"])

    def set_state(self, sync_data: Any) -> None:
        """Take what a browser has set; what cannot be used is put back there."""
        refused = [name for name, value in sync_data.items() if not self._accepts(name, value)]
        super().set_state({name: sync_data[name] for name in sync_data if name not in refused})
        if refused:
            self.send_state(refused)

    def _accepts(self, name: str, value: Any) -> bool:
        try:
            self._check(name, value)
        except FastdupError:
            return False
        return True

    def _check(self, name: str, value: Any) -> Any:
        if name == "theme" and value not in THEMES:
            raise unknown_name("theme", value, THEMES)
        return value

    def _path_of(self, image: int) -> str:
        raise NotImplementedError

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        number = request_number(content)
        if number is None:
            return
        try:
            reply, parts = self._answer(content)
        except FastdupError as error:
            self.send({"kind": "reply", "request": number, "error": error_content(error)})
            return
        reply = {"kind": "reply", "request": number, "parts": len(parts), **reply}
        if content.get("binary") is False:
            self.send({**reply, "data": [b64encode(part).decode("ascii") for part in parts]})
        else:
            self.send(reply, parts)

    def _answer(self, content: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        from bokeh.embed import json_item

        kind = content.get("kind")
        if kind == "bokeh":
            return {}, [bokeh_script().encode()]
        if kind == "item":
            return {}, [json.dumps(json_item(self.figure)).encode()]
        if kind == "thumbs":
            side = whole("side", content.get("side"), LEAST_SIDE, LARGEST_SIDE)
            return self._thumbnails(id_list("ids", content.get("ids"), MOST_PICTURES), side)
        raise OptionError("A message of an unknown kind came from the browser.", _RELOAD)

    def _thumbnails(self, ids: list[int], side: int) -> tuple[dict[str, Any], list[bytes]]:
        made: dict[int, bytes] = {}
        failed: dict[str, str] = {}
        for image in ids:
            try:
                with silenced_codecs():
                    made[image] = make_thumbnail(read_bytes(self._path_of(image)), side)
            except ImageError as error:
                failed[str(image)] = error.message
        return {"ids": list(made), "failed": failed}, list(made.values())

    def _ipython_display_(self, **_: Any) -> None:
        """Show the widget, and after it a picture of it that stays in a saved notebook."""
        from IPython.display import display

        bundle = super()._repr_mimebundle_()
        if bundle is None:  # closed
            display({"text/plain": repr(self)}, raw=True)
            return
        data, _metadata = bundle
        # Empty HTML: hosts that cannot show the widget show the picture alone.
        display({**data, "text/html": ""}, raw=True)
        still = preview_html(self.shown, self.preview)
        display({"text/html": still, "text/plain": ""}, raw=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown.name!r})"


class HistogramPlot(Plot):
    """A distribution; dragging across the bars chooses a range."""

    range = traitlets.Any(None, allow_none=True).tag(sync=True)

    def __init__(self, shown: Histogram, **options: Any) -> None:
        self.shown: Histogram = shown
        super().__init__(shown, **options)
        self._tell(None)

    @property
    def selected(self) -> list[int]:
        """Images with a value in the chosen range, in the order of the results."""
        low, high = self.range or self.shown.span
        rows: list[int] = self.shown.images_inside(low, high).tolist()
        return rows

    def _path_of(self, image: int) -> str:
        message = f"A histogram has no picture of image {image}."
        raise OptionError(message, _RELOAD)

    def _check(self, name: str, value: Any) -> Any:
        if name != "range" or value is None:
            return super()._check(name, value)
        ends = list(value) if isinstance(value, (list, tuple)) else []
        if len(ends) != 2 or not all(_is_number(end) for end in ends) or ends[0] > ends[1]:
            raise OptionError("range cannot be used.", "Give the lowest and the highest value.")
        return float(ends[0]), float(ends[1])

    @traitlets.observe("range")
    def _follow(self, change: Any) -> None:
        self._tell(change["new"])
        self._lead()

    def _lead(self) -> None:
        if self._explorer is None:
            return
        low, high = self.range or (None, None)
        try:
            if self._explorer.view != self.shown.view:
                self._explorer.show(self.shown.view)
            self._explorer.filter(column=self.shown.column, low=low, high=high)
        except FastdupError as error:  # said below the bars: a browser has no cell to fail
            self.readout = f"{self.readout} · the explorer cannot follow: {error.message}"

    def _tell(self, chosen: tuple[float, float] | None) -> None:
        self.readout = self.shown.word_range(*(chosen or self.shown.span))


class MapPlot(Plot):
    """Images on a plane; drawing around points selects them."""

    selected = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self, shown: EmbeddingMap, **options: Any) -> None:
        self.shown: EmbeddingMap = shown
        self._place = {int(row): place for place, row in enumerate(shown.rows)}
        self._mirroring = False
        super().__init__(shown, **options)

    def link(self, explorer: LinkedExplorer | None) -> None:
        """Let an explorer and the map show the same selection; None ends it.

        What is selected in the explorer and not on the map, such as an image outside its sample,
        stays selected there until the map itself selects something.

        Parameters
        ----------
        explorer : Explorer or None
            What `fd.explore()` returns.

        Raises
        ------
        OptionError
            When it is no explorer.
        """
        former = self._explorer
        super().link(explorer)
        if former is not None and hasattr(former, "unobserve"):
            former.unobserve(self._mirror, "selected")
        if explorer is not None and hasattr(explorer, "observe"):
            explorer.observe(self._mirror, "selected")

    def _path_of(self, image: int) -> str:
        if image not in self._place:
            raise OptionError(f"The map does not show image {image}.", _RELOAD)
        return self.shown.paths[self._place[image]]

    def _check(self, name: str, value: Any) -> Any:
        if name != "selected":
            return super()._check(name, value)
        ids = id_list("selected", value, len(self._place))
        strangers = [image for image in ids if image not in self._place]
        if strangers:
            message = f"The map does not show image {strangers[0]}."
            raise OptionError(message, "Give images that are among its points.")
        return ids

    def _mirror(self, change: Any) -> None:
        """Select on the map what was selected in the explorer."""
        shown = [row for row in change["new"] if row in self._place]
        own = [row for row in self.selected if row < self.shown.known]
        if sorted(shown) == sorted(own):
            return
        self._mirroring = True
        try:
            self.selected = shown
        finally:
            self._mirroring = False

    @traitlets.observe("selected")
    def _follow(self, _change: Any) -> None:
        if self._explorer is not None and not self._mirroring:
            # Test images are none of the explorer's.
            self._explorer.select([row for row in self.selected if row < self.shown.known])


def make_plot(shown: Histogram | EmbeddingMap, **options: Any) -> Plot:
    """Return the widget for what is to be shown."""
    from fastdup_nb.views.plots.histogram import Histogram

    return (
        HistogramPlot(shown, **options)
        if isinstance(shown, Histogram)
        else MapPlot(shown, **options)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
