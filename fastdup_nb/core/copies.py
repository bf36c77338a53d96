"""Exact copies: images with the same content, found before any search.

A group of copies counts as one image for the search, so copies never fill the k places and hide
near-duplicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.linking import link_rows
from fastdup_nb.core.rows import spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.rows import Rows

_ROWS_AT_ONCE = 1024
_SEED = 20


def group_copies(rows: Rows, digests: NDArray[np.void] | None = None) -> NDArray[np.int64]:
    """Return for every row the first row with the same content.

    Parameters
    ----------
    rows : Rows
        The vectors, shape (n, d). Bit-identical vectors are copies; zero vectors, which say
        nothing, are not.
    digests : ndarray of void, shape (n,), optional
        Digests of the files' or pixels' content. Equal digests are copies too.

    Returns
    -------
    ndarray of int64, shape (n,)
        The representative: the smallest row number of the group. A row without a copy stands for
        itself.
    """
    count = rows.shape[0]
    own = np.arange(count, dtype=np.int64)
    if count < 2:
        return own
    links = [_first_with_same_vector(rows)]
    if digests is not None:
        links.append(_first_with_same_digest(digests))
    return link_rows(count, np.tile(own, len(links)), np.concatenate(links))


def _first_with_same_vector(rows: Rows) -> NDArray[np.int64]:
    hashes, zero = _hash_rows(rows)
    own = np.arange(len(hashes), dtype=np.int64)
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    same = first[group].astype(np.int64)
    same[zero] = own[zero]
    suspects = np.flatnonzero(same != own)
    # Equal hashes are proof of nothing: compare the vectors.
    for start, stop in spans(len(suspects), _ROWS_AT_ONCE):
        part = suspects[start:stop]
        differs = (rows.take(part) != rows.take(same[part])).any(axis=1)
        same[part[differs]] = part[differs]
    return same


def _hash_rows(rows: Rows) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a 64-bit hash of each row's bits, and which rows are zero."""
    count, d = rows.shape
    factors = np.random.default_rng(_SEED).integers(0, 2**64, d, dtype=np.uint64) | np.uint64(1)
    hashes = np.empty(count, dtype=np.uint64)
    zero = np.empty(count, dtype=np.bool_)
    for start, stop in spans(count, _ROWS_AT_ONCE):
        block = rows.read(start, stop)
        block += np.float32(0)  # -0.0 becomes 0.0
        bits = np.ascontiguousarray(block).view(np.uint32)
        hashes[start:stop] = np.einsum("ij,j->i", bits.astype(np.uint64), factors)
        zero[start:stop] = ~block.any(axis=1)
    return hashes, zero


def _first_with_same_digest(digests: NDArray[np.void]) -> NDArray[np.int64]:
    octets = np.ascontiguousarray(digests).view(np.uint8).reshape(len(digests), -1)
    _, first, group = np.unique(octets, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[group.reshape(-1)], dtype=np.int64)
