"""The `Fastdup` object: the results of a run as DataFrames and arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.options import InputSpec, RunOptions
from fastdup_nb.paths import absolute
from fastdup_nb.render.report import SummaryReport
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from os import PathLike

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.clean.cleaning import Cleaning
    from fastdup_nb.engine.add import Added
    from fastdup_nb.engine.queries import ImageQuery
    from fastdup_nb.engine.search import LatestSearcher
    from fastdup_nb.progress import Progress
    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource


class Fastdup:
    """The results in a work_dir.

    Parameters
    ----------
    work_dir : path
        The work_dir of a finished run, ours or the original's.

    Raises
    ------
    ResultNotFoundError
        When it holds no results.

    Examples
    --------
    >>> fd = Fastdup.run("images")  # doctest: +SKIP
    >>> fd.similarity().head()  # doctest: +SKIP
    """

    def __init__(self, work_dir: str | PathLike[str]) -> None:
        self._work_dir = WorkDir.open(work_dir)

    @classmethod
    def run(
        cls,
        input_dir: InputSpec,
        work_dir: str | PathLike[str] | None = None,
        *,
        progress: Progress | None = None,
        **options: Any,
    ) -> Fastdup:
        """Run on a collection and return its results.

        Parameters
        ----------
        input_dir : path or list of paths
            The images.
        work_dir : path, optional
            Folder for the results; `<name of input_dir>_fastdup` in the current folder when not
            given.
        progress : Progress, optional
            What to report to; by default what fits a terminal or a notebook.
        **options
            Any other option of `fastdup_nb.run`.

        Raises
        ------
        FastdupError
            When the run cannot be done.
        """
        folder = default_work_dir(input_dir) if work_dir is None else work_dir
        chosen = RunOptions(input_dir=input_dir, work_dir=folder, **options)
        return run_options(chosen, progress)

    @property
    def work_dir(self) -> Path:
        """The folder of the results."""
        return self._work_dir.path

    @cached_property
    def _searching(self) -> LatestSearcher:
        from fastdup_nb.engine.search import LatestSearcher

        return LatestSearcher(self.work_dir)

    def similarity(self) -> pd.DataFrame:
        """Return the similar pairs, most similar first: from, to, distance (1 = identical)."""
        return self._work_dir.read_pairs(names.SIMILARITY)

    def outliers(self) -> pd.DataFrame:
        """Return the least similar neighbour pairs, worst last: from, to, distance."""
        return self._work_dir.read_pairs(names.OUTLIERS)

    def connected_components(self, threshold: float | None = None) -> pd.DataFrame:
        """Return one row per image: filename, component_id, count (images in it) and more.

        Parameters
        ----------
        threshold : float, optional
            Which one, when the run was given several values of ccthreshold.
        """
        return self._work_dir.read_components(threshold)

    def img_stats(self) -> pd.DataFrame:
        """Return the statistics of every image."""
        return self._work_dir.read_table(names.STATISTICS)

    def invalid_instances(self) -> pd.DataFrame:
        """Return the files that could not be used, with the reason for each."""
        return self._work_dir.read_table(names.BAD_FILES)

    def embeddings(self) -> tuple[list[str], NDArray[np.float32]]:
        """Return the file names and their embeddings, shape (n, d), row by row."""
        with self._work_dir.open_features() as features:
            return self._work_dir.file_names, features.read(0, features.shape[0])

    def search(
        self,
        image: ImageQuery | Iterable[ImageQuery],
        k: int = 10,
        threshold: float = 0.0,
        *,
        model_path: str | PathLike[str] = "",
    ) -> pd.DataFrame:
        """Return the images most similar to an image, or to each of several.

        The embeddings are loaded by the first call and again when they have changed. May be called
        by many threads at once.

        Parameters
        ----------
        image : path, PIL.Image.Image, ndarray, bytes, or a list of them
            A file, a picture, pixels of shape (height, width[, 3]) (uint8, or floats from 0 to 1),
            the content of an image file, or an embedding of shape (d,).
        k : int
            How many to return per image at most.
        threshold : float, 0 to 1
            Least similarity.
        model_path : path, optional
            The model that made the embeddings, when it is no longer where it was, or
            nothing is recorded.

        Returns
        -------
        DataFrame
            from (the image), to (file names), distance (1 = identical), most similar first. An
            image of the collection finds itself too.

        Raises
        ------
        InputNotFoundError, ImageError, OptionError, ModelError
            When an image cannot be searched for.
        """
        return self._searching.search(image, k, threshold, model_path)

    def add(
        self,
        images: InputSpec,
        *,
        model_path: str | PathLike[str] = "",
        progress: Progress | None = None,
    ) -> Added:
        """Add images without starting over: only new and changed files are decoded and embedded.

        Known images keep their places, new ones follow in the order given; then the findings are
        those of a run over all of them. Images that are gone from the disk stay.

        Parameters
        ----------
        images : path or list of paths
            As for `run`. Giving the whole folder again adds what is new in it.
        model_path : path, optional
            The model of the run, when it is no longer where it was.
        progress : Progress, optional
            What to report to; by default what fits a terminal or a notebook.

        Returns
        -------
        Added
            How many were new, bad, changed and unchanged.

        Raises
        ------
        FastdupError
            When it cannot be done; the results stay as they were.
        """
        from fastdup_nb.engine.add import add
        from fastdup_nb.progress import default_progress

        self._searching.forget()
        reporter = default_progress() if progress is None else progress
        try:
            return add(self.work_dir, images, reporter, model_path=model_path)
        finally:
            self._work_dir = WorkDir(self.work_dir)

    def label_scores(self, get_label: LabelSource) -> pd.DataFrame:
        """Score the label of every image by its neighbours, 0 to 100, and suggest one.

        Parameters
        ----------
        get_label : callable, dict, path or list
            The labels, in any form that `get_label_func` of the galleries takes.

        Returns
        -------
        DataFrame
            filename, label, score, suggested_label, suggested_share, neighbors.
        """
        from fastdup_nb.views.predictions import label_scores

        return label_scores(self._work_dir, get_label)

    def wrong_labels(self, get_label: LabelSource) -> pd.DataFrame:
        """Return the rows of `label_scores` whose label is probably wrong, the surest first."""
        from fastdup_nb.views.predictions import wrong_labels

        return wrong_labels(self._work_dir, get_label)

    def kmeans(
        self,
        num_clusters: int | None = None,
        *,
        num_em_iter: int = 20,
        nearest_neighbors_k: int = 2,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return the k-means clusters of every image: index, filename, cluster, distance.

        Parameters
        ----------
        num_clusters : int, optional
            Make as many. Not given: those that are stored, else 100 new ones.
        num_em_iter, nearest_neighbors_k : int
            As in `run_kmeans`.
        progress : Progress, optional
            What to report to.
        """
        if num_clusters is not None or not self._work_dir.has(names.KMEANS_ASSIGNMENTS):
            with self._work_dir.open_features() as features:
                d = features.shape[1]
            options = RunOptions(
                work_dir=self.work_dir,
                run_mode=6,
                d=d,
                nearest_neighbors_k=nearest_neighbors_k,
                nnf_param=f"num_clusters={100 if num_clusters is None else num_clusters},"
                f"num_em_iter={num_em_iter}",
            )
            run_options(options, progress)
        return self._work_dir.read_table(names.KMEANS_ASSIGNMENTS)

    def plan_cleaning(
        self, *, min_distance: float = 0.96, how: str = "one", keep: str = "largest"
    ) -> Cleaning:
        """Plan which duplicates go and which image of each component stays. Changes nothing.

        The arguments are those of `fastdup_nb.delete_components`. Look at `to_frame()` of what is
        returned, then call its `apply()`; `fastdup_nb.undo` takes it back.
        """
        from fastdup_nb.clean.cleaning import plan_cleaning

        return plan_cleaning(self.work_dir, min_distance=min_distance, how=how, keep=keep)

    def summary(self) -> SummaryReport:
        """Return what was found, in images, pairs and groups, and what to do next."""
        from fastdup_nb.views.summary import build_summary

        return SummaryReport(build_summary(self._work_dir))

    def export(
        self,
        kind: str,
        path: str | PathLike[str],
        *,
        get_label: LabelSource = None,
        get_bounding_box: BoxSource = None,
    ) -> Path:
        """Write the results for another tool.

        Parameters
        ----------
        kind : {'csv', 'parquet', 'coco', 'projector', 'cvat', 'labelimg'}
            Tables with one row per image, COCO JSON, TensorBoard's projector, or a labelling task.
        path : path
            The file of csv, parquet and coco; the folder of the others.
        get_label : callable, dict, path or list
            The labels, in any form that `get_label_func` of the galleries takes.
        get_bounding_box : callable, dict or path
            For coco, the boxes, in any form that `get_bounding_box_func` takes.

        Returns
        -------
        Path
            What was written.
        """
        from fastdup_nb.export.kinds import export_results
        from fastdup_nb.progress import default_progress

        progress = default_progress()
        done = export_results(
            self._work_dir,
            kind,
            path,
            labels=get_label,
            boxes=get_bounding_box,
            progress=progress,
        )
        if done.unreadable:
            progress.message(done.warning())
        return done.path

    def to_fiftyone(self, name: str | None = None, *, get_label: LabelSource = None) -> Any:
        """Return the images and what is known about them as a FiftyOne dataset.

        Parameters
        ----------
        name : str, optional
            Of the new dataset; FiftyOne makes one up when not given.
        get_label : callable, dict, path or list
            The labels; they go into the field `ground_truth`.

        Raises
        ------
        MissingDependencyError
            When FiftyOne is not installed.
        """
        from fastdup_nb.export.fiftyone import make_dataset
        from fastdup_nb.export.tables import build_image_table

        return make_dataset(build_image_table(self._work_dir, get_label), name)

    def __repr__(self) -> str:
        return f"Fastdup({str(self.work_dir)!r})"

    def __str__(self) -> str:
        return str(self.summary())

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


def run_options(options: RunOptions, progress: Progress | None = None) -> Fastdup:
    """Carry out a run and return its results.

    Parameters
    ----------
    options : RunOptions
    progress : Progress, optional
        What to report to; by default what fits a terminal or a notebook.
    """
    from fastdup_nb.engine import run
    from fastdup_nb.progress import default_progress

    reporter = default_progress() if progress is None else progress
    return Fastdup(run(options, reporter).path)


def default_work_dir(input_dir: InputSpec) -> Path:
    """Return the folder for results when the user names none, named after the input.

    >>> default_work_dir("data/holiday photos").name
    'holiday photos_fastdup'
    >>> default_work_dir(["a.jpg", "b.jpg"]).name
    'fastdup_work'
    """
    if isinstance(input_dir, Sequence) and not isinstance(input_dir, str):
        return Path("fastdup_work")
    given = absolute(input_dir)
    name = given.stem if given.is_file() else given.name
    return Path(f"{name or 'fastdup'}_fastdup")
