"""The nearest images of one collection for every image of another: test against train."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.neighbors.base import STAGE, Neighbors
from fastdup_nb.core.pairs import Edges, sort_edges
from fastdup_nb.core.rows import BLOCK_ROWS, spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

    # Raw vectors (q, d) and how many neighbours; the indices count representatives.
    Search = Callable[[NDArray[np.float32], int], Neighbors]

# Test images asked for at once: 19 MB at 576 dimensions. The train vectors are read from disk once
# for each such block.
QUERIES_AT_ONCE = 8 * BLOCK_ROWS


def cross_edges(
    test: Rows,
    search: Search,
    representative_of: NDArray[np.int64],
    same_content: NDArray[np.int64],
    k: int,
    progress: Progress,
) -> Edges:
    """Return edges from every test row to its nearest train rows.

    Exact copies among the train rows are one neighbour; a test row that is a copy of them is
    linked to up to k more of the group.

    Parameters
    ----------
    test : Rows
        Raw vectors, shape (m, d).
    search : callable
        Finds representatives of the train rows.
    representative_of : ndarray of int64, shape (n,)
        The first row with the same content, for every train row.
    same_content : ndarray of int64, shape (m,)
        A train row with the content of each test row; -1: none, or not known.
    k : int
        Neighbours per test row.
    progress : Progress
        Told about every block.

    Returns
    -------
    Edges
        From test rows to train rows.
    """
    representatives = np.unique(representative_of)
    parts = []
    progress.start(STAGE, test.shape[0])
    for start, stop in spans(test.shape[0], QUERIES_AT_ONCE):
        near = search(test.read(start, stop), k)
        found = np.where(near.indices < 0, -1, representatives[near.indices])
        copied = same_content[start:stop]
        copied = np.where(copied < 0, -1, representative_of[copied])
        parts.append(_link(start, found, near.similarity, copied))
        parts.append(_link_group(representative_of, parts[-1], k))
        progress.advance(stop - start)
    progress.finish()
    source, target, similarity = (
        np.concatenate([part[column] for part in parts] or [np.empty(0)]) for column in range(3)
    )
    return sort_edges(source.astype(np.int64), target.astype(np.int64), similarity)


def match_content(
    test: NDArray[np.void] | None, train: NDArray[np.void] | None, count: int
) -> NDArray[np.int64]:
    """Return the first train row with the same digest for every test row; -1 where there is none.

    Parameters
    ----------
    test, train : ndarray of void, shape (m,) and (n,), optional
        Content digests; None: not known.
    count : int
        Number of test rows.
    """
    if test is None or train is None or not len(train):
        return np.full(count, -1, np.int64)
    known, first = np.unique(_as_texts(train), return_index=True)
    wanted = _as_texts(test)
    place = np.searchsorted(known, wanted)
    place[place == len(known)] = 0
    return np.where(known[place] == wanted, first[place], -1).astype(np.int64)


def _as_texts(digests: NDArray[np.void]) -> NDArray[np.bytes_]:
    """Return digests as what numpy can sort; all are equally long, so none lose an end of zeros."""
    return np.ascontiguousarray(digests).view(f"S{digests.dtype.itemsize}")


_Links = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


def _link(
    start: int,
    found: NDArray[np.int64],
    similarity: NDArray[np.float64],
    copied: NDArray[np.int64],
) -> _Links:
    """Return the edges to what was found; a copy is always among them, with similarity 1."""
    similarity = np.where(found == copied[:, None], 1.0, similarity)
    missed = np.flatnonzero((copied >= 0) & ~(found == copied[:, None]).any(axis=1))
    row, place = np.nonzero(found >= 0)
    return (
        np.concatenate([row, missed]) + start,
        np.concatenate([found[row, place], copied[missed]]),
        np.concatenate([similarity[row, place], np.ones(len(missed))]),
    )


def _link_group(representative_of: NDArray[np.int64], links: _Links, k: int) -> _Links:
    """Return edges to up to k further copies of the train row that a test row is identical to."""
    source, target, similarity = links
    order = np.argsort(representative_of, kind="stable")
    group = representative_of[order]
    same = similarity >= 1.0
    source, target = source[same], target[same]
    first, last = (np.searchsorted(group, target, side) for side in ("left", "right"))
    sources, targets = [], []
    for step in range(1, k + 1):
        there = first + step < last
        sources.append(source[there])
        targets.append(order[first[there] + step])
    joined = np.concatenate(sources)
    return joined, np.concatenate(targets), np.ones(len(joined))
