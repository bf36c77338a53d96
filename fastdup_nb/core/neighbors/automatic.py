"""The default: exact as long as that is quick, then an inverted file (IVF) whose recall is checked.

An inverted file puts every vector into the list of its nearest cluster centre and compares a query
with the `nprobe` nearest lists only. How many lists are enough depends on the data, so a sample of
rows is searched exactly too, and nprobe is raised until the sample's recall is reached. When no
share of the lists that would save time reaches it, all is searched exactly.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.core.neighbors import parameters
from fastdup_nb.core.neighbors.base import Neighbors, drop_self, score_candidates
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.core.neighbors.faiss import SEED, FaissIndex
from fastdup_nb.core.rows import spans
from fastdup_nb.core.threads import Workers, one_faiss_thread
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.core.distances import Distance
    from fastdup_nb.core.neighbors.base import NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# Two minutes of exact search on two cores, about.
EXACT_ROWS = 100_000
LEAST_RECALL = 0.99
SAMPLE_ROWS = 1000
_NPROBES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
# Beyond this share of the lists, scanning lists costs more than exact search.
_MOST_LISTS = 0.1
# Scores that differ by less are the same neighbour's.
_SAME_SCORE = 1e-9


class InvertedFileIndex(FaissIndex):
    """IVF with as many lists as suit the number of rows; nprobe is found by recall on a sample."""

    def __init__(self, method: NeighborMethod) -> None:
        super().__init__(method)
        self._recall: float | None = None
        self._exact: ExactIndex | None = None

    @property
    def description(self) -> str:
        """One line about the method."""
        if self._exact is not None:
            return self._exact.description
        if self._recall is None:
            return super().description
        return f"{super().description}, recall {self._recall:.3f} on a sample"

    def _fill(self) -> None:
        lists = self._params.get(parameters.CLUSTERS, choose_lists(self.rows.shape[0]))
        self._method = replace(self._method, mode=f"IVF{lists},Flat")
        super()._fill()

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        if parameters.NPROBE not in self._params:
            self._choose_nprobe(k)
        return self._exact.neighbors(k) if self._exact is not None else super().neighbors(k)

    def _choose_nprobe(self, k: int) -> None:
        count = self.rows.shape[0]
        chosen = np.random.default_rng(SEED).choice(count, min(SAMPLE_ROWS, count), replace=False)
        sample = np.sort(chosen).astype(np.int64)
        queries = self.rows.take(sample)
        exact = ExactIndex(self._method)
        exact.build(self.rows, SilentProgress())
        # One more than k: a row finds itself first, or a row as close as itself.
        least = _without_self(exact.search(queries, k + 1), sample, k)
        for nprobe in _NPROBES:
            if nprobe > max(_NPROBES[0], _MOST_LISTS * self._index.nlist):
                break
            self._index.nprobe = self._used[parameters.NPROBE] = nprobe
            self._recall = self._sample_recall(queries, sample, least, k)
            if self._recall >= LEAST_RECALL:
                return
        self._progress.message("The images do not form clusters: searching exactly.")
        exact.build(self.rows, self._progress)
        self._exact = exact

    def _sample_recall(
        self,
        queries: NDArray[np.float32],
        sample: NDArray[np.int64],
        least: NDArray[np.float64],
        k: int,
    ) -> float:
        def count_found(span: tuple[int, int]) -> int:
            own = slice(*span)
            found = self._propose(self._prepare(queries[own]), self._candidates(k) + 1)
            found = drop_self(found, sample[own])
            near = score_candidates(self.distance, queries[own], found, self.rows, k)
            good = (near.indices >= 0) & (near.similarity >= least[own, None] - _SAME_SCORE)
            return int(np.count_nonzero(good))

        with Workers(self._method.threads) as workers:
            hits = sum(workers.map(count_found, spans(len(sample), 128)))
        return hits / (len(sample) * k)

    def _order(self) -> NDArray[np.int64]:
        """Ask list by list: their queries scan the same lists, which stay in the cache."""
        lists = self._index.invlists
        with one_faiss_thread() as faiss:
            ids = [
                faiss.rev_swig_ptr(lists.get_ids(number), size).copy()
                for number in range(self._index.nlist)
                if (size := lists.list_size(number))
            ]
        return np.concatenate(ids)


class AutomaticIndex:
    """Exact up to `EXACT_ROWS` different images, an inverted file beyond.

    Parameters
    ----------
    method : NeighborMethod
        What was asked for; an inverted file serves distances that rank as cosine only.
    """

    def __init__(self, method: NeighborMethod) -> None:
        self._method = method
        self._chosen: ExactIndex | InvertedFileIndex = ExactIndex(method)
        parameters.read_parameters(method.params, parameters.NNF_PARAMETERS)

    @property
    def description(self) -> str:
        """One line about the method."""
        return self._chosen.description

    @property
    def distance(self) -> Distance:
        """What it compares by."""
        return self._chosen.distance

    @property
    def rows(self) -> Rows:
        """The rows it was built over."""
        return self._chosen.rows

    @property
    def faiss_index(self) -> Any | None:
        """The faiss index of the inverted file, if that was chosen."""
        return self._chosen.faiss_index

    def build(self, rows: Rows, progress: Progress) -> None:
        """Choose by the number of rows, and build."""
        if rows.shape[0] > EXACT_ROWS and self._chosen.distance.ranks_as_cosine:
            self._chosen = InvertedFileIndex(self._method)
        self._chosen.build(rows, progress)

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        return self._chosen.neighbors(k)

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d)."""
        return self._chosen.search(queries, k)


def choose_lists(count: int) -> int:
    """Return how many lists an inverted file over `count` rows has: 2 sqrt(n)."""
    return max(1, round(2 * math.sqrt(count)))


def _without_self(near: Neighbors, sample: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """Return the similarity of each sample row's k-th neighbour other than itself."""
    others = np.where(near.indices == sample[:, None], -1.0, near.similarity)
    return np.asarray(np.maximum(-np.sort(-others, axis=1)[:, k - 1], 0.0))
