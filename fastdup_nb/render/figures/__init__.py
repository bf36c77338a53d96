"""Plots by Bokeh: as figures, as standalone pages, and as small pictures for saved notebooks."""

from __future__ import annotations
