"""The images and containers of a folder, as a stream in byte order of their paths."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.sources.containers import container_kind
from fastdup_nb.sources.suffixes import IMAGE_SUFFIXES, suffix_of

if TYPE_CHECKING:
    from fastdup_nb.sources.notes import Notes

FolderId = tuple[int, int]


@dataclass(slots=True)
class _Level:
    """An open folder: its path with a slash at the end, and what is left to visit in it."""

    prefix: str
    identity: FolderId
    names: list[str]  # sorted backwards; a folder's name ends with a slash


def walk(root: str, notes: Notes, excluded: frozenset[FolderId] = frozenset()) -> Iterator[str]:
    """Yield the paths of all images and containers below a folder, as `find -L | sort` would.

    Their suffix tells them.

    Links to files and folders are followed. What can be reached by two links is listed twice; a
    link to a folder that the path is already in is not followed. Hidden files and folders count.
    The listing never holds more than the names of the folders it is in.

    Parameters
    ----------
    root : str
        The folder; the paths begin with it.
    notes : Notes
        Counts what is left out.
    excluded : frozenset of (device, inode)
        Folders to leave out with all that is in them.

    Yields
    ------
    str
        Paths, sorted by their bytes.
    """
    levels: list[_Level] = []
    _enter(root if root.endswith(os.sep) else root + os.sep, levels, notes)
    while levels:
        level = levels[-1]
        if not level.names:
            levels.pop()
            continue
        path = level.prefix + level.names.pop()
        if path.endswith(os.sep):
            _enter(path, levels, notes, excluded)
        else:
            yield path


def folder_id(path: str) -> FolderId:
    """Return what tells a folder from all others, whatever links lead to it.

    Raises
    ------
    OSError
        When it cannot be looked at.
    """
    status = os.stat(path)  # noqa: PTH116 - called for every folder
    return status.st_dev, status.st_ino


def _enter(
    path: str, levels: list[_Level], notes: Notes, excluded: frozenset[FolderId] = frozenset()
) -> None:
    """Open a folder, unless it is excluded, cannot be read or is one that the path is in."""
    try:
        identity = folder_id(path)
    except OSError as error:
        notes.unreadable.add(path, error.strerror)
        return
    if identity not in excluded and all(identity != level.identity for level in levels):
        levels.append(_Level(path, identity, _read(path, notes)))


def _read(prefix: str, notes: Notes) -> list[str]:
    """Return the names in a folder to visit, sorted backwards by the bytes of the paths below."""
    names: list[str] = []
    try:
        with os.scandir(prefix) as entries:
            for entry in entries:
                _sort_out(entry, names, notes)
    except OSError as error:
        notes.unreadable.add(prefix, error.strerror)
    # Code points sort as UTF-8 bytes do, but for the surrogates that stand for undecodable bytes.
    key = None if all(map(str.isascii, names)) else os.fsencode
    names.sort(key=key, reverse=True)
    return names


def _sort_out(entry: os.DirEntry[str], names: list[str], notes: Notes) -> None:
    name = entry.name
    is_image = suffix_of(name) in IMAGE_SUFFIXES
    try:
        if entry.is_dir():
            names.append(name + os.sep)
        elif not entry.is_file():
            if is_image and entry.is_symlink():
                notes.dangling.add(entry.path)
        elif is_image or container_kind(name):
            names.append(name)
        else:
            notes.other[suffix_of(name)] += 1
    except OSError:  # a link that leads to itself
        notes.dangling.add(entry.path)
