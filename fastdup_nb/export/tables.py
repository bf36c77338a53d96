"""One row per image with everything that is known about it, as CSV or Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fastdup_nb.errors import MissingDependencyError
from fastdup_nb.export.result import Export
from fastdup_nb.export.text import harmless_cell, one_line
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.tables import write_table
from fastdup_nb.views.labels import LabelSource, make_labeller

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from pathlib import Path

    from fastdup_nb.store.workdir import WorkDir

_NO_STATISTIC = {"index", "filename"}


def build_image_table(work_dir: WorkDir, labels: LabelSource = None) -> pd.DataFrame:
    """Return one row per image.

    Parameters
    ----------
    work_dir : WorkDir
    labels : callable, dict, path or list
        See `fastdup_nb.views.labels.make_labeller`.

    Returns
    -------
    DataFrame
        index, filename (absolute), label (when labels are given; several joined by commas),
        neighbor and similarity (of the most similar image; empty without one in
        `similarity.csv`), component_id and component_images (when there are components, at the
        lowest threshold), and the statistics (when the run kept them).
    """
    stored = work_dir.file_names
    table = pd.DataFrame({"index": np.asarray(work_dir.indices, np.int64)})
    table["filename"] = _texts(_absolute(name) for name in stored)
    if labels is not None:
        label_of = make_labeller(labels, work_dir)
        table["label"] = _texts(", ".join(label_of(name)) for name in table["filename"])
    if work_dir.has(names.SIMILARITY):
        nearest = _nearest(work_dir.read_pairs(names.SIMILARITY)).reindex(stored)
        table["neighbor"] = _texts(_absolute(name) for name in nearest["to"].fillna(""))
        table["similarity"] = nearest["distance"].to_numpy(np.float64)
    _add_components(table, work_dir)
    return pd.concat([table, _statistics(work_dir, stored)], axis=1)


def write_csv(table: pd.DataFrame, path: str | PathLike[str]) -> Export:
    """Write a table as CSV: UTF-8, a header row, no text that a spreadsheet would execute.

    Parameters
    ----------
    table : DataFrame
    path : path
        The file; folders are made when missing.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    target = _target(path)
    rows = table.astype(object).where(table.notna(), "").itertuples(index=False, name=None)
    cells = ([harmless_cell(cell) for cell in row] for row in rows)
    write_table(target, [str(name) for name in table.columns], cells)
    return Export(target, len(table))


def write_parquet(table: pd.DataFrame, path: str | PathLike[str]) -> Export:
    """Write a table as Parquet.

    Parameters
    ----------
    table : DataFrame
    path : path
        The file; folders are made when missing.

    Raises
    ------
    MissingDependencyError
        When pyarrow is not installed.
    WorkDirError
        When it cannot be written.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        message = "Parquet files need pyarrow."
        raise MissingDependencyError(message, "pip install fastdup_nb[parquet]") from error
    target = _target(path)
    plain = table.map(lambda cell: one_line(cell) if isinstance(cell, str) else cell)
    arrow = pa.Table.from_pandas(plain, preserve_index=False)
    with write_atomically(target) as stream:
        parquet.write_table(arrow, stream)
    return Export(target, len(table))


def _texts(texts: Iterable[str]) -> pd.Series[Any]:
    # As objects: the string types of pandas do not hold the names that are not UTF-8.
    return pd.Series(list(texts), dtype=object)


def _absolute(name: str) -> str:
    return str(absolute(name)) if name else ""


def _target(path: str | PathLike[str]) -> Path:
    target = absolute(path)
    with readable_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _nearest(pairs: pd.DataFrame) -> pd.DataFrame:
    mirrored = pairs.rename(columns={"from": "to", "to": "from"})
    both = pd.concat([pairs, mirrored])[["from", "to", "distance"]]
    both = both[both["from"] != both["to"]].sort_values("distance", ascending=False, kind="stable")
    return both.drop_duplicates("from").set_index("from")


def _add_components(table: pd.DataFrame, work_dir: WorkDir) -> None:
    stem = names.COMPONENTS.removesuffix(".csv")
    files = sorted(work_dir.path.glob(f"{stem}_[0-9].[0-9]*.csv"))
    if not work_dir.has(names.COMPONENTS) and not files:
        return
    name = names.COMPONENTS if work_dir.has(names.COMPONENTS) else files[0].name
    found = work_dir.read_table(name)
    if not {"__id", "component_id"} <= set(found.columns):
        return
    components = found.drop_duplicates("__id").set_index("__id")["component_id"]
    table["component_id"] = table["index"].map(components).astype("Int64")
    sizes = table["component_id"].value_counts()
    table["component_images"] = table["component_id"].map(sizes).astype("Int64")


def _statistics(work_dir: WorkDir, stored: list[str]) -> pd.DataFrame:
    if not work_dir.has(names.STATISTICS):
        return pd.DataFrame(index=range(len(stored)))
    statistics: pd.DataFrame = work_dir.read_table(names.STATISTICS)
    if "filename" in statistics.columns:
        statistics = statistics.drop_duplicates("filename").set_index("filename").reindex(stored)
    elif len(statistics) != len(stored):
        return pd.DataFrame(index=range(len(stored)))
    kept: list[Any] = [name for name in statistics.columns if name not in _NO_STATISTIC]
    return statistics[kept].reset_index(drop=True)
