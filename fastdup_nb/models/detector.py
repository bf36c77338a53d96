"""Object detectors of the YOLO family, as ONNX files: a file of yours, or one of the catalogue."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from fastdup_nb.core.boxes import read_detections, suppress
from fastdup_nb.errors import ModelError
from fastdup_nb.media.decode import decode
from fastdup_nb.media.detection import Detection
from fastdup_nb.models.catalogue import find_model
from fastdup_nb.models.session import open_session
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.progress import Progress

LEAST_SCORE = 0.25
MOST_OVERLAP = 0.45
MOST_OBJECTS = 300  # of one picture; YOLOv5 itself gives no more
_USUAL_SIDE = 640
_GREY = (114, 114, 114)
_CHANNELS, _DIMENSIONS = 3, 4
_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_EXPORT = (
    "Export it from https://github.com/ultralytics/yolov5 "
    "(python export.py --weights {name}.pt --include onnx) and put {name}.onnx into {folder}, "
    "or give its path as bounding_box; see docs/boxes.md."
)
_FORM = "A YOLO network takes (1, 3, height, width) and gives (1, boxes, 5 + classes)."


def open_object_detector(
    name: str, compute: str = "cpu", progress: Progress | None = None
) -> ObjectDetector:
    """Open a detector.

    Parameters
    ----------
    name : str
        The path of an ONNX file, or a name such as `yolov5s`: then `yolov5s.onnx` in the current
        folder is used, or the file that a catalogue of the user names, downloaded once and used
        only when its SHA-256 is right.
    compute : {'cpu', 'gpu'}
    progress : Progress, optional
        Told how far the download is.

    Raises
    ------
    ModelError
        When there is no such file or name, or it is no detector.
    """
    is_file = Path(name).suffix.lower() == ".onnx"
    path = absolute(name if is_file else f"{name}.onnx")
    if path.is_file():
        return ObjectDetector(path, path.name, compute)
    if is_file:
        message = f"There is no file {str(path)!r}."
        raise ModelError(message, "Give the ONNX file of a YOLO network as bounding_box.")
    model = find_model(name)
    if model is None:
        message = (
            f"There is no {path.name} here: its licence, AGPL-3.0, keeps it out of the package."
        )
        raise ModelError(message, _EXPORT.format(name=name, folder=path.parent))
    from fastdup_nb.models.download import obtain

    return ObjectDetector(obtain(model, progress), name, compute)


class ObjectDetector:
    """Finds the objects that a YOLO network knows.

    Parameters
    ----------
    path : Path
        The ONNX file.
    name : str
        What messages call it.
    compute : {'cpu', 'gpu'}

    Raises
    ------
    ModelError
        When it cannot be loaded, or is no such network.
    """

    noun, article = "object", "an"

    def __init__(self, path: Path, name: str, compute: str = "cpu") -> None:
        self._name = name
        self._session: Any = open_session(path, name, compute)
        inputs = self._session.get_inputs()
        shape = inputs[0].shape if inputs else []
        if len(inputs) != 1 or len(shape) != _DIMENSIONS or shape[1] not in (_CHANNELS, "channels"):
            raise ModelError(f"{name} is no YOLO network: its input is {shape}.", _FORM)
        self._input = inputs[0].name
        self._type = _TYPES.get(inputs[0].type)
        if self._type is None:
            raise ModelError(f"{name} takes {inputs[0].type}, not floating point.", _FORM)
        self._height, self._width = (
            side if isinstance(side, int) and side > 0 else _USUAL_SIDE for side in shape[2:]
        )
        self._labels = _read_labels(self._session)

    def detect(self, data: bytes) -> Detection:
        """Return the objects in an image file, the surest first."""
        photo = decode(data, at_least=max(self._width, self._height), min_width=1, min_height=1)
        pixels, scale, left, top = self._fit(photo.image)
        boxes, scores, classes = self._ask(pixels)
        kept = suppress(boxes, scores, classes, MOST_OVERLAP)[:MOST_OBJECTS]
        boxes = boxes[kept] - (left, top, 0, 0)
        # From the network's input to the decoded picture, and from that to the file's.
        boxes = (
            boxes
            / scale
            * np.tile((photo.width / photo.image.width, photo.height / photo.image.height), 2)
        )
        return Detection(
            (photo.width, photo.height),
            boxes,
            scores[kept].tolist(),
            [self._labels.get(number, str(number)) for number in classes[kept].tolist()],
        )

    def _fit(self, image: Image.Image) -> tuple[NDArray[Any], float, int, int]:
        """Return a picture as the network takes it: whole, in the middle of a grey frame."""
        scale = min(self._width / image.width, self._height / image.height)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        left, top = (self._width - size[0]) // 2, (self._height - size[1]) // 2
        frame = Image.new("RGB", (self._width, self._height), _GREY)
        frame.paste(image.resize(size, Image.Resampling.BILINEAR), (left, top))
        pixels = np.asarray(frame, np.float32).transpose(2, 0, 1)[None] / 255
        return pixels.astype(self._type), scale, left, top

    def _ask(
        self, pixels: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        try:
            output = np.asarray(self._session.run(None, {self._input: pixels})[0])
        except Exception as error:  # whatever the runtime raises on a graph of another kind
            message = f"{self._name} fails: {type(error).__name__}: {str(error).splitlines()[0]}"
            raise ModelError(message, _FORM) from error
        if output.ndim == 3 and len(output) == 1:
            rows = output[0].astype(np.float32)
            objectness = self._has_objectness(rows.shape)
            if not objectness and rows.shape[0] < rows.shape[1]:
                rows = rows.T  # YOLOv8 and later
            if rows.shape[1] > _DIMENSIONS:
                return read_detections(rows, LEAST_SCORE, with_objectness=objectness)
        raise ModelError(f"{self._name} is no YOLO network: its output is {output.shape}.", _FORM)

    def _has_objectness(self, shape: tuple[int, ...]) -> bool:
        """Return whether the rows say apart how surely there is an object, as those of YOLOv5."""
        known = len(self._labels)
        if known:
            return shape[1] == known + 5
        return shape[0] >= shape[1]


def _read_labels(session: Any) -> dict[int, str]:
    """Return the names of the classes that the file brings along."""
    text = session.get_modelmeta().custom_metadata_map.get("names", "")
    try:
        names = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    if isinstance(names, (list, tuple)):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return {}
    return {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
