"""A linear map learned in closed form from pairs of copies: part of the export.

Linear discriminant analysis: among all directions of the described photos, find those along which
copies of one photo differ least compared with different photos. Needs seconds and works on computed
and on learned parts alike; ``head`` goes on from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Described = npt.NDArray[np.float16]
"""Several copies of each photo: [photos, copies, dimensions]."""


@dataclass(frozen=True)
class Metric:
    """Where to put the origin, and directions as columns, the best ones first.

    ``power`` says how well each of them tells photos apart: the variance of different photos along
    it where that of copies is 1.
    """

    mean: Matrix
    directions: Matrix
    power: Matrix


def fit(
    first: npt.NDArray[np.float32],
    second: npt.NDArray[np.float32],
    dimensions: int,
    ridge: float = 0.1,
    hopeless: float = 0.2,
) -> Metric:
    """Find the directions.

    Parameters
    ----------
    first, second : ndarray of shape (n, d)
        Row i of both describes a copy of photo i.
    dimensions : int
        How many directions to keep.
    ridge : float
        Added to the variance of copies, in parts of its mean.
    hopeless : float
        Pairs with a lower cosine are left out: what was cropped or covered beyond recognition
        teaches nothing and would make every useful direction look bad.
    """
    mean = first.mean(axis=0, dtype=np.float64)
    one, two = first - mean, second - mean
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    difference = (one - two)[(one * two).sum(axis=1) > hopeless * lengths]
    total = one.T @ one / len(one)
    within = difference.T @ difference / len(difference) / 2
    within += ridge * np.trace(within) / len(within) * np.eye(len(within))
    # The generalised eigenvectors of total and within, by way of the Cholesky factor of within.
    factor = np.linalg.inv(np.linalg.cholesky(within))
    power, axes = np.linalg.eigh(factor @ total @ factor.T)
    best = slice(None, -dimensions - 1, -1)
    return Metric(mean, factor.T @ axes[:, best], power[best])
