"""What the outliers gallery shows: images that resemble no other image much, worst first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, ClassVar, Literal, Unpack

import pandas as pd

from fastdup_nb.options import unknown_name
from fastdup_nb.store import names
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import SIMILARITY, GalleryView, ImageRow, Layout, Scale
from fastdup_nb.views.pairs import PairSource, open_pairs
from fastdup_nb.views.slices import SliceSpec, choose_images, describe_image_slice

if TYPE_CHECKING:
    from fastdup_nb.store.workdir import WorkDir

HOW = ("one", "all")
_ORDERS = {
    "one": "least similar to one of their neighbours first",
    "all": "far from all neighbours, least similar to the nearest first",
}


@dataclass(frozen=True)
class OutliersView(GalleryView):
    """The images to show, and of each the neighbour that its similarity is to."""

    rows: tuple[ImageRow, ...]
    neighbours: tuple[str, ...] = ()

    name: ClassVar[str] = "outliers"
    layout: ClassVar[Layout] = "image"
    no_result: ClassVar[str] = "The run found no outlier; a higher lower_threshold finds more."

    @property
    def scale(self) -> Scale:
        """The similarity; all are low."""
        return replace(SIMILARITY, to_one=False)

    def to_frame(self) -> pd.DataFrame:
        """Return the shown images: from, to, distance, label, extra."""
        columns = ["from", "to", "distance", "label", "extra"]
        rows = [
            (row.image.path, other, row.value, "|".join(row.image.labels), row.image.extra)
            for row, other in zip(self.rows, self.neighbours, strict=True)
        ]
        return pd.DataFrame(rows, columns=columns)


def build_outliers(
    source: PairSource,
    *,
    num_images: int = 20,
    how: Literal["one", "all"] = "one",
    label_slice: SliceSpec = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Unpack[CardOptions],
) -> OutliersView:
    """Choose the outliers to show.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        A table with the columns from, to, distance; a CSV file of it; or a work_dir.
    num_images : int
        Images to show at most.
    how : {'one', 'all'}
        `one`: images that are far from one of their neighbours, by their lowest similarity. `all`:
        images that are far from all of them, by their highest similarity.
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
    V0.2 API page, `create_outliers_gallery`.
    """
    check_count("num_images", num_images)
    if how not in HOW:
        raise unknown_name("how", str(how), HOW)
    stored, results = open_pairs(source, work_dir, name=names.OUTLIERS)
    maker = CardMaker(results, options)
    edges = stored[stored["from"] != stored["to"]].dropna(subset="distance")
    found = find_farthest(edges) if how == "one" else find_far_from_all(edges, results)
    chosen = found[choose_images(found["from"], label_slice, maker.labels)]
    top = chosen.head(num_images)
    maker.prepare(top["from"])
    total = int(edges["from"].nunique())
    return OutliersView(
        title="Outliers",
        rows=tuple(_make_row(n, *row, maker) for n, row in enumerate(_triples(top), 1)),
        neighbours=tuple(maker.path(name) for name in top["to"]),
        total=total,
        matching=len(chosen),
        filters=_describe(how, label_slice, len(chosen), total),
        run_date=run_date(results),
        work_dir=place_of(results),
    )


def find_farthest(edges: pd.DataFrame) -> pd.DataFrame:
    """Return the lowest edge of every image, the lowest of all first.

    Parameters
    ----------
    edges : DataFrame
        from, to, distance (similarity).
    """
    ordered = edges.sort_values(["distance", "from", "to"])
    return ordered.drop_duplicates("from")


def find_far_from_all(edges: pd.DataFrame, results: WorkDir | None) -> pd.DataFrame:
    """Return the highest edge of every image that has no neighbour nearby, the lowest first.

    The edges are the lowest of all: an image is left out when a higher one of it is known from the
    similar pairs, or must be among those that no file lists because fewer of its edges are here
    than the run looked for.

    Parameters
    ----------
    edges : DataFrame
        from, to, distance (similarity): the outliers.
    results : WorkDir or None
        Where the similar pairs and the number of neighbours are; without it the edges are all
        there is to go by.
    """
    ordered = edges.sort_values(["distance", "from", "to"], ascending=[False, True, True])
    nearest = ordered.drop_duplicates("from")
    far = nearest[::-1].sort_values("distance", kind="stable")
    if results is None or edges.empty:
        return far
    if results.has(names.SIMILARITY):
        pairs = results.read_pairs(names.SIMILARITY)
        near = pairs[(pairs["distance"] > edges["distance"].max()) & (pairs["from"] != pairs["to"])]
        far = far[~far["from"].isin({*near["from"], *near["to"]})]
    listed = edges["from"].value_counts()
    return far[far["from"].map(listed) >= _neighbours_of_each(results)]


def _neighbours_of_each(results: WorkDir) -> int:
    wanted = results.read_config().get("nearest_neighbors_k")
    if not isinstance(wanted, int) or not results.has(names.FEATURE_NAMES):
        return 1
    return min(wanted, max(1, len(results.file_names) - 1))


def _triples(edges: pd.DataFrame) -> zip[tuple[str, str, float]]:
    return zip(edges["from"], edges["to"], edges["distance"].astype(float), strict=True)


def _make_row(
    number: int, stored: str, neighbour: str, similarity: float, maker: CardMaker
) -> ImageRow:
    labels = maker.labels(neighbour)
    other = maker.shown_name(neighbour) + (f" ({', '.join(labels)})" if labels else "")
    return ImageRow(number, maker.card(stored), similarity, ("similar to", other))


def _describe(how: str, label_slice: SliceSpec, matching: int, total: int) -> str:
    parts = [_ORDERS[how], describe_image_slice(label_slice)]
    if matching != total:
        parts.append(f"{total:,} images in all")
    return " · ".join(filter(None, parts))
