"""The default: exact as long as that is quick, then an inverted file whose recall is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.core.neighbors import parameters
from fastdup_nb.core.neighbors.clustered import ClusteredIndex
from fastdup_nb.core.neighbors.exact import ExactIndex

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.neighbors.base import NeighborMethod, Neighbors
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# About a minute of exact search on two cores at 576 dimensions.
EXACT_ROWS = 100_000


class AutomaticIndex:
    """Exact up to `EXACT_ROWS` different images, an inverted file beyond.

    Parameters
    ----------
    method : NeighborMethod
        What was asked for; an inverted file serves distances that rank as cosine only.
    """

    faiss_index = None

    def __init__(self, method: NeighborMethod) -> None:
        self._method = method
        self._chosen: ExactIndex | ClusteredIndex = ExactIndex(method)
        parameters.read_parameters(method.params, parameters.NNF_PARAMETERS)

    @property
    def description(self) -> str:
        """One line about the method."""
        return self._chosen.description

    @property
    def distance(self) -> Distance:
        """What it compares by."""
        return self._chosen.distance

    @property
    def rows(self) -> Rows:
        """The rows it was built over."""
        return self._chosen.rows

    def build(self, rows: Rows, progress: Progress) -> None:
        """Choose by the number of rows, and build."""
        if rows.shape[0] > EXACT_ROWS and self._chosen.distance.ranks_as_cosine:
            self._chosen = ClusteredIndex(self._method)
        self._chosen.build(rows, progress)

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        return self._chosen.neighbors(k)

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""
        return self._chosen.search(queries, k)
