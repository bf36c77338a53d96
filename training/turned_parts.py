"""Parts of an embedding that stay the same when a photo is mirrored or turned by 90 degrees.

A mirrored photo has the same cosine frequencies with other signs, a transposed one has rows and
columns exchanged; gradient histograms are permuted. What is left of them when sign and order are
forgotten, or settled by the two lowest frequencies, is made here from the parts of ``fixed_parts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from training.graph import GraphBuilder

Ints = npt.NDArray[np.int64]
DIRECTIONS = 8


def turned_gradients(grid: int) -> tuple[Ints, int]:
    """Where each gradient histogram value goes under the 8 turns of a square.

    Parameters
    ----------
    grid : int
        Cells along each axis.

    Returns
    -------
    places : ndarray of shape (8 * orbits,)
        Numbers of the values, turn by turn, of one value for each orbit.
    orbits : int
        How many groups of values that turn into each other there are.
    """
    values = np.arange(DIRECTIONS * grid**2).reshape(DIRECTIONS, grid, grid)
    k = np.arange(DIRECTIONS)
    turns = [values]
    turns += [t[(4 - k) % DIRECTIONS][:, :, ::-1] for t in turns]
    turns += [t[-k % DIRECTIONS][:, ::-1] for t in turns]
    turns += [t[(2 - k) % DIRECTIONS].transpose(0, 2, 1) for t in turns]
    moved = np.stack([t.ravel() for t in turns])
    chosen = np.unique(moved.min(axis=0))
    return moved[:, chosen].ravel().astype(np.int64), len(chosen)


def _gather(g: GraphBuilder, value: str, places: npt.ArrayLike) -> str:
    return g.node("Gather", value, g.weight(places, np.int64), axis=1)


def _sign(g: GraphBuilder, value: str) -> str:
    """Smooth sign of a frequency: a weak one decides little."""
    square = g.node("Add", g.node("Mul", value, value), g.weight(1e-4))
    return g.node("Div", value, g.node("Sqrt", square))


def _where_odd(g: GraphBuilder, sign: str, odd: npt.NDArray[np.bool_]) -> str:
    """``sign`` [N, 1, 1, 1] where ``odd``, 1 elsewhere."""
    column = odd.astype(np.float32).reshape(1, -1, 1, 1)
    return g.node("Add", g.node("Mul", sign, g.weight(column)), g.weight(1 - column))


def _exchanged(g: GraphBuilder, value: str, count: int) -> list[str]:
    """Add up, and subtract, values that exchange rows and columns."""
    places = np.arange(count**2).reshape(count, count)
    rows, columns = np.triu_indices(count)
    both = _gather(g, value, places[rows, columns]), _gather(g, value, places[columns, rows])
    rows, columns = np.triu_indices(count, 1)
    off = _gather(g, value, places[rows, columns]), _gather(g, value, places[columns, rows])
    return [g.node("Add", *both), g.node("Abs", g.node("Sub", *off))]


def turned_frequencies(
    g: GraphBuilder, value: str, count: int, used: int, start: int, signs: tuple[str, str]
) -> list[str]:
    """Invariants of ``used`` x ``used`` of the ``count`` x ``count`` frequencies at ``start``."""
    grid = start + np.arange(count**2).reshape(count, count)[:used, :used]
    chosen = _gather(g, value, grid.ravel())
    down, across = (place.ravel() % 2 == 1 for place in np.mgrid[:used, :used])
    settled = g.node("Mul", chosen, _where_odd(g, signs[0], across))
    settled = g.node("Mul", settled, _where_odd(g, signs[1], down))
    size = g.node("Abs", chosen)
    return [*_exchanged(g, settled, used), *_exchanged(g, size, used)]


def frequency_signs(g: GraphBuilder, luma: str, count: int) -> tuple[str, str]:
    """Signs of the lowest horizontal and vertical frequency of the luma."""
    return _sign(g, g.part(luma, 1, 2)), _sign(g, g.part(luma, count, count + 1))


def gradient_invariants(g: GraphBuilder, gradients: str, grid: int) -> str:
    """Mean, maximum and deviation over each orbit of gradient histogram values."""
    places, orbits = turned_gradients(grid)
    table = g.node("Reshape", _gather(g, gradients, places), g.weight([0, 8, orbits, 1], np.int64))
    eighth = g.weight(1 / 8)
    mean = g.node("Mul", g.channel_sum(table, 8), eighth)
    square = g.node("Mul", g.channel_sum(g.node("Mul", table, table), 8), eighth)
    spread = g.node("Relu", g.node("Sub", square, g.node("Mul", mean, mean)))
    deviation = g.node("Sqrt", g.node("Add", spread, g.weight(1e-6)))
    most = g.node("ReduceMax", table, axes=[1], keepdims=1)
    upright = g.weight([0, orbits, 1, 1], np.int64)
    columns = [g.node("Reshape", column, upright) for column in (mean, most, deviation)]
    return g.node("Concat", *columns, axis=1)


def add_turned(
    g: GraphBuilder, parts: dict[str, str], luma: int, chroma: int, grid: int
) -> dict[str, str]:
    """Add invariants of the fixed parts to a graph.

    Parameters
    ----------
    g : GraphBuilder
        The graph.
    parts : dict of str to str
        ``luma``, ``chroma`` with means subtracted, ``gradients`` as they are.
    luma, chroma, grid : int
        Their sizes.
    """
    signs = frequency_signs(g, parts["luma"], luma)
    tones = turned_frequencies(g, parts["luma"], luma, luma - 2, 0, signs)
    colours = [
        found
        for start in (0, chroma**2)
        for found in turned_frequencies(g, parts["chroma"], chroma, chroma, start, signs)
    ]
    return {
        "turned luma": g.node("Concat", *tones, axis=1),
        "turned chroma": g.node("Concat", *colours, axis=1),
        "turned gradients": gradient_invariants(g, parts["gradients"], grid),
    }


def turned_dimensions(luma: int, chroma: int, grid: int) -> dict[str, int]:
    """Length of each invariant part."""
    return {
        "turned luma": 2 * (luma - 2) ** 2,
        "turned chroma": 4 * chroma**2,
        "turned gradients": 3 * turned_gradients(grid)[1],
    }
