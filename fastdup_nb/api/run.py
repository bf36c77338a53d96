"""`run` of the V0.2 API."""

from __future__ import annotations

import sys
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from fastdup_nb.api.reporting import report
from fastdup_nb.errors import FastdupError, OptionError
from fastdup_nb.options import AUTO_NNF_MODE, InputSpec, RunOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

P = ParamSpec("P")

# Names of the first API page -> names of V0.2.
OLDER_NAMES = {"faiss_mode": "nnf_mode", "faiss_param": "nnf_param"}


def accept_older_names(function: Callable[P, int]) -> Callable[P, int]:
    """Let `run` take the argument names of the first API page; its signature stays V0.2's."""

    @wraps(function)
    def run_with_older_names(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            translated = _translate(kwargs)
        except OptionError as error:
            return report(error)
        return function(*args, **translated)  # type: ignore[arg-type]

    return run_with_older_names


def _translate(kwargs: dict[str, object]) -> dict[str, object]:
    values = dict(kwargs)
    for older, newer in OLDER_NAMES.items():
        if older in values:
            if newer in values:
                message = f"{older} is the older name of {newer}; both are given."
                raise OptionError(message, f"Give {newer} only.")
            values[newer] = values.pop(older)
    if "nnmodel" in values:
        turi = str(values.get("turi_param", ""))
        values["turi_param"] = ",".join(filter(None, [turi, f"nnmodel={values.pop('nnmodel')}"]))
    return values


@accept_older_names
def run(  # noqa: PLR0917 - the signature is the published one
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
    run_mode: int = 0,
    nn_provider: str = "nnf",
    min_offset: int = 0,
    max_offset: int = 0,
    nnf_mode: str = AUTO_NNF_MODE,
    nnf_param: str = "",
    bounding_box: str = "",
    batch_size: int = 1,
    resume: int = 0,
    high_accuracy: bool = False,
) -> int:
    """Find duplicates, near-duplicates, outliers and components in a collection of images.

    The V0.2 function of that name (API page, section `run`), with its names and defaults. What is
    listed below is what this version adds to or makes precise in that page.

    Parameters
    ----------
    input_dir : path or list of paths
        A folder (searched recursively), an archive (tar, tar.gz, tgz, zip), a text or CSV file of
        paths, or a list of files and folders; see docs/inputs.md. With `run_mode=2` a list of
        feature files or of folders that hold some, which are merged; or a folder of stored
        features, when `work_dir` does not hold them itself.
    work_dir : path
        Folder for the results; made when missing.
    test_dir : path or list of paths
        Test images, in any form of `input_dir`. Then each is compared with the train images, which
        are not compared with each other: `similarity.csv` and `outliers.csv` go from test to train.
        With `run_mode=4` the work_dir of the test images, or its `atrain_features.dat.csv`.
    compute : {'cpu', 'gpu'}
        `gpu` needs the onnxruntime-gpu package.
    verbose : bool
        Print the summary after the run.
    num_threads : int
        Worker threads; -1 for one per core, and one more to read images. The results do not
        depend on it.
    num_images : int
        Use only the first images of the sorted list; 0 for all.
    turi_param : str
        `key=value` pairs separated by commas, see `fastdup_nb.options.TuriParams`.
    distance : {'cosine', 'euclidean', 'l1', 'linf', 'canberra', 'braycurtis', 'jensenshannon'}
        Reported as a similarity: 1 for identical, whatever the distance.
    threshold : float, 0 to 1
        Least similarity of a pair in `similarity.csv`.
    lower_threshold : float, 0 to 1
        Share of the least similar neighbour pairs that go into `outliers.csv`.
    model_path : path
        An ONNX image model of your own; then set `d` to the length of its output. Or the name of
        a model: one that comes with the package, or one of the catalogue (`dinov2s`, `dinov2b`,
        `clip`, `resnet50`, `efficientnet`), which is downloaded once; then `d` is known.
    license : str
        Ignored: no key is needed.
    version : bool
        Print the version and return.
    nearest_neighbors_k : int
        Neighbours per image. Exact copies do not count towards it.
    d : int
        Length of the embedding.
    run_mode : {0, 1, 2, 3, 4, 5, 6}
        0 everything, 1 embeddings and statistics, 2 neighbours of stored embeddings, 3 the images
        of `test_dir` against the stored embeddings in `work_dir`, 4 stored test embeddings against
        stored train embeddings, 5 embeddings and k-means clusters, 6 clusters of stored embeddings.
        4 takes the test embeddings as `test_dir` and the train embeddings in `work_dir`, or, as
        the guide has it, those of train as `input_dir` and those of test in `work_dir`.
    nn_provider : {'nnf', 'turi', 'annoy'}
        Family of neighbour methods.
    min_offset, max_offset : int
        Half-open range of the sorted list to use; `max_offset=0` means to the end. An archive
        counts as one file; when a single one is all the input, its images are counted.
    nnf_mode : str
        Index of the provider `nnf`: `Flat`, `HNSW32` or any faiss factory string. Left out, the
        search is exact up to about 100,000 images and uses an inverted file with checked recall
        beyond.
    nnf_param : str
        Its parameters, for example `efSearch=175`; with `run_mode` 5 and 6 those of k-means:
        `num_clusters=100,num_em_iter=20`.
    bounding_box : str
        `row_y=20,col_x=10,height=40,width=30`: that part of every image, in pixels of the upright
        image. `face`: every face found, an image each; needs scikit-image. `yolov5s`, or the ONNX
        file of a YOLO network: every object found. See docs/boxes.md.
    batch_size : int
        Images per inference; 1 lets the engine choose.
    resume : int
        1 to go on with an unfinished run in `work_dir`.
    high_accuracy : bool
        Use the larger bundled model: 960 numbers per image instead of 576, which `d` becomes by
        itself. It finds more copies and takes longer; see the model card.

    Returns
    -------
    int
        0 for success, 1 for an error, which is written to standard error in one line with a hint.
    """
    arguments = dict(locals())
    from fastdup_nb.session import run_options

    if version:
        from fastdup_nb._version import __version__

        sys.stdout.write(f"fastdup_nb {__version__}\n")
        return 0
    try:
        session = run_options(RunOptions(**arguments))
        if verbose and run_mode in (0, 2):
            sys.stdout.write(f"{session.summary()}\n")
    except FastdupError as error:
        return report(error)
    return 0
