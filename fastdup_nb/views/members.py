"""Which group every image of a collection is in: its connected component or k-means cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from fastdup_nb.errors import InputNotFoundError, OptionError, ResultNotFoundError
from fastdup_nb.options import unknown_name
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_frame
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.cards import check_count
from fastdup_nb.views.components import DEFAULT_THRESHOLD
from fastdup_nb.views.known_names import find_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

GroupSource = pd.DataFrame | str | PathLike[str] | WorkDir
Kind = Literal["component", "cluster"]
ID_COLUMN: dict[Kind, str] = {"component": "component_id", "cluster": "cluster"}
TABLE_NAME: dict[Kind, str] = {
    "component": names.COMPONENTS,
    "cluster": names.KMEANS_ASSIGNMENTS,
}


@dataclass(frozen=True)
class Members:
    """Images and their groups, row by row.

    Attributes
    ----------
    kind : {'component', 'cluster'}
    group : ndarray of int64, shape (n,)
        Component or cluster.
    ids : ndarray of int64, shape (n,)
        Number of the image: `__id` of components, `index` of clusters.
    files : ndarray of str (object), shape (n,)
        As stored.
    distance : ndarray of float64, shape (n,)
        Components: the least similarity of a pair in the group; 0 for an image alone, NaN when
        unknown. Clusters: the squared distance to the centre.
    mean : ndarray of float64, shape (n,)
        Components: the mean similarity of the pairs; clusters: `distance` again.
    results : WorkDir or None
    """

    kind: Kind
    group: NDArray[np.int64]
    ids: NDArray[np.int64]
    files: NDArray[np.object_]
    distance: NDArray[np.float64]
    mean: NDArray[np.float64]
    results: WorkDir | None

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Members:
        """Return some of the rows."""
        arrays = {
            name: getattr(self, name)[rows]
            for name in ("group", "ids", "files", "distance", "mean")
        }
        return replace(self, **arrays)


def read_members(
    source: GroupSource,
    kind: Kind = "component",
    *,
    ccthreshold: float | None = None,
    nrows: int | None = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
) -> Members:
    """Read the groups of a run, of either generation of file formats.

    Parameters
    ----------
    source : path, DataFrame or WorkDir
        A work_dir, its `connected_components.csv` or `kmeans_assignments.csv`, or its content.
    kind : {'component', 'cluster'}
    ccthreshold : float, optional
        Which components when the run was given several thresholds; the strictest when not given.
    nrows : int, optional
        Read no more rows than this.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.

    Raises
    ------
    OptionError
        When the table has not these columns, or the run had no such ccthreshold.
    InputNotFoundError, ResultNotFoundError
        When there is no such file or result.
    CorruptWorkDirError
        When images have numbers that the file list does not name.
    """
    if kind not in ID_COLUMN:
        raise unknown_name("comp_type", kind, list(ID_COLUMN))
    if nrows is not None:
        check_count("nrows", nrows)
    table, results = _open(source, kind, ccthreshold, work_dir)
    members = (_read_components if kind == "component" else _read_clusters)(table, results)
    return members if nrows is None else members.take(slice(0, nrows))


def _open(
    source: GroupSource,
    kind: Kind,
    ccthreshold: float | None,
    work_dir: str | PathLike[str] | WorkDir | None,
) -> tuple[pd.DataFrame, WorkDir | None]:
    given = WorkDir.open(work_dir) if isinstance(work_dir, (str, PathLike)) else work_dir
    if isinstance(source, pd.DataFrame):
        _require(source, kind, "The table")
        named = source.attrs.get("work_dir")
        if given is None and named:
            given = WorkDir.open(named)
        return source.reset_index(drop=True), given
    if isinstance(source, (str, PathLike)):
        path = Path(source).expanduser()
        if path.is_file() and path.suffix.lower() == ".csv":
            return _read_table(path, kind), given or WorkDir(path.parent)
        if not path.exists():
            hint = "Give the work_dir of a finished run."
            raise InputNotFoundError(f"{path} does not exist.", hint)
        source = WorkDir.open(path)
    if not isinstance(source, WorkDir):
        message = f"work_dir is a {type(source).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, f"Give a work_dir, a {TABLE_NAME[kind]} or its content.")
    return _read_table(_find_table(source, kind, ccthreshold), kind), source


def _read_table(path: Path, kind: Kind) -> pd.DataFrame:
    if "_hierarchical_" in path.name:
        # Its numbers are those of components: images would be named wrongly.
        message = f"{path} groups components, not images."
        hint = (
            "Show pairs of components: create_duplicates_gallery on similarity_hierarchical_*.csv."
        )
        raise OptionError(message, hint)
    table = read_frame(path)
    _require(table, kind, str(path))
    return table


def _require(table: pd.DataFrame, kind: Kind, what: str) -> None:
    number = "__id" if kind == "component" else "index"
    for name in (number, ID_COLUMN[kind]):
        if name not in table.columns:
            message = f"{what} has no column {name}."
            raise OptionError(message, f"Give the content of {TABLE_NAME[kind]}.")


def _find_table(results: WorkDir, kind: Kind, ccthreshold: float | None) -> Path:
    if kind == "cluster":
        if not results.has(names.KMEANS_ASSIGNMENTS):
            message = f"{results.path} holds no {names.KMEANS_ASSIGNMENTS}."
            raise ResultNotFoundError(message, "Run run_kmeans_on_extracted on it first.")
        return results.file(names.KMEANS_ASSIGNMENTS)
    stem = names.COMPONENTS.removesuffix(".csv")
    found = {
        float(number[1]): path
        for path in results.path.glob(f"{stem}_*.csv")
        if (number := re.fullmatch(rf"{stem}_(\d+\.\d+)\.csv", path.name))
    }
    if ccthreshold is None:
        if results.has(names.COMPONENTS) or not found:
            return results.file(names.COMPONENTS)
        return found[max(found)]
    return _of_threshold(results, found, ccthreshold)


def _of_threshold(results: WorkDir, found: dict[float, Path], ccthreshold: float) -> Path:
    try:
        wanted = float(ccthreshold)
    except (TypeError, ValueError) as error:
        message = f"ccthreshold={ccthreshold!r} cannot be used."
        raise OptionError(message, "Give a number from 0 to 1.") from error
    if results.has(names.COMPONENTS):
        found.setdefault(configured_threshold(results), results.file(names.COMPONENTS))
    for threshold, path in found.items():
        if abs(threshold - wanted) < 5e-7:  # names hold six decimals
            return path
    known = ", ".join(f"{threshold:g}" for threshold in sorted(found)) or "none"
    message = f"{results.path} holds no components for ccthreshold={ccthreshold:g}."
    raise OptionError(message, f"It holds those for {known}.")


def configured_threshold(results: WorkDir | None) -> float:
    """Return the (strictest) ccthreshold of a run; the default when it is not known."""
    text = str(results.read_config().get("turi_param", "")) if results else ""
    given = re.search(r"ccthreshold\s*=\s*([\d.|]+)", text)
    numbers = re.findall(r"\d*\.?\d+", given[1]) if given else []
    return max((float(number) for number in numbers), default=DEFAULT_THRESHOLD)


def _read_components(table: pd.DataFrame, results: WorkDir | None) -> Members:
    ids, group = _whole(table, "__id"), _whole(table, "component_id")
    files = _files(table, ids, results)
    if "min_distance" in table.columns:
        least = table["min_distance"].to_numpy(np.float64)
        mean = table["mean_distance"].to_numpy(np.float64) if "mean_distance" in table else least
    else:
        least, mean = _similarity_of_groups(group, files, results)
    return Members("component", group, ids, files, least, mean, results)


def _read_clusters(table: pd.DataFrame, results: WorkDir | None) -> Members:
    """Keep of every image its nearest cluster only; the file holds the second nearest, too."""
    if "distance" in table.columns:
        table = table.sort_values("distance", kind="stable")
    table = table.drop_duplicates("index").sort_values("index", kind="stable")
    ids, group = _whole(table, "index"), _whole(table, "cluster")
    distance = (
        table["distance"].to_numpy(np.float64)
        if "distance" in table.columns
        else np.full(len(table), np.nan)
    )
    return Members("cluster", group, ids, _files(table, ids, results), distance, distance, results)


def _whole(table: pd.DataFrame, column: str) -> NDArray[np.int64]:
    try:
        return table[column].to_numpy(np.int64)
    except (TypeError, ValueError) as error:
        message = f"The column {column} holds more than whole numbers."
        raise OptionError(message, "Give it as a run has written it.") from error


def _files(
    table: pd.DataFrame, ids: NDArray[np.int64], results: WorkDir | None
) -> NDArray[np.object_]:
    if "filename" in table.columns and not table["filename"].isna().any():
        return table["filename"].astype(object).to_numpy()
    if results is None:
        message = "The table names images by number, which needs the list of images."
        raise OptionError(message, "Give the work_dir instead.")
    return find_names(results, ids)


def _similarity_of_groups(
    group: NDArray[np.int64], files: NDArray[np.object_], results: WorkDir | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and mean similarity of groups from the pairs: older files do not hold it."""
    unknown = np.full(len(group), np.nan)
    if results is None or not results.has(names.SIMILARITY):
        return unknown, unknown
    pairs = results.read_pairs()
    rows = pd.Index(files)
    if not rows.is_unique:
        return unknown, unknown
    source, target = (rows.get_indexer(pd.Index(pairs[side])) for side in ("from", "to"))
    similarity: NDArray[Any] = pairs["distance"].to_numpy(np.float64)
    inside = (source >= 0) & (target >= 0) & (similarity >= configured_threshold(results))
    inside[inside] = group[source[inside]] == group[target[inside]]
    _, code = np.unique(group, return_inverse=True)
    at, value = code[source[inside]], similarity[inside]
    number, total = np.bincount(at, minlength=code.max() + 1), np.bincount(at, weights=value)
    least = np.full(len(number), np.inf)
    np.minimum.at(least, at, value)
    least[number == 0] = 0.0
    mean = np.zeros(len(number))
    mean[: len(total)] = total / np.maximum(number[: len(total)], 1)
    return least[code], mean[code]
