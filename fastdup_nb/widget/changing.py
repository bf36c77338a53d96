"""Marks and the selection as facets, so that one can look at just those images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.views.explore.facets import Values
from fastdup_nb.widget.marks import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastdup_nb.widget.marks import Marks

MARK, SELECTION = "mark", "selection"
_MARKS = ("not marked", *ACTIONS)
_SELECTION = ("not selected", "selected")


def changing_facets(count: int, marks: Marks, selected: Sequence[int]) -> dict[str, Values]:
    """Return what images are marked as, and which are selected.

    Parameters
    ----------
    count : int
        Images.
    marks : Marks
    selected : sequence of int
    """
    marked = np.zeros(count, np.int32)
    for code, action in enumerate(ACTIONS, 1):
        marked[marks.images(action)] = code
    chosen = np.zeros(count, np.int32)
    chosen[list(selected)] = 1
    return {
        MARK: Values.single(_MARKS, marked),
        SELECTION: Values.single(_SELECTION, chosen),
    }
