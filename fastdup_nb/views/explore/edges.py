"""The similar pairs of a run, as numbers of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.labels import clean_edges
from fastdup_nb.core.pairs import Edges
from fastdup_nb.store import names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

# Two images are duplicates from this similarity on: what the cleaning takes for one, too.
DUPLICATE = 0.96


def read_edges(results: WorkDir, name: str = names.SIMILARITY) -> tuple[Edges, int]:
    """Return the pairs of a file between images of the list, each once, most similar first.

    Returns
    -------
    edges : Edges
    others : int
        Pairs of the file with an image that is not in the list, such as one of a test set.

    Raises
    ------
    WorkDirError
        When they cannot be read.
    """
    import pandas as pd

    source, target, similarity = results.read_pair_lists(name)
    known = pd.Index(results.file_names, dtype=object)
    known = known if known.is_unique else known[~known.duplicated()]
    ends = [known.get_indexer(pd.Index(side, dtype=object)) for side in (source, target)]
    listed = (ends[0] >= 0) & (ends[1] >= 0)
    from_image, to_image = (end[listed].astype(np.int64) for end in ends)
    return clean_edges(from_image, to_image, similarity[listed]), int((~listed).sum())


def without_mirrored(edges: Edges) -> Edges:
    """Return every pair once, whichever of its directions comes first."""
    size = int(max(edges.source.max(initial=0), edges.target.max(initial=0))) + 1
    low = np.minimum(edges.source, edges.target)
    high = np.maximum(edges.source, edges.target)
    kept = np.sort(np.unique(low * size + high, return_index=True)[1])
    return Edges(edges.source[kept], edges.target[kept], edges.similarity[kept])


def partners(edges: Edges, image: int, most: int) -> list[tuple[int, float]]:
    """Return the images paired with one, most similar first, and their similarities."""
    best: dict[int, float] = {}
    for ours, theirs in ((edges.source, edges.target), (edges.target, edges.source)):
        for at in np.flatnonzero(ours == image).tolist():
            other = int(theirs[at])
            best[other] = max(best.get(other, 0.0), float(edges.similarity[at]))
    return sorted(best.items(), key=lambda entry: (-entry[1], entry[0]))[:most]


def least_and_mean(
    group: NDArray[np.int64], edges: Edges, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and mean similarity of the pairs inside each of `count` groups.

    Parameters
    ----------
    group : ndarray of int64, shape (n,)
        The group of every image; -1 for none.
    edges : Edges
    count : int
    """
    inside = (group[edges.source] >= 0) & (group[edges.source] == group[edges.target])
    at, value = group[edges.source[inside]], edges.similarity[inside]
    number = np.bincount(at, minlength=count)
    total = np.bincount(at, weights=value, minlength=count)
    least = np.full(count, np.inf)
    np.minimum.at(least, at, value)
    known = number > 0
    mean = np.where(known, total / np.maximum(number, 1), np.nan)
    return np.where(known, least, np.nan), mean
