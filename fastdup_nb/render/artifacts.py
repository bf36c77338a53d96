"""What a gallery was made of, as files: a table and copies of the images."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.store.files import readable_errors
from fastdup_nb.store.tables import defuse_formula, write_table

if TYPE_CHECKING:
    from fastdup_nb.views.gallery import GalleryView

FOLDER = "artifacts"


def write_artifacts(view: GalleryView, folder: Path) -> None:
    """Write the shown rows as a table (`duplicates.csv`) and copy their images to `artifacts/`.

    Copies are numbered like the rows, and lettered when a row has several images, so that equal
    names do not meet; missing images are left out.

    Parameters
    ----------
    view : GalleryView
    folder : Path
        The folder of the page.

    Raises
    ------
    WorkDirError
        When they cannot be written.
    """
    frame = view.to_frame()
    rows = ([defuse_formula(cell) for cell in row] for row in frame.itertuples(index=False))
    write_table(folder / view.table_name, list(frame.columns), rows)
    with readable_errors(folder / FOLDER):
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for row in view.rows:
        for place, card in enumerate(row.images):
            source = Path(card.path)
            if not source.is_file():
                continue
            target = folder / FOLDER / f"{row.number:05d}{_letters(place)}_{source.name}"
            with readable_errors(target):
                shutil.copyfile(source, target)


def _letters(place: int) -> str:
    """Return a to z, then ba, bb and so on."""
    head, last = divmod(place, 26)
    return (_letters(head) if head else "") + chr(ord("a") + last)
