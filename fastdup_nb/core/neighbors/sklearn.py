"""Neighbours from scikit-learn's ball tree: exact, and slow in hundreds of dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.neighbors.approximate import ApproximateIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod

# Beyond this it takes minutes: 50 to 70 times the time of brute force in 576 dimensions.
SLOW_ROWS = 20_000


class BallTreeIndex(ApproximateIndex):
    """A ball tree over unit vectors, whose euclidean order is the order of cosine."""

    def __init__(self, method: NeighborMethod) -> None:
        super().__init__(method)
        self._tree: Any = None

    @property
    def description(self) -> str:
        """One line about the method."""
        return f"ball_tree ({self.distance.name})"

    def _fill(self) -> None:
        from sklearn.neighbors import BallTree

        count = self.rows.shape[0]
        if count > SLOW_ROWS:
            self._progress.message(
                f"ball_tree is slow for {count:,} images; brute_force is exact too, and fast."
            )
        self._tree = BallTree(np.concatenate(list(self._prepared_blocks())))

    def _propose(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        most = min(count, self.rows.shape[0])
        found: NDArray[np.int64] = self._tree.query(queries, k=most, return_distance=False)
        return found
