"""Connected components as a work_dir holds them, of either generation of file formats."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastdup_nb.store.workdir import WorkDir

DEFAULT_THRESHOLD = 0.96


def read_component_sizes(work_dir: WorkDir) -> Iterator[tuple[float | None, list[int]]]:
    """Yield, for every components table, its threshold (None when unknown) and its sizes.

    Sizes are images counted: the column `count` may hold edges.
    """
    if work_dir.has(names.COMPONENTS):
        yield _configured_threshold(work_dir), _sizes(work_dir.file(names.COMPONENTS))
    stem = names.COMPONENTS.removesuffix(".csv")
    for path in sorted(work_dir.path.glob(f"{stem}_*.csv")):
        number = re.fullmatch(rf"{stem}_(\d+\.\d+)\.csv", path.name)
        if number:  # other suffixes are other results
            yield float(number[1]), _sizes(path)


def _sizes(path: Path) -> list[int]:
    column = read_columns(path, ["component_id"]).get("component_id", [])
    return list(Counter(column).values())


def _configured_threshold(work_dir: WorkDir) -> float | None:
    config = work_dir.read_config()
    if "turi_param" not in config:
        return None
    given = re.search(r"ccthreshold\s*=\s*(\d*\.?\d+)", str(config["turi_param"]))
    return float(given[1]) if given else DEFAULT_THRESHOLD
