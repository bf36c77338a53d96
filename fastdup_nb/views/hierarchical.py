"""What the duplicates gallery shows of `similarity_hierarchical_*.csv`: pairs of components."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from fastdup_nb.errors import InputNotFoundError, OptionError, WorkDirError
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_frame
from fastdup_nb.store.workdir import WorkDir
from fastdup_nb.views.cards import CardMaker, CardOptions, place_of, run_date
from fastdup_nb.views.duplicates import DuplicatesView, build_duplicates
from fastdup_nb.views.members import read_members
from fastdup_nb.views.pairs import open_work_dir

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastdup_nb.views.labels import Labels

SHEETS = "images"
_SHEET = re.compile(r"component_(\d+)_(\d+)\.jpg")
_TABLE = re.compile(r"similarity_hierarchical_(\d*\.?\d*)\.csv")


def sheet_name(rank: int, component: int) -> str:
    """Return the name of the sheet of a component, relative to its page.

    >>> sheet_name(1, 27)
    'images/component_1_27.jpg'
    """
    return f"{SHEETS}/component_{rank}_{component}.jpg"


def find_sheets(folder: Path) -> dict[int, int]:
    """Return component and rank of the sheets that lie beside a page."""
    images = folder / SHEETS
    listed = sorted(path.name for path in images.iterdir()) if images.is_dir() else []
    found = (_SHEET.fullmatch(name) for name in listed)
    return {int(match[2]): int(match[1]) for match in found if match}


def is_hierarchical(source: object) -> bool:
    """Return whether pairs are pairs of components."""
    if isinstance(source, pd.DataFrame):
        return set(names.HIERARCHICAL_COLUMNS) <= set(source.columns)
    return isinstance(source, (str, PathLike)) and bool(_TABLE.fullmatch(Path(source).name))


@dataclass(frozen=True)
class SimilarComponentsView(DuplicatesView):
    """Pairs of components, each shown as a sheet of its images.

    Attributes
    ----------
    sheets : tuple of (int, int, tuple of str)
        What the sheets are to show: rank in the components gallery (0 when it is not in it),
        component, paths of its images. Empty when the components are not known.
    """

    sheets: tuple[tuple[int, int, tuple[str, ...]], ...] = ()

    name: ClassVar[str] = "similarity_hierarchical"
    noun: ClassVar[str] = "pair of components"
    kinds: ClassVar[tuple[tuple[str, str], ...]] = ()
    no_result: ClassVar[str] = "No two components are similar; a lower threshold finds more."

    @property
    def table_name(self) -> str:
        """The file name of the shown pairs as a table; not that of the result."""
        return f"{self.name}_gallery.csv"


def build_similar_components(
    source: pd.DataFrame | str | PathLike[str],
    folder: Path,
    *,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    cards: CardOptions,
    **choice: Any,
) -> SimilarComponentsView:
    """Choose the pairs of components to show.

    Parameters
    ----------
    source : path or DataFrame
        `similarity_hierarchical_<ccthreshold>.csv` or its content.
    folder : Path
        The folder of the page, in which the sheets are.
    work_dir : path or WorkDir, optional
        The work_dir, when the source does not lie in it.
    cards : CardOptions
        Labels are asked for of all images of a component; names and texts of its representative.
    **choice
        `num_images`, `descending`, `threshold`, `label_slice` of
        `fastdup_nb.views.duplicates.build_duplicates`.

    Raises
    ------
    OptionError, InputNotFoundError, WorkDirError
        When an argument cannot be used or the results cannot be read.

    Notes
    -----
    V0.2 API page, `create_duplicates_gallery`: the hierarchical gallery.
    """
    table, results, ccthreshold = _open(source, work_dir)
    components = _Components(table, results, ccthreshold, cards, find_sheets(folder))
    paths = {number: str(folder / components.sheet(number)) for number in components.numbers}
    pairs = pd.DataFrame(
        {
            "from": table["cluster_from"].map(paths),
            "to": table["cluster_to"].map(paths),
            "distance": table["distance"],
        }
    )
    number_of = {path: number for number, path in paths.items()}
    view = build_duplicates(
        pairs,
        get_label_func=(lambda path: components.labels(number_of[path]))
        if components.maker.has_labels
        else None,
        get_reformat_filename_func=lambda path: components.name(number_of[path]),
        get_extra_col_func=lambda path: components.text(number_of[path]),
        **choice,
    )
    shown = dict.fromkeys(number_of[card.path] for card in view.cards)
    values = {field.name: getattr(view, field.name) for field in fields(view)}
    return SimilarComponentsView(
        **{
            **values,
            "title": "Similar components",
            "run_date": run_date(results),
            "work_dir": place_of(results),
            "sheets": tuple(components.contents(number) for number in shown),
        }
    )


def _open(
    source: pd.DataFrame | str | PathLike[str], work_dir: str | PathLike[str] | WorkDir | None
) -> tuple[pd.DataFrame, WorkDir | None, float | None]:
    results = open_work_dir(work_dir)
    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True), results, None
    path = Path(source).expanduser()
    if not path.is_file():
        hint = "Run with turi_param='run_hierarchical=1' first."
        raise InputNotFoundError(f"{path} does not exist.", hint)
    table = read_frame(path)
    missing = [name for name in names.HIERARCHICAL_COLUMNS if name not in table.columns]
    if missing:
        message = f"{path} has no column {', '.join(missing)}."
        raise OptionError(message, "Give a file that a run with run_hierarchical=1 has written.")
    number = _TABLE.fullmatch(path.name)
    ccthreshold = float(number[1]) if number and number[1] else None
    return table, results or WorkDir(path.parent), ccthreshold


class _Components:
    """What is known about the components of a table of pairs."""

    def __init__(
        self,
        table: pd.DataFrame,
        results: WorkDir | None,
        ccthreshold: float | None,
        cards: CardOptions,
        ranks: Mapping[int, int],
    ) -> None:
        ends = (("cluster_from", "from"), ("cluster_to", "to"))
        self._representative: dict[int, Any] = {}
        for number, image in ends:
            self._representative |= dict(zip(table[number].tolist(), table[image], strict=True))
        self._ranks = ranks
        self._files = _files_of(results, ccthreshold)
        self.maker = CardMaker(results, cards)
        self._rename = cards.get("get_reformat_filename_func") is not None

    @property
    def numbers(self) -> list[int]:
        """The components."""
        return list(self._representative)

    def sheet(self, number: int) -> str:
        """Return the name of the sheet, relative to the page."""
        return sheet_name(self._ranks.get(number, 0), number)

    def labels(self, number: int) -> Labels:
        """Return the labels of the images."""
        files = self._files.get(number) or [self._stored(number)]
        return tuple(dict.fromkeys(label for name in files for label in self.maker.labels(name)))

    def name(self, number: int) -> str:
        """Return what to show for the component."""
        if self._rename:
            return self.maker.card(self._stored(number)).name
        count = len(self._files.get(number, ()))
        return f"component {number}" + (f" ({count:,} images)" if count else "")

    def text(self, number: int) -> str:
        """Return the text to add, of the image that stands for the component."""
        return self.maker.card(self._stored(number)).extra

    def contents(self, number: int) -> tuple[int, int, tuple[str, ...]]:
        """Return what its sheet is to show."""
        files = self._files.get(number, [])
        paths = tuple(self.maker.path(name) for name in files)
        return self._ranks.get(number, 0), number, paths

    def _stored(self, number: int) -> str:
        # A table with store_int=1 names images by number; then the first image stands for all.
        found = self._representative[number]
        if isinstance(found, str):
            return found
        files = self._files.get(number)
        return files[0] if files else str(found)


def _files_of(results: WorkDir | None, ccthreshold: float | None) -> dict[int, list[str]]:
    """Return the images of every component; nothing when they are not known."""
    if results is None:
        return {}
    try:
        members = read_members(results, ccthreshold=ccthreshold)
    except (WorkDirError, OptionError):  # sheets that are there can be shown all the same
        return {}
    order = np.argsort(members.group, kind="stable")
    numbers, starts = np.unique(members.group[order], return_index=True)
    parts = np.split(members.files[order], starts[1:])
    return {number: part.tolist() for number, part in zip(numbers.tolist(), parts, strict=True)}
