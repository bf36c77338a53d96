"""Neighbours from a faiss index: HNSW32, or whatever a faiss factory string describes.

The index is trained and filled by one thread: faiss links a graph in the order in which threads
happen to come, and the same input must give the same output. For HNSW32 with efConstruction 200
that is about 1 CPU-ms per image. Searching uses all threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.neighbors import parameters
from fastdup_nb.core.neighbors.approximate import ApproximateIndex
from fastdup_nb.core.threads import one_faiss_thread
from fastdup_nb.errors import NeighborError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod

DEFAULT_EF_CONSTRUCTION = 200
DEFAULT_EF_SEARCH = 64
DEFAULT_NPROBE = 32
# faiss wants 39 per centroid at least and uses 256 at most; more costs time and hardly moves a
# centroid.
TRAINING_ROWS_PER_CLUSTER = 64
# For indexes whose clusters are not known (product quantisers have 256 each).
TRAINING_ROWS = 256 * 64
SEED = 1234
_NAMES_SHOWN = "Flat, HNSW32, IVF1024,Flat"


class TooFewRowsError(NeighborError):
    """An index cannot be trained on so few vectors; exact search can serve them."""


class FaissIndex(ApproximateIndex):
    """Any index of the faiss factory.

    Parameters
    ----------
    method : NeighborMethod
        Its mode is the factory string.

    Raises
    ------
    OptionError
        When a parameter is unknown or does not apply to this index.
    """

    def __init__(self, method: NeighborMethod) -> None:
        super().__init__(method)
        self._params = parameters.read_parameters(method.params, parameters.NNF_PARAMETERS)
        self._index: Any = None
        self._used: dict[str, int] = {}

    @property
    def description(self) -> str:
        """One line about the method."""
        used = ", ".join(f"{name} {value}" for name, value in self._used.items())
        return f"{self._method.mode} ({used})" if used else self._method.mode

    @property
    def faiss_index(self) -> Any:
        """The faiss index."""
        return self._index

    def _fill(self) -> None:
        with one_faiss_thread() as faiss:
            self._index = make_index(faiss, self.rows.shape[1], self._method.mode)
            self._set(faiss, parameters.EF_CONSTRUCTION, DEFAULT_EF_CONSTRUCTION)
            if not self._index.is_trained:
                self._train(faiss)
            for block in self._prepared_blocks():
                self._index.add(block)
            self._set(faiss, parameters.EF_SEARCH, DEFAULT_EF_SEARCH)
            self._set(faiss, parameters.NPROBE, DEFAULT_NPROBE)
            self._note_unused()

    def _set(self, faiss: Any, name: str, default: int) -> None:
        """Set a parameter the index knows; leave out one it does not."""
        value = self._params.get(name, default)
        try:
            faiss.ParameterSpace().set_index_parameter(self._index, name, value)
        except RuntimeError:
            return
        self._used[name] = value

    def _note_unused(self) -> None:
        training = (parameters.ITERATIONS, parameters.CLUSTERS)
        unused = [n for n in self._params if n not in self._used and n not in training]
        if unused:
            self._progress.message(
                f"nnf_param: {', '.join(unused)} not used by {self._method.mode}."
            )

    def _train(self, faiss: Any) -> None:
        ivf = faiss.try_extract_index_ivf(self._index)
        wanted = TRAINING_ROWS
        if ivf is not None:
            wanted = max(wanted, ivf.nlist * TRAINING_ROWS_PER_CLUSTER)
            ivf.cp.seed = SEED
            ivf.cp.max_points_per_centroid = TRAINING_ROWS_PER_CLUSTER
            if parameters.ITERATIONS in self._params:
                ivf.cp.niter = self._params[parameters.ITERATIONS]
        for trained in (ivf, getattr(ivf, "pq", None), getattr(self._index, "pq", None)):
            if trained is not None:
                # Else faiss writes warnings about few points to standard error.
                trained.cp.min_points_per_centroid = 1
        try:
            self._index.train(self._training_rows(wanted))
        except RuntimeError as error:
            raise _training_error(error, self._method.mode, self.rows.shape[0]) from None

    def _training_rows(self, wanted: int) -> NDArray[np.float32]:
        count = self.rows.shape[0]
        if wanted >= count:
            return self._prepare(self.rows.read(0, count))
        chosen = np.random.default_rng(SEED).choice(count, wanted, replace=False)
        return self._prepare(self.rows.take(np.sort(chosen)))

    def _propose(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        with one_faiss_thread():
            found: NDArray[np.int64] = self._index.search(queries, count)[1]
        return found


class LshIndex(FaissIndex):
    """Locality-sensitive hashing: random hyperplanes, many candidates, exact scores."""

    BITS = 1024

    @property
    def description(self) -> str:
        """One line about the method."""
        return f"lsh ({self.BITS} bits)"

    def _fill(self) -> None:
        with one_faiss_thread() as faiss:
            self._index = faiss.IndexLSH(self.rows.shape[1], self.BITS)
            for block in self._prepared_blocks():
                self._index.add(block)
            self._note_unused()

    def _candidates(self, k: int) -> int:
        return max(200, 20 * k)


def make_index(faiss: Any, d: int, factory: str) -> Any:
    """Return an empty faiss index of inner products.

    Raises
    ------
    NeighborError
        When faiss cannot read the factory string or build it for vectors of length d.
    """
    try:
        return faiss.index_factory(d, factory, faiss.METRIC_INNER_PRODUCT)
    except RuntimeError as error:
        message = f"faiss cannot make the index {factory!r} for d={d}: {_reason(error)}"
        hint = f"Use an nnf_mode such as {_NAMES_SHOWN}, or another faiss factory string."
        raise NeighborError(message, hint) from None


def _training_error(error: RuntimeError, factory: str, count: int) -> NeighborError:
    reason = _reason(error)
    if "training points" in reason or "cannot output" in reason:
        return TooFewRowsError(f"{factory} needs more than {count:,} different images.")
    message = f"faiss cannot train the index {factory!r}: {reason}"
    return NeighborError(message, f"Use an nnf_mode such as {_NAMES_SHOWN}.")


def _reason(error: RuntimeError) -> str:
    """Return what faiss says, without the C++ signature, file and condition before it."""
    return " ".join(str(error).split(": ")[-1].split())[:160]
