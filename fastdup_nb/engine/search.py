"""Searching a finished work_dir for images, new ones or its own."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors.base import score_candidates
from fastdup_nb.core.neighbors.queries import QueryIndex
from fastdup_nb.engine.model import open_recorded_model, recorded_options
from fastdup_nb.engine.plan import count_threads
from fastdup_nb.engine.queries import ImageQuery, QueryReader, is_one_query
from fastdup_nb.engine.stored_index import EXACT_ROWS, open_stored_index
from fastdup_nb.errors import OptionError
from fastdup_nb.options import DISTANCES, OLDER_DISTANCES, TuriParams
from fastdup_nb.progress import SilentProgress
from fastdup_nb.store import names
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.engine.queries import Query
    from fastdup_nb.models import Embedder
    from fastdup_nb.progress import Progress


@dataclass(frozen=True, slots=True)
class Matches:
    """What was found for one image.

    Attributes
    ----------
    query : Query
        The image searched for.
    names : list of str
        File names as stored, most similar first; equally similar ones in stored order.
    similarity : list of float
        1 is identical.
    """

    query: Query
    names: list[str]
    similarity: list[float]


class Searcher:
    """A finished work_dir, loaded once and asked by as many threads as wanted.

    It holds what was there when it was made: after `Fastdup.add` or another run, make a new one.

    Parameters
    ----------
    work_dir : path
        The work_dir of a finished run, ours or the original's.
    model_path : path, optional
        The model that made the embeddings, when it is not recorded or no longer where it was.
    d : int, optional
        The expected length of the embeddings.
    progress : Progress, optional
        Told while the embeddings are loaded.

    Raises
    ------
    ResultNotFoundError
        When there are no embeddings.
    CorruptWorkDirError
        When they do not fit their list of names, or have another length than `d`.
    """

    def __init__(
        self,
        work_dir: str | PathLike[str],
        *,
        model_path: str | PathLike[str] = "",
        d: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._work_dir = WorkDir.open(work_dir)
        self.model_path = model_path
        reporter = progress or SilentProgress()
        config = self._work_dir.read_config()
        self._stamp = _stamp(self._work_dir)
        self._names = self._work_dir.file_names
        self._rows = self._work_dir.open_features(d)
        weakref.finalize(self, self._rows.close)
        self._digests = _as_pairs(self._work_dir.digests())
        self._distance = distance_of(config)
        self._index: Any = None
        if self._rows.shape[0] > EXACT_ROWS:
            self._index = open_stored_index(self._work_dir, self._rows, self._distance, reporter)
        self.exact = self._index is None
        if self.exact:
            self._index = QueryIndex(self._rows, self._distance, reporter)
        self._embedder: Embedder | None = None
        self._lock = threading.Lock()
        self._reader = QueryReader(
            self.open_model, self.d, self._work_dir.private, _least_side(config)
        )

    @property
    def work_dir(self) -> WorkDir:
        """What is searched."""
        return self._work_dir

    @property
    def d(self) -> int:
        """Length of the embeddings."""
        return self._rows.shape[1]

    def __len__(self) -> int:
        return self._rows.shape[0]

    def open_model(self) -> Embedder:
        """Return the model that made the embeddings; loaded when first needed.

        Raises
        ------
        ModelError
            When it is not known, cannot be loaded or is another one.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder = open_recorded_model(self._work_dir, self.d, self.model_path)
            return self._embedder

    def is_current(self) -> bool:
        """Return whether the work_dir still holds the embeddings that were loaded."""
        return self._stamp == _stamp(self._work_dir)

    def search(self, image: ImageQuery, k: int = 10, threshold: float = 0.0) -> Matches:
        """Return the stored images most similar to one image.

        Parameters
        ----------
        image : path, bytes, PIL.Image.Image or ndarray
            A file, the content of one, a picture, pixels (height, width[, 3]), or an embedding of
            shape (d,). An image of the collection finds itself too.
        k : int
            How many to return at most.
        threshold : float, 0 to 1
            Least similarity.

        Raises
        ------
        InputNotFoundError, ImageError, OptionError, ModelError
            When the image cannot be searched for.
        """
        check_numbers(k, threshold)
        query = self._reader.read(image)
        rows = self._index.propose(query.vector, k)
        rows = np.union1d(rows, self._same_content(query.digest))
        near = score_candidates(
            get_distance(self._distance), query.vector[None], rows[None], self._rows, k
        )
        kept = (near.indices[0] >= 0) & (near.similarity[0] >= threshold)
        found = [self._names[row] for row in near.indices[0][kept].tolist()]
        return Matches(query, found, near.similarity[0][kept].tolist())

    def search_all(
        self, images: Iterable[ImageQuery], k: int = 10, threshold: float = 0.0
    ) -> list[Matches]:
        """Return the same for several images, in their order; on all cores."""
        check_numbers(k, threshold)
        with ThreadPoolExecutor(count_threads(-1), thread_name_prefix="fastdup_nb") as pool:
            waiting = [pool.submit(self.search, image, k, threshold) for image in images]
            try:
                return [future.result() for future in waiting]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _same_content(self, digest: bytes | None) -> NDArray[np.int64]:
        """Return the rows of files with this content, which no approximate index may miss."""
        if digest is None or self._digests is None:
            return np.empty(0, np.int64)
        wanted = np.frombuffer(digest, self._digests.dtype)
        return np.flatnonzero((self._digests == wanted).all(axis=1))


class LatestSearcher:
    """The searcher over what a work_dir holds now; loaded when first used, again after a change.

    Parameters
    ----------
    work_dir : path
        The work_dir of a finished run.
    """

    def __init__(self, work_dir: str | PathLike[str]) -> None:
        self._work_dir = work_dir
        self._searcher: Searcher | None = None
        self._loading = threading.Lock()

    def search(
        self,
        image: ImageQuery | Iterable[ImageQuery],
        k: int,
        threshold: float,
        model_path: str | PathLike[str] = "",
    ) -> pd.DataFrame:
        """Return a table of the images most similar to one image, or to each of several."""
        searcher = self._open(model_path)
        if is_one_query(image):
            return matches_frame([searcher.search(image, k, threshold)])
        return matches_frame(searcher.search_all(image, k, threshold))  # type: ignore[arg-type]

    def forget(self) -> None:
        """Let go of what is loaded."""
        with self._loading:
            self._searcher = None

    def _open(self, model_path: str | PathLike[str]) -> Searcher:
        with self._loading:
            current = self._searcher
            if current is None or model_path != current.model_path or not current.is_current():
                current = Searcher(self._work_dir, model_path=model_path)
                self._searcher = current
            return current


def matches_frame(found: Sequence[Matches]) -> pd.DataFrame:
    """Return matches as a table of pairs: from, to, distance (1 = identical)."""
    import pandas as pd

    source = [matches.query.name for matches in found for _ in matches.names]
    target = [name for matches in found for name in matches.names]
    similarity = [value for matches in found for value in matches.similarity]
    columns = dict(zip(names.PAIR_COLUMNS, (source, target, similarity), strict=True))
    types = dict(zip(names.PAIR_COLUMNS, (object, object, float), strict=True))
    return pd.DataFrame(columns).astype(types)


def check_numbers(k: object, threshold: object) -> None:
    """Check how many images are wanted and how similar they shall be.

    Raises
    ------
    OptionError
        When k is no whole number from 1 on, or the threshold not from 0 to 1.
    """
    if not isinstance(k, (int, np.integer)) or isinstance(k, bool) or k < 1:
        raise OptionError(f"k={k!r} cannot be used.", "Give a whole number of at least 1.")
    number = isinstance(threshold, (int, float, np.floating)) and not isinstance(threshold, bool)
    if not number or not 0 <= threshold <= 1:  # type: ignore[operator]
        message = f"threshold={threshold!r} cannot be used."
        raise OptionError(message, "Give a number from 0 to 1.")


def distance_of(config: dict[str, Any]) -> str:
    """Return the distance that a run was made with; cosine when that is not known."""
    name = config.get("distance")
    name = OLDER_DISTANCES.get(str(name), name)
    return str(name) if name in DISTANCES else "cosine"


def _least_side(config: dict[str, Any]) -> int:
    try:
        limits = TuriParams.parse(str(recorded_options(config)["turi_param"]))
    except OptionError:  # the original knows other keys
        limits = TuriParams()
    return min(limits.min_input_image_width, limits.min_input_image_height)


def _as_pairs(digests: NDArray[np.void] | None) -> NDArray[np.uint64] | None:
    """Return 16-byte digests as two numbers each: quick to compare."""
    if digests is None:
        return None
    return np.ascontiguousarray(digests).view(np.uint64).reshape(len(digests), 2)


def _stamp(work_dir: WorkDir) -> tuple[int, ...]:
    """Return what changes when other embeddings are put in place."""
    status = work_dir.file(names.FEATURES).stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
