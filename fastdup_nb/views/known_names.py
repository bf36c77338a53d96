"""File names of images that results give by number, also after a run with test images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fastdup_nb.errors import CorruptWorkDirError, FastdupError
from fastdup_nb.sources import resolve
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.testset import test_names
from fastdup_nb.views.places import make_resolver

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

TEST_LIST = "testfiles.txt"


def find_names(results: WorkDir, ids: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the stored file name of every number.

    Parameters
    ----------
    results : WorkDir
    ids : ndarray of int64, shape (n,)
        As the column `__id` holds them. They are the column `index` of the list of images; runs of
        the original on stored features number the rows instead, and numbers beyond the list are
        test images, in the order of `test_dir`.

    Raises
    ------
    CorruptWorkDirError
        When the list does not name an image.
    """
    index, files = read_names(results)
    counts_rows = len(ids) == len(index) and np.array_equal(np.sort(ids), np.arange(len(ids)))
    if not counts_rows or np.array_equal(index, np.arange(len(index))):
        return _join(results, ids, index, files)
    return files[ids]


def read_names(results: WorkDir) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return number and name of every image; fast for millions of them."""
    found = _read_fast(results.file(names.FEATURE_NAMES))
    if found is not None:
        return found
    return np.array(results.indices, np.int64), _as_objects(results.file_names)


def _read_fast(path: Path) -> tuple[NDArray[np.int64], NDArray[np.object_]] | None:
    """Read the usual form; None for any other, which the store knows how to read or to refuse."""
    with path.open("rb") as stream:
        if stream.readline().rstrip() != b"index,filename":
            return None
    try:
        frame = pd.read_csv(
            path,
            dtype={"index": np.int64, "filename": object},
            na_filter=False,
            encoding_errors="surrogateescape",
        )
    except (ValueError, OSError):
        return None
    files = frame["filename"].to_numpy(object)
    if len(files) and not (pd.api.types.infer_dtype(files) == "string" and (files != "").all()):
        return None
    return frame["index"].to_numpy(), files


def _join(
    results: WorkDir, ids: NDArray[np.int64], index: NDArray[np.int64], files: NDArray[np.object_]
) -> NDArray[np.object_]:
    order = np.argsort(index, kind="stable")
    place = np.searchsorted(index[order], ids)
    place[place == len(index)] = 0
    rows = order[place] if len(index) else place
    known = index[rows] == ids if len(index) else np.zeros(len(ids), bool)
    found = np.empty(len(ids), object)
    found[known] = files[rows[known]]
    if not known.all():
        found[~known] = _test_names(results, ids[~known])
    return found


def _test_names(results: WorkDir, ids: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the names of test images, whose numbers follow those of the others."""
    about = results.read_config().get(names.PACKAGE) or {}
    if known := test_names(results.path, about):
        found = [known.get(number, "") for number in ids.tolist()]
        if all(found):
            return _as_objects(found)
    listed = _list_test_images(results)
    numbers, place = np.unique(ids, return_inverse=True)
    if len(numbers) != len(listed):
        message = f"{results.path} does not list image number {numbers[0]}"
        message += " and others." if len(numbers) > 1 else "."
        hint = "If they are test images, test_dir must be where it was when the run was made."
        raise CorruptWorkDirError(message, hint)
    return _as_objects(listed)[place]


def _list_test_images(results: WorkDir) -> list[str]:
    path = results.path / TEST_LIST
    if path.is_file():
        return read_columns(path, ["filename"]).get("filename", [])
    test_dir = results.read_config().get("test_dir")
    if not isinstance(test_dir, str) or not test_dir:
        return []
    try:
        listing = resolve(
            make_resolver(results)(test_dir),
            num_images=0,
            min_offset=0,
            max_offset=0,
            exclude=results.path,
        )
    except FastdupError:
        return []
    return [str(path) for path in listing.paths]


def _as_objects(texts: list[str]) -> NDArray[np.object_]:
    array = np.empty(len(texts), object)
    array[:] = texts
    return array
