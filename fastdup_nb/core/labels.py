"""What the labels of its neighbours say about an image: score, suggested label, prediction.

An image may have several labels; it agrees with another when they share one. Images without a label
do not vote.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from fastdup_nb.core.pairs import Edges
from fastdup_nb.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    # Image, label and votes, entry by entry.
    _Candidates = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

Label = TypeVar("Label")

# Similarities are added as whole numbers, so that ties do not depend on the order of a sum.
_UNITS = 1e6


@dataclass(frozen=True)
class LabelTable:
    """Which image has which labels.

    Attributes
    ----------
    classes : tuple of str
        All labels, sorted; their place is their number.
    image, label : ndarray of int64, shape (m,)
        One entry per label of an image, sorted.
    starts : ndarray of int64, shape (n + 1,)
        Where the entries of each image begin.
    """

    classes: tuple[str, ...]
    image: NDArray[np.int64]
    label: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def from_lists(cls, labels: Sequence[Iterable[str]]) -> LabelTable:
        """Return the table of n images, from the labels of each.

        >>> LabelTable.from_lists([["cat"], [], ["dog", "cat"]]).classes
        ('cat', 'dog')
        """
        own = [set(each) for each in labels]
        classes = tuple(sorted(set().union(*own)))
        number = {name: place for place, name in enumerate(classes)}
        counts = np.array([len(each) for each in own], np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        label = [number[name] for each in own for name in sorted(each)]
        image = np.repeat(np.arange(len(own)), counts)
        return cls(classes, image, np.array(label, np.int64), starts)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many labels each image has, shape (n,)."""
        return np.diff(self.starts)

    def has(self, image: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return, pair by pair, whether the image has the label."""
        size = max(len(self.classes), 1)
        return np.isin(image * size + label, self.image * size + self.label)

    def spread(self, images: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return every label of every image asked for: its place in `images`, its number."""
        counts = self.counts[images]
        place = np.repeat(np.arange(len(images)), counts)
        first = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])[:-1]
        offset = np.arange(len(place)) - first[place]
        return place, self.label[self.starts[images][place] + offset]


@dataclass(frozen=True)
class Votes:
    """The label that most voters of each image have.

    Attributes
    ----------
    label : ndarray of int64, shape (n,)
        -1 when nobody votes.
    share : ndarray of float64, shape (n,)
        0 to 100: how many of the voters have it, in percent; NaN when nobody votes.
    voters : ndarray of int64, shape (n,)
        Neighbours, or other images of the cluster, that have a label.
    """

    label: NDArray[np.int64]
    share: NDArray[np.float64]
    voters: NDArray[np.int64]


def clean_edges(
    source: NDArray[np.int64], target: NDArray[np.int64], similarity: NDArray[np.float64]
) -> Edges:
    """Return edges in their order, each once, without those from an image to itself."""
    valid = (source != target) & ~np.isnan(similarity)
    source, target, similarity = source[valid], target[valid], similarity[valid]
    order = np.lexsort((target, source, -similarity))
    source, target, similarity = source[order], target[order], similarity[order]
    size = int(max(source.max(initial=0), target.max(initial=0))) + 1
    first = np.sort(np.unique(source * size + target, return_index=True)[1])
    return Edges(source[first], target[first], similarity[first])


def keep_nearest(edges: Edges, k: int) -> Edges:
    """Return the k most similar edges of every image."""
    order = np.lexsort((np.arange(len(edges)), edges.source))
    sources = edges.source[order]
    rank = np.arange(len(edges)) - np.searchsorted(sources, sources)
    kept = np.sort(order[rank < k])
    return Edges(edges.source[kept], edges.target[kept], edges.similarity[kept])


def score_labels(edges: Edges, labels: LabelTable) -> NDArray[np.float64]:
    """Return the label score of every image.

    Returns
    -------
    ndarray of float64, shape (n,)
        The share of its labelled neighbours that have one of its labels, 0 to 100: 0 when it only
        resembles images outside its class, 100 when it only resembles images of its class. NaN
        without a label or without a labelled neighbour.

    Notes
    -----
    V0.2 API page, `create_similarity_gallery`, `slice='label_score'`.
    """
    count = len(labels.counts)
    place, label = labels.spread(edges.target)
    agrees = np.zeros(len(edges), bool)
    agrees[place[labels.has(edges.source[place], label)]] = True
    voters = _count_voters(edges, labels)
    same = np.bincount(edges.source[agrees], minlength=count)
    return np.where(labels.counts > 0, _percent(same, voters), np.nan)


def vote_by_neighbors(edges: Edges, labels: LabelTable) -> Votes:
    """Return the label that most neighbours of every image have.

    Of labels with equally many neighbours the one with the greater sum of similarities wins, then
    the first in the alphabet. The image's own label has no say.
    """
    place, label = labels.spread(edges.target)
    weight = np.rint(edges.similarity * _UNITS)[place]
    size = max(len(labels.classes), 1)
    key, entry = np.unique(edges.source[place] * size + label, return_inverse=True)
    count = np.bincount(entry, minlength=len(key))
    weight = np.bincount(entry, weights=weight, minlength=len(key)).astype(np.float64)
    image, label = np.divmod(key, size)
    winner, votes = _first_of_each(len(labels.counts), image, label, count, weight)
    voters = _count_voters(edges, labels)
    return Votes(winner, _percent(votes, voters), voters)


def vote_by_cluster(cluster: NDArray[np.int64], labels: LabelTable) -> Votes:
    """Return the label that most of the other images in its cluster have, for every image.

    Parameters
    ----------
    cluster : ndarray of int64, shape (n,)
        The cluster of every image; -1: none.
    labels : LabelTable

    Notes
    -----
    The image's own label has no say: else every image alone in its cluster would be predicted
    right. Of equally frequent labels the first in the alphabet wins.
    """
    tally = _Tally.of(cluster, labels)
    candidates = [tally.own(cluster, labels)]
    # Among its label count + 1 most frequent labels at least one is not its own.
    most = int(labels.counts.max(initial=0))
    candidates += [tally.ranked(cluster, labels, place) for place in range(most + 1)]
    image, label, count = (np.concatenate(part) for part in zip(*candidates, strict=True))
    winner, votes = _first_of_each(len(cluster), image, label, count)
    labelled = (labels.counts > 0) & (cluster >= 0)
    sizes = np.bincount(cluster[labelled], minlength=int(cluster.max(initial=0)) + 1)
    voters = np.where(cluster >= 0, sizes[cluster], 0) - labelled
    return Votes(winner, _percent(votes, voters), voters)


def top_k_label(
    labels: Sequence[Label],
    similarity: Sequence[float],
    k: int = 10,
    threshold: float | None = None,
    min_count: int | None = None,
    unknown_class: Label | None = None,
) -> Label | None:
    """Return the label that most of the k most similar neighbours have.

    Parameters
    ----------
    labels : sequence of length n
        The label of each neighbour, or a list of its labels. None and NaN are no label.
    similarity : sequence of float, length n
        1 = identical. NaN: no neighbour.
    k : int
        How many neighbours vote.
    threshold : float, optional
        Least similarity of a voter.
    min_count : int, optional
        Least number of votes of the winner.
    unknown_class : optional
        The answer when nobody votes, when the winner has too few votes, and, if it is given, when
        there is a tie. Without it, of tied labels the first in the alphabet wins.

    Raises
    ------
    OptionError
        When the lists differ in length or `k` is below 1.

    Notes
    -----
    V0.2 API page, `top_k_label`.
    """
    if len(labels) != len(similarity):
        message = f"{len(labels)} labels do not fit {len(similarity)} distances."
        raise OptionError(message, "Give one label and one distance per neighbour.")
    check_neighbors(k)
    voters = sorted(
        (-value, place)
        for place, value in enumerate(map(float, similarity))
        if value >= (-math.inf if threshold is None else threshold)
    )
    votes = Counter(label for _, place in voters[:k] for label in _each(labels[place]))
    if not votes:
        return unknown_class
    most = max(votes.values())
    winners = [label for label, count in votes.items() if count == most]
    if most < (min_count or 0) or (len(winners) > 1 and unknown_class is not None):
        return unknown_class
    return min(winners, key=str)


def check_neighbors(k: object) -> None:
    """Refuse a number of neighbours that is none.

    Raises
    ------
    OptionError
        When it is not a whole number above 0.
    """
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or k < 1:
        raise OptionError(f"k={k!r} cannot be used.", "Give a whole number of at least 1.")


@dataclass(frozen=True)
class _Tally:
    """How often each label occurs in each cluster, the most frequent of a cluster first."""

    cluster: NDArray[np.int64]
    label: NDArray[np.int64]
    count: NDArray[np.int64]

    @classmethod
    def of(cls, cluster: NDArray[np.int64], labels: LabelTable) -> _Tally:
        size = max(len(labels.classes), 1)
        group = cluster[labels.image]
        keys = (group * size + labels.label)[group >= 0]
        key, count = np.unique(keys, return_counts=True)
        group, label = np.divmod(key, size)
        order = np.lexsort((label, -count, group))
        return cls(group[order], label[order], count[order])

    def own(self, cluster: NDArray[np.int64], labels: LabelTable) -> _Candidates:
        """Return the labels of every image with the votes of the others in its cluster."""
        size = max(len(labels.classes), 1)
        inside = cluster[labels.image] >= 0
        image, label = labels.image[inside], labels.label[inside]
        key = self.cluster * size + self.label
        order = np.argsort(key)
        at = order[np.searchsorted(key, cluster[image] * size + label, sorter=order)]
        return image, label, self.count[at] - 1

    def ranked(self, cluster: NDArray[np.int64], labels: LabelTable, place: int) -> _Candidates:
        """Return the label at a place of each image's cluster, unless it is the image's own."""
        at = np.searchsorted(self.cluster, cluster) + place
        image = np.flatnonzero((cluster >= 0) & (at < len(self.cluster)))
        image = image[self.cluster[at[image]] == cluster[image]]
        label = self.label[at[image]]
        other = ~labels.has(image, label)
        return image[other], label[other], self.count[at[image]][other]


def _first_of_each(
    total: int,
    image: NDArray[np.int64],
    label: NDArray[np.int64],
    count: NDArray[np.int64],
    weight: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each image's label with most votes (then weight, then alphabet) and the votes."""
    weight = np.zeros(len(image)) if weight is None else weight
    order = np.lexsort((label, -weight, -count, image))
    order = order[count[order] > 0]
    found, first = np.unique(image[order], return_index=True)
    winner, votes = np.full(total, -1, np.int64), np.zeros(total, np.int64)
    winner[found], votes[found] = label[order[first]], count[order[first]]
    return winner, votes


def _each(label: Label) -> Iterator[Label]:
    """Yield the label, or each label of a list, once; nothing for None and NaN."""
    many = isinstance(label, (list, tuple, set, frozenset, np.ndarray))
    for each in dict.fromkeys(label) if many else (label,):  # type: ignore[call-overload]
        if each is not None and each == each:  # noqa: PLR0124 - NaN is not itself
            yield each


def _count_voters(edges: Edges, labels: LabelTable) -> NDArray[np.int64]:
    labelled = labels.counts[edges.target] > 0
    return np.bincount(edges.source[labelled], minlength=len(labels.counts))


def _percent(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, 100.0 * part / np.maximum(whole, 1), np.nan)
