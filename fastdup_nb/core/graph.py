"""Connected components and pagerank of the similarity graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.linking import link_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges

DAMPING = 0.85
TOLERANCE = 1e-6
MOST_ITERATIONS = 100


@dataclass(frozen=True)
class ComponentTable:
    """One row per component.

    Attributes
    ----------
    component : ndarray of int64, shape (c,)
        Component numbers: 0, 1, ...
    count : ndarray of int64, shape (c,)
        Images in the component.
    mean, min, max : ndarray of float64, shape (c,)
        Similarity of its pairs, each pair once whether one image or both found the other; 0 for an
        image alone.
    """

    component: NDArray[np.int64]
    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    min: NDArray[np.float64]
    max: NDArray[np.float64]


def connected_components(n: int, edges: Edges, threshold: float) -> NDArray[np.int64]:
    """Return the component of every image over the edges of at least `threshold`.

    Parameters
    ----------
    n : int
        Number of images.
    edges : Edges
        Their similarity graph.
    threshold : float
        `ccthreshold`.

    Returns
    -------
    ndarray of int64, shape (n,)
        Component numbers from 0, in the order of their first image.
    """
    strong = edges.at_least(threshold)
    first = link_rows(n, strong.source, strong.target)
    # Components are named by their first image, so sorted names are in that order.
    number: NDArray[np.int64] = np.unique(first, return_inverse=True)[1]
    return number


def component_table(
    components: NDArray[np.int64], edges: Edges, threshold: float
) -> ComponentTable:
    """Return the size and the similarities of every component.

    Parameters
    ----------
    components : ndarray of int64, shape (n,)
        From `connected_components` with the same edges and threshold.
    edges : Edges
        The similarity graph.
    threshold : float
        `ccthreshold`.
    """
    count = np.bincount(components)
    pairs = _undirected(edges.at_least(threshold), len(components))
    component = components[pairs.source]
    number = np.bincount(component, minlength=len(count))
    total = np.bincount(component, weights=pairs.similarity, minlength=len(count))
    least, most = np.full(len(count), np.inf), np.zeros(len(count))
    np.minimum.at(least, component, pairs.similarity)
    np.maximum.at(most, component, pairs.similarity)
    least[number == 0] = 0.0
    # A sum divided by a number can leave the range of what was summed by a rounding.
    mean = np.clip(total / np.maximum(number, 1), least, most)
    return ComponentTable(np.arange(len(count)), count, mean, least, most)


def _undirected(edges: Edges, n: int) -> Edges:
    """Return every pair once, though both directions may be there."""
    from fastdup_nb.core.pairs import Edges

    low = np.minimum(edges.source, edges.target)
    high = np.maximum(edges.source, edges.target)
    _, kept = np.unique(low * n + high, return_index=True)
    return Edges(low[kept], high[kept], edges.similarity[kept])


def pagerank(n: int, edges: Edges) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unnormalised pagerank of every image, and its last change.

    rank_i = 0.15 + 0.85 * sum over edges j -> i of rank_j / (number of edges that leave j). An
    image nobody links to has 0.15.

    Parameters
    ----------
    n : int
        Number of images.
    edges : Edges
        Which edges count; all weigh the same.

    Returns
    -------
    rank, delta : ndarray of float64, shape (n,)
        The rank, and how much the last iteration changed it.
    """
    leaving = np.bincount(edges.source, minlength=n)
    share = 1.0 / leaving[edges.source]
    rank: NDArray[np.float64] = np.ones(n)
    delta = np.zeros(n)
    for _ in range(MOST_ITERATIONS):
        flow = np.bincount(edges.target, weights=share * rank[edges.source], minlength=n)
        new: NDArray[np.float64] = np.add(1 - DAMPING, DAMPING * flow)
        delta, rank = np.abs(new - rank), new
        if not n or delta.max() < TOLERANCE:
            break
    return rank, delta
