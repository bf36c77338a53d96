"""Numbers, sizes and hostile names as they are shown, in pages and in terminals."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING

from fastdup_nb.views.wording import (
    as_printable,
    as_unicode,
    base_name,
    count_of,
    plural_of,
    word_score,
    word_size,
    word_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "as_printable",
    "as_unicode",
    "base_name",
    "common_folder",
    "count_of",
    "list_names",
    "plural_of",
    "relative_name",
    "shorten",
    "split_name",
    "word_score",
    "word_size",
    "word_value",
]

TAIL = 14


def split_name(name: str) -> tuple[str, str]:
    """Split a name into a beginning that may be cut when there is no room, and an end that stays.

    >>> split_name("photos/a.jpg")
    ('photos/', 'a.jpg')
    """
    keep = min(len(base_name(name)) or len(name), TAIL)
    return name[: len(name) - keep], name[len(name) - keep :]


def common_folder(paths: Iterable[str]) -> str:
    """Return the deepest folder that holds all files; empty when it is a root or there is none.

    >>> common_folder(["s3://photos/a/1.jpg", "s3://photos/2.jpg"])
    's3://photos'
    """
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 - names may not be paths
    try:
        found = os.path.commonpath(folders) if folders else ""
    except ValueError:  # different drives, or absolute and relative
        return ""
    scheme, colon, rest = found.partition(":")
    if colon and all(folder.startswith(f"{scheme}://") for folder in folders):
        # Of the two slashes of a URL one is taken away, and Windows turns them round.
        return f"{scheme}:/{rest}".replace("\\", "/") if rest else ""
    return "" if found == os.path.dirname(found) else found  # noqa: PTH120


def relative_name(name: str, folder: str) -> str:
    """Return a name relative to a folder that holds it, else the name."""
    inside = folder and name.startswith((f"{folder}/", f"{folder}\\"))
    return name[len(folder) + 1 :] if inside else name


def shorten(name: str, width: int) -> str:
    """Cut a name in the middle.

    >>> shorten("photos/summer/view.jpg", 15)
    'photo…/view.jpg'
    """
    if len(name) <= width:
        return name
    tail = name[-(2 * width // 3 - 1) :] if width > 6 else name[-width + 1 :]
    return f"{name[: width - 1 - len(tail)]}…{tail}"


def list_names(names: Sequence[str], total: int) -> str:
    """Return a few names of many, by their last two parts."""
    short = ["/".join(PurePath(name).parts[-2:]) for name in names]
    more = total - len(short)
    return ", ".join(short) + (f" and {more:,} more" if more > 0 and short else "")
