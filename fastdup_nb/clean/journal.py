"""What was done to which file, one JSON object per line, on the disk before it is done.

A record says what is about to happen. Whether it did is seen from the files themselves, so a kill
at any moment leaves nothing that cannot be told.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import CorruptWorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Record:
    """One file about to go, or one batch put back.

    Attributes
    ----------
    batch : int
        The number of the cleaning, from 1 on.
    do : {'trash', 'system', 'permanent', 'move', 'undone'}
        The trash of the work_dir, that of the system, no trash, another folder; or that the batch
        was undone.
    path : str
        Where the file was.
    target : str
        Where it is to go; for `trash` relative to the trash of the work_dir, so that the work_dir
        can be moved. For `system`, which chooses itself, the user's trash.
    sha256 : str
        Of its content.
    link : str
        Where it leads, when it is a symbolic link.
    time : str
        UTC.
    """

    batch: int
    do: str
    path: str = ""
    target: str = ""
    sha256: str = ""
    link: str = ""
    time: str = ""


class Journal:
    """The journal of a work_dir.

    Parameters
    ----------
    folder : Path
        The work_dir.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / names.CLEANING_JOURNAL

    def read(self) -> list[Record]:
        """Return all records; a last one that a kill cut in the middle does not count.

        Raises
        ------
        CorruptWorkDirError
            When something else is in it.
        """
        if not self.path.is_file():
            return []
        lines = self.path.read_bytes().split(b"\n")[:-1]
        return [self._parse(line, number) for number, line in enumerate(lines, start=1) if line]

    def append(self, record: Record) -> None:
        """Write a record through to the disk.

        Raises
        ------
        WorkDirError
            When it cannot be written; then nothing may be done.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {name: value for name, value in asdict(record).items() if value != ""}
        line = json.dumps({**entry, "time": now}).encode() + b"\n"
        with readable_errors(self.path):
            fresh = not self.path.exists()
            with self.path.open("ab") as stream:
                stream.truncate(self._whole())
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
            if fresh:
                _sync_folder(self.path.parent)

    def _whole(self) -> int:
        """Return the length up to the last complete line."""
        with self.path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            if not size:
                return 0
            stream.seek(size - 1)
            if stream.read(1) == b"\n":
                return size
        return self.path.read_bytes().rfind(b"\n") + 1

    def _parse(self, line: bytes, number: int) -> Record:
        try:
            entry: dict[str, Any] = json.loads(line)
            batch = int(entry.pop("batch"))
            known = {field.name for field in fields(Record)}
            texts = {name: str(value) for name, value in entry.items() if name in known}
            return Record(batch, **texts)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise self._corrupt(number) from error

    def _corrupt(self, number: int) -> CorruptWorkDirError:
        message = f"Line {number} of {self.path} is no record of a cleaning."
        return CorruptWorkDirError(message, "Repair or remove that line, then try again.")


def _sync_folder(folder: Path) -> None:
    # The name of a new file is on the disk when its folder is.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
