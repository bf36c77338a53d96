"""Putting several finished files in place as one step that survives a kill at any moment.

The list of moves is written first. Whoever opens the work_dir to write finds an unfinished list and
completes it, so the files of one run never stand beside those of another.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

JOURNAL = "moves.json"


def move_into_place(
    folder: Path, private: Path, moves: Mapping[Path, str], remove: Iterable[str] = ()
) -> None:
    """Move finished files to their names in `folder` and drop outdated ones.

    Parameters
    ----------
    folder : Path
        The work_dir.
    private : Path
        Its private folder, where the list of moves is kept meanwhile.
    moves : mapping of Path to str
        Finished file -> name in the work_dir.
    remove : iterable of str
        Names in the work_dir that no longer hold.
    """
    record = {
        "moves": [[str(source.relative_to(folder)), name] for source, name in moves.items()],
        "remove": sorted(set(remove) - set(moves.values())),
    }
    with write_atomically(private / JOURNAL) as stream:
        stream.write(json.dumps(record).encode())
    complete_moves(folder, private)


def complete_moves(folder: Path, private: Path) -> None:
    """Carry out the recorded moves that were not made yet; do nothing when there are none."""
    journal = private / JOURNAL
    if not journal.is_file():
        return
    record = json.loads(journal.read_bytes())
    with readable_errors(folder):
        for name in record["remove"]:
            (folder / name).unlink(missing_ok=True)
        for source, name in record["moves"]:
            if (folder / source).exists():
                (folder / source).replace(folder / name)
        journal.unlink()
