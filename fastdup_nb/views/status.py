"""What a work_dir holds, also when its run is unfinished or still going on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.errors import CorruptWorkDirError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.extraction import read_checkpoint
from fastdup_nb.store.features import locate
from fastdup_nb.store.workdir import DERIVED_PATTERNS, WorkDir

if TYPE_CHECKING:
    from os import PathLike

PUBLISHED = (
    names.FEATURES,
    names.FEATURE_NAMES,
    names.BAD_FILES,
    names.STATISTICS,
    names.SIMILARITY,
    names.OUTLIERS,
    names.COMPONENTS,
    names.COMPONENT_INFO,
    names.INDEX,
    names.ANNOY_INDEX,
    names.KMEANS_CENTROIDS,
    names.KMEANS_ASSIGNMENTS,
    names.SEARCH,
    names.CONFIG,
)


@dataclass(frozen=True)
class StoredFile:
    """A result file and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True)
class Status:
    """The state of a work_dir.

    Attributes
    ----------
    work_dir : str
    files : tuple of StoredFile
        The result files that are there, under the names they have.
    images, bad : int
        Images with an embedding, and files that could not be used.
    finished : bool
        Whether a run has finished, with or without neighbours.
    saved : int or None
        Files that an unfinished run has read; None when no run is unfinished.
    in_use_by : str
        The process that writes at this moment; empty when none does.
    pages : tuple of str
        Gallery pages.
    """

    work_dir: str
    files: tuple[StoredFile, ...]
    images: int
    bad: int
    finished: bool
    saved: int | None
    in_use_by: str
    pages: tuple[str, ...]


def build_status(path: str | PathLike[str]) -> Status:
    """Return what a work_dir holds; nothing is written, and no lock is waited for.

    Parameters
    ----------
    path : path
        The folder. It may be the folder of a run that was stopped or is going on.

    Raises
    ------
    ResultNotFoundError
        When there is no such folder, or nothing of ours or of the original in it.
    """
    work_dir = WorkDir(path)
    if not work_dir.path.is_dir():
        message = f"{work_dir.path} does not exist."
        raise ResultNotFoundError(message, "Give the work_dir of a run.")
    files = _files(work_dir)
    if not files and not work_dir.private.is_dir():
        message = f"{work_dir.path} holds no results."
        raise ResultNotFoundError(message, "Give the work_dir of a run.")
    named = work_dir.has(names.FEATURE_NAMES)
    return Status(
        work_dir=str(work_dir.path),
        files=files,
        images=len(work_dir.file_names) if named else 0,
        bad=_count_bad(work_dir),
        finished=named or work_dir.has(names.SIMILARITY),
        saved=_saved(work_dir),
        in_use_by=_holder(work_dir),
        pages=tuple(sorted(page.name for page in work_dir.path.glob("*.html"))),
    )


def _files(work_dir: WorkDir) -> tuple[StoredFile, ...]:
    paths = [locate(work_dir.path, name) for name in PUBLISHED]
    for pattern in DERIVED_PATTERNS:
        paths += sorted(work_dir.path.glob(pattern))
    return tuple(StoredFile(path.name, path.stat().st_size) for path in paths if path)


def _count_bad(work_dir: WorkDir) -> int:
    return len(work_dir.read_table(names.BAD_FILES)) if work_dir.has(names.BAD_FILES) else 0


def _saved(work_dir: WorkDir) -> int | None:
    try:
        checkpoint = read_checkpoint(work_dir.private)
    except CorruptWorkDirError:
        return 0
    return checkpoint.good + checkpoint.bad if checkpoint else None


def _holder(work_dir: WorkDir) -> str:
    from filelock import FileLock, Timeout

    lock_file = work_dir.private / "lock"
    if not lock_file.is_file():
        return ""
    lock = FileLock(lock_file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        holder = work_dir.private / "holder"
        try:
            return holder.read_text() or "another process"
        except OSError:
            return "another process"
    except OSError:  # a folder that cannot be written to is not being written to
        return ""
    lock.release()
    return ""
