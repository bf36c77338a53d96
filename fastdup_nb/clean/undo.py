"""Putting back what a cleaning took, from the journal and from the files as they are now."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.clean import trash
from fastdup_nb.clean.apply import Left
from fastdup_nb.clean.content import digest_of
from fastdup_nb.clean.journal import Journal, Record
from fastdup_nb.clean.moving import move_file
from fastdup_nb.clean.removal import PERMANENT
from fastdup_nb.errors import OptionError, ResultNotFoundError
from fastdup_nb.paths import absolute
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from fastdup_nb.progress import Progress

UNDONE = "undone"


@dataclass(slots=True)
class Restored:
    """What came of an undo.

    Attributes
    ----------
    folder : Path
        The work_dir.
    batch : int
        The cleaning that was undone; 0 when there was none.
    back : list of str
        Files that were put back.
    already : list of str
        Files that were in their place: they never went, or were put back before.
    left : list of Left
        Files that could not be put back.
    earlier : int
        Cleanings that can still be undone.
    """

    folder: Path
    batch: int = 0
    back: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    earlier: int = 0


def undo_batch(
    work_dir: str | PathLike[str],
    batch: int | None = None,
    choose_progress: Callable[[int], Progress] = lambda _count: SilentProgress(),
) -> Restored:
    """Put back the files of the last cleaning that was not undone yet, or of a given one.

    Nothing is overwritten. What was killed in the middle can be repeated.

    Parameters
    ----------
    work_dir : path
    batch : int, optional
        The number of a cleaning; one that was undone before is tried again.
    choose_progress : callable
        From the number of files to what to report to.

    Raises
    ------
    ResultNotFoundError
        When there is no such folder.
    OptionError
        When there was no such cleaning.
    WorkDirError
        When the work_dir cannot be written or is in use; nothing was done.
    """
    folder = absolute(work_dir)
    if not folder.is_dir():
        raise ResultNotFoundError(f"{folder} does not exist.", "Give the work_dir of a cleaning.")
    records = Journal(folder).read()
    if not records:
        return Restored(folder)
    opened = WorkDir.create(folder)
    with opened.lock():
        journal = Journal(folder)
        records = journal.read()
        open_batches = _open_batches(records)
        number = _choose(batch, records, open_batches)
        restored = Restored(folder, number, earlier=len(open_batches - {number}))
        if number:
            wanted = [entry for entry in records if entry.batch == number and entry.do != UNDONE]
            _restore_all(folder, wanted, restored, choose_progress(len(wanted)))
            journal.append(Record(number, UNDONE))
    return restored


def removed_files(work_dir: str | PathLike[str]) -> list[str]:
    """Return the files that cleanings of a work_dir took, that were not put back and are not there.

    Raises
    ------
    CorruptWorkDirError
        When the journal cannot be read.
    """
    records = Journal(absolute(work_dir)).read()
    open_batches = _open_batches(records)
    taken = {record.path for record in records if record.path and record.batch in open_batches}
    return sorted(path for path in taken if not os.path.lexists(path))


def _open_batches(records: list[Record]) -> set[int]:
    undone = {record.batch for record in records if record.do == UNDONE}
    return {record.batch for record in records} - undone


def _choose(batch: int | None, records: list[Record], open_batches: set[int]) -> int:
    if batch is None:
        return max(open_batches, default=0)
    known = sorted({record.batch for record in records})
    if batch not in known:
        raise OptionError(f"There is no cleaning {batch!r}.", f"There are {known}.")
    return batch


def _restore_all(
    folder: Path, records: list[Record], restored: Restored, progress: Progress
) -> None:
    by_path: dict[str, list[Record]] = {}
    for record in reversed(records):  # what was tried last comes first
        by_path.setdefault(record.path, []).append(record)
    found = _find_in_system([record for record in records if record.do == "system"])
    progress.start("Putting back", len(by_path), "files")
    try:
        for path, attempts in by_path.items():
            _restore(folder, path, attempts, found.get(path, []), restored)
            progress.advance(1)
    finally:
        progress.finish()


def _find_in_system(records: list[Record]) -> dict[str, list[trash.Trashed]]:
    if not records or not trash.system_is_searchable():
        return {}
    homes = {Path(record.target) for record in records if record.target}
    return trash.find_in_system([record.path for record in records], homes)


def _restore(
    folder: Path,
    path: str,
    attempts: list[Record],
    trashed: list[trash.Trashed],
    restored: Restored,
) -> None:
    reasons = []
    for record in attempts:
        places: list[tuple[Path, Path | None]]
        if record.do == "system":
            places = [(entry.path, entry.note) for entry in trashed]
        else:
            places = [(place, None) for place in _target(folder, record)]
        for place, note in places:
            reason = _put_back(place, path, record)
            if not reason:
                _tidy(folder, place, note)
                restored.back.append(path)
                return
            reasons.append(Left(path, reason, str(place)))
    if any(_holds(path, record) for record in attempts):
        restored.already.append(path)
    else:
        restored.left.append(reasons[0] if reasons else _lost(attempts[0], path))


def _target(folder: Path, record: Record) -> list[Path]:
    """Return where a file is, if it is there."""
    if not record.target:
        return []
    if record.do == "trash":
        root = folder / names.TRASH
        place = Path(os.path.normpath(root / record.target))
        inside = place.is_relative_to(root)  # a journal must not reach elsewhere
        return [place] if inside and os.path.lexists(place) else []
    place = Path(record.target)
    return [place] if os.path.lexists(place) else []


def _put_back(place: Path, path: str, record: Record) -> str:
    """Move a file back and return why it could not be; empty when it could."""
    try:
        if os.path.lexists(path):
            return _settle_taken(place, path)
        if not _holds(str(place), record):
            return "it was changed since"
        move_file(place, Path(path))
    except FileExistsError:
        return "another file is in its place"
    except OSError as error:
        return f"it cannot be put back: {error.strerror or error}"
    return ""


def _settle_taken(place: Path, path: str) -> str:
    # A kill between the two steps of a move leaves one file under both names.
    if os.path.samestat(os.lstat(place), os.lstat(path)):
        place.unlink()
        return ""
    return "another file is in its place"


def _holds(path: str, record: Record) -> bool:
    """Return whether a file is the one that went."""
    try:
        if record.link:
            return os.path.islink(path) and os.readlink(path) == record.link  # noqa: PTH114, PTH115
        return (
            not os.path.islink(path)  # noqa: PTH114
            and os.path.isfile(path)  # noqa: PTH113
            and digest_of(path) == record.sha256
        )
    except OSError:
        return False


def _lost(record: Record, path: str) -> Left:
    if record.do == PERMANENT:
        return Left(path, "it was deleted permanently")
    if record.do == "system":
        if trash.system_is_searchable():
            return Left(path, "it is no longer in the trash of the system")
        return Left(path, "it is in the trash of the system: put it back from there")
    return Left(path, "it is no longer where it was moved to", record.target)


def _tidy(folder: Path, place: Path, note: Path | None) -> None:
    if note is not None:
        note.unlink(missing_ok=True)
    root = folder / names.TRASH
    if place.is_relative_to(root):
        trash.drop_empty_folders(place.parent, folder)
