"""Selecting images and pairs of images by their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.errors import OptionError
from fastdup_nb.options import unknown_name

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.views.labels import Labels

SliceSpec = str | Sequence[str] | None
DIFFERENT, SAME = "diff", "same"
MAX_LABELS_IN_HINT = 12


def choose_pairs(
    pairs: pd.DataFrame, chosen: SliceSpec, labels_of: Callable[[str], Labels]
) -> NDArray[np.bool_]:
    """Return which pairs a slice keeps.

    Parameters
    ----------
    pairs : DataFrame
        With the columns from and to.
    chosen : str, sequence of str or None
        `diff`: the images have no label in common. `same`: they have one. A label or a list of
        labels: one of the images has such a label and the other has none in common with it. Images
        without a label are in no slice.
    labels_of : callable
        From a stored file name to its labels; called once per name.

    Returns
    -------
    ndarray of bool, (n,)

    Raises
    ------
    OptionError
        When no image of a pair has the label.

    Notes
    -----
    V0.2 API page, `slice`: "only similarities between hamburger and other classes are presented".
    """
    if chosen is None:
        return np.ones(len(pairs), bool)
    wanted = _check(chosen)
    known: dict[str, frozenset[str]] = {}
    for column in ("from", "to"):
        for name in pairs[column].unique():
            if name not in known:
                known[name] = frozenset(labels_of(name))
    reserved = wanted in ({DIFFERENT}, {SAME})
    _check_known(set() if reserved else wanted, known, chosen, "pair")
    decide = _rule(wanted)
    sides = zip(pairs["from"], pairs["to"], strict=True)
    return np.fromiter((decide(known[a], known[b]) for a, b in sides), bool, len(pairs))


def choose_images(
    stored: Iterable[str], chosen: SliceSpec, labels_of: Callable[[str], Labels]
) -> NDArray[np.bool_]:
    """Return which images a slice keeps.

    Parameters
    ----------
    stored : iterable of str, n stored file names
    chosen : str, sequence of str or None
        A label or a list of labels: the images that have one of them.
    labels_of : callable
        From a stored file name to its labels; called once per name.

    Returns
    -------
    ndarray of bool, (n,)

    Raises
    ------
    OptionError
        When no image has the label.
    """
    listed = list(stored)
    if chosen is None:
        return np.ones(len(listed), bool)
    wanted = _check(chosen)
    known = {name: frozenset(labels_of(name)) for name in dict.fromkeys(listed)}
    _check_known(wanted, known, chosen, "image")
    return np.fromiter((bool(known[name] & wanted) for name in listed), bool, len(listed))


def describe_image_slice(chosen: SliceSpec) -> str:
    """Return a slice of images in words; empty when there is none."""
    return f"{' or '.join(sorted(_check(chosen)))} only" if chosen is not None else ""


def describe_slice(chosen: SliceSpec) -> str:
    """Return a slice in words; empty when there is none."""
    if chosen is None:
        return ""
    wanted = _check(chosen)
    if wanted == {DIFFERENT}:
        return "across labels only"
    if wanted == {SAME}:
        return "within one label only"
    return f"{' or '.join(sorted(wanted))} against other labels"


def _check(chosen: object) -> set[str]:
    if isinstance(chosen, str):
        wanted = {chosen}
    elif isinstance(chosen, Sequence) and all(isinstance(label, str) for label in chosen):
        wanted = set(chosen)
    else:
        wanted = set()
    if not wanted or "" in wanted:
        message = f"slice={chosen!r} cannot be used."
        raise OptionError(message, "Give a label, a list of labels, 'diff' or 'same'.")
    return wanted


def _check_known(
    wanted: set[str], known: dict[str, frozenset[str]], chosen: SliceSpec, noun: str
) -> None:
    labels = sorted(frozenset().union(*known.values()))
    if not labels and known:
        given = chosen if isinstance(chosen, str) else "|".join(chosen or ())
        message = f"slice={given} needs labels; no image has one."
        raise OptionError(message, "Give get_label_func: a function, a dict or a label file.")
    if known and wanted and not wanted & set(labels):
        shown = labels[:MAX_LABELS_IN_HINT]
        error = unknown_name("label", min(wanted), shown)
        raise OptionError(f"No {noun} has the label {min(wanted)!r}.", error.hint)


def _rule(wanted: set[str]) -> Callable[[frozenset[str], frozenset[str]], bool]:
    if wanted == {SAME}:
        return lambda a, b: bool(a & b)
    if wanted == {DIFFERENT}:
        return lambda a, b: bool(a and b and not a & b)
    return lambda a, b: bool(a and b and not a & b and (a | b) & wanted)
