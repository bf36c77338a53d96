"""The similarity graph: who is linked to whom, and how strongly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.copies import group_copies
from fastdup_nb.core.neighbors import build_index
from fastdup_nb.core.rows import ChosenRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors import NeighborIndex, NeighborMethod, Neighbors
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress


@dataclass(frozen=True)
class Edges:
    """Directed edges from images to their neighbours, in the order of the pair files.

    Sorted by similarity (descending), then source, then target.

    Attributes
    ----------
    source, target : ndarray of int64, shape (e,)
        Row numbers.
    similarity : ndarray of float64, shape (e,)
        From 0 to 1.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.source)

    def at_least(self, threshold: float) -> Edges:
        """Return the edges whose similarity is `threshold` or more."""
        count = np.searchsorted(-self.similarity, -threshold, side="right")
        return Edges(self.source[:count], self.target[:count], self.similarity[:count])


@dataclass(frozen=True)
class Relations:
    """What the search found.

    Attributes
    ----------
    edges : Edges
        The graph over all rows.
    index : NeighborIndex
        Over the representatives, in the order of their row numbers.
    representative_of : ndarray of int64, shape (n,)
        The first row with the same content, for every row.
    """

    edges: Edges
    index: NeighborIndex
    representative_of: NDArray[np.int64]


def build_edges(
    neighbors: Neighbors,
    representatives: NDArray[np.int64],
    representative_of: NDArray[np.int64],
) -> Edges:
    """Spread the neighbours of representatives over all images.

    Every image gets the (up to k) edges of its representative, each to the first image of the
    neighbour's group, and up to k edges of similarity 1 to the next members of its own group, taken
    cyclically.

    Parameters
    ----------
    neighbors : Neighbors
        Of the representatives, shape (u, k); indices count representatives.
    representatives : ndarray of int64, shape (u,)
        Their row numbers, ascending.
    representative_of : ndarray of int64, shape (n,)
        The representative of every row.
    """
    k = neighbors.indices.shape[1]
    place = np.searchsorted(representatives, representative_of)
    source = np.repeat(np.arange(len(representative_of)), k)
    found = neighbors.indices[place].ravel()
    valid = found >= 0
    copy_source, copy_target = _link_copies(representative_of, k)
    return sort_edges(
        np.concatenate([source[valid], copy_source]),
        np.concatenate([representatives[found[valid]], copy_target]),
        np.concatenate([neighbors.similarity[place].ravel()[valid], np.ones(len(copy_source))]),
    )


def find_edges(
    rows: Rows,
    digests: NDArray[np.void] | None,
    k: int,
    method: NeighborMethod,
    progress: Progress,
) -> Relations:
    """Group exact copies, search the neighbours of what is left, link all images.

    Parameters
    ----------
    rows : Rows
        Raw vectors, shape (n, d).
    digests : ndarray of void, shape (n,), optional
        Digests of content.
    k : int
        Neighbours per image.
    method : NeighborMethod
        How to search.
    progress : Progress
        Told about every block.

    Returns
    -------
    Relations
    """
    representative_of = group_copies(rows, digests)
    representatives = np.unique(representative_of)
    alone = len(representatives) == rows.shape[0]
    index = build_index(rows if alone else ChosenRows(rows, representatives), method, progress)
    neighbors = index.neighbors(k)
    edges = build_edges(neighbors, representatives, representative_of)
    return Relations(edges, index, representative_of)


def _link_copies(
    representative_of: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return edges from each copy to the next k members of its group, round and round."""
    order = np.argsort(representative_of, kind="stable")
    _, start, group, size = np.unique(
        representative_of[order], return_index=True, return_inverse=True, return_counts=True
    )
    place = np.arange(len(order)) - start[group]
    sources, targets = [], []
    for step in range(1, k + 1):
        linked = size[group] > step
        target = start[group] + (place + step) % size[group]
        sources.append(order[linked])
        targets.append(order[target[linked]])
    return np.concatenate(sources), np.concatenate(targets)


def sort_edges(
    source: NDArray[np.int64], target: NDArray[np.int64], similarity: NDArray[np.float64]
) -> Edges:
    """Return edges in the order of the pair files: by similarity, then source, then target."""
    order = np.lexsort((target, source, -similarity))
    return Edges(source[order], target[order], similarity[order])
