"""Several files that appear together, or not at all."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from fastdup_nb.store.files import readable_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def stage(folder: Path, last: str = "") -> Iterator[Path]:
    """Give a hidden folder whose files move into `folder` when the block ends well.

    Parameters
    ----------
    folder : Path
        Made when missing. Older files of the same names are replaced.
    last : str
        The file to move last: the one by which readers find the others.

    Yields
    ------
    Path

    Raises
    ------
    WorkDirError
        When they cannot be written; older files are as they were, unless the disk fails between
        two moves.
    """
    with readable_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(mkdtemp(prefix=".unfinished-", dir=folder))
        try:
            yield staging
            files = sorted(staging.iterdir(), key=lambda path: (path.name == last, path.name))
            for path in files:
                path.replace(folder / path.name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
