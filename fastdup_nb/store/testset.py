"""The test images of a work_dir: embeddings of their own, beside those of the train images.

They have the files `atest_features.dat`, `atest_features.dat.csv`, `atest_features.bad.csv` and
`atest_stats.csv`, laid out like those of the train images. In the results a test image has the
number `first_id` + its `index`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import CorruptWorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.extraction import (
    BAD_PART,
    DIGEST_BYTES,
    DIGESTS_PART,
    FEATURES_PART,
    NAMES_PART,
    STATISTICS_PART,
)
from fastdup_nb.store.features import FeatureFile, open_features, read_feature_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

# The unfinished parts lie in this folder of the private one.
FOLDER = "test"
DIGESTS = "test_digests.dat"
PUBLISHED = {
    FEATURES_PART: names.TEST_FEATURES,
    NAMES_PART: names.TEST_FEATURE_NAMES,
    BAD_PART: names.TEST_BAD_FILES,
    STATISTICS_PART: names.TEST_STATISTICS,
    DIGESTS_PART: f"{names.PRIVATE}/{DIGESTS}",
}
# What `config.json` says about them, below the key of this package.
ABOUT = "test"
# Set there while similarity.csv holds pairs of a test and a train image.
COMPARED = "compared"


@dataclass(frozen=True)
class TestSet:
    """Stored test images.

    Attributes
    ----------
    path, private : Path
        The work_dir and its private folder.
    indices : list of int
        Position of every row's image in the listing of test images.
    file_names : list of str
        File name of every row.
    """

    __test__ = False  # pytest: no test

    path: Path
    private: Path
    indices: list[int]
    file_names: list[str]

    @classmethod
    def open(cls, path: Path) -> TestSet | None:
        """Open the test images of a work_dir; None when it has none."""
        listed = path / names.TEST_FEATURE_NAMES
        if not listed.is_file() or not (path / names.TEST_FEATURES).is_file():
            return None
        return cls(path, path / names.PRIVATE, *read_feature_names(listed))

    def open_features(self, d: int) -> FeatureFile:
        """Open their embeddings.

        Raises
        ------
        CorruptWorkDirError
            When they do not fit their list.
        """
        return open_features(self.path / names.TEST_FEATURES, d)[2]

    def digests(self) -> NDArray[np.void] | None:
        """Return the content digest of every row; None when unknown."""
        return read_digest_file(self.private / DIGESTS, len(self.file_names))


def read_digest_file(path: Path, rows: int) -> NDArray[np.void] | None:
    """Return the content digests in a file; None when it does not hold one for each row."""
    if not path.is_file() or path.stat().st_size != rows * DIGEST_BYTES:
        return None
    return np.fromfile(path, dtype=np.dtype((np.void, DIGEST_BYTES)))


def test_names(path: Path, about: Mapping[str, Any]) -> dict[int, str]:
    """Return the names of test images by the numbers that results give them; empty without any.

    Parameters
    ----------
    path : Path
        The work_dir.
    about : mapping
        What its `config.json` says below the key of this package.

    Raises
    ------
    CorruptWorkDirError
        When the configuration does not fit.
    """
    described = about.get(ABOUT) or {}
    if "first_id" not in described:
        return {}
    if train := described.get("train"):  # modes 4 as documented: the work_dir holds the test
        own = dict(zip(*read_feature_names(path / names.FEATURE_NAMES), strict=True))
        return _shift(own, described) | dict(zip(*read_feature_names(_list(train)), strict=True))
    found = TestSet.open(path)
    return {} if found is None else _shift(_by_index(found), described)


test_names.__test__ = False  # type: ignore[attr-defined]


def _by_index(found: TestSet) -> dict[int, str]:
    return dict(zip(found.indices, found.file_names, strict=True))


def _shift(by_index: dict[int, str], described: Mapping[str, Any]) -> dict[int, str]:
    first = described["first_id"]
    return {first + index: name for index, name in by_index.items()}


def _list(train: str) -> Path:
    from pathlib import Path

    path = Path(train)
    if path.is_file():
        return path
    message = f"The list of train images {path} is no longer there."
    raise CorruptWorkDirError(message, "Compare again with run_mode=4.")
