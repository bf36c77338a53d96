"""The work_dir: written under a lock, read whether a run of ours or of the original left it."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import (
    CorruptWorkDirError,
    ResultNotFoundError,
    WorkDirLockedError,
)
from fastdup_nb.paths import absolute
from fastdup_nb.store import extraction, names, testset
from fastdup_nb.store.features import FeatureFile, locate, open_features, read_feature_names
from fastdup_nb.store.files import readable_errors
from fastdup_nb.store.journal import complete_moves, move_into_place
from fastdup_nb.store.tables import read_columns, read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

# What is derived from the embeddings; outdated as soon as these change.
CLUSTERS = (names.KMEANS_CENTROIDS, names.KMEANS_ASSIGNMENTS, names.KMEANS_INDEX)
FINDINGS = (
    names.SIMILARITY,
    names.OUTLIERS,
    names.COMPONENTS,
    names.COMPONENT_INFO,
    names.INDEX,
    names.ANNOY_INDEX,
)
DERIVED_PATTERNS = (
    "connected_components_*.csv",
    "component_info_*.csv",
    "similarity_hierarchical_*.csv",
    "outliers_hierarchical_*.csv",
)


class WorkDir:
    """A folder of results.

    Parameters
    ----------
    path : path
        The folder; `~` is expanded.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = absolute(path)
        self.private = self.path / names.PRIVATE

    def __repr__(self) -> str:
        return f"WorkDir({str(self.path)!r})"

    @classmethod
    def create(cls, path: str | PathLike[str]) -> WorkDir:
        """Make the folder if it is missing and check that it can be written to.

        Raises
        ------
        WorkDirError
            When it cannot be made or written to.
        """
        work_dir = cls(path)
        with readable_errors(work_dir.path):
            work_dir.private.mkdir(parents=True, exist_ok=True)
        probe = work_dir.private / "writable"
        with readable_errors(work_dir.path):
            probe.touch()
            probe.unlink(missing_ok=True)
        return work_dir

    @classmethod
    def open(cls, path: str | PathLike[str]) -> WorkDir:
        """Open the results of an earlier run; the path of one of its files will do.

        Raises
        ------
        ResultNotFoundError
            When there are none.
        """
        given = Path(path).expanduser()
        work_dir = cls(given.parent if given.is_file() else given)
        if not work_dir.path.is_dir():
            message = f"{work_dir.path} does not exist."
            raise ResultNotFoundError(message, "Give the work_dir of an earlier run.")
        work_dir._require(names.FEATURE_NAMES, names.SIMILARITY, names.BAD_FILES)
        return work_dir

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes from writing; complete what a killed one had begun to move.

        Raises
        ------
        WorkDirLockedError
            When another process is writing.
        """
        from filelock import FileLock, Timeout

        holder = self.private / "holder"
        lock = FileLock(self.private / "lock", timeout=0)
        with readable_errors(self.private):
            try:
                lock.acquire()
            except Timeout as error:
                who = holder.read_text() if holder.is_file() else "another process"
                message = f"{self.path} is in use by {who}."
                hint = "Wait until that run has finished, or give another work_dir."
                raise WorkDirLockedError(message, hint) from error
        try:
            with readable_errors(holder):
                holder.write_text(f"process {os.getpid()}")
            complete_moves(self.path, self.private)
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def publish(self, finished: Mapping[Path, str], *, outdated: Iterable[str] = ()) -> None:
        """Move finished files to their names and drop outdated ones, as one step."""
        move_into_place(self.path, self.private, finished, outdated)

    def findings(self) -> list[str]:
        """Return the names of the present files that are derived from neighbours."""
        present = [name for name in FINDINGS if (self.path / name).is_file()]
        for pattern in DERIVED_PATTERNS:
            present.extend(sorted(path.name for path in self.path.glob(pattern)))
        return present

    def derived(self) -> list[str]:
        """Return the names of the present files that are derived from the embeddings."""
        clusters = [name for name in CLUSTERS if (self.path / name).is_file()]
        return [*self.findings(), *clusters]

    def has(self, name: str) -> bool:
        """Return whether a published file is there, under this or an older name."""
        return locate(self.path, name) is not None

    def file(self, name: str) -> Path:
        """Return the path of a published file, under this or an older name.

        Raises
        ------
        ResultNotFoundError
            When it is not there.
        """
        return self._require(name)

    def open_features(self, d: int | None = None) -> FeatureFile:
        """Open the embeddings; `d` is taken from the file's size when not given."""
        if d is None:
            size = self.file(names.FEATURES).stat().st_size
            count = len(self.file_names)
            d = size // (4 * count) if count else 1
        _, _, features = open_features(self.path, d)
        return features

    def digests(self) -> NDArray[np.void] | None:
        """Return the content digest of every row; None when unknown."""
        return extraction.read_digests(self.private, len(self.file_names))

    @property
    def indices(self) -> list[int]:
        """Position of every row's image in the full listing."""
        return self._names[0]

    @property
    def file_names(self) -> list[str]:
        """File name of every row."""
        return self._names[1]

    @cached_property
    def _names(self) -> tuple[list[int], list[str]]:
        return read_feature_names(self.file(names.FEATURE_NAMES))

    def read_pairs(self, name: str = names.SIMILARITY) -> pd.DataFrame:
        """Return `similarity.csv` or `outliers.csv`: from, to (file names), distance.

        Numbers in from and to, as `store_int=1` writes them, are turned into file names.
        """
        import pandas as pd

        source, target, similarity = self.read_pair_lists(name)
        # As objects: a text type backed by Arrow refuses names that are not UTF-8.
        frame = pd.DataFrame({"from": source, "to": target}, dtype=object)
        frame["distance"] = similarity
        return frame

    def read_pair_lists(
        self, name: str = names.SIMILARITY
    ) -> tuple[list[str], list[str], NDArray[np.float64]]:
        """Return what `read_pairs` does as two lists of file names and an array, without pandas."""
        import numpy as np

        path = self.file(name)
        columns = read_columns(path, names.PAIR_COLUMNS)
        missing = set(names.PAIR_COLUMNS) - set(columns)
        if missing:
            message = f"{path} has no column {', '.join(sorted(missing))}."
            raise CorruptWorkDirError(message, "Run again to write it anew.")
        source, target, similarity = (columns[column] for column in names.PAIR_COLUMNS)
        try:
            numbers = np.array(similarity, dtype=np.float64)
        except ValueError as error:
            message = f"{path} has a distance that is not a number."
            raise CorruptWorkDirError(message, "Run again to write it anew.") from error
        return self._named(source), self._named(target), numbers

    def read_table(self, name: str) -> pd.DataFrame:
        """Return any other published table with its own columns."""
        return read_frame(self.file(name))

    def read_components(self, threshold: float | None = None) -> pd.DataFrame:
        """Return the connected components with the file name of every row.

        Parameters
        ----------
        threshold : float, optional
            Which one, when the run had several.
        """
        import pandas as pd

        name = names.COMPONENTS
        if threshold is not None:
            name = names.with_threshold(name, threshold)
        frame = self.read_table(name)
        by_index = self.names_by_number()
        file_names = [by_index.get(number) for number in frame["__id"]]
        frame["filename"] = pd.Series(file_names, index=frame.index, dtype=object)
        return frame

    def names_by_number(self) -> dict[int, str]:
        """Return the file name of every number in the results, those of test images too."""
        own = dict(zip(self.indices, self.file_names, strict=True))
        return own | testset.test_names(self.path, self.read_config().get(names.PACKAGE) or {})

    def read_config(self) -> dict[str, Any]:
        """Return `config.json`; empty when there is none.

        Raises
        ------
        CorruptWorkDirError
            When it is not a JSON object.
        """
        path = self.path / names.CONFIG
        if not path.is_file():
            return {}
        try:
            config = json.loads(path.read_bytes())
        except ValueError as error:
            message = f"{path} is not JSON."
            raise CorruptWorkDirError(message, "Run again to write it anew.") from error
        return config if isinstance(config, dict) else {}

    def _named(self, column: list[str]) -> list[str]:
        if not all(cell.isdecimal() for cell in column):
            return column
        by_index = {str(number): name for number, name in self.names_by_number().items()}
        try:
            return [by_index[cell] for cell in column]
        except KeyError as error:
            raise self._unnamed() from error

    def _unnamed(self) -> CorruptWorkDirError:
        message = f"{self.path} has pairs of images that its file list does not name."
        return CorruptWorkDirError(message, "Run again to write them anew.")

    def _require(self, *any_of: str) -> Path:
        for name in any_of:
            found = locate(self.path, name)
            if found is not None:
                return found
        message = f"{self.path} holds no {any_of[0]}."
        if (self.private / extraction.CHECKPOINT).is_file():
            raise ResultNotFoundError(message, "The run is unfinished: run again with resume=1.")
        raise ResultNotFoundError(message, "Give the work_dir of a finished run.")
