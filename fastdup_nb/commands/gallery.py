"""What `duplicates` returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fastdup_nb.views.duplicates import DuplicatesView


@dataclass(frozen=True, repr=False)
class DuplicatesGallery:
    """Pairs of images that show themselves as text in a terminal, with pictures in a notebook.

    Attributes
    ----------
    view : DuplicatesView
        The pairs.
    page : Path or None
        The page that was written of them.
    """

    view: DuplicatesView
    page: Path | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return the pairs: from, to, distance, kind, label, label2, extra, extra2."""
        return self.view.to_frame()

    def __repr__(self) -> str:
        from fastdup_nb.render.text import duplicates_text

        text = duplicates_text(self.view)
        return f"{text}\n\nPage: {self.page}" if self.page else text

    def _repr_html_(self) -> str:
        from fastdup_nb.render.html import gallery_html

        return gallery_html(self.view, self.page)
