"""From file names to rows of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir


def row_of_name(work_dir: WorkDir, file_names: pd.Series[Any]) -> NDArray[np.int64]:
    """Return the row of every file name; -1 where the results do not know it."""
    place = {name: row for row, name in enumerate(work_dir.file_names)}
    found = (place.get(name, -1) for name in file_names)
    return np.fromiter(found, np.int64, len(file_names))
