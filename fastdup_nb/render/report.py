"""A summary that shows itself, wherever it is the value of the last expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from fastdup_nb.views.summary import Summary


class SummaryReport:
    """A summary that shows itself as text in a terminal and as HTML in a notebook.

    Parameters
    ----------
    summary : Summary
        The counts.
    """

    def __init__(self, summary: Summary) -> None:
        self.summary = summary

    def __repr__(self) -> str:
        from fastdup_nb.render.text import summary_text

        return summary_text(self.summary)

    def _repr_html_(self) -> str:
        from fastdup_nb.render.html import summary_html

        return summary_html(self.summary)

    def to_frame(self) -> pd.DataFrame:
        """Return the counts as a DataFrame with the columns finding, images, pairs, groups."""
        return self.summary.to_frame()
