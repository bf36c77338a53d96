from __future__ import annotations

import threading
import time

import pytest

from fastdup_nb.core.threads import Workers, count_threads, one_faiss_thread


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    def work(item):
        time.sleep(0.002 * (item % 3))
        return item * item

    with Workers(threads) as workers:
        assert list(workers.map(work, range(20))) == [i * i for i in range(20)]


def test_no_more_items_are_taken_than_are_worked_on():
    taken = []

    def items():
        for i in range(100):
            taken.append(i)
            yield i

    with Workers(2) as workers:
        results = workers.map(lambda item: item, items())
        next(results)
        assert len(taken) <= 4


def test_an_error_in_a_thread_reaches_the_caller():
    def work(item):
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"), Workers(2) as workers:
        list(workers.map(work, range(5)))


def test_work_is_spread_over_threads():
    seen = set()
    barrier = threading.Barrier(2, timeout=60)

    def work(item):
        barrier.wait()
        seen.add(threading.get_ident())

    with Workers(2) as workers:
        list(workers.map(work, range(2)))
    assert len(seen) == 2


def test_below_one_means_all_cores():
    assert count_threads(-1) == count_threads(0) >= 1
    assert count_threads(3) == 3


def test_the_number_of_faiss_threads_is_given_back():
    with one_faiss_thread() as faiss:
        before = faiss.omp_get_max_threads()
    assert before == 1
    faiss.omp_set_num_threads(2)
    with one_faiss_thread():
        assert faiss.omp_get_max_threads() == 1
    assert faiss.omp_get_max_threads() == 2
