"""The k-means functions of the V0.2 API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.api.run import run

if TYPE_CHECKING:
    from os import PathLike

    from fastdup_nb.options import InputSpec


def run_kmeans(  # noqa: PLR0917 - the signature is the published one
    input_dir: InputSpec = "",
    work_dir: str | PathLike[str] = ".",
    verbose: bool = False,
    num_clusters: int = 100,
    num_em_iter: int = 20,
    num_threads: int = -1,
    num_images: int = 0,
    model_path: str | PathLike[str] = "",
    license: str = "",
    nearest_neighbors_k: int = 2,
    d: int = 576,
    bounding_box: str = "",
    high_accuracy: bool = False,
) -> int:
    """Embed the images of a collection and cluster them with k-means.

    The V0.2 function of that name (API page), with its names and defaults. It writes
    `kmeans_centroids.csv`, `kmeans_assignments.csv` and `kmeans.index` into `work_dir`, beside the
    files of `run(..., run_mode=1)`. Embeddings that a run on the same files left there are used
    again.

    Parameters
    ----------
    input_dir : path or list of paths
        The images, as in `run`.
    work_dir : path
        Folder for the results; made when missing.
    verbose : bool
        Say how many images the clusters have.
    num_clusters : int
        How many clusters. With fewer different images there are as many clusters as these, and a
        line says so.
    num_em_iter : int
        Steps of k-means at most; it ends early when nothing moves any more.
    num_threads : int
        Worker threads; -1 for one per core. The results do not depend on it.
    num_images : int
        Use only the first images of the sorted list; 0 for all.
    model_path : path
        An ONNX image model of your own; then set `d` to the length of its output.
    license : str
        Ignored: no key is needed.
    nearest_neighbors_k : int
        Clusters listed for each image, the closest first; no more than there are.
    d : int
        Length of the embedding.
    bounding_box, high_accuracy
        As in `run`.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    return run(
        input_dir,
        work_dir,
        verbose=verbose,
        num_threads=num_threads,
        num_images=num_images,
        model_path=model_path,
        license=license,
        nearest_neighbors_k=nearest_neighbors_k,
        d=d,
        run_mode=5,
        nnf_param=f"num_clusters={num_clusters},num_em_iter={num_em_iter}",
        bounding_box=bounding_box,
        resume=1,
        high_accuracy=high_accuracy,
    )


def run_kmeans_on_extracted(  # noqa: PLR0917 - the signature is the published one
    input_dir: InputSpec = "",
    work_dir: str | PathLike[str] = ".",
    verbose: bool = False,
    num_clusters: int = 100,
    num_em_iter: int = 20,
    num_threads: int = -1,
    num_images: int = 0,
    model_path: str | PathLike[str] = "",
    license: str = "",
    nearest_neighbors_k: int = 2,
    d: int = 576,
) -> int:
    """Cluster stored embeddings with k-means.

    The V0.2 function of that name (API page), with its names and defaults. The files are those of
    `run_kmeans`.

    Parameters
    ----------
    input_dir : path
        A folder of stored embeddings, when `work_dir` does not hold them itself.
    work_dir : path
        Folder for the results, and of the embeddings.
    verbose : bool
        Say how many images the clusters have.
    num_clusters, num_em_iter, num_threads, nearest_neighbors_k, d : int
        As in `run_kmeans`.
    num_images : int
        Use only the first stored embeddings; 0 for all.
    model_path : path
        Not used: the embeddings are there.
    license : str
        Ignored: no key is needed.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    return run(
        input_dir,
        work_dir,
        verbose=verbose,
        num_threads=num_threads,
        num_images=num_images,
        model_path=model_path,
        license=license,
        nearest_neighbors_k=nearest_neighbors_k,
        d=d,
        run_mode=6,
        nnf_param=f"num_clusters={num_clusters},num_em_iter={num_em_iter}",
    )
