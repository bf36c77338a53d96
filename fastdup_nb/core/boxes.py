"""Boxes as numbers: clipped, widened, and as object detectors give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Boxes of different classes are shifted apart by more than any picture is wide, so that one pass of
# suppression serves all classes.
_APART = 1e5


def clip_box(
    x: float, y: float, width: float, height: float, right: int, bottom: int
) -> tuple[int, int, int, int] | None:
    """Return the part of a box that lies in a picture, in whole pixels; None when there is none.

    Parameters
    ----------
    x, y, width, height : float
        Left, top and size in pixels; edges are rounded to whole pixels.
    right, bottom : int
        Size of the picture.

    Returns
    -------
    tuple of int or None
        x, y, width, height.

    Examples
    --------
    >>> clip_box(-5, 2.4, 20, 10, 100, 8)
    (0, 2, 15, 6)
    """
    first, last = max(0, _round(x)), min(right, _round(x + width))
    top, end = max(0, _round(y)), min(bottom, _round(y + height))
    if last <= first or end <= top:
        return None
    return first, top, last - first, end - top


def _round(value: float) -> int:
    return int(np.floor(min(max(value, -1e9), 1e9) + 0.5))


def widen(boxes: NDArray[np.float64], horizontal: float, vertical: float) -> NDArray[np.float64]:
    """Return boxes with a margin on every side.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x, y, width, height.
    horizontal, vertical : float
        Margin relative to the width and to the height.
    """
    x, y, width, height = boxes.T
    return np.stack(
        [
            x - horizontal * width,
            y - vertical * height,
            width * (1 + 2 * horizontal),
            height * (1 + 2 * vertical),
        ],
        axis=1,
    )


def read_detections(
    output: NDArray[np.float32], least: float, *, with_objectness: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the boxes in the raw output of a YOLO network.

    Parameters
    ----------
    output : ndarray of float32, shape (n, 4 + c) or (n, 5 + c)
        Centre x, centre y, width, height; with `with_objectness` (YOLOv5) how surely there is an
        object; then a score per class.
    least : float
        Least score.
    with_objectness : bool

    Returns
    -------
    boxes : ndarray of float64, shape (k, 4)
        x, y, width, height, in the pixels of the network's input.
    scores : ndarray of float64, shape (k,)
    classes : ndarray of int64, shape (k,)
    """
    rows = output.astype(np.float64)
    first = 5 if with_objectness else 4
    per_class = rows[:, first:]
    if not per_class.shape[1]:
        per_class = np.ones((len(rows), 1))
    classes = per_class.argmax(axis=1).astype(np.int64)
    scores = per_class.max(axis=1)
    if with_objectness:
        scores = scores * rows[:, 4]
    kept = np.flatnonzero(np.isfinite(rows).all(axis=1) & (scores >= least))
    x, y, width, height = rows[kept, :4].T
    boxes = np.stack([x - width / 2, y - height / 2, width, height], axis=1)
    return boxes, scores[kept], classes[kept]


def suppress(
    boxes: NDArray[np.float64],
    scores: NDArray[np.float64],
    classes: NDArray[np.int64],
    most_overlap: float,
) -> NDArray[np.int64]:
    """Return the boxes that are left when of boxes of one class that overlap the surest stays.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x, y, width, height.
    scores : ndarray of float64, shape (n,)
    classes : ndarray of int64, shape (n,)
    most_overlap : float
        Intersection over union up to which two boxes are two objects.

    Returns
    -------
    ndarray of int64
        Places of the boxes kept, the surest first; equally sure ones in their order.
    """
    left, top = boxes[:, 0] + classes * _APART, boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    area = boxes[:, 2] * boxes[:, 3]
    waiting = np.argsort(-scores, kind="stable")
    kept = []
    while len(waiting):
        best, rest = waiting[0], waiting[1:]
        kept.append(best)
        width = np.minimum(right[best], right[rest]) - np.maximum(left[best], left[rest])
        height = np.minimum(bottom[best], bottom[rest]) - np.maximum(top[best], top[rest])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        union = area[best] + area[rest] - common
        waiting = rest[common <= most_overlap * np.maximum(union, np.finfo(np.float64).tiny)]
    return np.array(kept, np.int64)


def drop_inner(boxes: NDArray[np.float64], most_covered: float) -> NDArray[np.float64]:
    """Return the boxes that none before them covers by more than a share of their area.

    Parameters
    ----------
    boxes : ndarray of float64, shape (n, 4)
        x, y, width, height, in the order of preference.
    most_covered : float
    """
    kept: list[int] = []
    left, top = boxes[:, 0], boxes[:, 1]
    right, bottom = left + boxes[:, 2], top + boxes[:, 3]
    for row in range(len(boxes)):
        width = np.minimum(right[kept], right[row]) - np.maximum(left[kept], left[row])
        height = np.minimum(bottom[kept], bottom[row]) - np.maximum(top[kept], top[row])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        if not (common > most_covered * boxes[row, 2] * boxes[row, 3]).any():
            kept.append(row)
    return boxes[kept]
