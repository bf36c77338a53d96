"""`run_on_webdataset` of the V0.2 API."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fastdup_nb.api.reporting import report
from fastdup_nb.api.run import run
from fastdup_nb.errors import FastdupError
from fastdup_nb.options import AUTO_NNF_MODE, InputSpec, RunOptions

if TYPE_CHECKING:
    from os import PathLike


def run_on_webdataset(  # noqa: PLR0917 - the signature is the published one
    input_dir: InputSpec = "",
    work_dir: str | PathLike[str] = ".",
    test_dir: InputSpec = "",
    compute: str = "cpu",
    verbose: bool = False,
    num_threads: int = -1,
    num_images: int = 0,
    turi_param: str = "nnmodel=0",
    distance: str = "cosine",
    threshold: float = 0.9,
    lower_threshold: float = 0.05,
    model_path: str | PathLike[str] = "",
    license: str = "",
    version: bool = False,
    nearest_neighbors_k: int = 2,
    d: int = 576,
    nn_provider: str = "nnf",
    min_offset: int = 0,
    max_offset: int = 0,
    nnf_mode: str = AUTO_NNF_MODE,
    nnf_param: str = "",
    bounding_box: str = "",
    batch_size: int = 1,
) -> int:
    """Run on the tar files of a web dataset: embed all images, then look for neighbours.

    The V0.2 function of that name (API page), with its names and defaults. It leaves what `run`
    with `run_mode=1` and then `run_mode=2` would: the feature files of every archive, and the
    results over all of them, see docs/inputs.md. The archives are read where they are; nothing is
    unpacked.

    Parameters
    ----------
    input_dir : path or list of paths
        A folder with tar, tar.gz, tgz or zip files, one of them, or a list.
    work_dir : path
        Folder for the results; made when missing.
    test_dir, compute, verbose, num_threads, num_images, distance, threshold, lower_threshold
        As in `run`.
    model_path, license, version, nearest_neighbors_k, d, nn_provider
        As in `run`.
    turi_param : str
        As in `run`. `delete_img=0` keeps a copy of every image in `work_dir/tmp`;
        `delete_tar=1`, the default, deletes the copies of downloaded archives after use, and never
        an archive that was there before; `tar_only=1` leaves single images out;
        `num_images_in_tar=N` uses the first N images of each archive.
    min_offset, max_offset : int
        Half-open range of the list of files, which are the archives.
    nnf_mode, nnf_param, bounding_box, batch_size
        As in `run`.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    arguments = dict(locals())
    from fastdup_nb.engine import run as carry_out
    from fastdup_nb.session import Fastdup, reporter_of

    if version:
        return run(version=True)
    try:
        options = RunOptions(**arguments)
        results = carry_out(options, reporter_of(None), split=True)
        if verbose:
            sys.stdout.write(f"{Fastdup(results.path).summary()}\n")
    except FastdupError as error:
        return report(error)
    return 0
