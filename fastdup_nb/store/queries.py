"""Small pictures of images that were searched for and are no files, so that galleries show them."""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

FOLDER = "queries"
# The oldest go when there are more: a server may search for millions.
MOST_KEPT = 500
_QUALITY = 90


def keep_query(private: Path, image: Image) -> Path:
    """Write a small picture, unless it is there already, and return where it is.

    Parameters
    ----------
    private : Path
        The private folder of the work_dir.
    image : PIL.Image.Image
        RGB; a few hundred pixels wide.

    Returns
    -------
    Path
        Named after the picture's content. In a work_dir that cannot be written to, there is no
        file of that name.
    """
    digest = hashlib.blake2b(image.tobytes(), digest_size=8).hexdigest()
    path = private / FOLDER / f"query_{digest}.jpg"
    if path.is_file():
        return path
    stream = BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _drop_oldest(path.parent)
        unfinished = path.with_name(f"{path.name}.{threading.get_ident()}.unfinished")
        unfinished.write_bytes(stream.getvalue())
        unfinished.replace(path)
    return path


def _drop_oldest(folder: Path) -> None:
    kept = list(folder.iterdir())
    if len(kept) < MOST_KEPT:
        return
    dated = []
    for file in kept:
        with suppress(FileNotFoundError):  # another thread was quicker
            dated.append((file.stat().st_mtime_ns, file))
    for _, file in sorted(dated)[: len(dated) // 2]:
        file.unlink(missing_ok=True)
