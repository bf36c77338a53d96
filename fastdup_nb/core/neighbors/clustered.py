"""Neighbours in large collections: an inverted file, joined with itself list by list.

Every row goes into the list of its nearest cluster centre, and a list is compared with its `nprobe`
nearest lists only. Unlike a search of an inverted file row by row, whole lists are compared with
matrix products, each pair of lists once, and only a few lists are in memory at a time.

How many lists are enough depends on the data. So the neighbours of a sample of rows are searched
exactly: nprobe is the least that compares 99.5 % of them. When that would be most of all pairs,
everything is searched exactly.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.distances import get_distance
from fastdup_nb.core.neighbors import parameters
from fastdup_nb.core.neighbors.base import BUILD_STAGE, SPARE, STAGE, Neighbors, score_candidates
from fastdup_nb.core.neighbors.exact import ExactIndex
from fastdup_nb.core.neighbors.join import TILE_ROWS, Block, SelfJoin
from fastdup_nb.core.neighbors.lists import Lists, make_lists
from fastdup_nb.core.rows import BLOCK_ROWS, ChosenRows, spans
from fastdup_nb.core.threads import Workers
from fastdup_nb.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fastdup_nb.core.neighbors.base import NeighborMethod
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.progress import Progress

# A little above the promised 0.99, which a sample of this size can miss.
LEAST_RECALL = 0.995
SAMPLE_ROWS = 1500
SEED = 1234
# Beyond this share of all pairs, comparing them all costs hardly more.
_MOST_PAIRS = 0.6
# Prepared rows kept in memory: 75 MB at 576 dimensions.
_CACHED_ROWS = 16 * BLOCK_ROWS
_COLUMNS_AT_ONCE = 2 * BLOCK_ROWS


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of one list, in the order of the lists: few enough to be a block."""

    list: int
    start: int
    stop: int


class ClusteredIndex:
    """Compares every row with the rows of the lists near its own.

    Parameters
    ----------
    method : NeighborMethod
        Its parameters may be `num_clusters`, `num_em_iter` and `nprobe`.
    """

    faiss_index = None

    def __init__(self, method: NeighborMethod) -> None:
        self.distance = get_distance(method.distance)
        self._params = parameters.read_parameters(method.params, parameters.NNF_PARAMETERS)
        self._exact = ExactIndex(method)
        self._threads = method.threads
        self._about = ""

    @property
    def description(self) -> str:
        """One line about the method."""
        return self._about or self._exact.description

    def build(self, rows: Rows, progress: Progress) -> None:
        """Find the cluster centres and put every row into a list."""
        self.rows, self._progress = rows, progress
        self._exact.build(rows, SilentProgress())
        progress.start(BUILD_STAGE, rows.shape[0])
        with Workers(self._threads) as workers:
            self._lists = make_lists(
                rows,
                self.distance,
                workers,
                progress,
                clusters=self._params.get(parameters.CLUSTERS),
                iterations=self._params.get(parameters.ITERATIONS),
            )
        progress.finish()

    def neighbors(self, k: int) -> Neighbors:
        """Return the k nearest neighbours of every row, itself left out."""
        nprobe = self._params.get(parameters.NPROBE)
        recall = ""
        if nprobe is None:
            nprobe, covered = self._choose_nprobe(k)
            recall = f", recall {covered:.3f} on a sample"
        share = self._lists.share_of_pairs(nprobe)
        if share > _MOST_PAIRS and parameters.NPROBE not in self._params:
            self._progress.message("The images form no clear clusters: searching exactly.")
            self._exact.build(self.rows, self._progress)
            return self._exact.neighbors(k)
        self._about = f"IVF{self._lists.count} (nprobe {nprobe}, {share:.0%} of the pairs{recall})"
        return self._join(k, nprobe)

    def search(self, queries: NDArray[np.float32], k: int) -> Neighbors:
        """Return the k nearest rows of each query, shape (q, d); exact."""
        return self._exact.search(queries, k)

    def _choose_nprobe(self, k: int) -> tuple[int, float]:
        """Return how many lists to compare with each, and the recall of that on a sample."""
        count = self.rows.shape[0]
        chosen = np.random.default_rng(SEED).choice(count, min(SAMPLE_ROWS, count), replace=False)
        sample = np.sort(chosen).astype(np.int64)
        near = self._exact.search(self.rows.take(sample), k + 1).indices
        row, place = np.nonzero((near >= 0) & (near != sample[:, None]))
        if not len(row):
            return 1, 1.0
        ranks = np.sort(self._lists.ranks(sample[row], near[row, place]))
        nprobe = int(ranks[min(len(ranks) - 1, round(LEAST_RECALL * len(ranks)))]) + 1
        return nprobe, float(np.mean(ranks < nprobe))

    def _join(self, k: int, nprobe: int) -> Neighbors:
        count = self.rows.shape[0]
        join = SelfJoin(self.distance, count, k, SPARE)
        result = Neighbors.empty(count, k)
        blocks = _BlockCache(self.rows, self._lists, self._exact)
        parts = list(_parts(self._lists))
        near = self._lists.near(nprobe)
        self._progress.start(STAGE, count)
        with Workers(self._threads) as workers:
            for number, part in enumerate(parts):
                own = blocks.get(part)
                # Parts before this one have been compared with it already.
                others = [other for other in parts[number:] if near[part.list, other.list]]
                for group in _groups(others):
                    join.compare(own, [blocks.get(other) for other in group], workers)
                self._score(join.plausible(part.start, part.stop), part, result, workers)
                self._progress.advance(part.stop - part.start)
        self._progress.finish()
        return result

    def _score(
        self, found: NDArray[np.int64], part: _Part, result: Neighbors, workers: Workers
    ) -> None:
        order = self._lists.order
        own = order[part.start : part.stop]
        found = np.where(found < 0, -1, order[found])
        k = result.indices.shape[1]

        def score(span: tuple[int, int]) -> None:
            asked = own[slice(*span)]
            queries = self.rows.take(asked)
            scored = score_candidates(self.distance, queries, found[slice(*span)], self.rows, k)
            result.indices[asked] = scored.indices
            result.similarity[asked] = scored.similarity

        for _ in workers.map(score, spans(len(own), TILE_ROWS)):
            pass


class _BlockCache:
    """The prepared blocks used last; lists next to each other are near, so most are found here."""

    def __init__(self, rows: Rows, lists: Lists, exact: ExactIndex) -> None:
        self._rows = ChosenRows(rows, lists.order)
        self._distance = exact.distance
        self._blocks: OrderedDict[int, Block] = OrderedDict()
        self._size = 0

    def get(self, part: _Part) -> Block:
        """Return the block of a part."""
        block = self._blocks.pop(part.start, None)
        if block is None:
            vectors = self._distance.prepare(self._rows.read(part.start, part.stop))
            block = Block(vectors, part.start)
            self._size += part.stop - part.start
        self._blocks[part.start] = block
        while self._size > _CACHED_ROWS:
            _, dropped = self._blocks.popitem(last=False)
            self._size -= dropped.stop - dropped.start
        return block


def _parts(lists: Lists) -> Iterator[_Part]:
    for number in range(lists.count):
        for start, stop in spans(lists.first[number + 1], BLOCK_ROWS, lists.first[number]):
            yield _Part(number, start, stop)


def _groups(parts: list[_Part]) -> Iterator[list[_Part]]:
    """Put parts together until they are wide enough to keep all threads busy."""
    group: list[_Part] = []
    width = 0
    for part in parts:
        group.append(part)
        width += part.stop - part.start
        if width >= _COLUMNS_AT_ONCE:
            yield group
            group, width = [], 0
    if group:
        yield group
