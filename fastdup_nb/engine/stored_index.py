"""Candidates from the approximate index that a run stored, for collections too large to scan.

Such an index holds one image per group of exact copies; what it finds is spread to all copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.copies import group_copies
from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.base import SPARE, score_candidates
from fastdup_nb.core.rows import ChosenRows
from fastdup_nb.core.threads import one_faiss_thread
from fastdup_nb.errors import CorruptWorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.features import locate
from fastdup_nb.store.index import read_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.neighbors.base import Neighbors
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

# Up to here every query is compared exactly; beyond, an approximate index of the run is used when
# there is one.
EXACT_ROWS = 200_000
# Rows that are looked up in the index to see whether it is the index of these rows.
_CHECKED_ROWS = 32
_LEAST_FOUND = 0.75
_SAME = 0.9999
_LEAST_EF_SEARCH = 64


class StoredIndex:
    """An approximate index and the copies that it leaves out. Many threads may ask at once.

    Parameters
    ----------
    index : faiss.Index
        Of inner products; its ids are row numbers.
    representative_of : ndarray of int64, shape (n,), optional
        The row that stands for each row in the index; None when all rows are in it.
    distance : str
        A name of `core.distances`.
    """

    def __init__(
        self, index: Any, representative_of: NDArray[np.int64] | None, distance: str
    ) -> None:
        self._index, self._distance = index, get_distance(distance)
        self._order: NDArray[np.int64] | None = None
        if representative_of is not None:
            self._order = np.argsort(representative_of, kind="stable")
            self._group = representative_of[self._order]

    def propose(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """Return rows that are probably the `count` nearest of a raw query, shape (d,)."""
        prepared = self._distance.prepare(np.array(query, np.float32, ndmin=2))
        with one_faiss_thread():
            found = self._index.search(prepared, min(count + SPARE, self._index.ntotal))[1][0]
        found = found[found >= 0]
        if self._order is None:
            return np.asarray(found, np.int64)
        first, last = (np.searchsorted(self._group, found, side) for side in ("left", "right"))
        members = [
            self._order[start : min(stop, start + count)]
            for start, stop in zip(first.tolist(), last.tolist(), strict=True)
        ]
        return np.concatenate([np.empty(0, np.int64), *members])

    def over(self, rows: Rows, representative_of: NDArray[np.int64]) -> RepresentativeSearch:
        """Return the same as a search among the representatives of copies."""
        return RepresentativeSearch(self, self._distance, rows, representative_of)


class RepresentativeSearch:
    """Answers many queries with representatives of exact copies, counted from 0.

    Parameters
    ----------
    stored : StoredIndex
        Proposes rows.
    distance : Distance
        Scores them.
    rows : Rows
        All raw vectors.
    representative_of : ndarray of int64, shape (n,)
        The first row with the same content, for every row.
    """

    def __init__(
        self,
        stored: StoredIndex,
        distance: Distance,
        rows: Rows,
        representative_of: NDArray[np.int64],
    ) -> None:
        self._stored, self._distance = stored, distance
        self._representatives, self._place = np.unique(representative_of, return_inverse=True)
        self._rows = ChosenRows(rows, self._representatives)

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest representatives of each raw query, shape (q, d)."""
        found = [np.unique(self._place[self._stored.propose(query, k)]) for query in queries]
        candidates = np.full((len(found), max(map(len, found), default=0)), -1, np.int64)
        for row, places in enumerate(found):
            candidates[row, : len(places)] = places
        return score_candidates(self._distance, queries, candidates, self._rows, k)


def open_stored_index(
    work_dir: WorkDir, rows: Rows, distance: str, progress: Progress
) -> StoredIndex | None:
    """Open the approximate index of a work_dir, ours or the original's.

    Parameters
    ----------
    work_dir : WorkDir
    rows : Rows
        Its embeddings.
    distance : str
        What the run compared by.
    progress : Progress
        Told when there is an index that cannot be used.

    Returns
    -------
    StoredIndex or None
        None when there is none, or a flat one, or one of other rows: the original's counts bad
        files too, so its ids are no row numbers when there were some.
    """
    path = locate(work_dir.path, names.INDEX)
    if path is None or not get_distance(distance).ranks_as_cosine:
        return None
    try:
        index = read_index(path)
    except CorruptWorkDirError as error:
        progress.message(f"{error.message} Searching without it.")
        return None
    ids, inner = _unwrap(index)
    if _is_flat(inner):
        return None
    representative_of = None
    if len(ids) != rows.shape[0]:
        representative_of = group_copies(rows, work_dir.digests())
        if not np.array_equal(np.unique(representative_of), np.sort(ids)):
            return None
    if not _belongs_to(index, ids, rows, distance):
        return None
    _search_well(index)
    return StoredIndex(index, representative_of, distance)


def _unwrap(index: Any) -> tuple[NDArray[np.int64], Any]:
    """Return the ids an index answers with, and the index inside."""
    import faiss

    if isinstance(index, faiss.IndexIDMap):
        return faiss.vector_to_array(index.id_map), faiss.downcast_index(index.index)
    return np.arange(index.ntotal, dtype=np.int64), index


def _is_flat(index: Any) -> bool:
    import faiss

    return isinstance(index, faiss.IndexFlat)


def _belongs_to(index: Any, ids: NDArray[np.int64], rows: Rows, distance: str) -> bool:
    """Return whether some rows, looked up in the index, find themselves."""
    import faiss

    count, d = rows.shape
    fits = index.d == d and index.metric_type == faiss.METRIC_INNER_PRODUCT
    if not fits or not len(ids) or ids.max() >= count:
        return False
    places = np.unique(np.linspace(0, len(ids) - 1, _CHECKED_ROWS).astype(np.int64))
    prepared = get_distance(distance).prepare(rows.take(ids[places]))
    with one_faiss_thread():
        found = index.search(prepared, 1)[1][:, 0]
    others = get_distance(distance).prepare(rows.take(np.clip(found, 0, count - 1)))
    same = np.einsum("ij,ij->i", prepared, others) > _SAME
    return bool(np.mean(same & (found >= 0)) >= _LEAST_FOUND)


def _search_well(index: Any) -> None:
    """Raise efSearch of an HNSW graph to a value that misses little; the original stores 16."""
    import faiss

    _, inner = _unwrap(index)
    hnsw = getattr(inner, "hnsw", None)
    if hnsw is not None and hnsw.efSearch < _LEAST_EF_SEARCH:
        faiss.ParameterSpace().set_index_parameter(index, "efSearch", _LEAST_EF_SEARCH)
