"""Text and CSV files that list paths."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from fastdup_nb.errors import InputError

FILE_NAME = "filename"
_HEAD = 8192
_BOX_COLUMNS = frozenset({"col_x", "row_y", "x1", "y1"})
# First rows that are a header and not a path, though without the column that is needed.
_OTHER_HEADERS = frozenset(
    (
        "path",
        "file",
        "image",
        "img",
        "file_name",
        "file_path",
        "filepath",
        "image_name",
        "image_path",
        "img_path",
    )
)


def read_list(path: str) -> Iterator[str]:
    """Yield the paths that a text or CSV file lists, as they are written there.

    One path per row. With a header that has a `filename` column (`filename`; `index,filename`;
    `filename,label`; ...) the file is CSV; an `index` column is not used. Without one every line
    is a path; a line that is no existing file is tried as CSV too. Blank rows are skipped.

    Parameters
    ----------
    path : str
        The list: UTF-8 (undecodable bytes survive), with or without byte order mark, or UTF-16
        with one.

    Yields
    ------
    str
        Paths.

    Raises
    ------
    InputError
        When the file is no text, cannot be read, has a header without `filename` or lists boxes.
    """
    encoding = _encoding(path)
    try:
        with Path(path).open(encoding=encoding, errors="surrogateescape", newline="\n") as file:
            yield from _paths(file, path)
    except csv.Error as error:
        message = f"The list {path!r} cannot be read: {error}."
        raise InputError(message, "Is a quote opened but never closed?") from error
    except (OSError, UnicodeError) as error:
        raise _unreadable(path, error) from error


def _encoding(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from error
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\0" in head:
        message = f"{path!r} is neither a folder nor a text file of paths."
        raise InputError(message, "If it is an image, give it in a list: [path].")
    return "utf-8-sig"


def _unreadable(path: str, error: OSError | UnicodeError) -> InputError:
    reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 or UTF-16 text"
    return InputError(f"The list {path!r} cannot be read: {reason}.", "Check the file.")


def _paths(lines: Iterator[str], where: str) -> Iterator[str]:
    folder = os.path.dirname(os.path.abspath(where))  # noqa: PTH100, PTH120
    columns: list[str] | None = None
    first = True
    for raw, row in _rows(lines):
        if first:
            first = False
            columns = _header(row, where, folder)
            if columns:
                continue
        path = _from_row(raw, row, columns) if columns else _from_line(raw, row, folder)
        if path:
            yield _beside(path, folder)


def _rows(lines: Iterator[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each CSV record with the text it was read from; blank ones are left out."""
    taken: list[str] = []

    def take() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    for row in csv.reader(take()):
        raw = "".join(taken)
        taken.clear()
        if "\n" in raw[:-1] and raw.count('"') % 2:
            start = raw.partition("\n")[0]
            message = f"The list opens a quote in {start!r} and never closes it."
            raise InputError(message, "Double the quotes in names and put the names in quotes.")
        raw = raw.removesuffix("\n").removesuffix("\r")
        if raw.strip():
            yield raw, row


def _header(row: list[str], where: str, folder: str) -> list[str] | None:
    names = [cell.strip().lower() for cell in row]
    if FILE_NAME in names:
        if _BOX_COLUMNS.intersection(names):
            message = f"The list {where!r} holds boxes, and is listed among other inputs."
            raise InputError(message, "Give it alone, or as annotations.")
        return names
    if _OTHER_HEADERS.intersection(names) and not _exists(row[0], folder):
        message = (
            f"The list {where!r} has no column {FILE_NAME!r}; its header is {','.join(row)!r}."
        )
        raise InputError(message, f"Name the column with the paths {FILE_NAME}.")
    return None


def _from_row(raw: str, row: list[str], columns: list[str]) -> str:
    """Return the path in a record below a header."""
    at = columns.index(FILE_NAME)
    behind = len(columns) - 1 - at
    if len(row) > len(columns) and '"' not in raw:  # commas in a name that nobody quoted
        rest = raw.split(",", at)[at]
        return rest.rsplit(",", behind)[0] if behind else rest
    return row[at] if at < len(row) else ""


def _from_line(raw: str, row: list[str], folder: str) -> str:
    """Return the path in a line of a list without header."""
    if row == [raw] and raw == raw.strip():
        return raw
    if _exists(raw, folder):
        return raw
    if _exists(raw.strip(), folder):
        return raw.strip()
    if raw.startswith('"') and len(row) == 1:
        return row[0]
    return next((cell for cell in row if cell and _exists(cell, folder)), raw)


def _exists(path: str, folder: str) -> bool:
    path = os.path.expanduser(path)  # noqa: PTH111
    return os.path.exists(path) or os.path.exists(os.path.join(folder, path))  # noqa: PTH110, PTH118


def _beside(path: str, folder: str) -> str:
    """Return a relative path that does not exist from here as one beside the list, if it does."""
    if path.startswith(("/", "~")) or os.path.isabs(path) or "://" in path:  # noqa: PTH117
        return path
    beside = os.path.join(folder, path)  # noqa: PTH118
    return beside if not os.path.lexists(path) and os.path.lexists(beside) else path
