"""The explorer in Python: filter, select, mark and clean what the widget shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastdup_nb.views.explore.state import Range, Sort, State

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from fastdup_nb.clean.cleaning import Cleaning
    from fastdup_nb.progress import Progress
    from fastdup_nb.views.explore.table import Table
    from fastdup_nb.widget.service import Service


class Control:
    """What a user does with an explorer in Python; the widget is a subclass."""

    if TYPE_CHECKING:  # traits and methods of the widget
        view: str
        state: dict[str, Any]
        selected: list[int]

        def _living(self) -> Service: ...

        def refresh(self) -> None:
            """Tell the browser what has changed."""

        def hold_sync(self) -> AbstractContextManager[None]:
            """Send traits together."""

    @property
    def log(self) -> list[str]:
        """What went wrong, a line each, the latest last."""
        return list(self._living().log)

    @property
    def selection(self) -> pd.DataFrame:
        """The selected images: id, filename, label, width, height, file_size, mark."""
        from fastdup_nb.widget.frames import image_frame

        service = self._living()
        return image_frame(service.collection.images, self.selected, service.marks)

    @property
    def marked(self) -> pd.DataFrame:
        """The marked images: the columns of `selection`, with the new labels."""
        from fastdup_nb.widget.frames import image_frame

        service = self._living()
        ids = [int(image) for image in service.marks.to_json()]
        return image_frame(service.collection.images, sorted(ids), service.marks)

    @property
    def matching(self) -> pd.DataFrame:
        """All images of the rows that match: row, and the columns of `selection`."""
        from fastdup_nb.widget.frames import matching_frame

        service = self._living()
        return matching_frame(self._table(), State.parse(self.state), service.marks)

    def show(self, view: str, state: State | None = None) -> None:
        """Show a view, in a state or as it opens.

        Raises
        ------
        OptionError
            When there is no such view.
        FastdupError
            When its data cannot be read.
        """
        self._living().collection.open(view)
        self.refresh()
        with self.hold_sync():
            self.view = view
            self.state = (state or State()).to_json()

    def filter(
        self,
        text: str | None = None,
        *,
        column: str | None = None,
        low: float | None = None,
        high: float | None = None,
        **facets: str | Sequence[str],
    ) -> None:
        """Show only rows that match; what is not given stays as it is.

        Parameters
        ----------
        text : str, optional
            Words in names or labels; "" for all.
        column : str, optional
            A column of the view, to limit to `low` .. `high` (both included, None: open). With
            both None the range is lifted.
        low, high : float, optional
        **facets
            Values of facets: `label=["cat", "dog"]`, `kind="exact copy"`; an empty list for all.

        Raises
        ------
        OptionError
            When the view has no such column or facet.

        Examples
        --------
        >>> g.filter("beach", column="similarity", low=0.98, label="cat")  # doctest: +SKIP
        """
        table, state = self._table(), State.parse(self.state)
        limits = state.range
        if column is not None:
            table.column(column)
            limits = None if low is None and high is None else Range(column, low, high)
        elif low is not None or high is not None:
            limits = Range(table.column(None).name, low, high)
        chosen = dict(state.facets)
        for name, values in facets.items():
            table.facet(name)
            listed = (values,) if isinstance(values, str) else tuple(map(str, values))
            chosen[name] = listed
        new = State(
            text=state.text if text is None else text,
            facets={name: values for name, values in chosen.items() if values},
            range=limits,
            sort=state.sort,
        )
        self.state = State.parse(new.to_json()).to_json()

    def sort(self, column: str, *, descending: bool = False) -> None:
        """Sort the rows by a column of the view.

        Raises
        ------
        OptionError
            When the view has no such column.
        """
        self._table().column(column)
        state = State.parse(self.state)
        self.state = State(
            state.text, state.facets, state.range, Sort(column, descending)
        ).to_json()

    def reset(self) -> None:
        """Show all rows of the view as it opens."""
        self.state = State().to_json()

    def select(self, ids: Iterable[int]) -> None:
        """Select images by their row in the list of images.

        Raises
        ------
        OptionError
            When there is no such image.
        """
        self.selected = [int(image) for image in ids]

    def similar(self, image: int, k: int = 50) -> None:
        """Show the images most similar to one of the collection.

        Raises
        ------
        OptionError
            When there is no such image.
        WorkDirError
            When there are no embeddings.
        """
        self._living().find_similar(int(image), k)

    def mark(self, ids: Iterable[int], action: str, label: str | None = None) -> None:
        """Mark images to keep, delete or relabel.

        Parameters
        ----------
        ids : iterable of int
        action : {'keep', 'delete', 'relabel'}
        label : str, optional
            Of `relabel`.

        Raises
        ------
        OptionError
            When there is no such image or action.
        """
        service = self._living()
        service.decisions.mark([int(image) for image in ids], action, label)
        self.refresh()

    def unmark(self, ids: Iterable[int] | None = None) -> None:
        """Remove the marks of images, or all marks."""
        service = self._living()
        chosen = map(int, service.marks.to_json()) if ids is None else (int(i) for i in ids)
        service.decisions.unmark(list(chosen))
        self.refresh()

    def keep_best(self, rule: str = "largest") -> None:
        """Mark, in every row that is shown, the best image to be kept and the others deleted.

        What is marked to be kept stays so. Takes views of duplicates: pairs, groups, components.

        Parameters
        ----------
        rule : {'largest', 'sharpest', 'first'}
            Most pixels (then bytes), highest blur statistic, or the first one.

        Raises
        ------
        OptionError
            When the view shows no duplicates, or there is no such rule.
        """
        service = self._living()
        service.decisions.keep_best(self._table(), State.parse(self.state), None, rule)
        self.refresh()

    def plan(self, *, whole_groups: bool = False) -> Cleaning:
        """Return what `apply` would do. Changes nothing.

        Parameters
        ----------
        whole_groups : bool
            Let a group of duplicates go of which all images are marked; else one stays.
        """
        return self._living().cleaner.plan(whole_groups=whole_groups).cleaning

    def apply(self, *, whole_groups: bool = False, progress: Progress | None = None) -> list[str]:
        """Carry out the marks: files to the trash, labels into a file of the work_dir.

        Parameters
        ----------
        whole_groups : bool
            As in `plan`.
        progress : Progress, optional

        Returns
        -------
        list of str
            What was done, and what was not and why. `undo` takes it back.

        Raises
        ------
        FastdupError
            When it cannot be begun; nothing was done.
        """
        service = self._living()
        plan = service.cleaner.plan(whole_groups=whole_groups)
        done = service.cleaner.apply(plan, progress)
        service.after_cleaning(done.images, relabelled=done.relabelled)
        return done.lines

    def undo(self) -> list[str]:
        """Take back what was applied last, here or by another cleaning of the work_dir.

        Returns
        -------
        list of str
            What is back, and what is not and why.
        """
        service = self._living()
        done = service.cleaner.undo()
        service.after_cleaning(done.images, relabelled=done.relabelled)
        return done.lines

    def to_html(self, path: str | PathLike[str], *, rows: int = 200) -> Path:
        """Write what is shown now as one page that needs nothing else.

        Parameters
        ----------
        path : path
            An .html file, or a folder.
        rows : int
            Rows at most.

        Returns
        -------
        Path
            The page.
        """
        from fastdup_nb.widget.still import write_page

        return write_page(self._table(), State.parse(self.state), path, rows)

    def _table(self) -> Table:
        return self._living().open(self.view)
