"""The explorer of the `Fastdup` object."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.labels import LabelSource
    from fastdup_nb.widget.explorer import Explorer


class Exploring:
    """What a run can show of itself as a widget."""

    _work_dir: WorkDir

    def explore(
        self,
        view: str = "",
        *,
        get_label: LabelSource = None,
        annotations: pd.DataFrame | str | PathLike[str] | None = None,
        input_dir: str | PathLike[str] | None = None,
        height: int = 640,
        thumb: int = 192,
        theme: str = "auto",
        title: str | None = None,
    ) -> Explorer:
        """Show everything that was found in one widget: filter, compare, mark and clean.

        Parameters
        ----------
        view : str
            The view to begin with: duplicates, groups, components, clusters, outliers, similarity,
            statistics or labels. The first that there is when not given.
        get_label : callable, dict, path or list
            The labels, in any form that `get_label_func` of the galleries takes. An image for which
            a function fails has no label, which the widget tells.
        annotations : DataFrame or path, optional
            A table with a column `filename`, joined by name: `label`, `split`, anything else to
            filter or sort by.
        input_dir : path, optional
            Where the images lie now, when they were moved.
        height : int
            Pixels of the widget.
        thumb : int
            Pixels of the longer side of a thumbnail.
        theme : {'auto', 'light', 'dark'}
            `auto` follows the notebook.
        title : str, optional

        Returns
        -------
        Explorer
            `selected`, `selection` and `marks` are what was chosen in it; `filter`, `select`,
            `mark`, `plan`, `apply` and `undo` do the same from Python.

        Raises
        ------
        FastdupError
            When the results, labels or annotations cannot be read.
        """
        from fastdup_nb.widget.explorer import Explorer

        return Explorer(
            self._work_dir,
            view,
            get_label=get_label,
            annotations=annotations,
            input_dir=input_dir,
            height=height,
            thumb=thumb,
            theme=theme,
            title=title,
        )
