"""What a run has left, as DataFrames and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Results:
    """The results in a work_dir, to be read.

    Parameters
    ----------
    work_dir : path
        The work_dir of a finished run, ours or the original's.

    Raises
    ------
    ResultNotFoundError
        When it holds no results.
    """

    def __init__(self, work_dir: str | PathLike[str]) -> None:
        self._work_dir = WorkDir.open(work_dir)

    @property
    def work_dir(self) -> Path:
        """The folder of the results."""
        return self._work_dir.path

    def similarity(self) -> pd.DataFrame:
        """Return the similar pairs, most similar first: from, to, distance (1 = identical)."""
        return self._work_dir.read_pairs(names.SIMILARITY)

    def outliers(self) -> pd.DataFrame:
        """Return the least similar neighbour pairs, worst last: from, to, distance."""
        return self._work_dir.read_pairs(names.OUTLIERS)

    def connected_components(self, threshold: float | None = None) -> pd.DataFrame:
        """Return one row per image: filename, component_id, count (images in it) and more.

        Parameters
        ----------
        threshold : float, optional
            Which one, when the run was given several values of ccthreshold.
        """
        return self._work_dir.read_components(threshold)

    def img_stats(self) -> pd.DataFrame:
        """Return the statistics of every image."""
        return self._work_dir.read_table(names.STATISTICS)

    def invalid_instances(self) -> pd.DataFrame:
        """Return the files that could not be used, with the reason for each."""
        return self._work_dir.read_table(names.BAD_FILES)

    def embeddings(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return the file names and their embeddings, shape (n, d), row by row."""
        with self._work_dir.open_features() as features:
            return self._work_dir.file_names, features.read(0, features.shape[0])

    def test_img_stats(self) -> pd.DataFrame:
        """Return the statistics of every test image, after a run with `test_dir`."""
        return self._work_dir.read_table(names.TEST_STATISTICS)

    def test_invalid_instances(self) -> pd.DataFrame:
        """Return the test files that could not be used, with the reason for each."""
        return self._work_dir.read_table(names.TEST_BAD_FILES)
