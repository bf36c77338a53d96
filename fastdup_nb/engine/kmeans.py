"""From stored embeddings to k-means clusters: run modes 5 and 6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastdup_nb.core.kmeans import cluster_rows, flat_index
from fastdup_nb.core.rows import ChosenRows
from fastdup_nb.errors import EmptyInputError
from fastdup_nb.store import names
from fastdup_nb.store.files import write_atomically
from fastdup_nb.store.tables import write_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from fastdup_nb.core.kmeans import Clustering
    from fastdup_nb.core.rows import Rows
    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

ROWS_PER_BLOCK = 10_000


def cluster(work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress) -> None:
    """Cluster the stored images and write `kmeans_*.csv` and `kmeans.index`, all or none.

    Parameters
    ----------
    work_dir : WorkDir
        Holds the embeddings; gets the files.
    options : RunOptions
        `d`, `num_images` and `nearest_neighbors_k` (clusters per image).
    plan : Plan
        Number of clusters and of steps, threads.
    progress : Progress

    Raises
    ------
    EmptyInputError
        When there are no embeddings.
    NeighborError
        When an embedding holds a number that is not finite.
    """
    with work_dir.open_features(options.d) as features:
        if not features.shape[0]:
            message = f"{work_dir.path} holds the embedding of no image."
            raise EmptyInputError(message, "Run with run_mode=1 on a folder of images first.")
        clustering = cluster_rows(
            _limited(features, options.num_images),
            plan.clusters,
            options.nearest_neighbors_k,
            plan.iterations,
            plan.threads,
            progress,
        )
    if options.verbose:
        progress.message(_describe(clustering))
    work_dir.publish(write_clusters(work_dir, clustering))


def write_clusters(work_dir: WorkDir, clustering: Clustering) -> dict[Path, str]:
    """Write the files into the private folder; return each with the name it is to get."""
    folder = work_dir.private
    with write_atomically(folder / names.KMEANS_CENTROIDS) as stream:
        np.savetxt(stream, clustering.centroids, fmt="%f", delimiter=",")
    write_table(
        folder / names.KMEANS_ASSIGNMENTS,
        names.KMEANS_ASSIGNMENTS_COLUMNS,
        _assignment_rows(work_dir, clustering),
    )
    with write_atomically(folder / names.KMEANS_INDEX) as stream:
        stream.write(_as_index(clustering.centroids))
    written = (names.KMEANS_CENTROIDS, names.KMEANS_ASSIGNMENTS, names.KMEANS_INDEX)
    return {folder / name: name for name in written}


def _limited(rows: Rows, most: int) -> Rows:
    """Return the first `most` rows; 0: all."""
    if not most or most >= rows.shape[0]:
        return rows
    return ChosenRows(rows, np.arange(most))


def _assignment_rows(
    work_dir: WorkDir, clustering: Clustering
) -> Iterator[tuple[int, str, int, str]]:
    """Yield the rows of the table, the worst fitting images first, ties in listing order."""
    indices, file_names = work_dir.indices, work_dir.file_names
    per_image = clustering.cluster.shape[1]
    cluster, distance = clustering.cluster.ravel(), clustering.distance.ravel()
    order = np.argsort(-distance, kind="stable")
    for start in range(0, len(order), ROWS_PER_BLOCK):
        block = order[start : start + ROWS_PER_BLOCK]
        values = (block // per_image, cluster[block], distance[block])
        for row, number, far in zip(*(column.tolist() for column in values), strict=True):
            yield indices[row], file_names[row], number, f"{far:.6f}"


def _as_index(centroids: NDArray[np.float32]) -> bytes:
    import faiss

    return bytes(faiss.serialize_index(flat_index(faiss, centroids)).tobytes())


def _describe(clustering: Clustering) -> str:
    sizes = clustering.sizes
    return (
        f"{len(clustering.cluster):,} images in {len(sizes):,} clusters, "
        f"{int(sizes.min()):,} to {int(sizes.max()):,} in each."
    )


def read_clusters(
    work_dir: WorkDir,
    progress: Progress,
    *,
    num_clusters: int | None,
    num_em_iter: int,
    nearest_neighbors_k: int,
) -> pd.DataFrame:
    """Return the clusters of a finished run; made when a number is given or there are none.

    Parameters
    ----------
    work_dir : WorkDir
    progress : Progress
        What to report to.
    num_clusters, num_em_iter, nearest_neighbors_k : int
        As in `fastdup_nb.run_kmeans`.
    """
    from fastdup_nb.engine.run import run
    from fastdup_nb.options import RunOptions

    if num_clusters is not None or not work_dir.has(names.KMEANS_ASSIGNMENTS):
        with work_dir.open_features() as features:
            d = features.shape[1]
        count = 100 if num_clusters is None else num_clusters
        options = RunOptions(
            work_dir=work_dir.path,
            run_mode=6,
            d=d,
            nearest_neighbors_k=nearest_neighbors_k,
            nnf_param=f"num_clusters={count},num_em_iter={num_em_iter}",
        )
        run(options, progress)
    return work_dir.read_table(names.KMEANS_ASSIGNMENTS)
