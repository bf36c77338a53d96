"""From an output of a graph to one vector per image: flat, of tokens, or of a spatial map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Pooling = str | int | None


def vector_length(
    shape: Sequence[int], batch: int, pooling: Pooling = None, layout: str = "NCHW"
) -> int:
    """Return the length of the vectors that an output gives; 0 when it does not fit.

    Parameters
    ----------
    shape : sequence of int
        Of the output.
    batch : int
        Images it was computed for.
    pooling : str or int, optional
        As in a manifest. None: the output must hold one vector per image already.
    layout : str
        Of the model; tells where a spatial map (n, d, h, w) or (n, h, w, d) has its channels.

    >>> (
    ...     vector_length((8, 576), 8),
    ...     vector_length((8, 576, 1, 1), 8),
    ...     vector_length((8, 7, 7, 576), 8),
    ...     vector_length((8, 7, 7, 576), 8, "mean", "NHWC"),
    ...     vector_length((8, 197, 384), 8, "cls"),
    ... )
    (576, 576, 0, 576, 384)
    """
    if pooling is not None:
        return _pooled_length(shape, batch, pooling, layout)
    if len(shape) == 1 and batch == 1:
        return shape[0]
    if len(shape) < 2 or shape[0] != batch or 0 in shape:
        return 0
    longer = [size for size in shape[1:] if size != 1] or [1]
    return longer[0] if len(longer) == 1 else 0


def _pooled_length(shape: Sequence[int], batch: int, pooling: str | int, layout: str) -> int:
    if not shape or shape[0] != batch or 0 in shape:
        return 0
    if len(shape) == 4:
        return shape[3 if layout == "NHWC" else 1] if pooling == "mean" else 0
    if len(shape) != 3:
        return 0
    needed = {"cls": 1, "mean": 1, "patches": 2}.get(pooling) if isinstance(pooling, str) else None
    tokens = needed if needed is not None else int(pooling) + 1
    return shape[2] if shape[1] >= tokens else 0


def pool(
    result: NDArray[Any], count: int, d: int, pooling: Pooling = None, layout: str = "NCHW"
) -> NDArray[np.float32]:
    """Return the vectors of an output.

    Parameters
    ----------
    result : ndarray
        What the graph gave for `count` images, of a shape for which `vector_length` is `d`.
    count, d : int
        Images, and numbers per vector.
    pooling, layout
        As for `vector_length`.

    Returns
    -------
    ndarray of float32, shape (count, d)
    """
    values = result
    if values.ndim == 4 and pooling is not None:
        axes = (1, 2) if layout == "NHWC" else (2, 3)
        values = values.mean(axis=axes, dtype=np.float32)
    elif pooling == "mean":
        values = values.mean(axis=1, dtype=np.float32)
    elif pooling == "patches":
        values = values[:, 1:].mean(axis=1, dtype=np.float32)
    elif pooling is not None:
        values = values[:, 0 if pooling == "cls" else int(pooling)]
    return values.reshape(count, d).astype(np.float32, copy=False)


def to_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale vectors (n, d) to length 1; one without direction stays as it is."""
    with np.errstate(over="ignore", invalid="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    lengths[~(np.isfinite(lengths) & (lengths > 0))] = 1.0
    unit: NDArray[np.float32] = (vectors / lengths[:, None]).astype(np.float32)
    return unit
