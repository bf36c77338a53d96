"""The unfinished results of an extraction: append-only parts and a checkpoint.

The checkpoint says how much of the parts counts.

A kill at any moment leaves parts that may be longer than the checkpoint says; resuming cuts them
back to it. Only when all is done do the parts take their published names, in one journalled step.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from fastdup_nb.errors import CorruptWorkDirError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.features import FLOAT
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import encode_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CHECKPOINT = "checkpoint.json"
SECONDS_BETWEEN_CHECKPOINTS = 5.0
DIGEST_BYTES = 16

# Part -> what it becomes. Digests stay private: they are ours alone.
FEATURES_PART, NAMES_PART, BAD_PART = "features.part", "names.part", "bad.part"
STATISTICS_PART, DIGESTS_PART = "statistics.part", "digests.part"
LABELS_PART, CAPTIONS_PART = "labels.part", "captions.part"
DIGESTS = "digests.dat"
PUBLISHED = {
    FEATURES_PART: names.FEATURES,
    NAMES_PART: names.FEATURE_NAMES,
    BAD_PART: names.BAD_FILES,
    STATISTICS_PART: names.STATISTICS,
    DIGESTS_PART: f"{names.PRIVATE}/{DIGESTS}",
    LABELS_PART: names.LABELS,
    CAPTIONS_PART: names.CAPTIONS,
}


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file that could not be used: a row of `atrain_features.bad.csv`."""

    index: int
    path: str
    error_code: str
    size: int
    reason: str


@dataclass(slots=True)
class ExtractedChunk:
    """What a chunk of the listing gave, good images and bad files apart.

    `vectors` has shape (good, d) and float32; the lists beside it have one entry per good image.
    """

    stop: int
    vectors: NDArray[np.float32]
    indices: list[int] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    statistics: list[Sequence[Any]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    bad: list[BadFile] = field(default_factory=list)
    # With containers: the entry to go on in and the position of its first image; label and
    # caption of every good image.
    place: tuple[int, int] | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an extraction is: where to go on, and how many bytes of each part count."""

    fingerprint: str
    position: int = 0
    good: int = 0
    bad: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    entry: int = 0
    entry_start: int = 0
    labels: int = 0
    captions: int = 0


class Extraction:
    """Writes an extraction and resumes it.

    Parameters
    ----------
    private : Path
        The private folder of the work_dir.
    fingerprint : str
        Names everything the results depend on; a resume needs the same one.
    statistics_columns : sequence of str
        Columns of the statistics table after `index,filename`; empty for no table.
    resume : bool
        Go on with the parts of an earlier run, if there are any.
    notes : bool
        Write the labels and captions of the chunks, if they have any.
    published : mapping of str to str
        What every part becomes.

    Raises
    ------
    WorkDirError
        When the parts to resume were made from other images or options.
    """

    def __init__(
        self,
        private: Path,
        fingerprint: str,
        statistics_columns: Sequence[str],
        *,
        resume: bool,
        notes: bool = False,
        published: Mapping[str, str] = PUBLISHED,
    ) -> None:
        self._private = private
        self._published = published
        self._notes = notes
        self._columns = tuple(statistics_columns)
        self._state = self._start(fingerprint, resume=resume)
        self._streams: dict[str, BinaryIO] = {}
        self._stack = ExitStack()
        self._saved_at = time.monotonic()

    @property
    def position(self) -> int:
        """Where in the listing to go on."""
        return self._state.position

    @property
    def good(self) -> int:
        """Images used so far."""
        return self._state.good

    @property
    def bad(self) -> int:
        """Files that could not be used so far."""
        return self._state.bad

    @property
    def place(self) -> tuple[int, int]:
        """The entry of the listing to go on in, and the position of its first image."""
        return self._state.entry, self._state.entry_start

    def __enter__(self) -> Self:
        with readable_errors(self._private):
            for part, header in self._headers().items():
                self._streams[part] = stream = self._open(part)
                if not stream.tell() and header:
                    stream.write(header)
        self._commit(
            ExtractedChunk(self._state.position, np.empty((0, 0), FLOAT), place=self.place)
        )
        return self

    def __exit__(self, *_: object) -> None:
        # A full disk may refuse the last buffer; the checkpoint does not count it.
        with suppress(OSError):
            self._stack.close()

    def append(self, chunk: ExtractedChunk) -> None:
        """Add the next chunk; save a checkpoint when the last one is old."""
        streams = self._streams
        with readable_errors(self._private):
            streams[FEATURES_PART].write(np.ascontiguousarray(chunk.vectors, FLOAT).tobytes())
            rows = list(zip(chunk.indices, chunk.paths, strict=True))
            streams[NAMES_PART].write(encode_rows(rows))
            streams[DIGESTS_PART].write(b"".join(chunk.digests))
            bad_rows = [(b.index, b.path, b.error_code, b.size, b.reason) for b in chunk.bad]
            streams[BAD_PART].write(encode_rows(bad_rows))
            if self._columns:
                table = zip(rows, chunk.statistics, strict=True)
                streams[STATISTICS_PART].write(
                    encode_rows([(*row, *map(_format, values)) for row, values in table])
                )
            if self._notes:
                self._write_notes(rows, chunk)
        self._commit(chunk)
        if time.monotonic() - self._saved_at >= SECONDS_BETWEEN_CHECKPOINTS:
            self.save()

    def save(self) -> None:
        """Write the checkpoint, after the parts it counts."""
        with readable_errors(self._private):
            for stream in self._streams.values():
                stream.flush()
                os.fsync(stream.fileno())
        state = self._state
        record = {name: getattr(state, name) for name in Checkpoint.__slots__}
        with write_atomically(self._private / CHECKPOINT) as stream:
            stream.write(json.dumps(record).encode())
        self._saved_at = time.monotonic()

    def close(self) -> dict[Path, str]:
        """Close the parts; return them with the names they are to get."""
        self.save()
        with readable_errors(self._private):
            self._stack.close()
        found = {LABELS_PART: self._state.labels, CAPTIONS_PART: self._state.captions}
        parts = [part for part in self._streams if found.get(part, 1)]
        return {self._private / part: self._published[part] for part in parts}

    def _write_notes(self, rows: Sequence[tuple[int, str]], chunk: ExtractedChunk) -> None:
        for number, part in enumerate((LABELS_PART, CAPTIONS_PART)):
            texts = [note[number] for note in chunk.notes] or [""] * len(rows)
            table = [(*row, text) for row, text in zip(rows, texts, strict=True)]
            self._streams[part].write(encode_rows(table))

    def _start(self, fingerprint: str, *, resume: bool) -> Checkpoint:
        if resume and (state := read_checkpoint(self._private)) is not None:
            if state.fingerprint != fingerprint:
                message = (
                    "The unfinished run in this work_dir was made from other images or options."
                )
                hint = "Run again with the same ones, or without resume to start over."
                raise WorkDirError(message, hint)
            return state
        discard(self._private)
        return Checkpoint(fingerprint)

    def _headers(self) -> dict[str, bytes]:
        headers = {
            FEATURES_PART: b"",
            DIGESTS_PART: b"",
            NAMES_PART: encode_rows([names.FEATURE_NAMES_COLUMNS]),
            BAD_PART: encode_rows([names.BAD_FILES_COLUMNS]),
        }
        if self._columns:
            columns = (*names.FEATURE_NAMES_COLUMNS, *self._columns)
            headers[STATISTICS_PART] = encode_rows([columns])
        if self._notes:
            header = encode_rows([names.LABELS_COLUMNS])
            headers |= {LABELS_PART: header, CAPTIONS_PART: header}
        return headers

    def _open(self, part: str) -> BinaryIO:
        path = self._private / part
        size = self._state.sizes.get(part, 0)
        if size and (not path.is_file() or path.stat().st_size < size):
            message = f"{path} is shorter than its checkpoint says."
            raise CorruptWorkDirError(message, "Run again without resume to start over.")
        stream = self._stack.enter_context(path.open("r+b" if size else "w+b"))
        stream.truncate(size)
        stream.seek(size)
        return stream

    def _commit(self, chunk: ExtractedChunk) -> None:
        state = self._state
        sizes = {part: stream.tell() for part, stream in self._streams.items()}
        entry, entry_start = chunk.place or (chunk.stop, chunk.stop)
        # One assignment: an interrupt leaves either the old state or the new one.
        self._state = Checkpoint(
            state.fingerprint,
            chunk.stop,
            state.good + len(chunk.paths),
            state.bad + len(chunk.bad),
            sizes,
            entry,
            entry_start,
            state.labels + sum(bool(label) for label, _ in chunk.notes),
            state.captions + sum(bool(caption) for _, caption in chunk.notes),
        )


def read_checkpoint(private: Path) -> Checkpoint | None:
    """Return the checkpoint of an unfinished extraction; None when there is none."""
    path = private / CHECKPOINT
    if not path.is_file():
        return None
    try:
        return Checkpoint(**json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        message = f"{path} cannot be read."
        raise CorruptWorkDirError(message, "Run again without resume to start over.") from error


def discard(private: Path) -> None:
    """Drop the parts of an unfinished extraction."""
    with readable_errors(private):
        for name in (CHECKPOINT, *PUBLISHED):
            (private / name).unlink(missing_ok=True)


def content_digest(data: bytes) -> bytes:
    """Return the digest of a file's content, as it is stored for every image."""
    # Processors have instructions for SHA-256: it takes half the time of BLAKE2.
    return hashlib.sha256(data).digest()[:DIGEST_BYTES]


def read_digests(private: Path, rows: int) -> NDArray[np.void] | None:
    """Return the content digest of every row; None when there are none that fit.

    Returns
    -------
    ndarray of shape (rows,), 16 bytes each
    """
    path = private / DIGESTS
    if not path.is_file() or path.stat().st_size != rows * DIGEST_BYTES:
        return None
    return np.fromfile(path, dtype=np.dtype((np.void, DIGEST_BYTES)))


def _format(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4f}"
