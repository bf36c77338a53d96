"""Counting groups of images from pairs or from equal contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

# Files write six decimals: this is "1.000000".
IDENTICAL = 0.9999995


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of at least two images.

    Attributes
    ----------
    groups : int
        How many.
    images : int
        Images in them.
    largest : int
        Images in the largest; 0 when there is none.
    """

    groups: int = 0
    images: int = 0
    largest: int = 0

    @property
    def redundant(self) -> int:
        """Images that could go if one of every group stayed."""
        return self.images - self.groups


def count_groups(sizes: Iterable[int]) -> Groups:
    """Count the groups among the sizes of all groups, singletons included.

    >>> count_groups([1, 3, 2])
    Groups(groups=2, images=5, largest=3)
    """
    several = [int(size) for size in sizes if size >= 2]
    return Groups(len(several), sum(several), max(several, default=0))


def find_copies(work_dir: WorkDir, pairs: pd.DataFrame) -> tuple[Groups, set[str], str]:
    """Count groups of identical images.

    Parameters
    ----------
    work_dir : WorkDir
    pairs : DataFrame
        Its similar pairs: from, to, distance.

    Returns
    -------
    groups : Groups
    members : set of str
        The stored names of the images in them.
    basis : {'content', 'similarity'}
        Whether contents were compared, or (results of the original) only the similarity is 1.
    """
    digests = work_dir.digests()
    if digests is not None:
        _, group, size = np.unique(digests, return_inverse=True, return_counts=True)
        file_names = work_dir.file_names
        members = {file_names[row] for row in np.flatnonzero(size[group] >= 2).tolist()}
        return count_groups(size.tolist()), members, "content"
    identical = pairs[pairs["distance"] >= IDENTICAL]
    sizes, members = _connect(identical)
    return count_groups(sizes), members, "similarity"


def _connect(pairs: pd.DataFrame) -> tuple[list[int], set[str]]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    both = np.concatenate([pairs["from"].to_numpy(), pairs["to"].to_numpy()])
    codes, known = pd.factorize(both)
    if not len(known):
        return [], set()
    source, target = codes[: len(pairs)], codes[len(pairs) :]
    shape = (len(known), len(known))
    graph = coo_array((np.ones(len(pairs)), (source, target)), shape=shape)
    labels: NDArray[Any] = connected_components(graph, directed=False)[1]
    return np.bincount(labels).tolist(), set(known.tolist())
