"""Taking one file from its place, after noting it in the journal."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.clean import trash
from fastdup_nb.clean.journal import Journal, Record
from fastdup_nb.clean.moving import move_file
from fastdup_nb.clean.plan import Action
from fastdup_nb.store import names

if TYPE_CHECKING:
    from fastdup_nb.clean.plan import Decision

PERMANENT = "permanent"


class Remover:
    """Removes files one by one.

    Parameters
    ----------
    folder : Path
        The work_dir.
    way : {'auto', 'system', 'work_dir', 'permanent'}
        Where deleted files go. `auto`: to the trash of the system where it can be searched, as
        long as that works, and to that of the work_dir otherwise.
    """

    def __init__(self, folder: Path, way: str) -> None:
        self._trash = folder / names.TRASH
        self._journal = Journal(folder)
        self._auto = way == "auto"
        self._proven = False
        self._way = (
            ("system" if trash.system_is_searchable() else "work_dir") if self._auto else way
        )
        self.batch = 1 + max((record.batch for record in self._journal.read()), default=0)

    def remove(self, decision: Decision, digest: str) -> str:
        """Remove a file and return where it went: trash, system, permanent or move.

        Raises
        ------
        OSError
            When it cannot be removed; it is where it was.
        WorkDirError
            When it cannot be noted; it is where it was.
        """
        link = decision.state.link if decision.state else ""
        record = Record(self.batch, "", decision.path, sha256=digest, link=link)
        if decision.action is Action.MOVE:
            self._journal.append(replace(record, do="move", target=decision.target))
            move_file(Path(decision.path), Path(decision.target))
            return "move"
        if self._way == PERMANENT:
            self._journal.append(replace(record, do=PERMANENT))
            Path(decision.path).unlink()
            return PERMANENT
        if self._way == "system" and self._send(record):
            return "system"
        return self._put_away(record)

    def _put_away(self, record: Record) -> str:
        target = trash.place_in_folder(self._trash, record.batch, record.path)
        relative = target.relative_to(self._trash).as_posix()
        self._journal.append(replace(record, do="trash", target=relative))
        move_file(Path(record.path), target)
        return "trash"

    def _send(self, record: Record) -> bool:
        """Return whether the trash of the system took a file; by `auto` it need not."""
        self._journal.append(replace(record, do="system", target=str(trash.home_trash())))
        try:
            trash.send_to_system(record.path)
        except OSError:
            if not self._auto or not os.path.lexists(record.path):
                raise
            return False
        if self._auto and not self._proven:
            self._proven = True
            if not trash.find_in_system([record.path]).get(record.path):
                self._way = "work_dir"  # what cannot be found cannot be put back
        return True
