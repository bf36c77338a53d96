"""From what a user wrote to an absolute path."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from fastdup_nb.errors import InputError
from fastdup_nb.sources.remote import reader_of
from fastdup_nb.sources.suffixes import is_file_url, is_remote

_ODD = re.compile(r"//|/\.|/$")


def local_path(text: str | os.PathLike[str]) -> str:
    """Return the local path of one input: `~` expanded, `file://` decoded; not yet absolute.

    Remote names that can be read are returned as they are.

    Parameters
    ----------
    text : str or path
        As the user wrote it.

    Raises
    ------
    InputError
        When it names another machine in a way that cannot be read, or cannot be a path.
    """
    path = os.fsdecode(os.fspath(text))
    if "://" in path:
        path = _decode_url(path)
    _check_name(path)
    return os.path.expanduser(path) if path.startswith("~") else path  # noqa: PTH111 - text stays text


def _decode_url(url: str) -> str:
    if is_remote(url):
        reader_of(url)
        return url
    if not is_file_url(url):
        return url
    host, slash, rest = url[len("file://") :].partition("/")
    if host.lower() not in ("", "localhost"):
        message = f"Remote inputs are not available in this version: {url!r}."
        raise InputError(message, "A local file URL begins with file:///.")
    path = slash + unquote(rest, errors="surrogateescape")
    return path.removeprefix("/") if os.name == "nt" else path


def _check_name(path: str) -> None:
    try:
        usable = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        usable = False
    if not usable:
        message = f"{path!r} cannot be the name of a file."
        raise InputError(message, "It holds a character that no file name can hold.")


def absolute(path: str) -> str:
    """Return the path from the root on, without `.` and `..`; links are not resolved.

    Remote names are returned as they are.

    Parameters
    ----------
    path : str
        A local path, or a remote name.
    """
    if path.startswith("/") and not _ODD.search(path) and os.sep == "/":
        return path  # most are: saves most of the time of a long list
    if is_remote(path):
        return path
    full = os.path.abspath(path)  # noqa: PTH100 - the same, and `..` goes
    if ".." in path and os.path.lexists(path) and not _same(full, path):
        return os.path.realpath(path)  # a `..` behind a link leads elsewhere
    return full


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121
    except OSError:
        return False
