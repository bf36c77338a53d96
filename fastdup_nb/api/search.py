"""`init_search` and `search` of the V0.2 API."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError, OptionError, ResultNotFoundError

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

    from fastdup_nb.engine.queries import ImageQuery, Query
    from fastdup_nb.engine.search import Searcher


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What `init_search` leaves for `search`."""

    searcher: Searcher
    k: int
    threshold: float


class _Current:
    """The one preparation that the pair of functions shares, as V0.2 has it."""

    def __init__(self) -> None:
        self.prepared: _Prepared | None = None
        self.writing = threading.Lock()


_current = _Current()


def init_search(
    k: int,
    work_dir: str | PathLike[str],
    d: int = 576,
    model_path: str | PathLike[str] = "",
    verbose: bool = False,
    *,
    threshold: float = 0.0,
) -> int:
    """Load the embeddings of a finished run, for any number of searches.

    The V0.2 function of that name (API page, section `init_search`), with its names and defaults.
    What is listed below is what this version adds to or makes precise in that page.

    Parameters
    ----------
    k : int
        Similar images to return at most; 1 is allowed.
    work_dir : path
        The work_dir of a finished run, ours or the original's.
    d : int
        Length of the stored embeddings.
    model_path : path
        The model that made them. Left out, it is the one that the run recorded.
    verbose : bool
        Say what was loaded.
    threshold : float, 0 to 1
        Least similarity of what is returned; 0 returns k images whatever they look like.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
        After an error the earlier preparation, if there was one, stays.

    Examples
    --------
    >>> fastdup_nb.init_search(10, "results")  # doctest: +SKIP
    >>> df = fastdup_nb.search("myimage.jpg")  # doctest: +SKIP
    >>> fastdup_nb.create_duplicates_gallery(df, ".")  # doctest: +SKIP
    """
    from fastdup_nb.engine.search import Searcher, check_numbers
    from fastdup_nb.progress import default_progress

    try:
        check_numbers(k, threshold)
        searcher = Searcher(
            work_dir, d=d, model_path=model_path, progress=default_progress(quiet=not verbose)
        )
        model = searcher.open_model().name
    except FastdupError as error:
        return report(error)
    _current.prepared = _Prepared(searcher, k, threshold)
    if verbose:
        how = "exact" if searcher.exact else "nnf.index"
        sys.stdout.write(
            f"Searching {len(searcher):,} images of {searcher.work_dir.path}: {model}, "
            f"{searcher.d} numbers per image, {how}.\n"
        )
    return 0


def search(
    img: ImageQuery, size: int | tuple[int, int] | None = None, verbose: int = 0
) -> pd.DataFrame:
    """Return the images most similar to one image; `init_search` says where, and how many.

    The V0.2 function of that name (API page, section `search`). That page says both that it returns
    0 or 1 and `df = fastdup.search(...)`: it returns the DataFrame. The page also says that the
    pairs go to `similarity.csv`; as that would replace the findings of the run, they go to
    `search.csv` in the work_dir.

    Parameters
    ----------
    img : path, PIL.Image.Image, ndarray or bytes
        The image to search for: a file, a picture, pixels of shape (height, width[, 3]), the
        content of an image file, or an embedding of shape (d,).
    size : int or (int, int)
        Width x height that the image is expected to have; another one is an error. None: any.
    verbose : int
        1 prints what was found.

    Returns
    -------
    DataFrame
        from (the image), to (file names), distance (similarity, 1 = identical), most similar first.
        An image of the collection finds itself too. Empty, with these columns, when nothing reaches
        the threshold, and after an error, which is written to standard error.
    """
    from fastdup_nb.engine.search import matches_frame

    prepared = _current.prepared
    try:
        if prepared is None:
            message = "search was called before init_search."
            raise ResultNotFoundError(message, "Call init_search(k, work_dir) once, first.")
        matches = prepared.searcher.search(img, prepared.k, prepared.threshold)
        _check_size(matches.query, size)
    except FastdupError as error:
        report(error)
        return matches_frame([])
    found = matches_frame([matches])
    _write(found, prepared.searcher)
    if verbose:
        sys.stdout.write(f"{found.to_string(index=False)}\n" if len(found) else "Nothing found.\n")
    return found


def _check_size(query: Query, size: object) -> None:
    if size is None:
        return
    if isinstance(size, (tuple, list)) and len(size) == 2:
        size = size[0] * size[1]
    if size != query.pixels:
        message = f"size={size!r} is not that of the image, which has {query.pixels:,} pixels."
        raise OptionError(message, "Give width x height, or leave size out.")


def _write(found: pd.DataFrame, searcher: Searcher) -> None:
    """Write `search.csv`; a work_dir that cannot be written to is told, and no reason to fail."""
    from fastdup_nb.store import names
    from fastdup_nb.store.tables import write_table

    rows = (
        (source, target, f"{similarity:.6f}")
        for source, target, similarity in found.itertuples(index=False)
    )
    try:
        with _current.writing:
            write_table(searcher.work_dir.path / names.SEARCH, names.PAIR_COLUMNS, rows)
    except FastdupError as error:
        report(error)
