from __future__ import annotations

import time
from functools import partial

import pytest

from fastdup_nb.engine import extract
from fastdup_nb.engine.extract import Job, chunk_spans


class Work:
    """Jobs that count how many of them wait or run at the same time."""

    def __init__(self, held=0):
        self.held, self.begun, self.most, self.released = held, 0, 0, []

    def jobs(self, count):
        for number in range(count):
            self.begun += 1
            self.most = max(self.most, self.begun - len(self.released))
            yield Job(self.read, (number,), partial(self.released.append, number), self.held)

    @staticmethod
    def read(number):
        time.sleep(0.001 * (number % 3))
        return number


def test_answers_come_in_order_and_jobs_are_released_behind_them():
    work = Work()
    for number, answer in enumerate(extract._in_order(work.jobs(50), 4)):
        assert answer == number
        assert work.released == list(range(number + 1))
    assert len(work.released) == 50
    assert 4 < work.most <= 4 * extract.CHUNKS_AHEAD_PER_THREAD + 1


def test_what_is_held_is_bounded(monkeypatch):
    monkeypatch.setattr(extract, "MOST_BYTES_AHEAD", 25)
    work = Work(held=10)
    assert list(extract._in_order(work.jobs(50), 4)) == list(range(50))
    assert work.most <= 3
    huge = Work(held=1000)
    assert list(extract._in_order(huge.jobs(5), 4)) == list(range(5))


def test_a_job_that_is_none_waits_for_all_before_it():
    work = Work()

    def jobs():
        yield from (Job(work.read, (n,), partial(work.released.append, n)) for n in range(7))
        yield None
        assert work.released == list(range(7))
        yield Job(work.read, (7,))

    assert list(extract._in_order(jobs(), 3)) == list(range(8))


def test_a_failing_job_ends_it():
    def fail():
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        list(extract._in_order(iter([Job(fail, ())]), 2))


def test_chunks_are_cut_at_fixed_places():
    assert list(chunk_spans(0, 10, 3, 4)) == [(0, 1), (1, 5), (5, 9), (9, 10)]
    assert list(chunk_spans(5, 10, 3, 4)) == [(5, 9), (9, 10)]
