"""The `Fastdup` object: the results of a run as DataFrames and arrays."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.exploring import Exploring
from fastdup_nb.options import InputSpec, RunOptions
from fastdup_nb.paths import default_work_dir
from fastdup_nb.plotting import Plotting
from fastdup_nb.render.report import SummaryReport
from fastdup_nb.store.results import Results
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from fastdup_nb.clean.cleaning import Cleaning
    from fastdup_nb.engine.add import Added
    from fastdup_nb.engine.queries import ImageQuery
    from fastdup_nb.engine.search import LatestSearcher
    from fastdup_nb.progress import Progress
    from fastdup_nb.render.comparison import Comparison
    from fastdup_nb.views.boxes import BoxSource
    from fastdup_nb.views.labels import LabelSource


class Fastdup(Results, Exploring, Plotting):
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

    @cached_property
    def _searching(self) -> LatestSearcher:
        from fastdup_nb.engine.search import LatestSearcher

        return LatestSearcher(self.work_dir)

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

        self._searching.forget()
        try:
            return add(self.work_dir, images, reporter_of(progress), model_path=model_path)
        finally:
            self._work_dir = WorkDir(self.work_dir)

    def compare(
        self,
        other: InputSpec | Fastdup,
        *,
        threshold: float = 0.9,
        level: float = 0.96,
        k: int = 2,
        model_path: str | PathLike[str] = "",
        progress: Progress | None = None,
    ) -> Comparison:
        """Look for the images of another collection (test) among these (train).

        Changes neither. Given images, it embeds them with the model of this run.

        Parameters
        ----------
        other : Fastdup, path or list of paths
            A finished run with the same model, or images, as for `run`.
        threshold, level, k, model_path, progress
            See `fastdup_nb.render.comparison.compare_results`.

        Returns
        -------
        Comparison
            Shows "12 of 1,000 test images are in train"; `frame` has the pairs, `leaked()` the test
            images, `gallery(path)` writes a page.
        """
        from fastdup_nb.render.comparison import compare_results

        given = other.work_dir if isinstance(other, Fastdup) else other
        return compare_results(
            self._work_dir,
            given,
            reporter_of(progress),
            threshold=threshold,
            level=level,
            k=k,
            model_path=model_path,
        )

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
        from fastdup_nb.engine.kmeans import read_clusters

        return read_clusters(
            self._work_dir,
            reporter_of(progress),
            num_clusters=num_clusters,
            num_em_iter=num_em_iter,
            nearest_neighbors_k=nearest_neighbors_k,
        )

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

    return Fastdup(run(options, reporter_of(progress)).path)


def reporter_of(progress: Progress | None) -> Progress:
    """Return what to report to: what was given, or what fits a terminal or a notebook."""
    from fastdup_nb.progress import default_progress

    return default_progress() if progress is None else progress
