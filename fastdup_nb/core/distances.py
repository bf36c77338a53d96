"""The distances between embeddings, turned into similarities: 1 is identical, higher more similar.

Two formulas per distance. `similarity` is exact (float64) and gives every reported number;
`closeness` is fast (float32 tiles of all pairs) and only ranks candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastdup_nb.core.rows import spans
from fastdup_nb.core.threads import one_faiss_thread
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable

# Two vectors whose similarity differs by less are equal: float64 sums differ by more than this on
# no two machines.
DECIMALS = 12
# The closeness of a pair with a zero vector: behind all others, yet ahead of "no candidate" (minus
# infinity).
FARTHEST = np.finfo(np.float32).min / 2
# Added where 0/0 or log(0) would follow; too small to change a float32 sum.
_TINY = np.float32(1e-30)
_STRIP_ROWS = 128


Vectors = TypeVar("Vectors", NDArray[np.float32], NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Distance:
    """One distance of V0.2.

    Attributes
    ----------
    name : str
        As in `run(distance=...)`.
    faiss_metric : str
        The faiss constant of the same order.
    closeness : callable
        Prepared float32 blocks (a, d) and (b, d) to a float32 tile (a, b); higher is closer.
    compare : callable
        Prepared float64 arrays (..., d) and (..., d) to distances (...); for cosine, to cosines.
    normalise : bool
        Whether vectors are scaled to unit length first; if not, they are made distributions
        (clipped at 0, sum 1).
    """

    name: str
    faiss_metric: str
    closeness: Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
    compare: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    normalise: bool = True

    @property
    def ranks_as_cosine(self) -> bool:
        """Whether an index of inner products puts neighbours in the right order."""
        return self.faiss_metric == "METRIC_INNER_PRODUCT"

    def prepare(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scale raw vectors (n, d) for `closeness`, in place; zero vectors stay zero."""
        if not self.normalise:
            np.maximum(vectors, 0, out=vectors)
            return _divide(vectors, np.sum(vectors, axis=-1, dtype=np.float64))
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
        return _divide(vectors, np.sqrt(squares))

    def prepare_exactly(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Scale raw vectors (..., d) for `compare`, in float64."""
        exact = vectors.astype(np.float64)
        if not self.normalise:
            np.maximum(exact, 0, out=exact)
            return _divide(exact, exact.sum(axis=-1))
        return _divide(exact, np.sqrt(np.einsum("...d,...d->...", exact, exact)))

    def similarity_of_prepared(
        self, a: NDArray[np.float64], b: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the similarity of exactly prepared vectors; the last axis is the vector's."""
        compared = self.compare(a, b)
        if self.name == "cosine":
            similarity = np.clip(compared, 0.0, 1.0)
        else:
            similarity = 1.0 / (1.0 + compared)
            # A zero vector is similar to nothing.
            similarity *= a.any(axis=-1) & b.any(axis=-1)
        return np.round(similarity, DECIMALS)

    def similarity(self, a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the exact similarity of raw vectors, row by row.

        Parameters
        ----------
        a, b : ndarray of shape (n, d)
            Raw vectors.

        Returns
        -------
        ndarray of float64, shape (n,)
            From 0 to 1; 1 is identical. Cosine: negative values count as 0. Others: 1 / (1 +
            distance), where the distance is that of `scipy.spatial.distance` between the vectors
            scaled to unit length (jensenshannon: base 2, between the vectors clipped at 0 and
            scaled to sum 1). A zero vector has similarity 0 to all.
        """
        return self.similarity_of_prepared(self.prepare_exactly(a), self.prepare_exactly(b))


def _divide(vectors: Vectors, by: NDArray[np.float64]) -> Vectors:
    by = np.where(by > 0, by, 1.0)[..., None]
    np.divide(vectors, by, out=vectors, casting="same_kind")
    return vectors


def _cosine_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return a @ b.T


def _l1_distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    with one_faiss_thread() as faiss:
        distances: NDArray[np.float32] = faiss.pairwise_distances(a, b, faiss.METRIC_L1)
    return distances


def _l1_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return -_l1_distances(a, b)


def _linf_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return _scipy_closeness(a, b, "chebyshev")


def _canberra_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return _scipy_closeness(a, b, "canberra")


def _scipy_closeness(
    a: NDArray[np.float32], b: NDArray[np.float32], metric: Literal["chebyshev", "canberra"]
) -> NDArray[np.float32]:
    from scipy.spatial.distance import cdist

    closeness = np.empty((len(a), len(b)), dtype=np.float32)
    for start, stop in spans(len(a), _STRIP_ROWS):
        np.negative(cdist(a[start:stop], b, metric), out=closeness[start:stop], casting="same_kind")
    return closeness


def _braycurtis_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    # sum |x + y| is the l1 distance between x and -y; several times faster than the direct formula.
    total = np.maximum(_l1_distances(a, -b), _TINY)
    return np.asarray(-_l1_distances(a, b) / total, dtype=np.float32)


def _jensenshannon_closeness(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    # JS^2 = H((p + q) / 2) - (H(p) + H(q)) / 2, with H(x) = -sum x log x; one logarithm per pair
    # and element, not two.
    closeness = np.empty((len(a), len(b)), dtype=np.float32)
    for start, stop in spans(len(b), _STRIP_ROWS):
        strip = b[start:stop]
        total, log = np.empty_like(strip), np.empty_like(strip)
        for i, row in enumerate(a):
            np.add(strip, row, out=total)
            total *= np.float32(0.5)
            np.maximum(total, _TINY, out=total)
            np.log(total, out=log)
            closeness[i, start:stop] = np.einsum("ij,ij->i", total, log)
    closeness += _half_entropy(a)[:, None]
    closeness += _half_entropy(b)[None, :]
    return closeness


def _half_entropy(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    half: NDArray[np.float32] = -0.5 * np.einsum("ij,ij->i", rows, np.log(np.maximum(rows, _TINY)))
    return half


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    dots: NDArray[np.float64] = np.einsum("...d,...d->...", a, b)
    return dots


def _euclidean(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # Not sqrt(2 - 2 cos): that loses half of the digits where it matters, near 0.
    difference = a - b
    return np.sqrt(_dot(difference, difference))


def _l1(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(a - b).sum(axis=-1))


def _linf(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.abs(a - b).max(axis=-1))


def _canberra(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.abs(a) + np.abs(b)
    share = np.divide(np.abs(a - b), total, out=np.zeros_like(total), where=total > 0)
    return np.asarray(share.sum(axis=-1))


def _braycurtis(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    # 0/0 (opposite vectors never give it: their difference is not 0) stays 0; x/0 becomes very far.
    total = np.maximum(np.abs(a + b).sum(axis=-1), np.finfo(np.float64).tiny)
    return np.asarray(_l1(a, b) / total)


def _jensenshannon(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = (a + b) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(a > 0, a * np.log2(a / middle), 0.0).sum(axis=-1)
        right = np.where(b > 0, b * np.log2(b / middle), 0.0).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum(left + right, 0.0) / 2))


_INNER_PRODUCT = "METRIC_INNER_PRODUCT"
REGISTRY: dict[str, Distance] = {
    distance.name: distance
    for distance in (
        Distance("cosine", _INNER_PRODUCT, _cosine_closeness, _dot),
        Distance("euclidean", _INNER_PRODUCT, _cosine_closeness, _euclidean),
        Distance("l1", "METRIC_L1", _l1_closeness, _l1),
        Distance("linf", "METRIC_Linf", _linf_closeness, _linf),
        Distance("canberra", "METRIC_Canberra", _canberra_closeness, _canberra),
        Distance("braycurtis", "METRIC_BrayCurtis", _braycurtis_closeness, _braycurtis),
        Distance(
            "jensenshannon",
            "METRIC_JensenShannon",
            _jensenshannon_closeness,
            _jensenshannon,
            normalise=False,
        ),
    )
}


def get_distance(name: str) -> Distance:
    """Return a distance by its name.

    Raises
    ------
    OptionError
        When there is none of that name.
    """
    if name not in REGISTRY:
        raise unknown_name("distance", name, REGISTRY)
    return REGISTRY[name]
