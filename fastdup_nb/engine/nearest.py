"""The rows most similar to one row of a work_dir, read block by block: nothing stays in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.rows import BLOCK_ROWS, spans
from fastdup_nb.engine.search import distance_of
from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

# Candidates beyond those wanted: float32 ranks equally similar ones by chance.
SPARE = 64


def nearest_rows(
    work_dir: WorkDir, row: int, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the rows most similar to a row, without itself, most similar first.

    Parameters
    ----------
    work_dir : WorkDir
        With embeddings.
    row : int
    k : int
        How many at most.

    Returns
    -------
    rows : ndarray of int64, shape (m,)
    similarity : ndarray of float64, shape (m,)
        Exact; equally similar rows in their order.

    Raises
    ------
    OptionError
        When there is no such row.
    WorkDirError
        When there are no embeddings, or they do not fit their list.
    """
    distance = get_distance(distance_of(work_dir.read_config()))
    with work_dir.open_features() as features:
        count = features.shape[0]
        if not 0 <= row < count:
            raise OptionError(f"There is no image {row}.", f"There are {count:,} images.")
        own = features.read(row, row + 1)
        prepared = distance.prepare(own.copy())
        closeness = np.empty(count, np.float32)
        for start, stop in spans(count, BLOCK_ROWS):
            block = distance.prepare(features.read(start, stop))
            closeness[start:stop] = distance.closeness(prepared, block)[0]
        closeness[row] = -np.inf
        wanted = min(k + SPARE, count - 1)
        if wanted < 1:
            return np.empty(0, np.int64), np.empty(0)
        near = np.sort(np.argpartition(-closeness, wanted - 1)[:wanted]).astype(np.int64)
        exact = distance.similarity(np.repeat(own, len(near), axis=0), features.take(near))
    order = np.lexsort((near, -exact))[:k]
    return near[order], exact[order]
