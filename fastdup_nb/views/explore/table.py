"""A view as a table: what its rows show, what they can be sorted by and told apart by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.views.explore.facets import Facet, Values
from fastdup_nb.views.explore.measures import Measure
from fastdup_nb.views.wording import word_value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.views.explore.images import Images
    from fastdup_nb.views.explore.rows import RowImages
    from fastdup_nb.views.explore.state import Sort
    from fastdup_nb.views.gallery import Badge, Layout

LABEL, FOLDER, FORMAT = "label", "folder", "format"


@dataclass(frozen=True, slots=True)
class ViewKind:
    """What a view is called and how its rows are laid out.

    Attributes
    ----------
    name, title, noun : str
    layout : {'pair', 'group', 'image', 'neighbours'}
    shown : int
        Images of a row to show at most.
    """

    name: str
    title: str
    noun: str
    layout: Layout
    shown: int


class Table:
    """The rows of a view; every view is a subclass.

    Parameters
    ----------
    images : Images
    rows : RowImages
        In the order that the view opens with.
    columns : sequence of Measure
        Of the rows; the first is what the view is about.
    sort : Sort
        The order that the rows are in.
    """

    kind: ClassVar[ViewKind]
    # The two orders of the first column: descending, ascending.
    orders: ClassVar[tuple[str, str]] = ("highest first", "lowest first")

    def __init__(
        self, images: Images, rows: RowImages, columns: Sequence[Measure], sort: Sort
    ) -> None:
        self.images = images
        self.rows = rows
        self.columns = {column.name: column for column in columns}
        self.sort = sort

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def facets(self) -> dict[str, Facet]:
        """What the rows can be told apart by, as far as they differ."""
        found = [*self.own_facets(), *self._facets_of_images()]
        return {facet.name: facet for facet in found if facet.values.differ}

    def facets_now(self, chosen: Collection[str] = ()) -> dict[str, Facet]:
        """Return all facets, with those that change as far as they differ or are chosen."""
        found = dict(self.facets)
        for name, values in self.images.changing.items():
            if values.differ or name in chosen:
                found[name] = self._facet_of(name, name, values)
        return found

    def forget_labels(self) -> None:
        """Work out again what follows from the labels, which have changed."""
        self.__dict__.pop("facets", None)

    def column(self, name: str | None) -> Measure:
        """Return a column; the first one when no name is given.

        Raises
        ------
        OptionError
            When there is none of that name.
        """
        if name is None:
            return next(iter(self.columns.values()))
        if name not in self.columns:
            raise unknown_name("column", name, list(self.columns))
        return self.columns[name]

    def facet(self, name: str) -> Facet:
        """Return a facet.

        Raises
        ------
        OptionError
            When there is none of that name.
        """
        known = self.facets_now((name,))
        if name not in known:
            raise unknown_name("facet", name, list(known))
        return known[name]

    def check_row(self, row: int) -> None:
        """Raise `OptionError` when there is no such row."""
        if not 0 <= row < len(self):
            message = f"There is no row {row} in {self.kind.title}."
            raise OptionError(message, f"It has {len(self):,} rows.")

    def present(self) -> NDArray[np.bool_]:
        """Return which rows still have what makes them one, after images have gone."""
        gone = self.images.gone
        if not gone.any():
            return np.ones(len(self), bool)
        return self._remain(gone)

    def matching(self, images: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows show one of some images: any of them, or the first of neighbours."""
        if self.kind.layout == "neighbours":
            return images[self.rows.first]
        return self.rows.count(images) > 0

    def ids_of(self, row: int) -> list[int]:
        """Return the images of a row that have not gone."""
        ids = self.rows.of(row)
        present: list[int] = ids[~self.images.gone[ids]].tolist()
        return present

    @property
    def heading(self) -> str:
        """What the view is called, with what it shows."""
        return self.kind.title

    # What a view says of a row; overridden as it needs.

    def own_facets(self) -> list[Facet]:
        """Return what only this view tells rows apart by."""
        return []

    def title(self, row: int) -> str:  # noqa: ARG002 - for subclasses
        """Return what a row is called; empty when its images say it."""
        return ""

    def badges(self, row: int) -> list[Badge]:  # noqa: ARG002
        """Return remarks on a row."""
        return []

    def facts(self, row: int) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return what else is known of a row, as name and text."""
        return []

    def suggestion(self, row: int) -> str:  # noqa: ARG002
        """Return the label that the first image should probably have; empty for none."""
        return ""

    def why(self, row: int, image: int) -> list[str]:  # noqa: ARG002
        """Return why an image is in a row, a line each."""
        return []

    def value_text(self, column: Measure, row: int) -> str:
        """Return a value of a row in words; empty when it is not known."""
        return column.text_at(row)

    def image_text(self, value: float) -> str:
        """Return in words what is known of an image in its row."""
        return word_value(value, "similarity")

    def _remain(self, gone: NDArray[np.bool_]) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_]
        if self.kind.layout == "pair":
            kept = self.rows.count(gone) == 0
        elif self.kind.layout == "group":
            kept = self.rows.sizes - self.rows.count(gone) > 1
        else:
            kept = ~gone[self.rows.first]
        return kept

    def _facets_of_images(self) -> list[Facet]:
        images = self.images
        labels = images.label_values()
        known = [
            *([(LABEL, LABEL, labels)] if labels is not None else []),
            *((name, name, values) for name, values in images.facets.items()),
            (FOLDER, FOLDER, images.folders),
            (FORMAT, FORMAT, images.formats),
        ]
        return [self._facet_of(name, title, values) for name, title, values in known]

    def _facet_of(self, name: str, title: str, values: Values) -> Facet:
        """Return what rows have of a facet of images: of any of theirs, or of their first."""
        first_only = self.kind.layout == "neighbours"
        of_rows = values.of_first(self.rows) if first_only else values.of_rows(self.rows)
        return Facet(name, title, of_rows)


def columns_of_images(images: Images, ids: NDArray[np.integer]) -> list[Measure]:
    """Return the statistics of images as columns of rows that begin with them."""
    chosen = ids.astype(np.int32)
    return [
        Measure(column.name, column.title, column.form, column.numbers, chosen)
        for column in images.measures.values()
    ]
