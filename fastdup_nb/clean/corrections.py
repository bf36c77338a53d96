"""Corrected labels, in a file of the work_dir that every gallery takes as labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COLUMNS = ("filename", "label")


class CorrectedLabels:
    """The file `corrected_labels.csv`: one row per label of an image.

    Parameters
    ----------
    folder : Path
        The work_dir.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / names.CORRECTED_LABELS

    def write(self, rows: Iterable[tuple[str, str]]) -> bytes | None:
        """Write the labels and return what the file held before; None when there was none.

        Parameters
        ----------
        rows : iterable of (file name, label)

        Raises
        ------
        WorkDirError
            When it cannot be written; it is as it was.
        """
        with readable_errors(self.path):
            before = self.path.read_bytes() if self.path.is_file() else None
        write_table(self.path, COLUMNS, rows)
        return before

    def restore(self, before: bytes | None) -> None:
        """Make the file what it was.

        Raises
        ------
        WorkDirError
            When that cannot be done.
        """
        if before is None:
            with readable_errors(self.path):
                self.path.unlink(missing_ok=True)
            return
        with write_atomically(self.path) as stream:
            stream.write(before)
