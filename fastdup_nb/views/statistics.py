"""What the statistics gallery shows: images by one statistic, the lowest or the highest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Unpack

import numpy as np
import pandas as pd

from fastdup_nb.errors import InputNotFoundError, OptionError
from fastdup_nb.media.statistics import advanced_columns, basic_columns
from fastdup_nb.options import unknown_name
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_frame
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import Form, GalleryView, ImageRow, Layout, Scale
from fastdup_nb.views.pairs import find_beside, open_work_dir
from fastdup_nb.views.slices import SliceSpec, choose_images, describe_image_slice

TableSource = pd.DataFrame | str | PathLike[str] | WorkDir

SIZE = "size"
METRICS = (*basic_columns(), SIZE, *sorted(set(advanced_columns()) - set(basic_columns())))
# Titles and orders: lowest first, highest first.
_TITLES = {
    "blur": ("Blurriest images", "Sharpest images", "blurriest first", "sharpest first"),
    "mean": ("Darkest images", "Brightest images", "darkest first", "brightest first"),
    "width": ("Narrowest images", "Widest images", "narrowest first", "widest first"),
    "height": ("Lowest images", "Tallest images", "lowest first", "tallest first"),
    SIZE: ("Smallest images", "Largest images", "smallest first", "largest first"),
    "file_size": ("Smallest files", "Largest files", "smallest first", "largest first"),
}
FORMS: dict[str, Form] = {
    **dict.fromkeys(("width", "height", "unique", "min", "max", SIZE), "whole"),
    "file_size": "bytes",
}
# What cannot be 0 or less in a good image; the original writes 0 and -1 for what it cannot read.
POSITIVE = ("width", "height", SIZE, "file_size", "unique")


@dataclass(frozen=True)
class StatisticsView(GalleryView):
    """The images to show; the value of a row is its `metric`."""

    rows: tuple[ImageRow, ...]
    metric: str = "blur"

    layout: ClassVar[Layout] = "image"
    no_result: ClassVar[str] = "There is no statistic of any image."

    @property
    def name(self) -> str:  # type: ignore[override]
        """The metric: what the page is called. A column of a table may have any name."""
        return re.sub(r"[^\w-]", "_", self.metric)

    @property
    def scale(self) -> Scale:
        """The metric, with its words for high and low."""
        lowest, highest = words_of(self.metric)[2:]
        return Scale(self.metric, FORMS.get(self.metric, "number"), highest, lowest)

    def to_frame(self) -> pd.DataFrame:
        """Return the shown images: filename, the metric, label, extra."""
        rows = [
            (row.image.path, row.value, "|".join(row.image.labels), row.image.extra)
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=["filename", self.metric, "label", "extra"])


def build_statistics(
    source: TableSource,
    *,
    metric: str = "blur",
    num_images: int = 20,
    descending: bool = False,
    label_slice: SliceSpec = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Unpack[CardOptions],
) -> StatisticsView:
    """Choose the images to show.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        See `open_statistics`.
    metric : str
        A column of the statistics, or `size` (width x height). docs/statistics.md lists them.
    num_images : int
        Images to show at most.
    descending : bool
        Highest first.
    label_slice : str or list of str, optional
        Labels to show.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.
    **options
        See `fastdup_nb.views.cards.CardOptions`.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `create_stats_gallery`.
    """
    check_count("num_images", num_images)
    table, results = open_statistics(source, work_dir)
    values = read_metric(table, metric)
    maker = CardMaker(results, options)
    known = table["filename"][values.index]
    kept = choose_images(known, label_slice, maker.labels)
    ordered = pd.DataFrame({"filename": known[kept], "value": values[kept]})
    ordered = ordered.sort_values(["value", "filename"], ascending=[not descending, True])
    top = ordered.head(num_images)
    maker.prepare(top["filename"])
    pairs = zip(top["filename"], top["value"].astype(float), strict=True)
    low, high, lowest, highest = words_of(metric)
    parts = [highest if descending else lowest, describe_image_slice(label_slice)]
    if len(ordered) != len(known):
        parts.append(f"{len(known):,} images in all")
    return StatisticsView(
        title=high if descending else low,
        rows=tuple(
            ImageRow(n, maker.card(name), value) for n, (name, value) in enumerate(pairs, 1)
        ),
        total=len(known),
        matching=len(ordered),
        filters=" · ".join(filter(None, parts)),
        run_date=run_date(results),
        work_dir=place_of(results),
        metric=metric,
    )


def open_statistics(
    source: TableSource, work_dir: str | PathLike[str] | WorkDir | None = None
) -> tuple[pd.DataFrame, WorkDir | None]:
    """Read image statistics and find the work_dir they belong to.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        A table with a column `filename` (or `index`, with a work_dir) and statistics; a CSV file of
        it; or a work_dir, of which `atrain_stats.csv` is read.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.

    Returns
    -------
    table : DataFrame
        With a column filename, as stored.
    work_dir : WorkDir or None

    Raises
    ------
    OptionError
        When images are not named.
    InputNotFoundError
        When there is no such file or folder.
    ResultNotFoundError
        When the work_dir holds no statistics.
    """
    given = open_work_dir(work_dir)
    if isinstance(source, pd.DataFrame):
        return _with_names(source.reset_index(drop=True), given), given
    if isinstance(source, WorkDir):
        return _with_names(source.read_table(names.STATISTICS), source), source
    if not isinstance(source, (str, PathLike)):
        message = f"The table of statistics is a {type(source).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, "Give a CSV file, a work_dir, or a DataFrame.")
    path = Path(source).expanduser()
    if path.is_dir():
        found = WorkDir.open(path)
        return _with_names(found.read_table(names.STATISTICS), found), found
    if not path.is_file():
        hint = f"Give the work_dir of a finished run, or its {names.STATISTICS}."
        raise InputNotFoundError(f"{path} does not exist.", hint)
    home = given or find_beside(path)
    return _with_names(read_frame(path), home), home


def read_metric(table: pd.DataFrame, metric: str) -> pd.Series[Any]:
    """Return the values of a statistic for the images that have it, in the order of the table.

    Rows without a number, and rows with -1 (or 0 where that cannot be), are left out.

    Parameters
    ----------
    table : DataFrame
    metric : str
        A column, or `size`.

    Raises
    ------
    OptionError
        When there is no such statistic; the choices are named.
    """
    if metric == SIZE and SIZE not in table and {"width", "height"} <= set(table.columns):
        values = table["width"] * table["height"]
        values = values.where((table["width"] > 0) & (table["height"] > 0))
    else:
        _check_metric(table, metric)
        values = pd.to_numeric(table[metric], errors="coerce")
    values = values.astype(float)
    usable = np.isfinite(values) & (values != -1)
    return values[usable & (values > 0)] if metric in POSITIVE else values[usable]


def _check_metric(table: pd.DataFrame, metric: object) -> None:
    own = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    if metric in own and metric != "index":
        return
    if metric in METRICS:
        message = f"The statistics have no column {metric}."
        if metric not in basic_columns():
            hint = "Run again with turi_param='run_advanced_stats=1'."
            raise OptionError(message, hint)
        raise OptionError(message, f"They have {', '.join(map(str, own)) or 'no numbers'}.")
    further = [name for name in own if name not in {*METRICS, "index"}]
    raise unknown_name("metric", metric, (*METRICS, *further))


def _with_names(table: pd.DataFrame, work_dir: WorkDir | None) -> pd.DataFrame:
    if "filename" in table.columns:
        return table.assign(filename=table["filename"].astype(str))
    if "index" not in table.columns:
        message = "The statistics do not name the images."
        raise OptionError(message, "They need a column filename, or index and a work_dir.")
    if work_dir is None:
        raise OptionError("The statistics name images by number.", "Give work_dir.")
    name_of = dict(zip(work_dir.indices, work_dir.file_names, strict=True))
    named = table.assign(filename=table["index"].map(name_of))
    return named.dropna(subset="filename").reset_index(drop=True)


def words_of(metric: str) -> tuple[str, str, str, str]:
    """Return the titles of the lowest and highest first, and the words for these two orders."""
    usual = f"Images by {metric}"
    return _TITLES.get(metric, (usual, usual, "lowest first", "highest first"))
