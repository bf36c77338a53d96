"""Boxes from detectors: faces, or the objects of a YOLO network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from fastdup_nb.core.boxes import clip_box, widen
from fastdup_nb.errors import ImageError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.sources import read_bytes
from fastdup_nb.sources.annotations.collected import Annotations, Collector, left_out

if TYPE_CHECKING:
    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.media.detection import Detection, Detector
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress

FACE = "face"
_AHEAD_PER_THREAD = 4


def detect_boxes(
    paths: Sequence[str], options: RunOptions, plan: Plan, progress: Progress
) -> Annotations:
    """Look for faces or objects in all images.

    Parameters
    ----------
    paths : sequence of str
    options : RunOptions
        `bounding_box` says what to look for; `augmentation_horiz` and `augmentation_vert` of
        `turi_param` how much is added on every side, relative to the box.
    plan : Plan
    progress : Progress

    Returns
    -------
    Annotations
        In the order of the images; of one image, the surest box first. An image that cannot be read
        is listed as it is, so that the run says why.

    Raises
    ------
    MissingDependencyError, ModelError
        When there is no such detector here.
    """
    detector = open_detector(options, progress)
    margins = options.turi.augmentation_horiz, options.turi.augmentation_vert
    found = Collector()
    without = 0
    progress.start(f"{detector.noun}s", len(paths))
    try:
        with silenced_codecs():
            for path, boxes in _in_order(paths, detector, plan.readers):
                progress.advance(1)
                if boxes is None:
                    found.add_image(path)
                    continue
                without += not len(boxes.boxes)
                _take(found, path, boxes, margins)
    finally:
        progress.finish()
    if without:
        what = f"without {detector.article} {detector.noun}"
        found.notes.append(left_out(without, f"image {what}", f"images {what}"))
    return found.close()


def open_detector(options: RunOptions, progress: Progress) -> Detector:
    """Return the detector that `bounding_box` names.

    Raises
    ------
    MissingDependencyError, ModelError
        When it is not here.
    """
    if options.bounding_box == FACE:
        from fastdup_nb.media.faces import FaceDetector

        return FaceDetector()
    from fastdup_nb.models.detector import open_object_detector

    return open_object_detector(options.bounding_box, options.compute, progress)


def _take(found: Collector, path: str, detection: Detection, margins: tuple[float, float]) -> None:
    boxes = widen(detection.boxes, *margins)
    rows = zip(boxes.tolist(), detection.scores, detection.labels, strict=True)
    for (x, y, width, height), score, label in rows:
        inside = clip_box(x, y, width, height, *detection.size)
        if inside is not None:
            found.add(path, inside, label, f"{score:.4f}")


def _in_order(
    paths: Sequence[str], detector: Detector, threads: int
) -> Iterator[tuple[str, Detection | None]]:
    """Yield every path with what was found; None for an image that cannot be read."""
    waiting: deque[tuple[str, Future[Detection | None]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="fastdup_nb")
    try:
        for path in paths:
            waiting.append((path, pool.submit(_detect, path, detector.detect)))
            if len(waiting) > threads * _AHEAD_PER_THREAD:
                first, answer = waiting.popleft()
                yield first, answer.result()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _detect(path: str, detect: Callable[[bytes], Detection]) -> Detection | None:
    try:
        return detect(read_bytes(path))
    except ImageError:
        return None
