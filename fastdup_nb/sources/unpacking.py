"""Copies of images from containers, in a folder: only when they are asked for."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from fastdup_nb.errors import WorkDirError


def unpacked_path(name: str, folder: Path) -> Path:
    """Return where the copy of an image goes: its whole name below the folder.

    Names of members are safe when they get here, see `archive.names`.

    >>> unpacked_path("/data/0.tar/a/1.jpg", Path("tmp")).as_posix()
    'tmp/data/0.tar/a/1.jpg'
    """
    scheme, mark, rest = name.rpartition("://")
    pure = PurePosixPath(scheme, rest) if mark else PurePosixPath(name.replace(os.sep, "/"))
    parts = [part.rstrip(":") for part in pure.parts if part not in ("/", "..", ".")]
    return folder.joinpath(*parts)


def unpack(name: str, data: bytes, folder: Path) -> None:
    """Write the copy of an image, unless it is there.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    path = unpacked_path(name, folder)
    try:
        if path.is_file() and path.stat().st_size == len(data):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.part")
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise WorkDirError(message, "Leave delete_img=0 out, or make room.") from error
