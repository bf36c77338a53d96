"""Moving a file so that it is whole at one place or the other at any moment, overwriting none."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from fastdup_nb.clean.content import same_content

# What systems answer that cannot give a file a second name there.
_NO_LINK = {
    errno.EPERM,
    errno.EACCES,
    errno.EMLINK,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EINVAL,
}
ATTEMPTS = 10_000


def move_file(source: Path, target: Path) -> None:
    """Move a file, or a link itself, to a name that is free. Missing folders are made.

    Within a file system the new name is there before the old one goes, for one file. To another one
    the content is copied, written through to the disk and compared before the old one goes.

    Raises
    ------
    FileExistsError
        When the name is taken; nothing was changed.
    OSError
        When it cannot be done; nothing was changed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.name == "nt":
        _rename_on_windows(source, target)
        return
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno == errno.EXDEV:
            _copy_across(source, target)
        elif error.errno in _NO_LINK:
            _rename_into_reserved(source, target)
        else:
            raise
    else:
        _drop(source, target)


def free_name(wanted: Path, taken: set[str] | None = None) -> Path:
    """Return the name, or the first of `name (2)`, `name (3)`, ... that is free.

    Parameters
    ----------
    wanted : Path
    taken : set of str, optional
        Names that are promised to others.

    Raises
    ------
    FileExistsError
        When there is none.
    """
    for number in range(1, ATTEMPTS):
        name = wanted.name if number == 1 else f"{wanted.stem} ({number}){wanted.suffix}"
        candidate = wanted.with_name(name)
        if not os.path.lexists(candidate) and str(candidate) not in (taken or ()):
            return candidate
    raise FileExistsError(errno.EEXIST, "every name is taken", str(wanted))


def _drop(source: Path, target: Path) -> None:
    try:
        source.unlink()
    except OSError:
        target.unlink()
        raise


def _rename_into_reserved(source: Path, target: Path) -> None:
    # Where a file can have one name only: an empty file, made exclusively, holds the new one.
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        source.replace(target)
    except OSError:
        target.unlink(missing_ok=True)
        raise


def _rename_on_windows(source: Path, target: Path) -> None:
    try:
        source.rename(target)  # never overwrites there
    except OSError as error:
        if error.errno != errno.EXDEV and getattr(error, "winerror", 0) != 17:
            raise
        _copy_across(source, target)


def _copy_across(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        _drop(source, target)
        return
    unfinished = free_name(target.with_name(f"{os.getpid()}.unfinished"))
    try:
        shutil.copy2(source, unfinished)
        with unfinished.open("rb+") as stream:
            os.fsync(stream.fileno())
        if not same_content(str(source), str(unfinished)):
            raise OSError(errno.EIO, "the copy differs from the file", str(target))
        move_file(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    _drop(source, target)
