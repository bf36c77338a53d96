"""What every gallery is made of: rows of images with a value, and what they were chosen from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.views.boxes import Box
    from fastdup_nb.views.labels import Labels

Layout = Literal["pair", "image", "neighbours", "group"]
Form = Literal["similarity", "number", "whole", "bytes", "percent"]


@dataclass(frozen=True, slots=True)
class ImageCard:
    """One image of a row.

    Attributes
    ----------
    path : str
        Absolute file name.
    name : str
        What to show instead, as `get_reformat_filename_func` wants it; else the path.
    labels : tuple of str
    extra : str
        What `get_extra_col_func` gives.
    width, height, file_size : int or None
        Pixels and bytes; None when the run kept no statistics.
    boxes : tuple of (x1, y1, x2, y2)
        Pixels of the upright image.
    """

    path: str
    name: str
    labels: Labels = ()
    extra: str = ""
    width: int | None = None
    height: int | None = None
    file_size: int | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Badge:
    """A remark on a row; `tone` is `exact` (notable), `differ` (a warning) or `plain`."""

    text: str
    tone: Literal["exact", "differ", "plain"] = "plain"


@dataclass(frozen=True, slots=True)
class Scale:
    """What the rows of a gallery are measured by.

    Attributes
    ----------
    name : str
        Lower case: `similarity`, `blur`.
    form : {'similarity', 'number', 'whole', 'bytes', 'percent'}
        How a value is written. Similarities end at 1, percents go from 0 to 100.
    highest, lowest : str
        What the two orders are called.
    to_one : bool
        Whether bars of similarities end at 1; else near the highest one.
    """

    name: str
    form: Form = "number"
    highest: str = "highest first"
    lowest: str = "lowest first"
    to_one: bool = True


SIMILARITY = Scale("similarity", "similarity", "most similar first", "least similar first")


class Row(Protocol):
    """What a gallery needs of a row: a pair, an image, an image with its neighbours, a group."""

    @property
    def number(self) -> int:
        """Its place in the view, from 1."""

    @property
    def images(self) -> tuple[ImageCard, ...]:
        """Its images, in order."""

    @property
    def value(self) -> float | None:
        """Its place on the scale of the gallery; None when unknown."""

    @property
    def kind(self) -> str:
        """One of the kinds of the gallery; empty when it has none."""

    @property
    def badges(self) -> tuple[Badge, ...]:
        """Remarks."""


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image with a value, and a note: a word and a text or file name."""

    number: int
    image: ImageCard
    value: float | None
    note: tuple[str, str] = ("", "")
    badges: tuple[Badge, ...] = ()
    kind: str = ""

    @property
    def images(self) -> tuple[ImageCard, ...]:
        """The image, alone."""
        return (self.image,)


@dataclass(frozen=True, slots=True)
class NeighboursRow:
    """An image and those most similar to it, with their similarities.

    `count` is the number of neighbours that are known, of which the first are in `neighbours`.
    """

    number: int
    query: ImageCard
    neighbours: tuple[ImageCard, ...]
    similarities: tuple[float, ...]
    value: float | None
    count: int
    badges: tuple[Badge, ...] = ()
    kind: str = ""

    @property
    def images(self) -> tuple[ImageCard, ...]:
        """The image, then its neighbours."""
        return (self.query, *self.neighbours)

    @property
    def hidden(self) -> int:
        """Neighbours that are not among `images`."""
        return self.count - len(self.neighbours)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of images: a component, a cluster, a label.

    Attributes
    ----------
    number : int
        Its place in the view, from 1.
    title : str
        What it is called: `component 12`.
    images : tuple of ImageCard
        The members to show.
    count : int
        All members.
    value : float or None
        Its place on the scale of the gallery.
    facts : tuple of (str, str)
        What else is known, as name and text.
    labels : tuple of (str, int)
        Labels of the members and how many have them, most frequent first.
    badges : tuple of Badge
    kind : str
    """

    number: int
    title: str
    images: tuple[ImageCard, ...]
    count: int
    value: float | None = None
    facts: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, int], ...] = ()
    badges: tuple[Badge, ...] = ()
    kind: str = ""

    @property
    def hidden(self) -> int:
        """Members that are not among `images`."""
        return self.count - len(self.images)


@dataclass(frozen=True)
class GalleryView:
    """The rows to show and what they were chosen from; every gallery is a subclass.

    Attributes
    ----------
    title : str
    rows : tuple of Row
    total : int
        Rows in the results.
    matching : int
        Rows that thresholds and slices leave.
    filters : str
        The order, the thresholds and the slice in words.
    run_date : str
        Day of the run, `2026-11-20`; empty when unknown.
    work_dir : str
        The work_dir; empty when unknown.
    """

    title: str
    rows: tuple[Row, ...]
    total: int
    matching: int
    filters: str
    run_date: str = ""
    work_dir: str = ""

    # The page's file name, the form of its rows, what a row is called, and the kinds of rows that
    # can be told apart, as (kind, words).
    name: ClassVar[str]
    layout: ClassVar[Layout]
    noun: ClassVar[str] = "image"
    kinds: ClassVar[tuple[tuple[str, str], ...]] = ()
    no_result: ClassVar[str] = ""

    @property
    def scale(self) -> Scale:
        """What the rows are measured by."""
        return SIMILARITY

    @property
    def page_name(self) -> str:
        """The file name of the page."""
        return f"{self.name}.html"

    @property
    def table_name(self) -> str:
        """The file name of the shown rows as a table; never that of a result."""
        return f"{self.name}_gallery.csv"

    @property
    def shown(self) -> int:
        """Rows in the view."""
        return len(self.rows)

    @property
    def headline(self) -> str:
        """The counts in words: `20 of 1,503 pairs`."""
        return f"{self.shown:,} of {count_of(self.matching, self.noun)}"

    @property
    def cards(self) -> Iterator[ImageCard]:
        """The shown images, row by row."""
        for row in self.rows:
            yield from row.images

    @property
    def shows_paths(self) -> bool:
        """Whether any image goes by its path, not by a name of the user's own."""
        return any(card.name == card.path for card in self.cards)

    @property
    def labels(self) -> list[str]:
        """All labels of the shown images, sorted."""
        return sorted({label for card in self.cards for label in card.labels})

    def to_frame(self) -> pd.DataFrame:
        """Return the shown rows as a table."""
        raise NotImplementedError
