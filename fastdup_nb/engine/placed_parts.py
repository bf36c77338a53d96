"""Parts of a collection, looked at, and their places in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import CorruptWorkDirError, InputError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.features import open_features, read_feature_names
from fastdup_nb.store.tables import iterate_table

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_nb.store.parts import Part


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A part, and where its images are in the merged list.

    Parameters
    ----------
    part : Part
    about : dict
        How it was made, as far as it says so.
    good : int
        Rows of its features.
    d : int
        Numbers per row.
    first, last : int
        The range of its index, bad files included.
    shift : int
        What its index has to be raised by.
    """

    part: Part
    about: dict[str, Any]
    good: int
    d: int
    first: int
    last: int
    shift: int = 0


def measure(part: Part, d: int) -> PlacedPart:
    """Look at a part, and check that its tables fit each other.

    Raises
    ------
    FastdupError
        When they do not, or a row has another length than `d`.
    """
    list_path = part.file(names.FEATURE_NAMES)
    if not part.features.is_file() or list_path is None:
        missing = part.features if list_path is not None else f"{part.features}.csv"
        raise ResultNotFoundError(f"{missing} does not exist.", "Copy both files of the part.")
    about = part.about()
    index, _, features = open_features(list_path, int(about.get("d", d)))
    with features:
        rows, found = features.shape
    if found != d:
        message = f"{part.features} has {found} numbers per row, not {d}."
        raise InputError(message, f"Parts of one collection share a model; pass d={found} for it.")
    numbers = [*index, *(number for number, _ in numbered_names(part, names.BAD_FILES))]
    first, last = min(numbers, default=0), max(numbers, default=-1)
    if part.stem and "listed" in about:  # its list of bad files may have been left behind
        last = max(last, first + int(about["listed"]) - 1)
    return PlacedPart(part, about, rows, found, first, last)


def place_parts(parts: list[PlacedPart]) -> list[PlacedPart]:
    """Sort the parts and find the place of each.

    Index ranges that do not overlap are places in one list: workers on files. Else every part
    counts from 0, as those of archives do, and they follow each other in the order of the full list
    of files; without a record of that, in the order given.
    """
    by_index = sorted(parts, key=lambda part: (part.first, part.last))
    if all(one.last < two.first for one, two in pairwise(by_index)):
        return by_index
    if len({json.dumps(part.about.get("input")) for part in parts}) == 1 and all(
        "entry" in part.about for part in parts
    ):
        parts = sorted(parts, key=lambda part: (part.about["entry"], part.first))
    placed, position = [], 0
    for part in parts:
        shift = position - part.first
        placed.append(replace(part, shift=shift))
        position = part.last + shift + 1
    return placed


def header_of(path: Path) -> list[str]:
    """Return the columns of a table."""
    return next(iterate_table(path), [])


def body_rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a table whose first column is a number.

    Raises
    ------
    CorruptWorkDirError
        When it is cut.
    """
    rows = iterate_table(path)
    header = next(rows, [])
    for number, row in enumerate(rows, 2):
        if len(row) < len(header) or not row[0].isdecimal():
            message = f"{path} is cut or damaged in row {number}."
            raise CorruptWorkDirError(message, "Make the part anew.")
        yield row


def names_of(part: Part) -> tuple[list[int], list[str]]:
    """Return index and name of every row of a part, in any published form of the list."""
    path = part.file(names.FEATURE_NAMES)
    return read_feature_names(path) if path is not None else ([], [])


def numbered_names(part: Part, name: str) -> Iterator[tuple[int, str]]:
    """Yield index and name of every row of a table of a part; nothing when it has none."""
    path = part.file(name)
    if path is not None:
        for row in body_rows(path):
            yield int(row[0]), row[1]
