"""Another collection against a finished one: which of its images are in it already."""

from __future__ import annotations

import hashlib
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.core.copies import group_copies
from fastdup_nb.core.crossing import cross_edges, match_content
from fastdup_nb.engine.model import open_recorded_model, recorded_options
from fastdup_nb.engine.plan import make_plan
from fastdup_nb.engine.run import paths_of, run
from fastdup_nb.engine.testset import build_cross_index, check_models, side_at, stored_features
from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.options import DISTANCES, RunOptions
from fastdup_nb.paths import absolute
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastdup_nb.core.pairs import Edges
    from fastdup_nb.options import InputSpec
    from fastdup_nb.progress import Progress

# Embeddings of compared images are kept here, below the private folder of the work_dir.
FOLDER = "compared"


@dataclass(frozen=True)
class Crossing:
    """What was found between two collections.

    Attributes
    ----------
    train, test : Path
        The folders of their embeddings.
    train_names, test_names : list of str
        Their images.
    test_bad : int
        Files of the test images that could not be used.
    edges : Edges
        From test images (row numbers) to the train images most similar to them.
    same_content : ndarray of int64, shape (test images,)
        A train image with the very same content, for every test image; -1: none.
    """

    train: Path
    test: Path
    train_names: list[str]
    test_names: list[str]
    test_bad: int
    edges: Edges
    same_content: NDArray[np.int64]


def compare(
    train: WorkDir,
    other: InputSpec,
    progress: Progress,
    *,
    k: int = 2,
    threshold: float = 0.9,
    model_path: str | os.PathLike[str] = "",
) -> Crossing:
    """Find the images of a finished run that are most similar to each image of another collection.

    Parameters
    ----------
    train : WorkDir
        Of the finished run.
    other : path or list of paths
        The work_dir of another run with the same model, or images: these are embedded with the
        model and options of `train`, and kept for the next time in its private folder.
    progress : Progress
    k : int
        Similar images per image; exact copies count as one.
    threshold : float, 0 to 1
        Least similarity.
    model_path : path, optional
        The model of `train`, when it is no longer where it was.

    Raises
    ------
    ModelError
        When the embeddings are from different models.
    FastdupError
        When one of the two cannot be read.
    """
    stored = stored_features(other)
    if stored is None:
        stored = _embed(train, other, progress, model_path)
    feature_file = train.file(names.FEATURES)
    if stored == feature_file:
        message = f"{train.path} is compared with itself."
        raise OptionError(message, "Give another collection; run finds duplicates within one.")
    d = feature_file.stat().st_size // (4 * max(len(train.file_names), 1))
    options = _options(train, d, k, threshold)
    with ExitStack() as opened:
        one, two = side_at(feature_file, d, opened), side_at(stored, d, opened)
        check_models(one.about, two.about)
        representative_of = group_copies(one.rows, one.digests)
        index = build_cross_index(one, representative_of, options, make_plan(options), progress)
        same_content = match_content(two.digests, one.digests, len(two.file_names))
        edges = cross_edges(two.rows, index.search, representative_of, same_content, k, progress)
    test = WorkDir(stored.parent)
    return Crossing(
        train=train.path,
        test=test.path,
        train_names=one.file_names,
        test_names=two.file_names,
        test_bad=count_bad(test.path / names.BAD_FILES),
        edges=edges.at_least(threshold),
        same_content=same_content,
    )


def count_bad(table: Path) -> int:
    """Return the number of files in a table of those that could not be used."""
    if not table.is_file():
        return 0
    return len(read_columns(table, ["filename"]).get("filename", []))


def _options(train: WorkDir, d: int, k: int, threshold: float) -> RunOptions:
    distance = train.read_config().get("distance")
    return RunOptions(
        work_dir=train.path,
        run_mode=4,
        d=d,
        distance=str(distance) if distance in DISTANCES else "cosine",
        nearest_neighbors_k=k,
        threshold=threshold,
    )


def _embed(
    train: WorkDir, other: InputSpec, progress: Progress, model_path: str | os.PathLike[str]
) -> Path:
    """Embed images as the run did; return the feature file."""
    with train.open_features() as features:
        d = features.shape[1]
    open_recorded_model(train, d, model_path)  # says early what is wrong
    made_with = recorded_options(train.read_config())
    options = {
        "input_dir": other,
        "work_dir": train.private / FOLDER / _key(other),
        "run_mode": 1,
        "d": d,
        "model_path": str(model_path) or made_with["model_path"],
        "batch_size": made_with["batch_size"],
        "turi_param": made_with["turi_param"],
    }
    try:
        done = run(RunOptions(**options, resume=1), progress)
    except WorkDirError:  # what was begun there was about other files
        done = run(RunOptions(**options), progress)
    return done.file(names.FEATURES)


def _key(other: InputSpec) -> str:
    """Return a folder name for a collection, the same every time."""
    paths = [str(absolute(path)) for path in paths_of(other)]
    text = "\0".join(paths).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:16]
