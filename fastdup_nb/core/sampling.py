"""Samples that are the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 0


def sample_rows(count: int, size: int, seed: int = SEED) -> NDArray[np.int64]:
    """Return the rows of a random sample, in order; all when there are no more than that.

    Examples
    --------
    >>> sample_rows(3, 900).tolist()
    [0, 1, 2]
    """
    if size >= count:
        return np.arange(count, dtype=np.int64)
    chosen = np.random.default_rng(seed).choice(count, size, replace=False)
    return np.sort(chosen).astype(np.int64)
