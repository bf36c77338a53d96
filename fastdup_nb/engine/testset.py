"""Test images: embedded as the train images were, or taken as stored, then compared with them.

V0.2 API page, `run`: `test_dir` ("similarity of train and test images is compared (vs. train/train
or test/test which are not performed)") and the run modes 3 and 4.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb._version import __version__
from fastdup_nb.core.copies import group_copies
from fastdup_nb.core.crossing import cross_edges, match_content
from fastdup_nb.core.neighbors import build_index
from fastdup_nb.core.pairs import Edges
from fastdup_nb.core.rows import ChosenRows
from fastdup_nb.engine.boxes import list_input, make_reader, test_part
from fastdup_nb.engine.containers import container_handling
from fastdup_nb.engine.extract import ChunkReader, extract, fingerprint, statistics_columns
from fastdup_nb.engine.run import OURS, config_file, own_folders
from fastdup_nb.engine.stored_index import EXACT_ROWS, open_stored_index
from fastdup_nb.errors import InputError, ModelError, OptionError, ResultNotFoundError
from fastdup_nb.paths import absolute
from fastdup_nb.sources.reading import changed_at
from fastdup_nb.store import names
from fastdup_nb.store.extraction import DIGESTS, Extraction, discard, read_checkpoint
from fastdup_nb.store.features import locate, open_features
from fastdup_nb.store.files import readable_errors
from fastdup_nb.store.index import write_index
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.testset import (
    ABOUT,
    COMPARED,
    FOLDER,
    PUBLISHED,
    TestSet,
    read_digest_file,
)
from fastdup_nb.store.testset import DIGESTS as TEST_DIGESTS
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.models import Embedder
    from fastdup_nb.options import InputSpec, RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing
    from fastdup_nb.store.features import FeatureFile

# What is stored about images beside their embeddings, and what it is called of test images.
_BESIDE = {names.BAD_FILES: names.TEST_BAD_FILES, names.STATISTICS: names.TEST_STATISTICS}
_FORMS = (
    "Give run(train_work_dir, test_dir=test_work_dir, work_dir=train_work_dir, run_mode=4), or "
    "run(train_features.dat.csv, work_dir=test_work_dir, run_mode=4)."
)


@dataclass(frozen=True)
class Side:
    """The train or the test images: numbers, names, embeddings, content digests if known."""

    indices: list[int]
    file_names: list[str]
    rows: FeatureFile
    digests: NDArray[np.void] | None
    about: Mapping[str, Any]


def take_test_images(
    work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress
) -> WorkDir:
    """Put the embeddings of the test images into a work_dir, unless they are there.

    Raises
    ------
    FastdupError
        When there is no usable test image, or another model made the train embeddings.
    """
    if not options.has_test:
        return work_dir  # run_mode=4 as documented: the work_dir holds the test embeddings
    stored = stored_features(options.test_dir)
    if options.run_mode == 4 or (options.run_mode == 2 and stored is not None):
        if stored is None:
            message = f"test_dir={_shown(options.test_dir)} holds no stored embeddings."
            hint = "Run on it with run_mode=1 first, or use run_mode=3 on the images themselves."
            raise ResultNotFoundError(message, hint)
        with work_dir.lock():
            _adopt(work_dir, stored, options)
    else:
        _extract(work_dir, options, plan, progress)
    return WorkDir(work_dir.path)


def stored_features(given: InputSpec) -> Path | None:
    """Return the feature file in a folder, or the one a path names or lists; None without one."""
    if not isinstance(given, (str, os.PathLike)):
        return None
    path = absolute(given)
    if path.is_dir():
        return locate(path, names.FEATURES)
    if path.name.endswith(".dat.csv"):
        path = path.with_name(path.name.removesuffix(".csv"))
    return path if path.is_file() and path.suffix == ".dat" else None


def relate_test(
    work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress
) -> dict[str, Any]:
    """Find the train images most similar to every test image; write what was found.

    Run modes 0 and 2 write components of train and test images too; 3 and 4 leave those of the
    train images alone.

    Returns
    -------
    dict
        What `config.json` is to say about the results.
    """
    with ExitStack() as opened:
        train, test, told = _open_sides(work_dir, options, opened)
        representative_of = group_copies(train.rows, train.digests)
        whole = options.run_mode not in (3, 4)
        index = build_cross_index(train, representative_of, options, plan, progress)
        edges = cross_edges(
            test.rows,
            index.search,
            representative_of,
            match_content(test.digests, train.digests, len(test.file_names)),
            options.nearest_neighbors_k,
            progress,
        )
        finished = _write(work_dir, options, train, test, edges, told["first_id"], whole=whole)
        outdated = []
        if whole:
            outdated = work_dir.findings()
            finished |= write_index(work_dir.private, index, train.rows)
            if options.turi.run_hierarchical:
                progress.message("run_hierarchical has no meaning with test images: left out.")
    work_dir.publish(finished, outdated=outdated)
    own = work_dir.read_config().get(OURS) or {"version": __version__}
    return {**own, ABOUT: {**(own.get(ABOUT) or {}), **told}, COMPARED: True}


def without_test(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the configuration says, for results in which no test image is compared."""
    return {key: value for key, value in about.items() if key != COMPARED}


def _extract(work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress) -> None:
    given = options.test_dir
    # With train images these are about them.
    first, last, most = (
        (0, 0, 0) if plan.extract else (options.min_offset, options.max_offset, options.num_images)
    )
    asked = dataclasses.replace(
        options,
        input_dir=given,
        annotations=None,
        test_dir="",
        run_mode=1,
        num_images=most,
        min_offset=first,
        max_offset=last,
    )
    exclude = own_folders(asked, work_dir.path)
    try:
        part = test_part(given)
        listing, boxes = list_input(asked, plan, progress, exclude=exclude, part=part)
    except InputError as error:
        raise type(error)(error.message.replace("input_dir", "test_dir"), error.hint) from error
    for warning in listing.warnings:
        progress.message(f"Test images: {warning}")
    embedder = _open_model(work_dir, options)
    with work_dir.lock():
        mark = fingerprint(listing, embedder, options.turi, plan.chunk)
        if not _is_extracted(work_dir, mark, listing):
            reader = make_reader(listing, boxes, embedder, asked.turi)
            _extract_listing(work_dir, listing, reader, options, plan, progress, mark)
    found = TestSet.open(work_dir.path)
    if found is None or not found.file_names:
        message = f"None of the {len(listing.paths):,} test files could be used as an image."
        table = work_dir.path / names.TEST_BAD_FILES
        raise InputError(message, f"The reason for each is in {table}.")


def _extract_listing(
    work_dir: WorkDir,
    listing: Listing,
    reader: ChunkReader,
    options: RunOptions,
    plan: Plan,
    progress: Progress,
    mark: str,
) -> None:
    private = work_dir.private / FOLDER
    with readable_errors(private):
        private.mkdir(exist_ok=True)
    checkpoint = read_checkpoint(private)
    resume = bool(options.resume) and checkpoint is not None and checkpoint.fingerprint == mark
    extraction = Extraction(
        private, mark, statistics_columns(options.turi), resume=resume, published=PUBLISHED
    )
    with extraction:
        with closing(container_handling(options.turi, work_dir, plan, listing)) as handling:
            extract(reader, listing, plan, extraction, progress, handling)
        finished = extraction.close()
    told = {"fingerprint": mark, "good": extraction.good, "bad": extraction.bad}
    _publish(work_dir, options, finished, told, usable=extraction.good > 0)
    discard(private)


def _adopt(work_dir: WorkDir, stored: Path, options: RunOptions) -> None:
    """Copy stored test embeddings, and what lies beside them, into a locked work_dir."""
    open_features(stored, options.d)[2].close()
    foreign = WorkDir(stored.parent).read_config().get(OURS) or {}
    check_models(work_dir.read_config().get(OURS) or {}, foreign)
    copies = {
        stored: names.TEST_FEATURES,
        stored.with_name(f"{stored.name}.csv"): names.TEST_FEATURE_NAMES,
        stored.parent / names.PRIVATE / DIGESTS: f"{names.PRIVATE}/{TEST_DIGESTS}",
        **{stored.parent / name: renamed for name, renamed in _BESIDE.items()},
    }
    private = work_dir.private / FOLDER
    finished = {}
    with readable_errors(private):
        private.mkdir(exist_ok=True)
        for source, name in copies.items():
            if source.is_file():
                copy = private / Path(name).name
                shutil.copyfile(source, copy)
                finished[copy] = name
    _publish(work_dir, options, finished, {"from": str(stored)})


def _publish(
    work_dir: WorkDir,
    options: RunOptions,
    finished: dict[Path, str],
    told: dict[str, Any],
    *,
    usable: bool = True,
) -> None:
    """Put test embeddings in place; pairs of former images go, unless there are to be none."""
    own = without_test(work_dir.read_config().get(OURS) or {"version": __version__})
    outdated = [*names.TEST_FILES, f"{names.PRIVATE}/{TEST_DIGESTS}"]
    if usable:
        outdated += [name for name in (names.SIMILARITY, names.OUTLIERS) if work_dir.has(name)]
    finished |= config_file(work_dir, options, {**own, ABOUT: told})
    work_dir.publish(finished, outdated=outdated)


def _is_extracted(work_dir: WorkDir, mark: str, listing: Listing) -> bool:
    """Return whether the stored test embeddings are already what would be made."""
    about = (work_dir.read_config().get(OURS) or {}).get(ABOUT) or {}
    stored = work_dir.path / names.TEST_FEATURES
    if about.get("fingerprint") != mark or not stored.is_file():
        return False
    made = stored.stat().st_mtime
    return not any(changed_at(path) > made for path in listing.paths)


def _open_model(work_dir: WorkDir, options: RunOptions) -> Embedder:
    from fastdup_nb.engine.model import open_recorded_model

    return open_recorded_model(work_dir, options.d, options.model_path, options.compute)


def _open_sides(
    work_dir: WorkDir, options: RunOptions, opened: ExitStack
) -> tuple[Side, Side, dict[str, Any]]:
    """Return train images, test images, and what is to be remembered about their numbers."""

    def own() -> Side:
        rows = opened.enter_context(work_dir.open_features(options.d))
        about = work_dir.read_config().get(OURS) or {}
        return Side(work_dir.indices, work_dir.file_names, rows, work_dir.digests(), about)

    if options.run_mode == 4 and not options.has_test:
        stored = stored_features(options.input_dir)
        if stored is None:
            message = f"run_mode=4: input_dir={_shown(options.input_dir)} holds no embeddings."
            raise ResultNotFoundError(message, _FORMS)
        if stored == work_dir.file(names.FEATURES):
            raise OptionError("run_mode=4: train and test are the same embeddings.", _FORMS)
        train, test = side_at(stored, options.d, opened), own()
        check_models(train.about, test.about)
        listed = str(stored.with_name(f"{stored.name}.csv"))
        return train, test, {"train": listed, "first_id": _listed(WorkDir(stored.parent))}
    found = TestSet.open(work_dir.path)
    if found is None:
        raise ResultNotFoundError(f"{work_dir.path} holds no test images.", "Give test_dir.")
    rows = opened.enter_context(found.open_features(options.d))
    test = Side(found.indices, found.file_names, rows, found.digests(), {})
    return own(), test, {"first_id": _listed(work_dir)}


def _listed(work_dir: WorkDir) -> int:
    """Return the first number that no train image has, good or bad."""
    last = max(work_dir.indices, default=-1)
    if work_dir.has(names.BAD_FILES):
        bad = read_columns(work_dir.file(names.BAD_FILES), ["index"]).get("index", [])
        last = max([last, *(int(index) for index in bad if index.isdecimal())])
    return last + 1


def side_at(stored: Path, d: int, opened: ExitStack) -> Side:
    """Open a feature file of a finished run, with what is known about it."""
    indices, file_names, rows = open_features(stored, d)
    opened.enter_context(rows)
    digests = read_digest_file(stored.parent / names.PRIVATE / DIGESTS, len(file_names))
    about = WorkDir(stored.parent).read_config().get(OURS) or {}
    return Side(indices, file_names, rows, digests, about)


def check_models(train: Mapping[str, Any], test: Mapping[str, Any]) -> None:
    """Refuse embeddings of different models, as far as it is known which they are from."""
    one, other = (about.get("model_sha256") for about in (train, test))
    if one and other and one != other:
        message = (
            f"The train embeddings are from {train.get('model', 'one model')}, the test "
            f"embeddings from {test.get('model', 'another')}."
        )
        raise ModelError(message, "Make both with the same model: their numbers do not compare.")


def build_cross_index(
    train: Side,
    representative_of: NDArray[np.int64],
    options: RunOptions,
    plan: Plan,
    progress: Progress,
) -> Any:
    """Return what searches the train images, one of each group of copies."""
    import numpy as np

    method = plan.method
    if options.run_mode in (3, 4) and len(representative_of) > EXACT_ROWS:
        folder = WorkDir(train.rows.path.parent)
        stored = open_stored_index(folder, train.rows, method.distance, progress)
        if stored is not None:
            return stored.over(train.rows, representative_of)
    if method.mode == "auto":  # what serves a join of all pairs serves no few queries
        method = dataclasses.replace(method, mode="Flat")
    representatives = np.unique(representative_of)
    alone = len(representatives) == len(representative_of)
    rows = train.rows if alone else ChosenRows(train.rows, representatives)
    return build_index(rows, method, progress)


def _write(
    work_dir: WorkDir,
    options: RunOptions,
    train: Side,
    test: Side,
    edges: Edges,
    first_id: int,
    *,
    whole: bool,
) -> dict[Path, str]:
    """Write findings about one graph: the train images, then the test images."""
    from fastdup_nb.engine.relate import Findings

    edges = Edges(edges.source + len(train.file_names), edges.target, edges.similarity)
    findings = Findings(
        work_dir.private,
        options,
        [*train.indices, *(first_id + index for index in test.indices)],
        [*train.file_names, *test.file_names],
    )
    return findings.write(edges) if whole else findings.write_pairs(edges)


def _shown(given: InputSpec) -> str:
    return repr(str(given)) if isinstance(given, (str, os.PathLike)) else "a list"
