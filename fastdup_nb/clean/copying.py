"""Copying a file so that it appears whole, overwriting none."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from tempfile import mkstemp

from fastdup_nb.clean.content import same_content
from fastdup_nb.clean.moving import ATTEMPTS, move_file


def copy_file(source: Path, target: Path, taken: set[str]) -> Path:
    """Copy a file to a name, or to the first of `name (2)`, `name (3)`, ... that can be had.

    A name can be had when it is free, or when a plain file of the same content has it already: an
    interrupted copy of many files can be done again. The time and the mode are those of the source.

    Parameters
    ----------
    source : Path
    target : Path
        The wanted name. Missing folders are made.
    taken : set of str
        Names given out before, none of which is given again; gets the one returned.

    Returns
    -------
    Path
        Where the copy is.

    Raises
    ------
    OSError
        When it cannot be done; no unfinished file is left.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for number in range(1, ATTEMPTS):
        name = target.name if number == 1 else f"{target.stem} ({number}){target.suffix}"
        place = target.with_name(name)
        if str(place) in taken:
            continue
        if _is_copy(source, place) or (not os.path.lexists(place) and _put(source, place)):
            taken.add(str(place))
            return place
    raise FileExistsError(errno.EEXIST, "every name is taken", str(target))


def _is_copy(source: Path, place: Path) -> bool:
    if not place.is_file() or place.is_symlink():
        return False
    equal_size = place.stat().st_size == source.stat().st_size
    return equal_size and same_content(str(source), str(place))


def _put(source: Path, place: Path) -> bool:
    """Copy to a name that is free; return False when another process was faster."""
    handle, name = mkstemp(prefix=".unfinished-", dir=place.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        shutil.copyfile(source, unfinished)
        shutil.copystat(source, unfinished)
        move_file(unfinished, place)
    except FileExistsError:
        return False
    finally:
        unfinished.unlink(missing_ok=True)
    return True
