"""Components as if they were images: one member stands for each, and these are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.neighbors import NeighborMethod, build_index
from fastdup_nb.core.pairs import Edges
from fastdup_nb.core.rows import ChosenRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# Pairs of components that are looked at: all of them for up to 707 components, then as many per
# component as fit, yet never fewer than 20. It bounds the memory.
MOST_PAIRS = 500_000
LEAST_NEIGHBORS = 20
# Sums of float64 similarities differ by less than this on no two machines.
_DECIMALS = 9


@dataclass(frozen=True)
class Hierarchy:
    """Similar components.

    Attributes
    ----------
    component : ndarray of int64, shape (m,)
        The components that were compared.
    row : ndarray of int64, shape (m,)
        The image that stands for each.
    pairs : Edges
        Pairs of places in `component`, each once, source < target.
    nearest : Edges
        From each component to the one most similar to it.
    """

    component: NDArray[np.int64]
    row: NDArray[np.int64]
    pairs: Edges
    nearest: Edges


def relate_components(
    rows: Rows,
    component: NDArray[np.int64],
    edges: Edges,
    distance: str,
    min_nodes: int,
    threads: int,
    progress: Progress,
) -> Hierarchy:
    """Compare components by their representatives.

    Parameters
    ----------
    rows : Rows
        Raw vectors, shape (n, d).
    component : ndarray of int64, shape (n,)
        From `core.graph.connected_components`.
    edges : Edges
        The edges that made the components: at least as similar as its threshold.
    distance : str
        A name of `core.distances`.
    min_nodes : int
        Components of fewer images are left out.
    threads : int
        As many; below 1: one per core.
    progress : Progress
        Told about every block.
    """
    count = np.bincount(component)
    chosen = np.flatnonzero(count >= min_nodes)
    row = choose_representatives(component, edges)[chosen]
    if len(chosen) < 2:
        none = Edges(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        return Hierarchy(chosen, row, none, none)
    k = min(len(chosen) - 1, max(LEAST_NEIGHBORS, MOST_PAIRS // len(chosen)))
    method = NeighborMethod(distance=distance, threads=threads)
    # Rows are read in ascending order; representatives need not be.
    order = np.argsort(row)
    neighbors = build_index(ChosenRows(rows, row[order]), method, progress).neighbors(k)
    source = np.repeat(order, k)
    target = neighbors.indices.ravel()
    found = target >= 0
    all_pairs = Edges(source[found], order[target[found]], neighbors.similarity.ravel()[found])
    first = neighbors.indices[:, 0] >= 0
    nearest = Edges(
        order[first], order[neighbors.indices[first, 0]], neighbors.similarity[first, 0]
    )
    return Hierarchy(chosen, row, _once(all_pairs, len(chosen)), _sorted(nearest))


def choose_representatives(component: NDArray[np.int64], edges: Edges) -> NDArray[np.int64]:
    """Return for every component its best connected image.

    That is the image with the largest sum of similarities to the images it is linked with, each
    pair counted once; of equal ones the first. An image alone stands for itself.

    Parameters
    ----------
    component : ndarray of int64, shape (n,)
    edges : Edges
        The edges within components.

    Returns
    -------
    ndarray of int64, shape (number of components,)
        Rows.
    """
    n = len(component)
    pairs = _once(edges, n)
    strength = np.bincount(pairs.source, weights=pairs.similarity, minlength=n)
    strength += np.bincount(pairs.target, weights=pairs.similarity, minlength=n)
    order = np.lexsort((np.arange(n), -np.round(strength, _DECIMALS), component))
    firsts = np.unique(component[order], return_index=True)[1]
    rows: NDArray[np.int64] = order[firsts]
    return rows


def _once(edges: Edges, n: int) -> Edges:
    """Return every pair once, source < target, most similar first."""
    low = np.minimum(edges.source, edges.target)
    high = np.maximum(edges.source, edges.target)
    _, kept = np.unique(low * n + high, return_index=True)
    return _sorted(Edges(low[kept], high[kept], edges.similarity[kept]))


def _sorted(edges: Edges) -> Edges:
    order = np.lexsort((edges.target, edges.source, -edges.similarity))
    return Edges(edges.source[order], edges.target[order], edges.similarity[order])
