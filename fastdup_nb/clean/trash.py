"""Where removed files go, and how they are found again.

The trash of the system is used where it can be searched, which the freedesktop.org trash
specification 1.0 makes possible on Linux and BSD: every trashed file has a note of the path it came
from. On macOS and Windows nothing tells a program where a file went, so there the trash of the
work_dir is the default.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from fastdup_nb.clean.content import entry_of
from fastdup_nb.clean.moving import free_name
from fastdup_nb.errors import MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterable

CHOICES = ("auto", "system", "work_dir")
INFO_SUFFIX = ".trashinfo"


@dataclass(frozen=True, slots=True)
class Trashed:
    """A file in the trash of the system.

    Attributes
    ----------
    path : Path
        The file.
    note : Path
        What says where it came from.
    """

    path: Path
    note: Path


def system_is_searchable() -> bool:
    """Return whether files in the trash of this system can be found again by a program."""
    return os.name == "posix" and sys.platform != "darwin"


def send_to_system(path: str) -> None:
    """Move a file to the trash of the system.

    Raises
    ------
    OSError
        When it cannot be done; the file is where it was.
    MissingDependencyError
        When send2trash is not installed.
    """
    try:
        from send2trash import send2trash
    except ImportError as error:
        raise MissingDependencyError(
            "The trash of the system needs the package send2trash.",
            "pip install send2trash, or give trash='work_dir'.",
        ) from error
    try:
        send2trash(path)
    except OSError:
        raise
    except Exception as error:  # the desktop's own errors
        raise OSError(str(error)) from error


def home_trash() -> Path:
    """Return the user's trash. Programs in a sandbox may have one of their own."""
    data = os.environ.get("XDG_DATA_HOME") or Path("~/.local/share").expanduser()
    return Path(data) / "Trash"


def find_in_system(paths: Iterable[str], homes: Iterable[Path] = ()) -> dict[str, list[Trashed]]:
    """Return what the trash of the system holds of some files, newest first.

    Parameters
    ----------
    paths : iterable of str
        Where the files were, absolute.
    homes : iterable of Path
        The user's trash when they went, where it may be another one now.
    """
    wanted = {entry_of(path): path for path in paths}
    found: dict[str, list[tuple[float, Trashed]]] = {path: [] for path in wanted.values()}
    for trash, top in sorted(_trash_folders(wanted.values(), homes)):
        for note in (trash / "info").glob(f"*{INFO_SUFFIX}"):
            origin = _origin(note, top)
            file = trash / "files" / note.name.removesuffix(INFO_SUFFIX)
            if origin in wanted and os.path.lexists(file):
                place = found[wanted[origin]]
                place.append((note.stat().st_mtime, Trashed(file, note)))
    return {
        path: [trashed for _, trashed in sorted(entries, key=lambda entry: -entry[0])]
        for path, entries in found.items()
    }


def place_in_folder(trash: Path, batch: int, path: str) -> Path:
    """Return a free name for a file in the trash of a work_dir, its folders kept.

    Parameters
    ----------
    trash : Path
        The folder.
    batch : int
        The cleaning.
    path : str
        Where the file is, absolute.
    """
    pure = PurePath(path)
    drive = pure.drive.replace(":", "").strip("\\/").replace("\\", "/")
    return free_name(trash / f"{batch:04d}" / drive / pure.relative_to(pure.anchor))


def drop_empty_folders(folder: Path, below: Path) -> None:
    """Remove a folder and those above it, up to and without `below`, as long as they are empty."""
    while folder != below and folder.is_relative_to(below):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _trash_folders(paths: Iterable[str], homes: Iterable[Path]) -> set[tuple[Path, Path]]:
    """Return the trash folders for some files, each with what its relative paths begin at."""
    folders = {(home, home.parent) for home in (home_trash(), *homes)}
    for top in {_mount_point(os.path.dirname(path)) for path in paths}:  # noqa: PTH120
        folders.add((top / ".Trash" / str(os.getuid()), top))
        folders.add((top / f".Trash-{os.getuid()}", top))
    return {(trash, top) for trash, top in folders if (trash / "info").is_dir()}


def _mount_point(folder: str) -> Path:
    place = os.path.realpath(folder)
    while not os.path.ismount(place):
        place = os.path.dirname(place)  # noqa: PTH120
    return Path(place)


def _origin(note: Path, top: Path) -> str:
    """Return the path a note tells, its folder's links resolved; empty when it tells none."""
    try:
        lines = note.read_bytes().splitlines()
    except OSError:
        return ""
    told = next((line[5:] for line in lines if line.startswith(b"Path=")), b"")
    path = os.fsdecode(unquote_to_bytes(told))
    return entry_of(os.path.normpath(top / path)) if path else ""
