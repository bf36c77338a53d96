"""From paths to embeddings and statistics.

Worker threads read, decode, measure and embed; one thread writes in order.

The listing is cut into chunks at fixed positions of the full listing, whatever the number of
threads or the offsets, so that every image is always embedded in the same company and the files
come out the same, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from fastdup_nb.errors import ImageError, ImageProblem, RunInterruptedError
from fastdup_nb.media.decode import WORKING_SIDE, decode, to_pixels
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.media.statistics import advanced_columns, basic_columns, measure
from fastdup_nb.models import Embedder, usable_rows
from fastdup_nb.sources import Listing, read_bytes
from fastdup_nb.sources.containers import VIDEO, container_kind
from fastdup_nb.sources.remote import reader_of
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.supply import Handling, Place, Span, Supply
from fastdup_nb.store.extraction import (
    DIGEST_BYTES,
    BadFile,
    ExtractedChunk,
    Extraction,
    content_digest,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.options import TuriParams
    from fastdup_nb.progress import Progress

# Changes whenever the same file would get other values; part of what a resume checks.
RECIPE = 2
CHUNKS_AHEAD_PER_THREAD = 3
# What comes in order only is read before a thread is free for it: not more than that.
MOST_BYTES_AHEAD = 64 << 20


@dataclass(frozen=True, slots=True)
class _Good:
    """One image that could be read."""

    index: int
    path: str
    pixels: NDArray[np.uint8]
    statistics: Sequence[Any]
    digest: bytes
    size: int


class ChunkReader:
    """Turns a chunk of paths into embeddings, statistics and reasons; used by all threads.

    Parameters
    ----------
    listing : Listing
        The images.
    embedder : Embedder
        The model, shared by the threads.
    limits : TuriParams
        Statistics to compute and sizes to leave out.
    """

    def __init__(self, listing: Listing, embedder: Embedder, limits: TuriParams) -> None:
        self._listing, self._refused = listing, listing.refused
        self._embedder = embedder
        self._limits = limits
        self._size = embedder.input_size
        self._squeeze = embedder.squeeze

    def read(self, start: int, stop: int) -> ExtractedChunk:
        """Return what images start to stop of the listing give."""
        paths, offset = self._listing.paths, self._listing.offset
        return self._join(
            [self._read_image(offset + i, paths[i], read_bytes) for i in range(start, stop)], stop
        )

    def read_span(self, span: Span) -> ExtractedChunk:
        """Return what the images of a span give."""
        first = self._listing.offset + span.start
        results = [
            self._read_image(first + i, name, lambda _, i=i: span.read(i))  # type: ignore[misc]
            for i, name in enumerate(span.names)
        ]
        chunk = self._join(results, span.after.position)
        chunk.place = (span.after.entry, span.after.start)
        if span.notes:
            chunk.notes = [span.notes[index - first] for index in chunk.indices]
        return chunk

    def _join(self, results: Sequence[_Good | BadFile], stop: int) -> ExtractedChunk:
        good = [result for result in results if isinstance(result, _Good)]
        bad = [result for result in results if isinstance(result, BadFile)]
        vectors = self._embed(good)
        usable = usable_rows(vectors)
        for image, fits in zip(good, usable, strict=True):
            if not fits:
                bad.append(_without_vector(image))
        bad.sort(key=lambda file: file.index)
        kept = [image for image, fits in zip(good, usable, strict=True) if fits]
        return ExtractedChunk(
            stop=stop,
            vectors=vectors[usable],
            indices=[image.index for image in kept],
            paths=[image.path for image in kept],
            statistics=[image.statistics for image in kept],
            digests=[image.digest for image in kept],
            bad=bad,
        )

    def _read_image(self, index: int, path: str, read: Callable[[str], bytes]) -> _Good | BadFile:
        size = -1
        try:
            if path in self._refused:
                raise self._refused[path]
            data = read(path)
            size = len(data)
            return self._open_image(index, path, data)
        except ImageError as error:
            if error.problem is ImageProblem.ZERO_SIZE:
                size = 0
            return BadFile(index, path, str(error.problem), size, error.message)

    def _open_image(self, index: int, path: str, data: bytes) -> _Good:
        limits = self._limits
        if len(data) < limits.min_file_size:
            reason = f"{len(data):,} bytes, smaller than min_file_size={limits.min_file_size}"
            raise ImageError(ImageProblem.BELOW_MIN_FILE_SIZE, reason)
        photo = decode(
            data,
            at_least=max(*self._size, WORKING_SIDE),
            min_width=limits.min_input_image_width,
            min_height=limits.min_input_image_height,
        )
        statistics: Sequence[Any] = ()
        if limits.run_stats:
            statistics = measure(photo, len(data), advanced=limits.run_advanced_stats)
        pixels = to_pixels(photo, *self._squeeze)
        return _Good(index, path, pixels, statistics, content_digest(data), len(data))

    def _embed(self, images: Sequence[_Good]) -> NDArray[np.float32]:
        if not images:
            return np.empty((0, self._embedder.d), np.float32)
        return self._embedder.embed(np.stack([image.pixels for image in images]))


def statistics_columns(limits: TuriParams) -> tuple[str, ...]:
    """Return the columns of the statistics table after `index,filename`."""
    if not limits.run_stats:
        return ()
    return advanced_columns() if limits.run_advanced_stats else basic_columns()


def fingerprint(listing: Listing, embedder: Embedder, limits: TuriParams, chunk: int) -> str:
    """Return a digest of everything the extracted files depend on, contents aside."""
    return fingerprint_of(listing, embedder.fingerprint, embedder.d, limits, chunk)


def fingerprint_of(listing: Listing, model: str, d: int, limits: TuriParams, chunk: int) -> str:
    """Return what `fingerprint` does, for a model that is known by its digest."""
    paths = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for path in listing.paths:
        paths.update(path.encode("utf-8", "surrogateescape") + b"\0")
        if listing.has_containers and container_kind(path):
            paths.update(_identity(path))
    parts: dict[str, Any] = {
        "recipe": RECIPE,
        "paths": paths.hexdigest(),
        "offset": listing.offset,
        "model": model,
        "d": d,
        "chunk": chunk,
        "statistics": statistics_columns(limits),
        "limits": [
            limits.min_file_size,
            limits.min_input_image_width,
            limits.min_input_image_height,
        ],
    }
    if listing.has_containers:
        parts["containers"] = [listing.limit, listing.window, limits.num_images_in_tar]
        if any(container_kind(path) == VIDEO for path in listing.paths):
            parts["frames"] = [
                limits.video_even_sampling_rate_sec,
                limits.video_keyframe_only,
                limits.video_resize_dim,
            ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _identity(path: str) -> bytes:
    """Return what changes when a container does."""
    if is_remote(path):
        return reader_of(path).identity(path).encode()
    try:
        status = os.stat(path)  # noqa: PTH116 - as the listing does
    except OSError:
        return b""
    return f"{status.st_size} {status.st_mtime_ns}".encode()


class ImageReader(Protocol):
    """Whatever gives a chunk of the listing."""

    def read(self, start: int, stop: int) -> ExtractedChunk:
        """Return what images start to stop of the listing give."""


def extract(
    reader: ImageReader,
    listing: Listing,
    plan: Plan,
    extraction: Extraction,
    progress: Progress,
    handling: Handling | None = None,
) -> None:
    """Read every image that is still to do and append the results in the order of the listing.

    Parameters
    ----------
    reader : ImageReader
        A `ChunkReader` when the listing has containers.
    listing : Listing
    plan : Plan
    extraction : Extraction
    progress : Progress
    handling : Handling, optional
        What is done with containers.

    Raises
    ------
    RunInterruptedError
        When the user interrupts; what was done until then is saved.
    """
    if isinstance(reader, ChunkReader) and listing.needs_supply:
        place = Place(extraction.position, *extraction.place)
        with Supply(listing, plan.chunk, place, handling) as supply:
            total = supply.count()
            _carry_out(_span_jobs(reader, supply), total, plan, extraction, progress)
        return
    total = len(listing.paths)
    spans = chunk_spans(extraction.position, total, listing.offset, plan.chunk)
    jobs = (Job(reader.read, span) for span in spans)
    _carry_out(jobs, total, plan, extraction, progress)


def _span_jobs(reader: ChunkReader, supply: Supply) -> Iterator[Job | None]:
    for span in supply.spans():
        yield None if span is None else Job(reader.read_span, (span,), span.release, span.held)


@dataclass(frozen=True, slots=True)
class Job:
    """A chunk to read, and what to do when it and all before it are done."""

    read: Callable[..., ExtractedChunk]
    arguments: tuple[Any, ...]
    release: Callable[[], None] = lambda: None
    held: int = 0


def _carry_out(
    jobs: Iterator[Job | None], total: int, plan: Plan, extraction: Extraction, progress: Progress
) -> None:
    progress.start("Images", total, done=extraction.position)
    try:
        # Once around all: entering per file would change Python's warning filters all the time.
        with silenced_codecs():
            for chunk in _in_order(jobs, plan.readers):
                done = chunk.stop - extraction.position
                extraction.append(chunk)
                progress.advance(done, len(chunk.bad))
    except KeyboardInterrupt as error:
        extraction.save()
        of = f" of {total:,}" if total else ""
        message = f"Interrupted: {extraction.position:,}{of} images are done and saved."
        raise RunInterruptedError(
            message, "Run again with resume=1 to go on from there."
        ) from error
    except RunInterruptedError:  # a server that stays away
        extraction.save()
        raise
    finally:
        progress.finish()


def chunk_spans(first: int, total: int, offset: int, chunk: int) -> Iterator[tuple[int, int]]:
    """Yield half-open spans of the listing, cut where the full position divides by `chunk`.

    >>> list(chunk_spans(0, 10, 3, 4))
    [(0, 1), (1, 5), (5, 9), (9, 10)]
    """
    start = first
    while start < total:
        stop = min(total, ((start + offset) // chunk + 1) * chunk - offset)
        yield start, stop
        start = stop


def _in_order(jobs: Iterator[Job | None], threads: int) -> Iterator[ExtractedChunk]:
    """Do jobs on several threads, at most a few ahead, and yield what they give, in order.

    A job that is None: nothing new begins before all that has begun is done.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="fastdup_nb")
    waiting: deque[tuple[Future[ExtractedChunk], Job]] = deque()

    def take() -> ExtractedChunk:
        answer, job = waiting.popleft()
        chunk = answer.result()
        job.release()
        return chunk

    try:
        for job in jobs:
            if job is None:
                while waiting:
                    yield take()
                continue
            waiting.append((pool.submit(job.read, *job.arguments), job))
            while len(waiting) > threads * CHUNKS_AHEAD_PER_THREAD or (
                len(waiting) > 1 and sum(job.held for _, job in waiting) > MOST_BYTES_AHEAD
            ):
                yield take()
        while waiting:
            yield take()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _without_vector(image: _Good) -> BadFile:
    reason = "the model gave no usable embedding (zero or not a number)"
    return BadFile(image.index, image.path, str(ImageProblem.ZERO_VECTOR), image.size, reason)
