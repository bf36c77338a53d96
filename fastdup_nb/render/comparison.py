"""Two collections compared: a summary that shows itself, a table, and a gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from fastdup_nb.engine.compare import Crossing
    from fastdup_nb.options import InputSpec
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.views.duplicates import DuplicatesView
    from fastdup_nb.views.leakage import Leakage

_ROWS_SHOWN = 5
_HEIGHT = 6


class Comparison:
    """The images of one collection (test) that are in another (train).

    It shows itself as text in a terminal and with pictures in a notebook.

    Parameters
    ----------
    crossing : Crossing
        What was found.
    level : float
        From this similarity on a test image counts as in train.

    Attributes
    ----------
    leakage : Leakage
        How many test images are in train; as a text, one sentence.
    """

    def __init__(self, crossing: Crossing, level: float) -> None:
        from fastdup_nb.views.leakage import crossing_frame, crossing_leakage

        self.leakage: Leakage = crossing_leakage(crossing, level)
        self._crossing = crossing
        self._frame = crossing_frame(crossing)

    @property
    def work_dir(self) -> Path:
        """The folder of the results of the train images."""
        return self._crossing.train

    @property
    def frame(self) -> pd.DataFrame:
        """The pairs, most similar first: from (test), to (train), distance (1 = identical), kind.

        `kind` is `exact` when the contents are the same, byte for byte, else `near`.
        """
        return self._frame

    def to_frame(self) -> pd.DataFrame:
        """Return the pairs, see `frame`."""
        return self._frame

    def leaked(self) -> list[str]:
        """Return the test images that are in train, the most similar first."""
        wanted = (self._frame["kind"] == "exact") | (self._frame["distance"] >= self.leakage.level)
        return list(dict.fromkeys(self._frame.loc[wanted, "from"]))

    def gallery(
        self,
        save_path: str | PathLike[str],
        num_images: int = 20,
        *,
        get_label: Any = None,
        max_width: int | None = None,
    ) -> Path:
        """Write a page of the most similar pairs of a test and a train image.

        Parameters
        ----------
        save_path : path
            A folder for `comparison.html`, or an .html file.
        num_images : int
            Pairs to show at most.
        get_label : callable, dict, path or list
            Labels of the images, in any form that `get_label_func` of the galleries takes.
        max_width : int
            Pixels of the gallery at most.

        Returns
        -------
        Path
            The page.
        """
        from fastdup_nb.render.html import write_gallery

        view = self.view(num_images, get_label=get_label)
        return write_gallery(view, save_path, name="comparison.html", max_width=max_width)

    def view(self, num_images: int = 20, *, get_label: Any = None) -> DuplicatesView:
        """Return the rows of the gallery."""
        from dataclasses import replace

        from fastdup_nb.views.duplicates import build_duplicates

        view = build_duplicates(
            self._frame,
            num_images=num_images,
            work_dir=self._crossing.train,
            get_label_func=get_label,
        )
        return replace(view, title=self.leakage.headline)

    def __len__(self) -> int:
        return len(self._frame)

    def __repr__(self) -> str:
        from fastdup_nb.render.rows import table_text
        from fastdup_nb.render.words import count_of

        lines = [str(self.leakage)]
        if self.leakage.test_bad:
            bad = count_of(self.leakage.test_bad, "test file")
            lines.append(f"{bad} could not be used.")
        if len(self._frame):
            lines += ["", table_text(self._frame, _ROWS_SHOWN)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        from fastdup_nb.render.html import gallery_html

        if not len(self._frame):
            return f"<pre>{escape(repr(self))}</pre>"
        return gallery_html(self.view(_HEIGHT))


def compare_results(
    train: WorkDir,
    other: InputSpec,
    progress: Progress,
    *,
    threshold: float,
    level: float,
    k: int,
    model_path: str | PathLike[str] = "",
) -> Comparison:
    """Look for the images of another collection among those of a finished run.

    Parameters
    ----------
    train : WorkDir
        Of the finished run. Embeddings of other images are kept in its private folder.
    other : path or list of paths
        The work_dir of a run with the same model, or images.
    progress : Progress
    threshold : float, 0 to 1
        Least similarity of a pair in the table.
    level : float, 0 to 1
        From this similarity on a test image counts as in train.
    k : int
        Train images to find for each test image; exact copies count as one.
    model_path : path, optional
        The model of the run, when it is no longer where it was.

    Raises
    ------
    FastdupError
        When they cannot be compared: no such images, other models.
    """
    from fastdup_nb.engine.compare import compare
    from fastdup_nb.engine.search import check_numbers

    check_numbers(k, threshold)
    check_numbers(k, level)
    least = min(threshold, level)
    found = compare(train, other, progress, k=k, threshold=least, model_path=model_path)
    return Comparison(found, level)
