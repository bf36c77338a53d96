import os

import pytest

from fastdup_nb.engine.plan import count_threads, make_plan
from fastdup_nb.options import RunOptions


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="cores are counted otherwise")
def test_one_thread_per_core_and_one_more_to_read():
    cores = len(os.sched_getaffinity(0))
    plan = make_plan(RunOptions())
    assert (plan.threads, plan.readers) == (cores, cores + 1)


def test_as_many_threads_as_asked_for():
    plan = make_plan(RunOptions(num_threads=3))
    assert (plan.threads, plan.readers) == (3, 3)
    assert count_threads(7) == 7


@pytest.mark.parametrize(("mode", "stages"), [(0, (1, 1)), (1, (1, 0)), (2, (0, 1))])
def test_the_run_mode_chooses_the_stages(mode, stages):
    plan = make_plan(RunOptions(run_mode=mode))
    assert (plan.extract, plan.relate) == stages


def test_an_index_asked_for_is_used_and_the_default_chosen():
    assert make_plan(RunOptions()).method.mode == "auto"
    assert make_plan(RunOptions(nnf_mode="HNSW32")).method.mode == "HNSW32"
