"""CSV tables as the work_dir holds them: UTF-8, comma, line feed, a header row.

File names may hold anything the file system allows; bytes that are not UTF-8 survive
(surrogateescape).
"""

from __future__ import annotations

import csv
import io
import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import CorruptWorkDirError
from fastdup_nb.store.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

ROWS_PER_WRITE = 10_000
ENCODING_ERRORS = "surrogateescape"


# A spreadsheet takes a text that begins like this for a formula.
_FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")


def defuse_formula(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; numbers, also as text, stay.

    >>> defuse_formula("=1+1"), defuse_formula("-3"), defuse_formula(-3)
    ("'=1+1", '-3', -3)
    """
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_MARKS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def encode_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as CSV bytes."""
    kept = list(rows)
    text = io.StringIO(newline="")
    plain = csv.writer(text, lineterminator="\n")
    plain.writerows(kept)
    if "\r" in text.getvalue():
        # Before Python 3.13 a lone one is not quoted, and the row falls apart when read.
        text.seek(0)
        text.truncate()
        quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in kept:
            broken = any(isinstance(cell, str) and "\r" in cell for cell in row)
            (quoted if broken else plain).writerow(row)
    return text.getvalue().encode("utf-8", ENCODING_ERRORS)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table atomically, a block of rows at a time.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of str
        The header.
    rows : iterable of sequences
        The rows; numbers as they shall be written.

    Raises
    ------
    WorkDirError
        When the file cannot be written.
    """
    remaining = iter(rows)
    with write_atomically(path) as stream:
        stream.write(encode_rows([columns]))
        while block := list(itertools.islice(remaining, ROWS_PER_WRITE)):
            stream.write(encode_rows(block))


def iterate_table(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a table, header included, as text."""
    with path.open(encoding="utf-8", errors=ENCODING_ERRORS, newline="") as stream:
        reader = csv.reader(stream)
        try:
            yield from reader
        except csv.Error as error:
            raise _corrupt(path, f"line {reader.line_num}: {error}") from error


def read_columns(path: Path, wanted: Sequence[str]) -> dict[str, list[str]]:
    """Read some columns of a table as text.

    Parameters
    ----------
    path : Path
        The file.
    wanted : sequence of str
        The columns; those the table does not have are left out of the result.

    Returns
    -------
    dict of str to list of str
        Columns of equal length.

    Raises
    ------
    CorruptWorkDirError
        When a row is shorter than the header, as in a file cut in the middle.
    """
    rows = iterate_table(path)
    header = next(rows, [])
    places = {name: header.index(name) for name in wanted if name in header}
    columns: dict[str, list[str]] = {name: [] for name in places}
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) < len(header):
            raise _corrupt(path, f"row {number} has {len(row)} of {len(header)} columns")
        for name, place in places.items():
            columns[name].append(row[place])
    return columns


@contextmanager
def any_text() -> Iterator[None]:
    """Let pandas make columns of any text, undecodable file names included.

    Where pyarrow is installed pandas would keep texts in it, which takes nothing but valid UTF-8.
    Serves as a decorator too.
    """
    import pandas as pd

    with pd.option_context("mode.string_storage", "python"):
        yield


def read_frame(path: Path) -> pd.DataFrame:
    """Read a table as a DataFrame; columns of names stay text.

    Raises
    ------
    CorruptWorkDirError
        When it cannot be read as a table.
    """
    import pandas as pd

    # A file name "NA", "1e3" or "" is a name, not a missing value or a number; as an object, since
    # a text type backed by Arrow refuses names that are not UTF-8.
    as_text = dict.fromkeys(("filename", "error_code", "reason", "label"), object)
    try:
        with any_text():
            return pd.read_csv(
                path,
                dtype=as_text,
                na_filter=True,
                keep_default_na=False,
                na_values=["-nan", "nan"],
                encoding_errors=ENCODING_ERRORS,
            )
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _corrupt(path, reason) from error


def _corrupt(path: Path, reason: str) -> CorruptWorkDirError:
    message = f"{path} cannot be read as a table: {reason}."
    return CorruptWorkDirError(message, "Run again to write it anew.")
