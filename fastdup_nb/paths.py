"""Paths as results store them, and where results go."""

from __future__ import annotations

import os
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastdup_nb.options import InputSpec


def absolute(path: str | PathLike[str]) -> Path:
    """Return a path with `~` expanded, absolute, without `.` and `..`, symbolic links kept.

    Links are kept because users know their files by these names; resolving would rename them.
    """
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - resolve() follows links


def default_work_dir(input_dir: InputSpec) -> Path:
    """Return the folder for results when the user names none, named after the input.

    >>> default_work_dir("data/holiday photos").name
    'holiday photos_fastdup'
    >>> default_work_dir(["a.jpg", "b.jpg"]).name
    'fastdup_work'
    """
    if isinstance(input_dir, Sequence) and not isinstance(input_dir, str):
        return Path("fastdup_work")
    given = absolute(input_dir)
    name = given.stem if given.is_file() else given.name
    return Path(f"{name or 'fastdup'}_fastdup")
