"""Outliers: the images that look least like their nearest neighbours."""

from __future__ import annotations

import math

from fastdup_nb.core.pairs import Edges

# 0.29 * 100 is 28.999999999999996 in binary; 29 is meant.
_ROUNDING = 1e-9


def lowest_share(edges: Edges, share: float) -> Edges:
    """Return the least similar edges.

    Parameters
    ----------
    edges : Edges
        All edges of the similarity graph.
    share : float
        `lower_threshold`: which share of them, from 0 to 1; one edge at least.

    Returns
    -------
    Edges
        Sorted as before: the worst is last.
    """
    count = min(len(edges), max(1, math.floor(share * len(edges) + _ROUNDING)))
    first = len(edges) - count
    return Edges(edges.source[first:], edges.target[first:], edges.similarity[first:])
