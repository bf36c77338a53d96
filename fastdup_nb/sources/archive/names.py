"""Names inside archives: hostile text until they are looked at."""

from __future__ import annotations

import re

_DRIVE = re.compile(r"[A-Za-z]:")
_SEPARATORS = re.compile(r"[\\/]")


def tidy_name(name: str) -> str:
    """Return a name inside without `./` and doubled slashes.

    >>> tidy_name("./cats//1.jpg")
    'cats/1.jpg'
    """
    if name.startswith("./") or "//" in name or "/./" in name:
        root = "/" if name.startswith("/") else ""
        return root + "/".join(part for part in name.split("/") if part not in ("", "."))
    return name


def danger_of(name: str) -> str:
    """Return why a name inside cannot be trusted, as tar, zip and Windows read it; else nothing.

    >>> danger_of("../../etc/x.jpg"), danger_of("cats/..1.jpg")
    ('its name leads out of the archive', '')
    """
    if not name:
        return "it has no name"
    if name.startswith(("/", "\\")):
        return "its name is an absolute path"
    if _DRIVE.match(name):
        return "its name begins with a drive letter"
    if ".." in name and ".." in _SEPARATORS.split(name):
        return "its name leads out of the archive"
    return "its name holds a null character" if "\0" in name else ""
