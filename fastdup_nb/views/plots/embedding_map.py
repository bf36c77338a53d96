"""The images of a run on a plane, similar ones near each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fastdup_nb.core.projection import METHODS, project
from fastdup_nb.core.sampling import sample_rows
from fastdup_nb.errors import EmptyInputError, OptionError
from fastdup_nb.options import unknown_name
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store.testset import TestSet
from fastdup_nb.views.cards import CardMaker, check_count
from fastdup_nb.views.plots.colours import SPLIT, Categories, Numbers, choose_colours
from fastdup_nb.views.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import NDArray

    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import LabelSource

DEFAULT_COUNT = 5000
METHOD_NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}


@dataclass(frozen=True)
class EmbeddingMap:
    """Images as points.

    Attributes
    ----------
    points : ndarray of float32, shape (n, 2)
        From -1 to 1.
    rows : ndarray of int64, shape (n,)
        The images: rows of the results, rising.
    file_names : sequence of str
        Of the rows of the results, as stored.
    paths : tuple of str, length n
        Where the images lie now.
    total : int
        Images in the results; those that are not among the points are left out.
    method : {'pca', 'tsne', 'umap'}
    explained : float or None
        The share of the variance that both axes of PCA hold, 0 to 1.
    colours : Categories, Numbers or None
        What the points are coloured by.
    labels : tuple of str, length n
        Labels of the images, several joined by a comma; empty when none are given.
    known : int
        Rows from this one on are test images, which the explorer does not show.
    """

    points: NDArray[np.float32]
    rows: NDArray[np.int64]
    file_names: Sequence[str]
    paths: tuple[str, ...]
    total: int
    method: str
    explained: float | None = None
    colours: Categories | Numbers | None = None
    labels: tuple[str, ...] = ()
    known: int = 0

    name = "map"
    title = "Embedding map"

    @property
    def heading(self) -> str:
        """The title, the method and how many images are shown."""
        shown, total = f"{len(self.rows):,}", f"{self.total:,}"
        count = total if shown == total else f"{shown} of {total}"
        return f"{self.title}: {METHOD_NAMES[self.method]}, {count} images"

    @property
    def note(self) -> str:
        """How the map was made, and of how many images."""
        shown = len(self.rows)
        images = count_of(self.total, "image")
        if shown < self.total:
            images = (
                f"a random sample of {shown:,} of {self.total:,} images; the others are left out"
            )
        parts = [METHOD_NAMES[self.method], images]
        if self.explained is not None:
            parts.append(f"both axes together hold {self.explained:.1%} of the variance")
        else:
            parts.append("distances between far points mean little")
        return " · ".join(parts)

    def to_frame(self) -> pd.DataFrame:
        """Return the points: filename, x, y."""
        names = [self.file_names[row] for row in self.rows]
        return pd.DataFrame({"filename": names, "x": self.points[:, 0], "y": self.points[:, 1]})


def build_map(
    work_dir: WorkDir,
    method: str = "pca",
    *,
    color: str = "",
    n: int = DEFAULT_COUNT,
    get_label: LabelSource = None,
    input_dir: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> EmbeddingMap:
    """Place the images of a run, or a sample of them, on a plane.

    Parameters
    ----------
    work_dir : WorkDir
    method : {'pca', 'tsne', 'umap'}
        See `fastdup_nb.core.projection.project`.
    color : str
        See `fastdup_nb.views.plots.colours.choose_colours`.
    n : int
        Images at most: a random sample, the same every time. The others are left out.
    get_label : callable, mapping, path or sequence
        See `fastdup_nb.views.labels.make_labeller`.
    input_dir : path, optional
        Where images lie that are not where the results say.
    progress : Progress, optional

    Raises
    ------
    OptionError, ResultNotFoundError, EmptyInputError
        When an argument cannot be used or the results are missing.
    MissingDependencyError
        When UMAP is asked for and not installed.
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    check_count("n", n)
    reporter = SilentProgress() if progress is None else progress
    known = len(work_dir.file_names)
    test = _test_set(work_dir) if color == SPLIT else None
    file_names = [*work_dir.file_names, *(test.file_names if test else ())]
    rows = sample_rows(len(file_names), n)
    if not len(rows):
        raise EmptyInputError("There are no embeddings to show.", "Run on some images first.")
    cards = CardMaker(work_dir, {"get_label_func": get_label, "input_dir": input_dir})
    stored = [file_names[row] for row in rows]
    colours = choose_colours(work_dir, color, stored, rows, cards)  # before the long part
    with work_dir.open_features() as features:
        vectors = features.take(rows[rows < known])
    if test is not None:
        with test.open_features(vectors.shape[1]) as features:
            vectors = np.concatenate([vectors, features.take(rows[rows >= known] - known)])
    reporter.start(f"Placing by {METHOD_NAMES[method]}", len(rows))
    placed = project(vectors, method)
    reporter.advance(len(rows))
    reporter.finish()
    return EmbeddingMap(
        points=placed.points,
        rows=rows,
        file_names=file_names,
        paths=tuple(cards.path(name) for name in stored),
        total=len(file_names),
        method=method,
        explained=placed.explained,
        colours=colours,
        labels=tuple(", ".join(cards.labels(name)) for name in stored) if cards.has_labels else (),
        known=known,
    )


def _test_set(work_dir: WorkDir) -> TestSet:
    found = TestSet.open(work_dir.path)
    if found is None:
        hint = "Give test_dir to run, or the split of every image as get_label."
        raise OptionError("The run had no test images.", hint)
    return found
