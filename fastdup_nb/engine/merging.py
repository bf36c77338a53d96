"""Stored features for `run_mode=2`: those of the work_dir, given ones, or many parts made into one.

The parts of workers (`min_offset`, `max_offset`) and of archives become what a single run over all
of it would have written, byte for byte.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb._version import __version__
from fastdup_nb.engine.extract import fingerprint_of
from fastdup_nb.engine.placed_parts import (
    PlacedPart,
    body_rows,
    header_of,
    measure,
    names_of,
    place_parts,
)
from fastdup_nb.engine.splitting import list_images
from fastdup_nb.errors import CorruptWorkDirError, InputError, ResultNotFoundError
from fastdup_nb.options import TuriParams
from fastdup_nb.paths import absolute
from fastdup_nb.sources.file_list import read_list
from fastdup_nb.store import extraction, names
from fastdup_nb.store.extraction import read_checkpoint
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.parts import RECORD, Part, find_parts, part_of_file, record_of_parts
from fastdup_nb.store.tables import read_columns, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir

_DIGESTS = extraction.PUBLISHED[extraction.DIGESTS_PART]


def adopt_features(work_dir: WorkDir, options: RunOptions, progress: Progress) -> None:
    """Give a locked work_dir the features that a run on stored ones is to use.

    Parameters
    ----------
    work_dir : WorkDir
    options : RunOptions
        `input_dir`: a list of feature files or of folders that hold some, or a text file that lists
        them, are merged. Else the features of the work_dir are used; else the parts of archives in
        it, merged; else the features or parts that `input_dir` leads to.
    progress : Progress

    Raises
    ------
    ResultNotFoundError
        When there are none.
    InputError
        When parts do not fit together: another model or dimension, the same image twice.
    CorruptWorkDirError
        When the tables of a part do not fit each other.
    """
    listed = _listed_parts(options)
    if listed is None and _is_complete(work_dir):
        return
    if listed is None:
        listed = find_parts(work_dir.path)
    if not listed:
        if not work_dir.has(names.FEATURES) and read_checkpoint(work_dir.private) is not None:
            message = f"The extraction in {work_dir.path} is unfinished."
            raise ResultNotFoundError(message, "Finish it first: run_mode=1 with resume=1.")
        listed = _parts_at(options.input_dir)
    if not listed:
        message = f"{work_dir.path} holds no {names.FEATURES}."
        hint = "Run with run_mode=1 first, or store your own with save_binary_feature."
        raise ResultNotFoundError(message, hint)
    Merger(work_dir, listed, options, progress).merge()


def _is_complete(work_dir: WorkDir) -> bool:
    """Return whether the work_dir has features that no newer parts are beside."""
    if not (work_dir.has(names.FEATURES) and work_dir.has(names.FEATURE_NAMES)):
        return False
    present = record_of_parts(work_dir.path)
    known = (work_dir.read_config().get(names.PACKAGE) or {}).get(RECORD)
    if known is not None or not present:
        return not present or present == known
    made = work_dir.file(names.FEATURES).stat().st_mtime_ns
    return all(modified <= made for _, _, modified in present)


def _listed_parts(options: RunOptions) -> list[Part] | None:
    """Return the parts that a list names; None when no list of features is given."""
    given = options.input_dir
    if isinstance(given, (str, os.PathLike)):
        path = absolute(given) if str(given).strip() else None
        if path is None or not path.is_file() or _is_feature_file(path):
            return None
        given = list(read_list(str(path)))
    entries = [absolute(entry) for entry in given]
    if not entries or not (_is_feature_file(entries[0]) or _has_features(entries[0])):
        return None  # the images of run_mode=1, which the page says are ignored
    parts = []
    for path in entries:
        found = _parts_at(path)
        if not found:
            message = f"{path} holds no features."
            hint = "Give feature files (.dat or .dat.csv), or folders that hold some."
            raise ResultNotFoundError(message, hint)
        parts += found
    return parts


def _parts_at(given: Any) -> list[Part]:
    """Return the parts that a path leads to."""
    if not isinstance(given, (str, os.PathLike)) or not str(given).strip():
        return []
    path = absolute(given)
    if path.is_dir():
        whole = Part(path)
        parts = find_parts(path)
        complete = whole.features.is_file() and whole.file(names.FEATURE_NAMES) is not None
        if complete and (not parts or whole.about().get(RECORD) == [p.state() for p in parts]):
            return [whole]
        return parts or ([whole] if complete else [])
    return [part_of_file(path)] if _is_feature_file(path) else []


def _is_feature_file(path: Path) -> bool:
    return path.name.endswith((".dat", ".dat.csv"))


def _has_features(path: Path) -> bool:
    return path.is_dir() and bool(_parts_at(path))


class Merger:
    """Makes one collection of parts.

    Parameters
    ----------
    work_dir : WorkDir
        Where to; locked.
    parts : sequence of Part
        From where.
    options : RunOptions
        `d`.
    progress : Progress
    """

    def __init__(
        self, work_dir: WorkDir, parts: Sequence[Part], options: RunOptions, progress: Progress
    ) -> None:
        self._work_dir, self._options, self._progress = work_dir, options, progress
        self._parts = place_parts([measure(part, options.d) for part in parts])

    def merge(self) -> None:
        """Write the merged files."""
        parts = self._parts
        self._check()
        if len(parts) > 1:
            count = sum(part.good for part in parts)
            self._progress.message(f"Merging {len(parts):,} parts: {count:,} images.")
        finished: dict[Path, str] = {}
        for name in (names.FEATURES, _DIGESTS):
            if all(part.part.file(name) for part in parts):
                finished |= self._concatenate(name)
        whole = (names.FEATURE_NAMES, names.BAD_FILES, names.STATISTICS)
        for name in (*whole, *names.NOTES, names.CROPS):
            finished |= self._merge_table(name)
        about = self._about({name: path for path, name in finished.items()})
        finished |= self._config(about)
        tables = [names.STATISTICS, names.BAD_FILES, _DIGESTS, *names.NOTES, *names.TEST_FILES]
        tables.append(names.CROPS)
        self._work_dir.publish(finished, outdated=[*self._work_dir.derived(), *tables])

    def _check(self) -> None:
        """Refuse what does not belong together."""
        for what, value in (
            ("made by different models", lambda part: part.about.get("model_sha256")),
            ("made with different options", lambda part: _settings(part.about)),
        ):
            _require_one(self._parts, what, value)
        seen: set[str] = set()
        for part in self._parts:
            for name in names_of(part.part)[1]:
                if name in seen:
                    message = f"{name!r} is in {part.part.features} and in another part."
                    hint = "Leave one of them out; min_offset <= i < max_offset is half-open."
                    raise InputError(message, hint)
                seen.add(name)

    def _concatenate(self, name: str) -> dict[Path, str]:
        target = self._work_dir.private / f"merged_{Path(name).name}"
        with write_atomically(target) as stream:
            for part in self._parts:
                path = part.part.file(name)
                if path is not None:
                    with readable_errors(path), path.open("rb") as source:
                        shutil.copyfileobj(source, stream, 1 << 20)
        return {target: name}

    def _merge_table(self, name: str) -> dict[Path, str]:
        files = [(part, part.part.file(name)) for part in self._parts]
        present = [(part, path) for part, path in files if path is not None]
        if not present:
            return {}
        if name == names.CROPS and len(present) < len(files):
            return {}
        if name == names.STATISTICS and len(present) < len(files):
            missing = next(part.part.features for part, path in files if path is None)
            self._progress.message(f"No statistics: {missing} has none.")
            return {}
        header = header_of(present[0][1])
        for _, path in present:
            if name == names.STATISTICS and header_of(path) != header:
                message = f"{path} and {present[0][1]} have different columns."
                raise InputError(message, "Run both with the same run_stats options.")
        if name == names.BAD_FILES:
            header = list(names.BAD_FILES_COLUMNS)
        if name in names.NOTES:
            header = list(names.LABELS_COLUMNS)
        target = self._work_dir.private / f"merged_{name}"
        rows = self._table_rows(name, files, len(header))
        write_table(target, header, self._names() if name == names.FEATURE_NAMES else rows)
        return {target: name}

    def _names(self) -> Iterator[tuple[int, str]]:
        for part in self._parts:
            for index, name in zip(*names_of(part.part), strict=True):
                yield index + part.shift, name

    def _table_rows(
        self, name: str, files: list[tuple[PlacedPart, Path | None]], width: int
    ) -> Iterator[list[str]]:
        for part, path in files:
            if path is not None and name in names.NOTES:
                yield from _note_rows(part, path)
            elif path is not None:
                count = 0
                for row in body_rows(path):
                    count += 1
                    if name == names.CROPS and row[2].startswith(f"{names.CROP_FOLDER}/"):
                        row[2] = str(part.part.folder / row[2])  # saved where the part is
                    yield [str(int(row[0]) + part.shift), *row[1:width], *[""] * (width - len(row))]
                if name != names.BAD_FILES and count != part.good:
                    raise _misfit(path, count, part.good)
            elif name in names.NOTES:  # an archive without labels among others
                for index, file_name in zip(*names_of(part.part), strict=True):
                    yield [str(index + part.shift), file_name, ""]

    def _about(self, by_name: dict[str, Path]) -> dict[str, Any]:
        about = {
            key: value
            for key, value in self._parts[0].about.items()
            if key in ("model", "model_sha256", "extraction", "input")
        }
        about |= {
            "version": __version__,
            "good": sum(part.good for part in self._parts),
            "listed": sum(part.last - part.first + 1 for part in self._parts),
            "merged": len(self._parts),
            RECORD: record_of_parts(self._work_dir.path),
        }
        about["bad"] = about["listed"] - about["good"]
        if names.BAD_FILES in by_name and (mark := _fingerprint(by_name, self._parts)):
            about["fingerprint"] = mark
        return about

    def _config(self, about: dict[str, Any]) -> dict[Path, str]:
        from fastdup_nb.engine.run import config_file

        return config_file(self._work_dir, self._options, about)


def _settings(about: dict[str, Any]) -> Any:
    made = about.get("extraction")
    if not isinstance(made, dict):
        return None
    limits = TuriParams.parse(str(made.get("turi_param", "")))
    return [
        made.get("batch_size"),
        *(limits.min_file_size, limits.min_input_image_width, limits.min_input_image_height),
    ]


def _require_one(parts: list[PlacedPart], what: str, value: Callable[[PlacedPart], Any]) -> None:
    known = [(part, value(part)) for part in parts if value(part) is not None]
    for part, found in known[1:]:
        if found != known[0][1]:
            message = f"{known[0][0].part.features} and {part.part.features} were {what}."
            raise InputError(message, "Make all parts with the same model and options.")


def _fingerprint(by_name: dict[str, Path], parts: list[PlacedPart]) -> str:
    """Return the digest that a run over all the images would have; empty when that is unknown."""
    about = parts[0].about
    made = about.get("extraction")
    if not about.get("model_sha256") or not isinstance(made, dict):
        return ""
    from fastdup_nb.engine.plan import chunk_size

    listing = list_images({path: name for name, path in by_name.items()})
    limits = TuriParams.parse(str(made.get("turi_param", "")))
    chunk = chunk_size(int(made.get("batch_size", 1)))
    return fingerprint_of(listing, str(about["model_sha256"]), parts[0].d, limits, chunk)


def _note_rows(part: PlacedPart, path: Path) -> Iterator[list[str]]:
    """Yield index, file name and label; the original writes no file name, and N/A for no label."""
    columns = read_columns(path, ["index", "label"])
    index, file_names = names_of(part.part)
    label_of = dict(zip(columns.get("index", []), columns.get("label", []), strict=False))
    if "index" not in columns or "label" not in columns:
        message = f"{path} has no columns index and label."
        raise CorruptWorkDirError(message, "Make the part anew, or leave the file out.")
    for number, file_name in zip(index, file_names, strict=True):
        label = label_of.get(str(number), "")
        yield [str(number + part.shift), file_name, "" if label == "N/A" else label]


def _misfit(path: Path, count: int, expected: int) -> CorruptWorkDirError:
    message = f"{path} has {count:,} rows for {expected:,} images."
    return CorruptWorkDirError(message, "Make the part anew.")
