"""A run from end to end: list, extract, relate, under the lock of the work_dir."""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb._version import __version__
from fastdup_nb.engine.boxes import list_input, make_reader, sign, write_boxes, yolo_parts
from fastdup_nb.engine.containers import container_handling, input_identity, tell_failures
from fastdup_nb.engine.extract import (
    extract,
    fingerprint,
    statistics_columns,
)
from fastdup_nb.engine.merging import adopt_features
from fastdup_nb.engine.plan import Plan, make_plan, work_dir_path
from fastdup_nb.engine.splitting import list_images, split_extraction
from fastdup_nb.engine.syncing import sync_to_local
from fastdup_nb.errors import EmptyInputError, InputError, RunInterruptedError
from fastdup_nb.models import expected_dimension, load_embedder, settled_path
from fastdup_nb.paths import absolute
from fastdup_nb.sources.reading import changed_at
from fastdup_nb.store import names
from fastdup_nb.store.extraction import Extraction, discard, read_checkpoint
from fastdup_nb.store.files import write_atomically
from fastdup_nb.store.parts import RECORD, record_of_files, record_of_parts
from fastdup_nb.store.tables import read_columns
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.engine.boxes import Boxes
    from fastdup_nb.models import Embedder
    from fastdup_nb.options import InputSpec, RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing

OURS = names.PACKAGE
_OF_COMPARISON = (
    *("work_dir", "test_dir", "run_mode", "distance", "nearest_neighbors_k"),
    *("threshold", "lower_threshold"),
)


def run(options: RunOptions, progress: Progress, *, split: bool | None = None) -> WorkDir:
    """Carry out a run.

    Parameters
    ----------
    options : RunOptions
        What to do.
    progress : Progress
        Told how far it is.
    split : bool, optional
        Whether to write the parts of archives too; as the run mode says when not given.

    Returns
    -------
    WorkDir
        The results.

    Raises
    ------
    FastdupError
        When the run cannot be done; what was finished before stays.
    RunInterruptedError
        When the user interrupts it; the work_dir can be resumed.
    """
    options = replace(options, d=expected_dimension(options.model_path, options.d))
    options = yolo_parts(options, progress)
    plan = make_plan(options)
    if split is not None:
        plan = replace(plan, split=split)
    if plan.extract:
        work_dir = _extract(options, plan, progress)
    else:
        work_dir = WorkDir.create(work_dir_path(options))
        with work_dir.lock():
            adopt_features(work_dir, options, progress)
    if plan.test:
        from fastdup_nb.engine.testset import take_test_images

        work_dir = take_test_images(work_dir, options, plan, progress)
    if plan.relate or plan.cluster:
        with work_dir.lock():
            (relate_stored if plan.relate else _cluster)(work_dir, options, plan, progress)
    return work_dir


def _extract(options: RunOptions, plan: Plan, progress: Progress) -> WorkDir:
    path = work_dir_path(options)
    listing, boxes = list_input(
        options,
        plan,
        progress,
        exclude=[*own_folders(options, path), *inner_folders(options, progress)],
    )
    for warning in listing.warnings:
        progress.message(warning)
    if options.turi.sync_s3_to_local:
        listing = sync_to_local(listing, path, progress)
    embedder = load_embedder(options.model_path, options.d, options.compute, progress)
    work_dir = WorkDir.create(path)
    with work_dir.lock():
        mark = sign(fingerprint(listing, embedder, options.turi, plan.chunk), boxes)
        if not (options.resume and _is_extracted(work_dir, mark, listing)):
            _extract_listing(work_dir, listing, boxes, embedder, options, plan, progress, mark)
        work_dir = WorkDir(path)  # the names it may have read are those of the earlier run
        if not work_dir.file_names:
            raise _nothing_usable(work_dir)
    return work_dir


def _extract_listing(
    work_dir: WorkDir,
    listing: Listing,
    boxes: Boxes | None,
    embedder: Embedder,
    options: RunOptions,
    plan: Plan,
    progress: Progress,
    mark: str,
) -> None:
    columns = statistics_columns(options.turi)
    extraction = Extraction(
        work_dir.private,
        mark,
        columns,
        resume=bool(options.resume),
        notes=listing.has_containers,
    )
    reader = make_reader(listing, boxes, embedder, options.turi, work_dir)
    with extraction:
        handling = container_handling(options.turi, work_dir, plan, listing)
        if listing.has_containers and handling.unpack_to is not None:
            progress.message(f"Copies of the images in archives are kept in {handling.unpack_to}.")
        with closing(handling):
            extract(reader, listing, plan, extraction, progress, handling)
        finished = extraction.close()
    about = {
        "version": __version__,
        "fingerprint": mark,
        "model": embedder.name,
        "model_sha256": embedder.fingerprint,
        # What the embeddings depend on: a later run_mode=2 may be given other options.
        "extraction": {
            "model_path": settled_path(options.model_path),
            "batch_size": options.batch_size,
            "turi_param": options.turi_param,
        },
        "listed": extraction.position,
        "good": extraction.good,
        "bad": extraction.bad,
    }
    tell_failures(finished, progress)
    if listing.has_containers:
        about |= {
            "fingerprint": _mark_of_names(finished, embedder, options, plan),
            "entries": mark,
        }
    is_share = listing.has_containers or bool(options.min_offset or options.max_offset)
    if is_share:  # what merging puts the shares of several workers in order by
        about |= {"entry": listing.first_entry, "input": input_identity(options.input_dir)}
    parts: dict[Path, str] = {}
    if is_share and plan.split:
        parts = split_extraction(finished, listing, work_dir.private, about, embedder.d)
    if boxes is not None:
        finished |= write_boxes(work_dir.private, finished, listing, boxes, options.turi)
    if record := record_of_files(parts) or record_of_parts(work_dir.path):
        about[RECORD] = record
    finished |= parts
    finished |= config_file(work_dir, options, about)
    outdated = [*work_dir.derived(), names.STATISTICS, *names.TEST_FILES, *names.NOTES, names.CROPS]
    work_dir.publish(finished, outdated=outdated)
    discard(work_dir.private)


def _mark_of_names(
    finished: dict[Path, str], embedder: Embedder, options: RunOptions, plan: Plan
) -> str:
    """Return the fingerprint of a run over the images by their names, as `add` makes it."""
    return fingerprint(list_images(finished), embedder, options.turi, plan.chunk)


def relate_stored(work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress) -> None:
    """Look for the neighbours of the stored embeddings of a locked work_dir; write the findings."""
    from fastdup_nb.engine.relate import relate
    from fastdup_nb.engine.testset import relate_test, without_test

    with _interruptible("looking for neighbours", progress):
        if plan.test:
            about = relate_test(work_dir, options, plan, progress)
        else:
            relate(work_dir, options, plan, progress)
            about = without_test(work_dir.read_config().get(OURS) or {"version": __version__})
    # The method as it was chosen: the options do not tell the default from the same text given.
    about = {**about, "nnf_mode": plan.method.mode}
    work_dir.publish(config_file(work_dir, options, about))


def _cluster(work_dir: WorkDir, options: RunOptions, plan: Plan, progress: Progress) -> None:
    from fastdup_nb.engine.kmeans import cluster

    with _interruptible("making clusters", progress):
        cluster(work_dir, options, plan, progress)


@contextmanager
def _interruptible(what: str, progress: Progress) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        progress.finish()
        message = f"Interrupted while {what}: the embeddings are saved."
        raise RunInterruptedError(
            message, "Run again with resume=1 to go on from there."
        ) from error


def _is_extracted(work_dir: WorkDir, mark: str, listing: Listing) -> bool:
    """Return whether the stored embeddings are already what this run would make."""
    if read_checkpoint(work_dir.private) is not None or not work_dir.has(names.FEATURES):
        return False
    about = work_dir.read_config().get(OURS) or {}
    if mark not in (about.get("entries"), about.get("fingerprint")):
        return False
    made = work_dir.file(names.FEATURES).stat().st_mtime
    return not any(changed_at(path) > made for path in listing.paths)


def own_folders(options: RunOptions, work_dir: Path) -> list[Path]:
    """Return the folders that are never listed as input: the work_dir, or what it keeps inside."""
    here = absolute(work_dir)
    given = options.input_dir
    roots = paths_of(given)
    if any(absolute(root).is_relative_to(here) for root in roots):
        return [here / names.PRIVATE, here / names.TRASH, here / names.TEMPORARY]
    return [here]


def inner_folders(options: RunOptions, progress: Progress) -> list[Path]:
    """Return the folder of test images when it lies in the input: it is no train folder."""
    outer = [absolute(path) for path in paths_of(options.input_dir)]
    inner = [
        folder
        for folder in map(absolute, paths_of(options.test_dir))
        if folder.is_dir() and any(path in folder.parents for path in outer)
    ]
    if inner:
        progress.message(f"test_dir lies in input_dir and is left out there: {inner[0]}")
    return inner


def paths_of(given: InputSpec) -> list[str | os.PathLike[str]]:
    """Return what an input consists of, as a list."""
    if isinstance(given, (str, os.PathLike)):
        return [given] if str(given).strip() else []
    return list(given)


def _nothing_usable(work_dir: WorkDir) -> InputError:
    table = work_dir.file(names.BAD_FILES)
    codes = Counter(read_columns(table, ["error_code"]).get("error_code", []))
    if not codes:
        message = "There is no image in that range: the archive holds fewer."
        return EmptyInputError(message, "Give a smaller min_offset.")
    counts = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    message = f"None of the {sum(codes.values()):,} files could be used as an image ({counts})."
    return InputError(message, f"The reason for each is in {table}.")


def config_file(work_dir: WorkDir, options: RunOptions, about: dict[str, Any]) -> dict[Path, str]:
    """Write `config.json` into the private folder; return it with the name it is to get."""
    config = options.as_json()
    for name in ("input_dir", "test_dir"):
        given = config[name]
        if given and Path(given).expanduser().exists():
            config[name] = str(absolute(given))
    config["work_dir"] = str(work_dir.path)
    if options.run_mode in (3, 4):  # the rest is still about the run that made the embeddings
        config = work_dir.read_config() | {name: config[name] for name in _OF_COMPARISON}
    config[OURS] = about
    path = work_dir.private / names.CONFIG
    with write_atomically(path) as stream:
        stream.write((json.dumps(config, indent=4) + "\n").encode())
    return {path: names.CONFIG}
