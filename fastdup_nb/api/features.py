"""`load_binary_feature` and `save_binary_feature` of the V0.2 API."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError
from fastdup_nb.store.features import open_features, save_features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import numpy as np
    from numpy.typing import NDArray


def load_binary_feature(
    filename: str | PathLike[str], d: int = 576
) -> tuple[list[str], NDArray[np.float32]]:
    """Load stored embeddings and their file names, written by a run of ours or of the original.

    Parameters
    ----------
    filename : path
        The feature file (`atrain_features.dat`), its list (`.dat.csv`), or the work_dir that holds
        both.
    d : int
        Length of the embedding.

    Returns
    -------
    filenames : list of str, length n
    features : ndarray of float32, shape (n, d)
        Row i belongs to file i.

    Raises
    ------
    ResultNotFoundError
        When the files are missing.
    CorruptWorkDirError
        When they do not fit together or `d` is wrong.
    """
    _, file_names, features = open_features(Path(filename), d)
    with features:
        return file_names, features.read(0, len(file_names))


def save_binary_feature(
    save_path: str | PathLike[str],
    filenames: Sequence[str | PathLike[str]],
    np_array: NDArray[np.float32],
) -> int:
    """Store embeddings of your own, to be used with `run(..., run_mode=2)` here or in the original.

    Parameters
    ----------
    save_path : path
        Folder to write to; made when missing.
    filenames : list of path, length n
        The images, as absolute paths.
    np_array : ndarray of float32, shape (n, d)
        Their embeddings.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error.
    """
    try:
        save_features(save_path, filenames, np_array)
    except FastdupError as error:
        return report(error)
    return 0
