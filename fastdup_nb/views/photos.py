"""Good images with an unusual statistic: candidates for blurry, dark, bright and tiny photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.store.workdir import WorkDir

EXAMPLES = 3
BLURRY_BELOW = 150.0  # variance of the Laplacian; docs/statistics.md says how well it tells
DARK_BELOW = 25.5  # a tenth of the range of brightness
BRIGHT_ABOVE = 229.5  # nine tenths
TINY_BELOW = 64  # pixels of the shorter side


@dataclass(frozen=True, slots=True)
class PhotoFinding:
    """Good images with an unusual statistic.

    Attributes
    ----------
    name : {'blurry', 'dark', 'bright', 'tiny'}
    rule : str
        The condition in words.
    count : int
        Images that meet it. One image may meet several.
    examples : tuple of str
        The most extreme ones.
    """

    name: str
    rule: str
    count: int
    examples: tuple[str, ...]


def find_photos(work_dir: WorkDir) -> tuple[PhotoFinding, ...]:
    """Find candidates by fixed, documented limits.

    Parameters
    ----------
    work_dir : WorkDir

    Returns
    -------
    tuple of PhotoFinding
        One per kind, also when it has no image; empty when the run kept no statistics.
    """
    if not work_dir.has(names.STATISTICS):
        return ()
    table = read_columns(
        work_dir.file(names.STATISTICS), ["filename", "blur", "mean", "width", "height"]
    )
    if not {"blur", "mean", "width", "height"} <= table.keys():
        return ()
    blur, mean, width, height = (
        _as_numbers(table[name]) for name in ("blur", "mean", "width", "height")
    )
    side = np.fmin(width, height)
    files = table.get("filename", [])
    return (
        _finding("blurry", f"blur below {BLURRY_BELOW:g}", files, blur, blur < BLURRY_BELOW),
        _finding("dark", f"mean below {DARK_BELOW:g}", files, mean, mean < DARK_BELOW),
        _finding("bright", f"mean above {BRIGHT_ABOVE:g}", files, -mean, mean > BRIGHT_ABOVE),
        _finding("tiny", f"a side below {TINY_BELOW} px", files, side, side < TINY_BELOW),
    )


def _as_numbers(cells: list[str]) -> NDArray[np.float64]:
    # The original writes "-nan"; an empty cell is no number either.
    return np.array([cell or "nan" for cell in cells], dtype=np.float64)


def _finding(
    name: str,
    rule: str,
    files: list[str],
    order: NDArray[np.float64],
    meets: NDArray[np.bool_],
) -> PhotoFinding:
    found = np.flatnonzero(meets)
    worst = found[np.argsort(order[found], kind="stable")][:EXAMPLES].tolist()
    examples = tuple(files[row] for row in worst) if files else ()
    return PhotoFinding(name, rule, len(found), examples)
