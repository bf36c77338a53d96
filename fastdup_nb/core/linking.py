"""Which rows hang together, directly or over others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def link_rows(
    count: int, source: NDArray[np.int64], target: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for every row the first row that it is linked to, directly or over others.

    Parameters
    ----------
    count : int
        Number of rows.
    source, target : ndarray of int64, shape (e,)
        Links between rows; their direction does not matter.

    Returns
    -------
    ndarray of int64, shape (count,)
        The smallest row of each row's component; a row without links stands for itself.

    Notes
    -----
    Components hook onto their smallest neighbour until none is left, and paths are shortened in
    between (after Shiloach and Vishkin, 1982). scipy.sparse.csgraph does the same; every run would
    wait 0.2 s for its import.
    """
    first = np.arange(count, dtype=np.int64)
    while len(source):
        low = np.minimum(first[source], first[target])
        high = np.maximum(first[source], first[target])
        apart = low != high
        source, target = low[apart], high[apart]
        np.minimum.at(first, target, source)
        shorter = first[first]
        while not np.array_equal(shorter, first):
            first, shorter = shorter, shorter[shorter]
    return first
