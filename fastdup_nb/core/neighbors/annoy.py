"""Neighbours from annoy: a forest of random projections, many candidates, exact scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.neighbors import parameters
from fastdup_nb.core.neighbors.approximate import ApproximateIndex
from fastdup_nb.errors import MissingDependencyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod

DEFAULT_TREES = 50
SEED = 42


class AnnoyForest(ApproximateIndex):
    """An annoy index; built by one thread, as its trees depend on which thread builds them.

    Parameters
    ----------
    method : NeighborMethod
        Its parameters may be `n_trees` and `search_k`.

    Raises
    ------
    MissingDependencyError
        When annoy is not installed.
    """

    def __init__(self, method: NeighborMethod) -> None:
        super().__init__(method)
        params = parameters.read_parameters(method.params, parameters.ANNOY_PARAMETERS)
        self._trees = params.get("n_trees", DEFAULT_TREES)
        self._search_k = params.get("search_k", -1)
        self._library = _import_annoy()
        self.annoy_index: Any = None

    @property
    def description(self) -> str:
        """One line about the method."""
        return f"annoy ({self._trees} trees)"

    def _fill(self) -> None:
        self.annoy_index = self._library.AnnoyIndex(self.rows.shape[1], "angular")
        self.annoy_index.set_seed(SEED)
        item = 0
        for block in self._prepared_blocks():
            for vector in block:
                self.annoy_index.add_item(item, vector)
                item += 1
        self.annoy_index.build(self._trees, n_jobs=1)

    def _candidates(self, k: int) -> int:
        return 4 * k

    def _propose(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        found = np.full((len(queries), count), -1, dtype=np.int64)
        for row, query in enumerate(queries):
            near = self.annoy_index.get_nns_by_vector(query, count, self._search_k)
            found[row, : len(near)] = near
        return found


def _import_annoy() -> Any:
    try:
        import annoy
    except ImportError as error:
        message = "nn_provider='annoy' needs the library annoy, which is not installed."
        hint = "pip install 'fastdup_nb[annoy]' (needs a C++ compiler), or leave nn_provider out."
        raise MissingDependencyError(message, hint) from error
    return annoy
