"""What a run knew about the files: to resolve their names and to see that they were not changed."""

from __future__ import annotations

from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.clean.keepers import decode_whole
from fastdup_nb.errors import FastdupError, OptionError, ResultNotFoundError
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.places import make_resolver

if TYPE_CHECKING:
    import pandas as pd

# Where find_top_components notes the work_dir on the table it returns.
WORK_DIR_NOTE = "work_dir"


def choose_work_dir(given: str | PathLike[str] | None, source: object) -> Path:
    """Return the folder that keeps the journal and the trash of a cleaning.

    The one given; or the one the source is or lies in; or the one noted on the table; or, as in
    `run`, the current folder.

    Parameters
    ----------
    given : path or None
    source : DataFrame, path or anything
        What the user passed as first argument.
    """
    if given is not None:
        return _folder_of(given)
    if isinstance(source, (str, PathLike)):
        return _folder_of(source)
    noted = getattr(source, "attrs", {}).get(WORK_DIR_NOTE)
    return _folder_of(noted) if isinstance(noted, (str, PathLike)) else absolute(Path())


def _folder_of(path: str | PathLike[str]) -> Path:
    full = absolute(path)
    return full.parent if full.is_file() else full


class RunFacts:
    """What the run in a folder knew; nothing when the folder holds no run.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self.folder = absolute(folder)
        try:
            self.work_dir: WorkDir | None = WorkDir.open(self.folder)
        except ResultNotFoundError:
            self.work_dir = None
        self.resolve = make_resolver(self.work_dir)
        self._measured: dict[str, tuple[int, int, float]] = {}

    def changed_size(self, path: str, size: int) -> bool:
        """Return whether the run saw another size of a file."""
        row = self._statistics.get(path)
        return row is not None and row[3] != size

    def digest(self, path: str) -> str:
        """Return the digest of a file at the time of the run, hexadecimal; empty when unknown."""
        return self._digests.get(path, "")

    def measures(self, path: str, size: int) -> tuple[int, int, float]:
        """Return width, height and sharpness of an image: the run's, or measured now.

        Raises
        ------
        ImageError
            When it has to be measured and cannot be read.
        """
        row = self._statistics.get(path)
        if row is not None and row[3] == size:
            return row[:3]
        if path not in self._measured:
            self._measured[path] = decode_whole(path)
        return self._measured[path]

    def root(self) -> Path | None:
        """Return the folder that the run was given, when it was one."""
        if self.work_dir is None:
            return None
        given = self.work_dir.read_config().get("input_dir")
        if not isinstance(given, str) or not given:
            return None
        folder = Path(self.resolve(given))
        return folder if folder.is_dir() else None

    @cached_property
    def _statistics(self) -> dict[str, tuple[int, int, float, int]]:
        """Absolute path -> width, height, blur, file_size."""
        if self.work_dir is None or not self.work_dir.has(names.STATISTICS):
            return {}
        table = self.work_dir.read_table(names.STATISTICS)
        wanted = ["filename", "width", "height", "blur", "file_size"]
        if not set(wanted) <= set(table.columns):
            return {}
        rows: dict[str, tuple[int, int, float, int]] = {}
        for name, width, height, blur, size in table[wanted].itertuples(index=False):
            try:
                rows[self.resolve(str(name))] = (int(width), int(height), float(blur), int(size))
            except ValueError:  # a row the original could not measure
                continue
        return rows

    @cached_property
    def _digests(self) -> dict[str, str]:
        if self.work_dir is None:
            return {}
        try:
            digests = self.work_dir.digests()
            file_names = self.work_dir.file_names
        except FastdupError:  # a work_dir of similarity.csv alone
            return {}
        if digests is None:
            return {}
        hexadecimal = [digest.tobytes().hex() for digest in digests]
        return {
            self.resolve(name): digest for name, digest in zip(file_names, hexadecimal, strict=True)
        }


def read_table(source: Any, what: str) -> pd.DataFrame:
    """Return a DataFrame as it is, or read one from a CSV file.

    Raises
    ------
    OptionError
        When it is neither; a pickle is never opened, as it can run any program.
    """
    import pandas as pd

    from fastdup_nb.store.tables import read_frame

    if isinstance(source, pd.DataFrame):
        return source
    if not isinstance(source, (str, PathLike)):
        raise OptionError(
            f"{what} is a {type(source).__name__}.", "Give a DataFrame, a CSV file or a work_dir."
        )
    path = absolute(source)
    if path.suffix.lower() in (".pkl", ".pickle"):
        raise OptionError(
            f"{path} is a pickle, which can run any program when it is opened.",
            "Give the DataFrame itself, a CSV file of it, or the work_dir.",
        )
    if not path.is_file():
        raise OptionError(f"{path} does not exist.", "Give a DataFrame, a CSV file or a work_dir.")
    return read_frame(path)
