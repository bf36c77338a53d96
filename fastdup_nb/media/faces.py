"""Faces, by the cascade that scikit-image brings along: nothing is downloaded.

It is a local-binary-pattern cascade for faces seen from the front, trained by the OpenCV project
(BSD licence). It misses profiles and small or turned faces; a network of your own finds more
(`bounding_box='faces.onnx'`).
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from fastdup_nb.core.boxes import drop_inner
from fastdup_nb.errors import MissingDependencyError
from fastdup_nb.media.decode import decode, largest_halving
from fastdup_nb.media.detection import Detection

# The cascade looks at pictures of this size: faces from a tenth of the picture on are found.
_SIDE = 320
_LEAST_FACE = 32
_STEP = 1.15
# So many hits at one place make a face: with these, 29 of 30 portraits gave their face, with one
# false face among them, and none in 37 pictures without (Caltech-101).
_LEAST_HITS = 8
# A face that is covered by a larger one by more than this is the same, or none.
_MOST_COVERED = 0.35
LABEL = "face"


class FaceDetector:
    """Finds faces seen from the front.

    Raises
    ------
    MissingDependencyError
        When scikit-image is not installed.
    """

    noun, article = "face", "a"

    def __init__(self) -> None:
        self._of_thread = threading.local()  # the cascade keeps state while it looks
        self._cascade()

    def detect(self, data: bytes) -> Detection:
        """Return the faces in an image file, the largest first."""
        photo = decode(data, at_least=_SIDE, min_width=1, min_height=1)
        image = photo.image.convert("L")
        factor = largest_halving(min(image.size), _SIDE)
        if factor > 1:
            image = image.reduce(factor)
        scale = (photo.width / image.width, photo.height / image.height)
        found: list[dict[str, int]] = []
        if min(image.size) > _LEAST_FACE:
            found = self._cascade().detect_multi_scale(
                img=np.asarray(image),
                scale_factor=_STEP,
                step_ratio=1,
                min_neighbor_number=_LEAST_HITS,
                min_size=(_LEAST_FACE, _LEAST_FACE),
                max_size=image.size[::-1],
            )
        boxes = np.array(
            [
                (
                    face["c"] * scale[0],
                    face["r"] * scale[1],
                    face["width"] * scale[0],
                    face["height"] * scale[1],
                )
                for face in found
            ],
            np.float64,
        ).reshape(-1, 4)
        order = np.lexsort((boxes[:, 1], boxes[:, 0], -boxes[:, 2] * boxes[:, 3]))
        boxes = drop_inner(boxes[order], _MOST_COVERED)
        size = (photo.width, photo.height)
        return Detection(size, boxes, [1.0] * len(boxes), [LABEL] * len(boxes))

    def _cascade(self) -> Any:
        cascade = getattr(self._of_thread, "cascade", None)
        if cascade is None:
            cascade = self._of_thread.cascade = _open_cascade()
        return cascade


def _open_cascade() -> Any:
    try:
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade
    except ImportError as error:
        message = "bounding_box='face' needs scikit-image."
        raise MissingDependencyError(message, "Install it: pip install fastdup_nb[face]") from error
    find: Any = lbp_frontal_face_cascade_filename
    return Cascade(find())
