"""Counting groups of images from pairs or from equal contents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastdup_nb.core.linking import link_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastdup_nb.store.workdir import WorkDir

# Files write six decimals: this is "1.000000".
IDENTICAL = 0.9999995


class Pair(NamedTuple):
    """Two images and how similar they are, 0 to 1."""

    source: str
    target: str
    similarity: float


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


def find_copies(work_dir: WorkDir, pairs: Sequence[Pair]) -> tuple[Groups, set[str], str]:
    """Count groups of identical images.

    Parameters
    ----------
    work_dir : WorkDir
    pairs : sequence of Pair
        Its similar pairs.

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
    sizes, members = _connect([pair for pair in pairs if pair.similarity >= IDENTICAL])
    return count_groups(sizes), members, "similarity"


def _connect(pairs: Sequence[Pair]) -> tuple[list[int], set[str]]:
    members = {name: None for pair in pairs for name in (pair.source, pair.target)}
    row = {name: number for number, name in enumerate(members)}
    source = np.array([row[pair.source] for pair in pairs], dtype=np.int64)
    target = np.array([row[pair.target] for pair in pairs], dtype=np.int64)
    first = link_rows(len(row), source, target)
    return [size for size in np.bincount(first).tolist() if size], set(members)
