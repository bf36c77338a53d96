"""What the aspect ratio gallery shows: how wide and high the images are, and the extremes."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

import numpy as np
import pandas as pd

from fastdup_nb.errors import OptionError
from fastdup_nb.views.cards import CardMaker, CardOptions, check_count, place_of, run_date
from fastdup_nb.views.gallery import Badge, GalleryView, ImageRow, Layout, Scale
from fastdup_nb.views.slices import SliceSpec, choose_images, describe_image_slice
from fastdup_nb.views.statistics import TableSource, open_statistics, read_metric
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

MAX_POINTS = 5000
BINS = 48


@dataclass(frozen=True)
class Shapes:
    """Widths and heights of many images.

    Attributes
    ----------
    widths, heights : ndarray of float64, shape (p,)
        The different sizes in pixels; when there are more than 5,000, rounded so that there are
        fewer.
    counts : ndarray of int64, shape (p,)
        Images of each size.
    edges : ndarray of float64, shape (b + 1,)
        Ends of the bins of width / height, evenly spaced on a logarithmic scale, so that an image
        and the same one turned by 90 degrees lie equally far from 1.
    bins : ndarray of int64, shape (b,)
        Images in each bin.
    mean_width, mean_height, mean_ratio, median_ratio : float
        Over all images, exact; the ratio is width / height.
    """

    widths: NDArray[np.float64]
    heights: NDArray[np.float64]
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    bins: NDArray[np.int64]
    mean_width: float
    mean_height: float
    mean_ratio: float
    median_ratio: float


@dataclass(frozen=True)
class AspectRatioView(GalleryView):
    """The sizes of images, and the widest and the tallest of them as rows."""

    rows: tuple[ImageRow, ...]
    shapes: Shapes | None = None

    name: ClassVar[str] = "aspect_ratio"
    layout: ClassVar[Layout] = "image"
    no_result: ClassVar[str] = "The width and height of no image are known."

    @property
    def scale(self) -> Scale:
        """Width / height."""
        return Scale("ratio", "number", "widest first", "tallest first")

    @property
    def headline(self) -> str:
        """How many images the plots are made of."""
        return count_of(self.matching, "image")

    def to_frame(self) -> pd.DataFrame:
        """Return the widest and the tallest image: filename, width, height, ratio, label."""
        rows = [
            (
                *(row.image.path, row.image.width, row.image.height, row.value),
                "|".join(row.image.labels),
            )
            for row in self.rows
        ]
        return pd.DataFrame(rows, columns=["filename", "width", "height", "ratio", "label"])


def build_aspect_ratios(
    source: TableSource,
    *,
    num_images: int = 0,
    label_slice: SliceSpec = None,
    work_dir: str | PathLike[str] | WorkDir | None = None,
    **options: Unpack[CardOptions],
) -> AspectRatioView:
    """Measure the shapes of images.

    Parameters
    ----------
    source : DataFrame, path or WorkDir
        See `fastdup_nb.views.statistics.open_statistics`.
    num_images : int
        Only the first images of the table; 0 for all.
    label_slice : str or list of str, optional
        Labels of the images to measure.
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
    V0.2 API page, `create_aspect_ratio_gallery`.
    """
    check_count("num_images", num_images, least=0)
    table, results = open_statistics(source, work_dir)
    maker = CardMaker(results, options)
    sizes = _read_sizes(table)
    kept = sizes[choose_images(sizes["filename"], label_slice, maker.labels)]
    used = kept.head(num_images) if num_images else kept
    shapes = measure_shapes(used["width"].to_numpy(), used["height"].to_numpy())
    parts = [_describe(shapes), describe_image_slice(label_slice)]
    if len(used) < len(kept):
        parts.append(f"the first of {len(kept):,}")
    elif len(kept) < len(sizes):
        parts.append(f"{len(sizes):,} images in all")
    return AspectRatioView(
        title="Aspect ratios",
        rows=tuple(_extremes(used, maker)),
        total=len(sizes),
        matching=len(used),
        filters=" · ".join(filter(None, parts)),
        run_date=run_date(results),
        work_dir=place_of(results),
        shapes=shapes,
    )


def measure_shapes(widths: NDArray[Any], heights: NDArray[Any]) -> Shapes | None:
    """Count sizes and ratios; None when there is no image.

    Parameters
    ----------
    widths, heights : ndarray, shape (n,)
        Pixels, above 0.
    """
    if not len(widths):
        return None
    ratios = widths / heights
    unit = 1
    while True:
        # As one number: numpy sorts rows slowly.
        wide, high = widths.astype(np.int64) // unit, heights.astype(np.int64) // unit
        scale = int(high.max()) + 1
        keys, counts = np.unique(wide * scale + high, return_counts=True)
        if len(keys) <= MAX_POINTS:
            break
        unit *= 2
    sizes = np.stack(np.divmod(keys, scale), axis=1) * unit
    tallest, widest = float(ratios.min()), float(ratios.max())
    edges = np.geomspace(min(tallest, 0.5) * 0.98, max(widest, 2.0) * 1.02, BINS + 1)
    return Shapes(
        widths=np.maximum(sizes[:, 0], 1).astype(np.float64),
        heights=np.maximum(sizes[:, 1], 1).astype(np.float64),
        counts=counts,
        edges=edges,
        bins=np.histogram(ratios, edges)[0],
        mean_width=float(widths.mean()),
        mean_height=float(heights.mean()),
        mean_ratio=float(ratios.mean()),
        median_ratio=float(np.median(ratios)),
    )


def _describe(shapes: Shapes | None) -> str:
    if shapes is None:
        return ""
    size = f"{shapes.mean_width:,.0f} × {shapes.mean_height:,.0f}"  # noqa: RUF001
    return f"on average {size} pixels, width / height {shapes.mean_ratio:.3f}"


def _read_sizes(table: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ("width", "height") if name not in table.columns]
    if missing:
        message = f"The statistics have no column {' and '.join(missing)}."
        raise OptionError(message, "Give the statistics of a run: a work_dir or atrain_stats.csv.")
    width, height = read_metric(table, "width"), read_metric(table, "height")
    both = width.index.intersection(height.index)
    return pd.DataFrame(
        {"filename": table["filename"][both], "width": width[both], "height": height[both]}
    )


def _extremes(sizes: pd.DataFrame, maker: CardMaker) -> list[ImageRow]:
    if sizes.empty:
        return []
    stored = sizes["filename"].tolist()
    ratio = (sizes["width"] / sizes["height"]).to_numpy()
    places = {"widest": int(ratio.argmax()), "tallest": int(ratio.argmin())}
    maker.prepare(stored[place] for place in places.values())
    return [
        ImageRow(
            number,
            maker.card(stored[place]),
            float(ratio[place]),
            badges=(Badge(name, "exact"),),
        )
        for number, (name, place) in enumerate(places.items(), 1)
    ]
