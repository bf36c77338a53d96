"""Nearest neighbours: one protocol, several methods, exact scores."""

from __future__ import annotations

from fastdup_nb.core.neighbors.base import NeighborIndex, NeighborMethod, Neighbors
from fastdup_nb.core.neighbors.registry import build_index

__all__ = ["NeighborIndex", "NeighborMethod", "Neighbors", "build_index"]
