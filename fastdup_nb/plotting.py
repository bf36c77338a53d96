"""The plots of the `Fastdup` object."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.export.tensorboard import TensorBoard
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import LabelSource
    from fastdup_nb.widget.plot import HistogramPlot, LinkedExplorer, MapPlot

# What every run can show, and most people ask for; other statistics go by their names.
PLOTS = (
    *("blur", "mean", "width", "height", "size", "file_size", "contrast", "aspect_ratio"),
    *("similarity", "components", "clusters", "label_scores"),
)


class Plotting:
    """What a run can show of itself as a plot."""

    _work_dir: WorkDir

    def plot(
        self,
        what: str = "blur",
        *,
        get_label: LabelSource = None,
        bins: int = 60,
        explorer: LinkedExplorer | None = None,
        theme: str = "auto",
        height: int | None = None,
    ) -> HistogramPlot:
        """Show how something is distributed; dragging across the bars chooses a range.

        Parameters
        ----------
        what : str
            A statistic (`blur`, `mean`, `width`, ... or `size`), `aspect_ratio`, `similarity` (of
            the pairs), `components` and `clusters` (how many images they have), or `label_scores`.
        get_label : callable, dict, path or list
            For `label_scores`, in any form that `get_label_func` of the galleries takes.
        bins : int
            Bars at most.
        explorer : Explorer, optional
            What `fd.explore()` returned: it shows the images of the chosen range.
        theme : {'auto', 'light', 'dark'}
            `auto` follows the notebook.
        height : int, optional
            Pixels.

        Returns
        -------
        HistogramPlot
            `range` is what is chosen, `selection` the images in it, `figure` the Bokeh figure;
            `to_html(path)` writes a page.

        Raises
        ------
        FastdupError
            When there is nothing of that name to show.
        """
        from fastdup_nb.errors import OptionError
        from fastdup_nb.views.plots.distributions import build_histogram
        from fastdup_nb.widget.plot import HistogramPlot

        if what == "map":
            raise OptionError("The map has a method of its own.", "Use fd.map().")
        shown = build_histogram(self._work_dir, what, get_label=get_label, bins=bins)
        return HistogramPlot(shown, explorer=explorer, theme=theme, height=height)

    def map(
        self,
        method: str = "pca",
        *,
        color: str = "",
        n: int = 5000,
        get_label: LabelSource = None,
        input_dir: str | PathLike[str] | None = None,
        explorer: LinkedExplorer | None = None,
        theme: str = "auto",
        height: int | None = None,
    ) -> MapPlot:
        """Show the images as points, similar ones near each other; a lasso selects some.

        Parameters
        ----------
        method : {'pca', 'tsne', 'umap'}
            Principal components, t-SNE (some 20 seconds for 5,000 images), or UMAP, which needs
            `pip install 'fastdup_nb[umap]'`.
        color : str
            `label`, `folder`, `component`, `cluster`, `split` (train and test), or a statistic.
        n : int
            Images at most: a random sample, the same every time; the others are left out.
        get_label : callable, dict, path or list
            The labels, in any form that `get_label_func` of the galleries takes.
        input_dir : path, optional
            Where images lie that are not where the results say.
        explorer : Explorer, optional
            What `fd.explore()` returned: it selects what is selected in the map.
        theme : {'auto', 'light', 'dark'}
            `auto` follows the notebook.
        height : int, optional
            Pixels.

        Returns
        -------
        MapPlot
            `selected` and `selection` are the selected images, `figure` the Bokeh figure;
            `to_html(path)` writes a page.

        Raises
        ------
        FastdupError
            When the map cannot be made.
        """
        from fastdup_nb.progress import default_progress
        from fastdup_nb.views.plots.embedding_map import build_map
        from fastdup_nb.widget.plot import MapPlot

        shown = build_map(
            self._work_dir,
            method,
            color=color,
            n=n,
            get_label=get_label,
            input_dir=input_dir,
            progress=default_progress() if method != "pca" else None,
        )
        return MapPlot(shown, explorer=explorer, theme=theme, height=height)

    def projector(
        self,
        log_dir: str | PathLike[str] | None = None,
        *,
        sample_size: int = 900,
        get_label: LabelSource = None,
        port: int = 0,
        height: int = 800,
    ) -> TensorBoard:
        """Write the embeddings for TensorBoard's projector and show it.

        Parameters
        ----------
        log_dir : path, optional
            Folder for the files; `projector` in the work_dir when not given.
        sample_size : int
            Images at most: a random sample, the same every time.
        get_label : callable, dict, path or list
            The labels, in any form that `get_label_func` of the galleries takes.
        port : int
            0 for any free one.
        height : int
            Pixels.

        Returns
        -------
        TensorBoard
            `stop()` and `restart()` it; it ends with the kernel.

        Raises
        ------
        MissingDependencyError
            When TensorBoard is not installed.
        FastdupError
            When the files cannot be written, or TensorBoard does not start.
        """
        from fastdup_nb.export.projector import ProjectorOptions, write_projector
        from fastdup_nb.export.tensorboard import check_installed, serve_projector
        from fastdup_nb.progress import default_progress

        check_installed()  # before the work
        folder = self._work_dir.path / "projector" if log_dir is None else log_dir
        options = ProjectorOptions(sample_size=sample_size, labels=get_label)
        done = write_projector(self._work_dir, folder, options, default_progress())
        return serve_projector(done.path, port=port, height=height)
