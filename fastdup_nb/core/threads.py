"""Worker threads whose number never changes a result.

Matrix products are cut into the same tiles whatever the number of threads, and every tile is
computed by one thread. So the last bits of a sum cannot depend on how a library shares work among
its own threads, and two cores do not wait for each other inside a product.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

Item = TypeVar("Item")
Result = TypeVar("Result")


def count_threads(threads: int) -> int:
    """Return `threads`, or the number of cores this process may use when it is below 1."""
    if threads >= 1:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """A pool of threads in which every numerical library computes with one thread.

    Parameters
    ----------
    threads : int
        How many threads; below 1: one per core.
    """

    def __init__(self, threads: int) -> None:
        self._threads = count_threads(threads)
        self._pool: ThreadPoolExecutor | None = None
        self._limits: Any = None

    def __enter__(self) -> Self:
        from threadpoolctl import threadpool_limits

        self._limits = threadpool_limits(limits=1)
        if self._threads > 1:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="fastdup_nb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._limits.restore_original_limits()

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield `work(item)` in the order of the items, a few of them at a time.

        Unlike the executor's own `map`, it does not take all items up front, so that memory stays
        flat.
        """
        if self._pool is None:
            yield from map(work, items)
            return
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(self._pool.submit(work, item))
            if len(waiting) > self._threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def one_faiss_thread() -> Iterator[Any]:
    """Give the faiss module, limited to one thread in the calling thread.

    faiss takes its number of threads from OpenMP, which keeps one per calling thread.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield faiss
    finally:
        faiss.omp_set_num_threads(before)
