"""Plots as standalone pages, drawn by the same script as in a notebook."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastdup_nb.render.figures.page import write_plot

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.views.plots.embedding_map import EmbeddingMap
    from fastdup_nb.views.plots.histogram import Histogram


def read_script() -> str:
    """Return the built front end of plots."""
    return (files("fastdup_nb") / "widget" / "static" / "plot.js").read_text("utf-8")


def write_page(
    shown: Histogram | EmbeddingMap, save_path: str | PathLike[str], **options: Any
) -> Path:
    """Write the page of a plot; see `fastdup_nb.render.figures.page.write_plot`."""
    return write_plot(shown, save_path, read_script(), **options)
