"""Stored embeddings: raw little-endian float32, row-major, no header, beside a list of file names.

The layout is the published one (running guide, "Input/Output"), so features are exchanged with the
original both ways.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from fastdup_nb.errors import CorruptWorkDirError, OptionError, ResultNotFoundError
from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import iterate_table, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import NDArray

FLOAT = np.dtype("<f4")
ROWS_PER_BLOCK = 4096


class FeatureFile:
    """Rows of a feature file, read from disk when asked for and not kept.

    Nothing is memory-mapped: pages of a mapping count as memory of the process, and a file of 100
    million rows has 230 GB.

    Parameters
    ----------
    path : Path
        The feature file.
    d : int
        Numbers per row.

    Raises
    ------
    CorruptWorkDirError
        When the file does not hold a whole number of rows.
    """

    def __init__(self, path: Path, d: int) -> None:
        self.path = path
        self._row_bytes = d * FLOAT.itemsize
        size = path.stat().st_size
        if size % self._row_bytes:
            message = f"{path} holds {size:,} bytes, not a whole number of {d}-number rows."
            hint = "Pass the d it was made with, or run again: the file may be cut."
            raise CorruptWorkDirError(message, hint)
        self._shape = (size // self._row_bytes, d)
        self._stream = path.open("rb", buffering=0)
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and numbers per row."""
        return self._shape

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return rows start to stop (half-open) as a fresh array."""
        stop = min(stop, self._shape[0])
        rows = np.empty((max(stop - start, 0), self._shape[1]), FLOAT)
        self._read_into(rows, start)
        return rows

    def take(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the rows of the given indices as a fresh array."""
        rows = np.empty((len(indices), self._shape[1]), FLOAT)
        for place, index in enumerate(indices.tolist()):
            self._read_into(rows[place : place + 1], index)
        return rows

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_into(self, rows: NDArray[np.float32], first_row: int) -> None:
        if not rows.size:
            return
        view = rows.data.cast("B")
        with self._lock:
            self._stream.seek(first_row * self._row_bytes)
            done = 0
            while done < len(view):
                count = self._stream.readinto(view[done:])
                if not count:
                    message = f"{self.path} became shorter while it was read."
                    raise CorruptWorkDirError(message, "Run again.")
                done += count


def locate(path: Path, name: str) -> Path | None:
    """Return the file of a published name in a folder, an older spelling too; None when absent."""
    for spelling in (name, *names.OLDER_NAMES.get(name, ())):
        candidate = path / spelling
        if candidate.is_file():
            return candidate
    return None


def read_feature_names(path: Path) -> tuple[list[int], list[str]]:
    """Read the list beside a feature file.

    Parameters
    ----------
    path : Path
        A `features.dat.csv`: header `index,filename`, `,filename`, `filename`, or none.

    Returns
    -------
    index : list of int
        Position of each image in the full listing; the row number when the file does not say.
    filename : list of str
    """
    rows = [row for row in iterate_table(path) if row]
    header = rows[0] if rows else []
    if "filename" not in header:
        return list(range(len(rows))), [row[-1] for row in rows]
    name_at = header.index("filename")
    body = rows[1:]
    if any(len(row) <= name_at for row in body):
        message = f"{path} is cut in the middle of a row."
        raise CorruptWorkDirError(message, "Run again to write it anew.")
    file_names = [row[name_at] for row in body]
    if name_at == 0 or header[0] not in ("index", ""):
        return list(range(len(body))), file_names
    try:
        return [int(row[0]) for row in body], file_names
    except ValueError as error:
        message = f"{path}: the index column holds something that is not a number."
        raise CorruptWorkDirError(message, "Run again to write it anew.") from error


def open_features(path: Path, d: int) -> tuple[list[int], list[str], FeatureFile]:
    """Open a feature file with its list and check that they fit.

    Parameters
    ----------
    path : Path
        The folder that holds both, or the feature file (`.dat`), or the list (`.dat.csv`).
    d : int
        Numbers per row.

    Returns
    -------
    index : list of int
    filename : list of str
    features : FeatureFile

    Raises
    ------
    ResultNotFoundError
        When one of the two files is missing.
    CorruptWorkDirError
        When the number of rows differs from the number of names.
    """
    feature_path, list_path = _feature_pair(path)
    index, file_names = read_feature_names(list_path)
    size = feature_path.stat().st_size
    if size != len(file_names) * d * FLOAT.itemsize:
        raise _misfit(feature_path, size, len(file_names), d)
    return index, file_names, FeatureFile(feature_path, d)


def save_features(
    folder: str | PathLike[str],
    file_names: Sequence[str | PathLike[str]],
    features: NDArray[np.float32],
) -> None:
    """Write embeddings and their file names as a run would.

    Parameters
    ----------
    folder : path
        Where to; made when missing.
    file_names : sequence of path, length n
        The images.
    features : ndarray of float32, shape (n, d)
        Their embeddings.

    Raises
    ------
    OptionError
        When shape, type or number do not fit.
    WorkDirError
        When the files cannot be written.
    """
    _check_matrix(features)
    if len(file_names) != len(features):
        message = f"{len(file_names)} file names do not fit {len(features)} rows of features."
        raise OptionError(message, "Give one file name per row.")
    path = Path(folder).expanduser()
    with readable_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    with write_atomically(path / names.FEATURES) as stream:
        for start in range(0, len(features), ROWS_PER_BLOCK):
            block = np.ascontiguousarray(features[start : start + ROWS_PER_BLOCK], FLOAT)
            stream.write(block.tobytes())
    rows = ((i, str(name)) for i, name in enumerate(file_names))
    write_table(path / names.FEATURE_NAMES, names.FEATURE_NAMES_COLUMNS, rows)


def _check_matrix(features: object) -> None:
    if not isinstance(features, np.ndarray) or features.ndim != 2:
        message = "The features are not a 2-dimensional numpy array."
        raise OptionError(message, "Give an array of shape (n, d).")
    if features.dtype != np.float32:
        message = f"The features are {features.dtype}, not float32."
        raise OptionError(message, "Convert them with array.astype('float32').")


def _feature_pair(path: Path) -> tuple[Path, Path]:
    path = path.expanduser()
    if path.is_dir():
        pair = locate(path, names.FEATURES), locate(path, names.FEATURE_NAMES)
    elif path.name.endswith(".csv"):
        pair = path.with_name(path.name.removesuffix(".csv")), path
    else:
        pair = path, path.with_name(f"{path.name}.csv")
    feature_path, list_path = (
        _require_file(found, path / name)
        for found, name in zip(pair, (names.FEATURES, names.FEATURE_NAMES), strict=True)
    )
    return feature_path, list_path


def _require_file(found: Path | None, expected: Path) -> Path:
    if found is not None and found.is_file():
        return found
    message = f"{expected if found is None else found} does not exist."
    hint = "Run fastdup_nb on the images first, or give the folder of an earlier run."
    raise ResultNotFoundError(message, hint)


def _misfit(path: Path, size: int, count: int, d: int) -> CorruptWorkDirError:
    message = f"{path} holds {size:,} bytes; {count:,} names x {d} numbers need {count * d * 4:,}."
    actual, rest = divmod(size, count * FLOAT.itemsize) if count else (0, 1)
    if not rest and actual:
        return CorruptWorkDirError(message, f"The features have {actual} numbers: pass d={actual}.")
    return CorruptWorkDirError(message, "The file is cut or foreign; run again to write it anew.")
