"""Adding images to a finished work_dir: only what is new or changed is decoded and embedded.

The order: the images that were listed before keep their places (and their `index`), new ones follow
in the order in which they are given. The files that come out are those of a run over that list.
Images that are gone from the disk stay in the results.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from contextlib import closing
from os import PathLike
from typing import TYPE_CHECKING, Any

from fastdup_nb._version import __version__
from fastdup_nb.engine.boxes import Boxes, list_input, make_reader, united_boxes, write_boxes
from fastdup_nb.engine.containers import container_handling
from fastdup_nb.engine.extract import ChunkReader, extract, fingerprint, statistics_columns
from fastdup_nb.engine.known import KnownImages, UnionReader
from fastdup_nb.engine.model import open_recorded_model, recorded_options
from fastdup_nb.engine.plan import Plan, make_plan
from fastdup_nb.engine.run import OURS, config_file, own_folders, relate_stored
from fastdup_nb.errors import CorruptWorkDirError, RunInterruptedError, WorkDirError
from fastdup_nb.models import settled_path
from fastdup_nb.options import AUTO_NNF_MODE, InputSpec, RunOptions
from fastdup_nb.sources.supply import expand
from fastdup_nb.store import names
from fastdup_nb.store.extraction import Extraction, discard, read_checkpoint
from fastdup_nb.store.testset import ABOUT, COMPARED
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from fastdup_nb.models import Embedder
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing


@dataclasses.dataclass(frozen=True, slots=True)
class Added:
    """What adding images did.

    Attributes
    ----------
    new : int
        Images that were not known and are now in the results.
    bad : int
        Files that were not known and cannot be used; `atrain_features.bad.csv` says why.
    changed : int
        Known files that have another content now, or can be used now, or no longer.
    unchanged : int
        Known files among those given; nothing was done with them.
    """

    new: int
    bad: int
    changed: int
    unchanged: int


def add(
    work_dir: str | PathLike[str],
    images: InputSpec,
    progress: Progress,
    *,
    model_path: str | PathLike[str] = "",
) -> Added:
    """Add images to the results of a run, with its options.

    Killed at any moment, it leaves the results as they were; called again with the same images, it
    goes on where it was.

    Parameters
    ----------
    work_dir : path
        The work_dir of a finished run.
    images : path or list of paths
        As for a run. Known images among them are compared by content: what has not changed is left
        alone.
    progress : Progress
        Told how far it is.
    model_path : path, optional
        The model of the run, when it is no longer where it was.

    Raises
    ------
    FastdupError
        When it cannot be done; the results stay as they were.
    """
    here = WorkDir.open(work_dir)
    options = _options_of(here)
    given = dataclasses.replace(
        options, input_dir=images, annotations=None, num_images=0, min_offset=0, max_offset=0
    )
    exclude = own_folders(given, here.path)
    listing, boxes = list_input(given, make_plan(given), progress, exclude=exclude)
    for warning in listing.warnings:
        progress.message(warning)
    plan = make_plan(options)
    with closing(container_handling(options.turi, here, plan, listing)) as handling:
        listing = expand(listing, plan.chunk, handling)
    with here.open_features() as features:
        embedder = open_recorded_model(here, features.shape[1], model_path)
    with WorkDir.create(here.path).lock():
        here = WorkDir(here.path)  # read under the lock
        addition = _Addition(here, options, embedder, progress, model_path)
        return addition.carry_out(listing, boxes)


class _Addition:
    """Adds a listing to a locked work_dir."""

    def __init__(
        self,
        work_dir: WorkDir,
        options: RunOptions,
        embedder: Embedder,
        progress: Progress,
        model_path: str | PathLike[str],
    ) -> None:
        self._work_dir, self._options, self._embedder = work_dir, options, embedder
        self._progress = progress
        self._config = work_dir.read_config()
        made_with = recorded_options(self._config)
        if str(model_path):
            made_with["model_path"] = settled_path(model_path)  # where it is now
        self._recorded = made_with
        self._made_with = dataclasses.replace(
            options, turi_param=made_with["turi_param"], batch_size=made_with["batch_size"]
        )
        self._plan: Plan = make_plan(self._made_with)
        self._boxes: Boxes | None = None

    def carry_out(self, listing: Listing, boxes: Boxes | None) -> Added:
        """Extract what is new or changed; then look for neighbours."""
        with KnownImages(self._work_dir, statistics_columns(self._made_with.turi)) as known:
            self._check(known)
            union, fresh = known.united_with(listing)
            self._boxes = united_boxes(self._work_dir, union, listing, boxes)
            reader = make_reader(
                union, self._boxes, self._embedder, self._made_with.turi, self._work_dir
            )
            changed = known.changed_among(listing.paths, reader, self._plan.threads)
            unchanged = len(listing.paths) - fresh - len(changed)
            if fresh or changed:
                self._extract(union, known, changed, reader)
        renewed = WorkDir(self._work_dir.path)
        new = sum(index >= union.offset + len(known) for index in renewed.indices)
        if self._options.run_mode != 1 and not renewed.has(names.SIMILARITY):
            self._relate(renewed)
        return Added(new, fresh - new, len(changed), unchanged)

    def _check(self, known: KnownImages) -> None:
        """Refuse what was made in another way: its rows would not be comparable."""
        about = self._config.get(OURS) or {}
        if about.get("fingerprint") != self._fingerprint(known.listing):
            message = (
                f"{self._work_dir.path} was made by another version, or its files were changed."
            )
            raise WorkDirError(message, "Run again on all images to bring it up to date.")

    def _fingerprint(self, listing: Listing) -> str:
        return fingerprint(listing, self._embedder, self._made_with.turi, self._plan.chunk)

    def _extract(
        self, union: Listing, known: KnownImages, changed: dict[int, str], reader: ChunkReader
    ) -> None:
        private = self._work_dir.private
        mark = self._fingerprint(union)
        mark_of_parts = _digest([mark, sorted(changed.items())])
        columns = statistics_columns(self._made_with.turi)
        extraction = Extraction(
            private, mark_of_parts, columns, resume=_is_unfinished(private, mark_of_parts)
        )
        try:
            with extraction:
                everything = UnionReader(known, changed, reader)
                extract(everything, union, self._plan, extraction, self._progress)
                finished = extraction.close()
        except RunInterruptedError as error:
            hint = "Add the same images again to go on from there."
            raise RunInterruptedError(error.message, hint) from error
        if not extraction.good:
            message = "Not one image of the collection would be left."
            raise WorkDirError(message, "The changed files are all unusable: look at them.")
        about = {
            **(self._config.get(OURS) or {}),
            "version": __version__,
            "fingerprint": mark,
            "extraction": self._recorded,
            "listed": len(union.paths),
            "good": extraction.good,
            "bad": extraction.bad,
        }
        known.close()  # its file is about to be replaced
        if self._boxes is not None:
            finished |= write_boxes(private, finished, union, self._boxes, self._made_with.turi)
        finished |= config_file(self._work_dir, self._options, about)
        self._work_dir.publish(finished, outdated=self._work_dir.derived())
        discard(private)

    def _relate(self, work_dir: WorkDir) -> None:
        compared = bool((self._config.get(OURS) or {}).get(COMPARED))
        plan = dataclasses.replace(make_plan(self._options), relate=True, test=compared)
        try:
            relate_stored(work_dir, self._options, plan, self._progress)
        except RunInterruptedError as error:
            hint = "Add the same images again, or run with run_mode=2, to go on from there."
            raise RunInterruptedError(error.message, hint) from error


def _options_of(work_dir: WorkDir) -> RunOptions:
    """Return the options of the run that made a work_dir."""
    config = work_dir.read_config()
    fields = {field.name for field in dataclasses.fields(RunOptions) if field.init}
    values = {name: value for name, value in config.items() if name in fields}
    if not config.get(OURS):
        message = f"{work_dir.path} does not say how it was made."
        raise WorkDirError(message, "Images can be added to the results of fastdup_nb only.")
    for name in ("input_dir", "test_dir"):
        if values.get(name) is None:
            values[name] = ()
    values.pop("annotations", None)
    if values.get("run_mode") in (3, 4):
        # Compared again in full; as documented for mode 4, the train images lie elsewhere.
        train = (config[OURS].get(ABOUT) or {}).get("train", "")
        elsewhere = {"input_dir": train, "test_dir": (), "run_mode": 4}
        values |= elsewhere if train else {"run_mode": 2}
    if config[OURS].get("nnf_mode", "auto") == "auto":
        values["nnf_mode"] = AUTO_NNF_MODE
    try:
        return RunOptions(**{**values, "work_dir": work_dir.path})
    except (TypeError, AttributeError) as error:
        message = f"{work_dir.path / names.CONFIG} holds values of the wrong type."
        raise CorruptWorkDirError(message, "Run again to write it anew.") from error


def _is_unfinished(private: Any, mark: str) -> bool:
    """Return whether an earlier call was adding the very same files."""
    try:
        checkpoint = read_checkpoint(private)
    except CorruptWorkDirError:
        return False
    return checkpoint is not None and checkpoint.fingerprint == mark


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
