"""Embeddings as points on a plane: by principal components, t-SNE or UMAP.

Vectors are scaled to unit length first, so that near points are images of high cosine similarity.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.errors import MissingDependencyError, OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHODS = ("pca", "tsne", "umap")
SEED = 0
# t-SNE and UMAP look at distances; so many components hold nearly all of them and cost far less.
COMPONENTS = 50
PERPLEXITY = 30.0
NEIGHBORS = 15
FEWEST = 4
# Coordinates from -1 to 1 are rounded: the order in which threads add must not be seen.
DECIMALS = 4


@dataclass(frozen=True)
class Projection:
    """Points on a plane.

    Attributes
    ----------
    points : ndarray of float32, shape (n, 2)
        From -1 to 1; both axes have the same unit.
    explained : float or None
        The share of the variance that the two axes of PCA hold, 0 to 1; None for other methods,
        whose distances have no such meaning.
    """

    points: NDArray[np.float32]
    explained: float | None = None


def project(vectors: NDArray[np.float32], method: str = "pca", *, seed: int = SEED) -> Projection:
    """Place vectors on a plane.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, d)
        Not changed.
    method : {'pca', 'tsne', 'umap'}
        Principal components, t-SNE (L. van der Maaten and G. Hinton, "Visualizing data using
        t-SNE", 2008) or UMAP (L. McInnes et al., 2018).
    seed : int
        Where t-SNE and UMAP begin.

    Raises
    ------
    OptionError
        When there is no such method, or t-SNE or UMAP has fewer than 4 vectors.
    MissingDependencyError
        When UMAP is asked for and not installed.
    """
    from threadpoolctl import threadpool_limits

    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    count = len(vectors)
    if method != "pca" and count < FEWEST:
        message = f"{method} needs {FEWEST} images at least; there are {count}."
        raise OptionError(message, "Use method='pca'.")
    # t-SNE turns a difference in the last bit of a sum into another picture.
    with threadpool_limits(limits=1):
        scores, explained = principal_components(vectors, 2 if method == "pca" else COMPONENTS)
        if method == "pca":
            return Projection(_fit_into_square(scores), explained)
        place = _place_by_tsne if method == "tsne" else _place_by_umap
        return Projection(_fit_into_square(place(scores, seed)))


def principal_components(
    vectors: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float64], float]:
    """Return the first principal components of unit vectors.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, d)
    count : int
        Components; where there are fewer, the others are 0.

    Returns
    -------
    scores : ndarray of float64, shape (n, count)
        The sign of every component is such that its longest part is positive.
    explained : float
        The share of the variance they hold, 0 to 1; 1 when there is no variance.
    """
    unit = vectors.astype(np.float64)
    lengths = np.linalg.norm(unit, axis=1, keepdims=True)
    np.divide(unit, lengths, out=unit, where=lengths > 0)
    unit -= unit.mean(axis=0)
    # Of the smaller of the two products: a few images have more dimensions than there are images.
    wide = len(unit) < unit.shape[1]
    values, axes = np.linalg.eigh(unit @ unit.T if wide else unit.T @ unit)
    values, axes = np.maximum(values[::-1], 0), axes[:, ::-1]
    kept = min(count, int((values > values[0] * 1e-10).sum()) if values[0] > 1e-12 else 0)
    found = axes[:, :kept] * np.sqrt(values[:kept]) if wide else unit @ axes[:, :kept]
    highest = np.abs(found).argmax(axis=0)
    found = found * np.sign(found[highest, np.arange(kept)])
    scores = np.zeros((len(unit), count))
    scores[:, :kept] = found
    total = float(values.sum())
    return scores, float(values[:kept].sum()) / total if kept else 1.0


def _place_by_tsne(scores: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(scores) - 1) / 3)
    # Without a spread of their own, equal images give an initialisation of zeros only.
    start = scores[:, :2] / (scores[:, 0].std() or 1.0) * 1e-4
    placer = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=seed, n_jobs=1)
    return np.asarray(placer.fit_transform(scores.astype(np.float32)), dtype=np.float64)


def _place_by_umap(scores: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    try:
        from umap import UMAP
    except ImportError as error:
        message = "UMAP is not installed."
        hint = "Install it with pip install 'fastdup_nb[umap]', or use method='pca' or 'tsne'."
        raise MissingDependencyError(message, hint) from error
    neighbors = min(NEIGHBORS, len(scores) - 1)
    # Its spectral start needs more vectors than that.
    start = "spectral" if len(scores) > 2 * NEIGHBORS else "random"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that a seed means one thread: we know
        placer = UMAP(n_neighbors=neighbors, init=start, random_state=seed, n_jobs=1)
        return np.asarray(placer.fit_transform(scores.astype(np.float32)), dtype=np.float64)


def _fit_into_square(points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Centre points and scale both axes alike, so that the square from -1 to 1 holds them."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = float((high - low).max()) / 2 or 1.0
    fitted = np.round((points - (low + high) / 2) / half, DECIMALS)
    return np.asarray(fitted + 0.0, dtype=np.float32)  # no -0.0
