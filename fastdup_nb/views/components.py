"""Connected components as a work_dir holds them, of either generation of file formats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastdup_nb.store import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from fastdup_nb.store.workdir import WorkDir

DEFAULT_THRESHOLD = 0.96


def read_component_tables(work_dir: WorkDir) -> Iterator[tuple[float | None, pd.DataFrame]]:
    """Yield every components table of a work_dir with its threshold (None when unknown)."""
    if work_dir.has(names.COMPONENTS):
        yield _configured_threshold(work_dir), work_dir.read_table(names.COMPONENTS)
    stem = names.COMPONENTS.removesuffix(".csv")
    for path in sorted(work_dir.path.glob(f"{stem}_*.csv")):
        number = re.fullmatch(rf"{stem}_(\d+\.\d+)\.csv", path.name)
        if number:  # other suffixes are other results
            yield float(number[1]), work_dir.read_table(path.name)


def component_sizes(table: pd.DataFrame) -> list[int]:
    """Return the images of every component, counted; the column `count` may hold edges."""
    if "component_id" not in table.columns:
        return []
    return [int(size) for size in table["component_id"].value_counts(sort=False)]


def _configured_threshold(work_dir: WorkDir) -> float | None:
    config = work_dir.read_config()
    if "turi_param" not in config:
        return None
    given = re.search(r"ccthreshold\s*=\s*(\d*\.?\d+)", str(config["turi_param"]))
    return float(given[1]) if given else DEFAULT_THRESHOLD
