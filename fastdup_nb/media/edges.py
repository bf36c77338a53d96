"""Canny edges of a grey picture.

After J. Canny, "A Computational Approach to Edge Detection", 1986, with the choices the V0.2
statistics are known for: 3 x 3 Sobel, sum of absolute derivatives as magnitude, thresholds 50 and
150, no smoothing first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEAK = 50
STRONG = 150
_TAN_22_5 = 0.41421356237309503
_TAN_67_5 = 2.414213562373095


def find_edges(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels lie on an edge.

    Parameters
    ----------
    grey : ndarray of uint8, (height, width)
        Grey levels.

    Returns
    -------
    ndarray of bool, (height, width)
    """
    from scipy import ndimage

    levels = grey.astype(np.int32)
    across = ndimage.sobel(levels, axis=1, mode="nearest")
    down = ndimage.sobel(levels, axis=0, mode="nearest")
    magnitude = np.abs(across) + np.abs(down)
    thin = (magnitude > WEAK) & _is_ridge(across, down, magnitude)
    pieces, _ = ndimage.label(thin, structure=np.ones((3, 3), dtype=np.int8))
    kept = np.zeros(int(pieces.max()) + 1, dtype=np.bool_)
    kept[pieces[thin & (magnitude > STRONG)]] = True
    kept[0] = False
    return kept[pieces]


def measure_edge_density(grey: NDArray[np.uint8]) -> float:
    """Return the share of pixels on an edge, 0 to 1.

    Parameters
    ----------
    grey : ndarray of uint8, (height, width)
        Grey levels.
    """
    return float(np.count_nonzero(find_edges(grey)) / grey.size)


def _is_ridge(
    across: NDArray[np.int32], down: NDArray[np.int32], magnitude: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return where the magnitude peaks along the gradient; of two equal ones the first counts."""
    around = np.pad(magnitude, 1)  # zero outside, as if nothing rose there
    rows, columns = magnitude.shape

    def beside(row: int, column: int) -> NDArray[np.int32]:
        return around[1 + row : 1 + row + rows, 1 + column : 1 + column + columns]

    steepness = np.abs(down)
    flat = steepness < _TAN_22_5 * np.abs(across)
    steep = steepness > _TAN_67_5 * np.abs(across)
    falling = (across < 0) != (down < 0)
    horizontal = (magnitude > beside(0, -1)) & (magnitude >= beside(0, 1))
    vertical = (magnitude > beside(-1, 0)) & (magnitude >= beside(1, 0))
    rising_diagonal = (magnitude > beside(-1, 1)) & (magnitude > beside(1, -1))
    falling_diagonal = (magnitude > beside(-1, -1)) & (magnitude > beside(1, 1))
    diagonal = np.where(falling, rising_diagonal, falling_diagonal)
    return np.where(flat, horizontal, np.where(steep, vertical, diagonal))
