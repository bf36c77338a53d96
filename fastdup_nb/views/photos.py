"""Good images with an unusual statistic: candidates for blurry, dark, bright and tiny photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.store import names

if TYPE_CHECKING:
    import pandas as pd

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
    table = work_dir.read_table(names.STATISTICS)
    if not {"blur", "mean", "width", "height"} <= set(table.columns):
        return ()
    side = table[["width", "height"]].min(axis=1)
    blur, mean = table["blur"], table["mean"]
    return (
        _finding("blurry", f"blur below {BLURRY_BELOW:g}", table, blur, blur < BLURRY_BELOW),
        _finding("dark", f"mean below {DARK_BELOW:g}", table, mean, mean < DARK_BELOW),
        _finding("bright", f"mean above {BRIGHT_ABOVE:g}", table, -mean, mean > BRIGHT_ABOVE),
        _finding("tiny", f"a side below {TINY_BELOW} px", table, side, side < TINY_BELOW),
    )


def _finding(
    name: str, rule: str, table: pd.DataFrame, order: pd.Series[float], meets: pd.Series[bool]
) -> PhotoFinding:
    worst = order[meets].sort_values(kind="stable").index[:EXAMPLES]
    examples = tuple(table.loc[worst, "filename"].astype(str)) if "filename" in table else ()
    return PhotoFinding(name, rule, int(meets.sum()), examples)
