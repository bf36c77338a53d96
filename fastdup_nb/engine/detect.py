"""Boxes from detectors: faces, or the objects of a YOLO network."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from fastdup_nb.core.boxes import clip_box, widen
from fastdup_nb.engine.boxes import Boxes
from fastdup_nb.engine.containers import container_handling
from fastdup_nb.engine.extract import MOST_BYTES_AHEAD
from fastdup_nb.engine.plan import work_dir_path
from fastdup_nb.engine.syncing import sync_to_local
from fastdup_nb.errors import EmptyInputError, ImageError, InputError, RunInterruptedError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.sources import Listing
from fastdup_nb.sources.annotations.collected import left_out
from fastdup_nb.sources.containers import VIDEO, container_kind
from fastdup_nb.sources.crops import crop_name
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.supply import Span, Supply
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.media.detection import Detection, Detector
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress

FACE = "face"
_AHEAD_PER_THREAD = 4
# What was found in an image; why it cannot be read; None: the run says why it cannot be decoded.
Finding: TypeAlias = "Detection | ImageError | None"


def detect_boxes(
    listing: Listing, options: RunOptions, plan: Plan, progress: Progress
) -> tuple[Listing, Boxes]:
    """Look for faces or objects in all images, wherever they lie.

    The images are read once here; their crops are read again, by name, when they are embedded.

    Parameters
    ----------
    listing : Listing
        Images, and archives and videos of them.
    options : RunOptions
        `bounding_box` says what to look for; `augmentation_horiz` and `augmentation_vert` of
        `turi_param` how much is added on every side, relative to the box.
    plan : Plan
    progress : Progress

    Returns
    -------
    listing : Listing
        The boxes, in the order of the images; of one image, the surest box first. An image that
        cannot be read is listed as it is, so that the run says why.
    boxes : Boxes
        What is known about each.

    Raises
    ------
    EmptyInputError
        When nothing was found.
    InputError
        When there are videos in buckets.
    MissingDependencyError, ModelError
        When there is no such detector here.
    RunInterruptedError
        When the user interrupts.
    """
    detector = open_detector(options, progress)
    if options.turi.sync_s3_to_local:
        listing = sync_to_local(listing, work_dir_path(options), progress)
    _check(listing, options)
    # Crops are cut from the frames of videos as they are.
    turi = replace(options.turi, video_resize_dim=0)
    work_dir = WorkDir(work_dir_path(options))
    found = _Found((turi.augmentation_horiz, turi.augmentation_vert))
    try:
        with (
            closing(container_handling(turi, work_dir, plan, listing)) as handling,
            Supply(listing, 1, handling=handling) as supply,
            silenced_codecs(),
        ):
            progress.start(f"{detector.noun.capitalize()}s", supply.count())
            for name, finding in _in_order(supply.spans(), detector.detect, plan.readers):
                found.take(name, finding)
                progress.advance(1)
    except KeyboardInterrupt as error:
        message = f"Interrupted while looking for {detector.noun}s: nothing is saved yet."
        raise RunInterruptedError(message, "Run again to start over.") from error
    finally:
        progress.finish()
    if not found.rows:
        message = f"bounding_box={options.bounding_box!r} found nothing in {found.images:,} images."
        raise EmptyInputError(message, "Run without it to compare whole images.")
    warnings = listing.warnings
    if found.without:
        what = f"without {detector.article} {detector.noun}"
        warnings = (*warnings, left_out(found.without, f"image {what}", f"images {what}"))
    # Boxes are numbered anew: nobody knows how many those before the offset would have been.
    crops = Listing(
        list(found.rows),
        0,
        "list",
        warnings,
        first_entry=listing.first_entry,
        refused=found.refused,
    )
    labels, confidences = zip(*found.rows.values(), strict=True)
    return crops, Boxes(list(labels), list(confidences))


class _Found:
    """Gathers what is found, image after image.

    Parameters
    ----------
    margins : tuple of float
        What is added left and right, and above and below, relative to a box.

    Attributes
    ----------
    rows : dict of str to (str, str)
        Names of crops, and of images that cannot be used; label, and how sure it is.
    refused : dict of str to ImageError
        Why an image cannot be read.
    images, without : int
        Images looked at, and those in which nothing was found.
    """

    def __init__(self, margins: tuple[float, float]) -> None:
        self._margins = margins
        self.rows: dict[str, tuple[str, str]] = {}
        self.refused: dict[str, ImageError] = {}
        self.images = self.without = 0

    def take(self, name: str, finding: Finding) -> None:
        """Take what was found in the next image."""
        self.images += 1
        if finding is None or isinstance(finding, ImageError):
            self.rows.setdefault(name, ("", ""))
            if finding is not None:
                self.refused.setdefault(name, finding)
            return
        self.without += not len(finding.boxes)
        boxes = widen(finding.boxes, *self._margins)
        for (x, y, width, height), score, label in zip(
            boxes.tolist(), finding.scores, finding.labels, strict=True
        ):
            inside = clip_box(x, y, width, height, *finding.size)
            if inside is not None:
                self.rows.setdefault(crop_name(name, inside), (label, f"{score:.4f}"))


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


def _check(listing: Listing, options: RunOptions) -> None:
    """Refuse what has no crops that could be read by name."""
    for path in listing.paths:
        if is_remote(path) and container_kind(path) == VIDEO:
            message = f"bounding_box={options.bounding_box!r} cannot be used on {path}."
            raise InputError(message, "Add turi_param='sync_s3_to_local=1' to copy videos first.")


def _in_order(
    spans: Iterator[Span | None], detect: Callable[[bytes], Detection], threads: int
) -> Iterator[tuple[str, Finding]]:
    """Look at spans on several threads, at most a few ahead; None: first finish what has begun."""
    waiting: deque[tuple[Span, Future[list[Finding]]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="fastdup_nb")

    def take() -> Iterator[tuple[str, Finding]]:
        span, answer = waiting.popleft()
        yield from zip(span.names, answer.result(), strict=True)
        span.release()

    def is_too_much() -> bool:
        held = sum(span.held for span, _ in waiting)
        return len(waiting) > threads * _AHEAD_PER_THREAD or held > MOST_BYTES_AHEAD

    try:
        for span in spans:
            if span is not None:
                waiting.append((span, pool.submit(_look_at, span, detect)))
            while waiting and (span is None or is_too_much()):
                yield from take()
        while waiting:
            yield from take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _look_at(span: Span, detect: Callable[[bytes], Detection]) -> list[Finding]:
    found: list[Finding] = []
    for number in range(len(span.names)):
        try:
            data = span.read(number)
        except ImageError as error:
            found.append(error)
            continue
        try:
            found.append(detect(data))
        except ImageError:
            found.append(None)
    return found
