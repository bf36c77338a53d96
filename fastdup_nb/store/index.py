"""The stored nearest neighbour index: `nnf.index`, a plain faiss file.

The ids in it are row numbers of the features. After an exact search it holds the prepared vectors
of all rows (a flat index), written as they are read, so memory stays flat; after an approximate
one, the searched index, which has one image per group of exact copies.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.rows import BLOCK_ROWS, ChosenRows, spans
from fastdup_nb.errors import CorruptWorkDirError, ResultNotFoundError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.neighbors import NeighborIndex
    from fastdup_nb.core.rows import Rows

# The row numbers of an annoy index over some of the rows.
ANNOY_ROWS = f"{names.ANNOY_INDEX}.rows.npy"
_RUN_AGAIN = "Make it again with run_mode=2."
# faiss writes these two unused fields into every index.
_UNUSED = 1 << 20


def write_index(folder: Path, index: NeighborIndex, rows: Rows) -> dict[Path, str]:
    """Write an index.

    Parameters
    ----------
    folder : Path
        Where to write.
    index : NeighborIndex
        Over all rows, or over some (`ChosenRows`).
    rows : Rows
        All rows.

    Returns
    -------
    dict of Path to str
        Each file written and its published name.

    Raises
    ------
    WorkDirError
        When a file cannot be written; no part of it is left behind.
    """
    annoy_index = getattr(index, "annoy_index", None)
    if annoy_index is not None:
        return _write_annoy(folder, annoy_index, index.rows)
    path = folder / names.INDEX
    if index.faiss_index is None:
        _write_flat(path, rows, index.distance)
    else:
        _write_faiss(path, index.faiss_index, index.rows)
    return {path: names.INDEX}


def read_index(path: Path) -> Any:
    """Read a faiss index, ours or the original's.

    Parameters
    ----------
    path : Path
        An `nnf.index`.

    Returns
    -------
    faiss.Index

    Raises
    ------
    ResultNotFoundError
        When there is no such file.
    CorruptWorkDirError
        When it is cut, or no faiss index.
    """
    if not path.is_file():
        raise ResultNotFoundError(f"{path} does not exist.", _RUN_AGAIN)
    import faiss

    try:
        return faiss.read_index(str(path))
    except (RuntimeError, MemoryError):
        message = f"{path} is not a faiss index, or is cut."
        raise CorruptWorkDirError(message, _RUN_AGAIN) from None


def _write_flat(path: Path, rows: Rows, distance: Distance) -> None:
    """Write a flat index block by block: the layout that `faiss.write_index` gives."""
    count, d = rows.shape
    with write_atomically(path) as stream:
        stream.write(_flat_header(distance, count, d))
        for start, stop in spans(count, BLOCK_ROWS):
            block = distance.prepare(rows.read(start, stop))
            stream.write(np.ascontiguousarray(block, dtype="<f4").data)


def _flat_header(distance: Distance, count: int, d: int) -> bytes:
    inner_product = distance.ranks_as_cosine
    header = b"IxFI" if inner_product else b"IxFl"
    metric = 0 if inner_product else _metric_number(distance)
    header += struct.pack("<iqqqBi", d, count, _UNUSED, _UNUSED, 1, metric)
    if not inner_product:
        header += struct.pack("<f", 0)  # the metric's parameter; these have none
    return header + struct.pack("<Q", count * d)


def _metric_number(distance: Distance) -> int:
    import faiss

    return int(getattr(faiss, distance.faiss_metric))


def _write_faiss(path: Path, index: Any, rows: Rows) -> None:
    import faiss

    with _whole_file(path) as unfinished:
        faiss.write_index(_with_row_numbers(index, rows), str(unfinished))


def _with_row_numbers(index: Any, rows: Rows) -> Any:
    """Return the index, or one around it that gives row numbers as ids."""
    if not isinstance(rows, ChosenRows):
        return index
    import faiss

    # The wrapper's constructor takes an empty index only; the filled one is put in afterwards.
    wrapper = faiss.IndexIDMap(faiss.IndexFlatIP(index.d))
    wrapper.index = index
    wrapper.ntotal = index.ntotal
    faiss.copy_array_to_vector(rows.chosen, wrapper.id_map)
    return wrapper


def _write_annoy(folder: Path, index: Any, rows: Rows) -> dict[Path, str]:
    path = folder / names.ANNOY_INDEX
    with _whole_file(path) as unfinished:
        # Maps the file it writes: it goes on under the new name.
        index.save(str(unfinished))
    written = {path: names.ANNOY_INDEX}
    if isinstance(rows, ChosenRows):
        with write_atomically(folder / ANNOY_ROWS) as stream:
            np.save(stream, rows.chosen)
        written[folder / ANNOY_ROWS] = ANNOY_ROWS
    return written


@contextmanager
def _whole_file(path: Path) -> Iterator[Path]:
    """Give the name under which a library writes a file that is to appear whole."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with readable_errors(path):
            yield unfinished
            unfinished.replace(path)
    except RuntimeError as error:  # what faiss raises when it cannot write
        message = f"Cannot write {path}."
        raise WorkDirError(message, "Check the free space and your rights.") from error
    finally:
        unfinished.unlink(missing_ok=True)
