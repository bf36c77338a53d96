"""What a run is going to do: which stages, on how many threads, with which neighbour method."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fastdup_nb.core.kmeans import DEFAULT_CLUSTERS, DEFAULT_ITERATIONS
from fastdup_nb.core.neighbors import NeighborMethod, parameters
from fastdup_nb.options import AUTO_NNF_MODE, DefaultText, RunOptions, parse_pairs

READ_STORED = (2, 3, 4, 6)
# The weights of a model come into the processor's cache once for all of them.
IMAGES_PER_CHUNK = 16


@dataclass(frozen=True)
class Plan:
    """The stages of a run and its resources.

    Attributes
    ----------
    extract : bool
        Compute embeddings and statistics (run modes 0, 1 and 5).
    relate : bool
        Look for neighbours and write the findings (run modes 0, 2, 3 and 4).
    test : bool
        These are neighbours of test images among the others (`test_dir`, run modes 3 and 4).
    cluster : bool
        Make k-means clusters (run modes 5 and 6).
    threads : int
        Threads that compute.
    readers : int
        Threads that read, decode and embed. When the user does not say how many, one more than
        cores: it fills the moments in which another waits for the disk or for the interpreter.
    chunk : int
        Images that are embedded together.
    method : NeighborMethod
        How neighbours are looked for.
    clusters, iterations : int
        How many clusters, and steps to find them.
    split : bool
        Write a part for every archive too (run mode 1).
    """

    extract: bool
    relate: bool
    test: bool
    cluster: bool
    threads: int
    readers: int
    chunk: int
    method: NeighborMethod
    clusters: int
    iterations: int
    split: bool = False


def make_plan(options: RunOptions) -> Plan:
    """Derive the plan from the options.

    Raises
    ------
    OptionError
        When `nnf_param` is not about k-means in a run mode that is.
    """
    threads = count_threads(options.num_threads)
    cluster = options.run_mode in (5, 6)
    clusters, iterations = _clustering(options) if cluster else (0, 0)
    return Plan(
        extract=options.run_mode in (0, 1, 5),
        relate=options.run_mode in (0, 2, 3, 4),
        test=options.run_mode in (3, 4) or options.has_test,
        cluster=cluster,
        threads=threads,
        readers=threads if options.num_threads > 0 else threads + 1,
        chunk=chunk_size(options.batch_size),
        method=_neighbor_method(options, threads),
        clusters=clusters,
        iterations=iterations,
        split=options.run_mode == 1,
    )


def chunk_size(batch_size: int) -> int:
    """Return how many images are embedded together."""
    return batch_size if batch_size > 1 else IMAGES_PER_CHUNK


def count_threads(asked: int) -> int:
    """Return the number of worker threads: as asked, or one per core this process may use."""
    if asked > 0:
        return asked
    if hasattr(os, "sched_getaffinity"):
        return max(len(os.sched_getaffinity(0)), 1)
    return os.cpu_count() or 1


def work_dir_path(options: RunOptions) -> Path:
    """Return the work_dir as a folder: modes 2 and 6 take the path of a feature file too."""
    path = Path(options.work_dir).expanduser()
    return path.parent if options.run_mode in READ_STORED and path.is_file() else path


def _clustering(options: RunOptions) -> tuple[int, int]:
    given = parameters.read_parameters(
        parse_pairs(options.nnf_param, "nnf_param"), (parameters.CLUSTERS, parameters.ITERATIONS)
    )
    return (
        given.get(parameters.CLUSTERS, DEFAULT_CLUSTERS),
        given.get(parameters.ITERATIONS, DEFAULT_ITERATIONS),
    )


def _neighbor_method(options: RunOptions, threads: int) -> NeighborMethod:
    mode: str = options.nnf_mode
    if options.nn_provider == "turi":
        mode = options.turi.nnmodel
    elif options.nn_provider == "annoy":
        mode = ""
    elif mode == AUTO_NNF_MODE and isinstance(mode, DefaultText):
        mode = "auto"
    return NeighborMethod(
        provider=options.nn_provider,
        mode=mode,
        params=parse_pairs(options.nnf_param, "nnf_param"),
        distance=options.distance,
        threads=threads,
    )
