"""Paths as results store them."""

from __future__ import annotations

import os
from os import PathLike
from pathlib import Path


def absolute(path: str | PathLike[str]) -> Path:
    """Return a path with `~` expanded, absolute, without `.` and `..`, symbolic links kept.

    Links are kept because users know their files by these names; resolving would rename them.
    """
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 - resolve() follows links
