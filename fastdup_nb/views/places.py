"""Where images lie now, whatever folder or machine the results were made on."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from os import PathLike
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from fastdup_nb.paths import absolute
from fastdup_nb.sources import exists
from fastdup_nb.sources.containers import container_kind
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.unpacking import unpacked_path
from fastdup_nb.store import names

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastdup_nb.store.workdir import WorkDir

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def make_resolver(work_dir: WorkDir | None, input_dir: object = None) -> Callable[[str], str]:
    """Return a function that makes stored file names absolute.

    Relative names, as the original stores them, are looked for in the current folder, in
    `input_dir`, in the work_dir and beside it. Absolute names of files that are gone (results of
    another machine, a moved folder) are looked for in `input_dir` by their last parts, as many as
    fit. Images of archives are found in the archive, wherever that is now, or in the copies that
    `delete_img=0` keeps in the work_dir. What is found nowhere keeps its name, taken to be in the
    current folder; remote names are kept.

    Parameters
    ----------
    work_dir : WorkDir or None
    input_dir : path, optional
        Where the images lie now. Ignored when it is no path.
    """
    given = None
    if isinstance(input_dir, (str, PathLike)) and input_dir and not is_remote(str(input_dir)):
        given = absolute(input_dir)
    near = [work_dir.path, work_dir.path.parent] if work_dir else []
    folders = [Path(), *([given] if given else []), *near]
    known: dict[str, str] = {}

    def resolve(name: str) -> str:
        if name not in known:
            found = name if is_remote(name) else _find(name, folders, given)
            known[name] = (copies and _find_copy(name, found, copies)) or found
        return known[name]

    copies = work_dir.path / names.TEMPORARY if work_dir else None
    if copies is not None and not copies.is_dir():
        copies = None
    return resolve


def _find_copy(name: str, found: str, copies: Path) -> str:
    """Return the copy of an image of an archive that is gone; empty when there is none."""
    if not is_remote(found) and _is_there(Path(found)):
        return ""
    copy = unpacked_path(name, copies)
    return str(copy) if copy.is_file() else ""


def _find(name: str, folders: list[Path], given: Path | None) -> str:
    is_absolute = os.path.isabs(name)  # noqa: PTH117 - called for every image
    if is_absolute and given is None:
        return name
    foreign = not is_absolute and bool(_WINDOWS.match(name))
    if not foreign and not is_absolute:
        for folder in folders:
            candidate = absolute(folder / name)
            if _is_there(candidate):
                return str(candidate)
        return (given and _find_by_end(PurePosixPath(name), given)) or str(absolute(name))
    if given is None or (not foreign and _is_there(Path(name))):
        return name
    return _find_by_end(PureWindowsPath(name) if foreign else PurePath(name), given) or name


def _find_by_end(name: PurePath, folder: Path) -> str:
    parts = [part for part in name.parts if part not in (name.anchor, "..", ".")]
    for start in range(len(parts)):
        candidate = folder.joinpath(*parts[start:])
        if _is_there(candidate):
            return str(candidate)
    return _find_in_archive(parts, folder)


def _find_in_archive(parts: list[str], folder: Path) -> str:
    """Return an image of an archive by the name that the original gives it.

    It unpacks `/data/0.tar` into a folder `data0.tar`.
    """
    for number, part in enumerate(parts[:-1]):
        if container_kind(part):
            for archive in _archives_in(folder):
                candidate = folder.joinpath(archive, *parts[number + 1 :])
                if part.endswith(archive) and _is_there(candidate):
                    return str(candidate)
    return ""


@lru_cache(maxsize=16)
def _archives_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the archives in a folder, the longest first."""
    try:
        found = [path.name for path in folder.iterdir() if container_kind(path.name)]
    except OSError:
        return ()
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


def _is_there(path: Path) -> bool:
    return exists(str(path))
