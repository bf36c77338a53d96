"""The image files that go into an export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.errors import EmptyInputError, ImageError
from fastdup_nb.export.result import Unreadable
from fastdup_nb.media.decode import Photo, decode
from fastdup_nb.sources import read_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_image(path: str) -> tuple[bytes, Photo] | Unreadable:
    """Return a file and its picture, which is complete, though reduced as far as that goes.

    Parameters
    ----------
    path : str

    Returns
    -------
    data : bytes
        The file.
    photo : Photo
        Its upright size and format. Or why it cannot be used.
    """
    try:
        data = read_bytes(path)
        return data, decode(data, at_least=1, min_width=1, min_height=1)
    except ImageError as error:
        return Unreadable(path, error.message)


def none_left(unreadable: Sequence[Unreadable]) -> EmptyInputError:
    """Return the error for an export of which nothing can be read."""
    reason = "none is given" if not unreadable else f"{unreadable[0].path}: {unreadable[0].reason}"
    message = f"None of the images can be read; the first is {reason}."
    return EmptyInputError(message, "Give image files that exist.")
