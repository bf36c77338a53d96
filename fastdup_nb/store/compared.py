"""Train and test images of a comparing run as one collection, to look through."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.store import names
from fastdup_nb.store.features import FeatureFile, read_feature_names
from fastdup_nb.store.testset import ABOUT, COMPARED, TestSet
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class ComparedWorkDir(WorkDir):
    """A work_dir whose images are those of train, then those of test.

    Their numbers are those that the results use; the embeddings are those of train.
    """

    def open_features(self, d: int | None = None) -> FeatureFile:
        """Open the embeddings of the train images."""
        return WorkDir(self.path).open_features(d)

    def digests(self) -> NDArray[np.void] | None:
        """Return the content digest of every image; None when some are unknown."""
        found = TestSet.open(self.path)
        parts = WorkDir(self.path).digests(), found.digests() if found else None
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if len(known) == len(parts) else None

    def read_table(self, name: str) -> pd.DataFrame:
        """Return a published table; the statistics are those of all images."""
        table = super().read_table(name)
        if name != names.STATISTICS or not (self.path / names.TEST_STATISTICS).is_file():
            return table
        import pandas as pd

        tests = super().read_table(names.TEST_STATISTICS)
        tests["index"] += self._first_id
        return pd.concat([table, tests], ignore_index=True)

    @property
    def _first_id(self) -> int:
        about = (self.read_config().get(names.PACKAGE) or {}).get(ABOUT) or {}
        return int(about.get("first_id", 0))

    @cached_property
    def _names(self) -> tuple[list[int], list[str]]:
        indices, file_names = read_feature_names(self.file(names.FEATURE_NAMES))
        found = TestSet.open(self.path)
        if found is None:
            return indices, file_names
        first = self._first_id
        return (
            [*indices, *(first + index for index in found.indices)],
            [*file_names, *found.file_names],
        )


def with_test_images(work_dir: WorkDir) -> WorkDir:
    """Return a work_dir with its test images among the others, when it compares them."""
    about = work_dir.read_config().get(names.PACKAGE) or {}
    if not about.get(COMPARED) or TestSet.open(work_dir.path) is None:
        return work_dir
    return ComparedWorkDir(work_dir.path)
