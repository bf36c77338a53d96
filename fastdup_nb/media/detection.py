"""What a detector is, and what it finds in a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Detection:
    """The boxes found in one picture, the surest first.

    Attributes
    ----------
    size : tuple of int
        Width and height of the upright picture.
    boxes : ndarray of float64, shape (n, 4)
        x, y, width, height in its pixels.
    scores : list of float
        How sure the detector is, 0 to 1.
    labels : list of str
        What it takes them for.
    """

    size: tuple[int, int]
    boxes: NDArray[np.float64]
    scores: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


class Detector(Protocol):
    """Finds boxes; may be asked by many threads."""

    noun: str
    article: str

    def detect(self, data: bytes) -> Detection:
        """Return the boxes in an image file.

        Raises
        ------
        ImageError
            When it cannot be decoded.
        """
