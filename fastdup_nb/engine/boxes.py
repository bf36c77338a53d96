"""Runs on boxes: every box is an image of its own.

The boxes come from annotations, from one box for all images, or from a detector. Listed they are
names of crops (`fastdup_nb.sources.crops`), so that everything behind the listing treats them as
images; their labels go into `atrain_labels.csv`, their places into `atrain_crops.csv`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fastdup_nb.engine.crops import BoxReader, saved_crop
from fastdup_nb.engine.extract import ChunkReader
from fastdup_nb.engine.frames import check_can_read
from fastdup_nb.engine.splitting import owner_of
from fastdup_nb.errors import EmptyInputError, ImageError, OptionError
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.sources import Listing, read_bytes, resolve
from fastdup_nb.sources.annotations import Annotations, holds_boxes, read_annotations
from fastdup_nb.sources.annotations.yolo import YoloData
from fastdup_nb.sources.containers import container_kind
from fastdup_nb.sources.crops import crop_name, image_size, region_of, split_crop
from fastdup_nb.sources.paths import absolute, local_path
from fastdup_nb.sources.suffixes import is_remote, suffix_of
from fastdup_nb.store import names
from fastdup_nb.store.features import read_feature_names
from fastdup_nb.store.tables import read_columns, write_table
from fastdup_nb.turi import read_box

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.models import Embedder
    from fastdup_nb.options import InputSpec, RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.store.workdir import WorkDir
    from fastdup_nb.turi import TuriParams

_AT_ONCE = 512
_ANY_SIDE = 1_000_000_000
_YAML = ("yaml", "yml")


@dataclass(frozen=True)
class Boxes:
    """What is known about the boxes of a run, by position in its listing.

    Attributes
    ----------
    labels, confidences : list of str
        Empty lists when there are none.
    common : tuple of float, optional
        x, y, width, height to cut from every image of archives, whose names are not known before.
    """

    labels: list[str] = field(default_factory=list)
    confidences: list[str] = field(default_factory=list)
    common: tuple[float, float, float, float] | None = None


def list_input(
    options: RunOptions,
    plan: Plan,
    progress: Progress,
    *,
    exclude: Iterable[str | os.PathLike[str]] = (),
    part: str = "",
) -> tuple[Listing, Boxes | None]:
    """List the images of a run, or its boxes.

    Parameters
    ----------
    options : RunOptions
        Its `input_dir`, `annotations`, `bounding_box`, offsets and number of images count.
    plan : Plan
        Threads, for a detector.
    progress : Progress
    exclude : iterable of path
        Folders to leave out below the input.
    part : str
        Of a YOLO data set: `train`, `val`, `test`.

    Returns
    -------
    listing : Listing
        Of crops when there are boxes.
    boxes : Boxes or None
        None when there are none.

    Raises
    ------
    InputError
        When there is nothing to run on.
    OptionError
        When boxes are given twice.
    """
    annotated = options.annotations is not None or holds_boxes(options.input_dir)
    if annotated:
        if options.bounding_box:
            message = "Boxes are given twice: by annotations and by bounding_box."
            raise OptionError(message, "Leave one of them out.")
        found = _read(options, exclude, part)
        return _window(found, options)
    listing = resolve(
        options.input_dir,
        num_images=options.num_images,
        min_offset=options.min_offset,
        max_offset=options.max_offset,
        exclude=exclude,
        containers_only=options.turi.tar_only,
    )
    check_can_read(listing)
    if not options.bounding_box:
        return listing, None
    box = read_box(options.bounding_box)
    if box is None:
        from fastdup_nb.engine.detect import detect_boxes

        return detect_boxes(listing, options, plan, progress)
    if listing.needs_supply:
        return listing, Boxes(common=box)
    return replace(listing, paths=[crop_name(path, box) for path in listing.paths]), Boxes()


def yolo_parts(options: RunOptions, progress: Progress) -> RunOptions:
    """Return options in which the test part of a YOLO data set is the test set.

    V0.2 API page, `input_dir`: "yolov5 yaml input file containing train and test folders".
    """
    given = options.input_dir
    if options.has_test or options.run_mode in (5, 6) or not _is_yaml(given):
        return options
    data = YoloData(os.fspath(given))  # type: ignore[arg-type]
    if data.has("test"):
        progress.message("The data set has test images: they are compared with those of train.")
        return replace(options, test_dir=given)
    if data.has("train") and data.has("val"):
        hint = f"test_dir={os.fspath(given)!r}"  # type: ignore[arg-type]
        progress.message(f"The images of val are not used; to compare them with train: {hint}.")
    return options


def test_part(given: InputSpec) -> str:
    """Return which part of a YOLO data set is the test set: `test`, or else `val`."""
    if not _is_yaml(given):
        return ""
    data = YoloData(os.fspath(given))  # type: ignore[arg-type]
    return "test" if data.has("test") else "val"


test_part.__test__ = False  # type: ignore[attr-defined] # pytest: no test


def make_reader(
    listing: Listing,
    boxes: Boxes | None,
    embedder: Embedder,
    limits: TuriParams,
    work_dir: WorkDir | None = None,
) -> ChunkReader:
    """Return what reads the images of a run, or its boxes; with a work_dir crops may be saved."""
    if boxes is None:
        return ChunkReader(listing, embedder, limits)
    folder = None
    if work_dir is not None and limits.save_crops:
        folder = work_dir.path / names.CROP_FOLDER
    return BoxReader(listing, embedder, limits, folder, boxes.common)


def sign(mark: str, boxes: Boxes | None) -> str:
    """Return a fingerprint of archives that tells runs with another box apart."""
    if boxes is None or boxes.common is None:
        return mark
    return hashlib.sha256(f"{mark} {boxes.common}".encode()).hexdigest()


def united_boxes(
    work_dir: WorkDir, union: Listing, fresh: Listing, boxes: Boxes | None
) -> Boxes | None:
    """Return what is known about the boxes of a work_dir and those that are added.

    Parameters
    ----------
    work_dir : WorkDir
        Of a finished run.
    union : Listing
        Its images or boxes, then the new ones.
    fresh : Listing
        What is added; some of it may be known.
    boxes : Boxes or None
        What is known about that.
    """
    if boxes is None and not work_dir.has(names.CROPS):
        return None
    known: dict[str, tuple[str, str]] = {}
    if work_dir.has(names.CROPS):
        columns = read_columns(work_dir.file(names.CROPS), ["index", "label", "confidence"])
        place = dict(zip(map(str, work_dir.indices), work_dir.file_names, strict=True))
        for index, label, sure in zip(*columns.values(), strict=True):
            known[place.get(index, "")] = label, sure
    for row, name in enumerate(fresh.paths if boxes is not None else ()):
        if boxes is not None and (boxes.labels or boxes.confidences):
            known[name] = _at(boxes.labels, row), _at(boxes.confidences, row)
    told = [known.get(name, ("", "")) for name in union.paths]
    return Boxes([label for label, _ in told], [sure for _, sure in told])


def write_boxes(
    folder: Path,
    extracted: Mapping[Path, str],
    listing: Listing,
    boxes: Boxes,
    limits: TuriParams,
) -> dict[Path, str]:
    """Write where the boxes are, and their labels if there are any.

    Parameters
    ----------
    folder : Path
        Where to write.
    extracted : mapping of Path to str
        The files of the extraction with the names they are to get.
    listing : Listing
    boxes : Boxes
    limits : TuriParams
        With `save_crops` the column `crop_filename` holds files, else the names of the crops.

    Returns
    -------
    dict of Path to str
        Each file with the name it is to get.
    """
    file_of = {name: path for path, name in extracted.items()}
    offset, saved = listing.offset, limits.save_crops
    indices, crops = read_feature_names(file_of[names.FEATURE_NAMES])
    labels, sure = boxes.labels, boxes.confidences
    finished = {folder / names.CROPS: names.CROPS}
    rows = (
        (
            *(index, image, f"{names.CROP_FOLDER}/{saved_crop(index, name)}" if saved else name),
            *(*place, _at(labels, index - offset), _at(sure, index - offset)),
        )
        for index, name, (image, *place) in zip(
            indices, crops, _places(crops, _sizes(file_of)), strict=True
        )
    )
    write_table(folder / names.CROPS, names.CROPS_COLUMNS, rows)
    if any(labels):
        table = ((i, name, labels[i - offset]) for i, name in zip(indices, crops, strict=True))
        write_table(folder / names.LABELS, names.LABELS_COLUMNS, table)
        finished[folder / names.LABELS] = names.LABELS
    return finished


def _sizes(file_of: Mapping[str, Path]) -> list[tuple[int, int] | None]:
    """Return width and height of every crop, as far as the statistics know them."""
    if names.STATISTICS not in file_of:
        return []
    columns = read_columns(file_of[names.STATISTICS], ["width", "height"])
    return [(int(width), int(height)) for width, height in zip(*columns.values(), strict=True)]


def _places(crops: list[str], sizes: Sequence[tuple[int, int] | None]) -> Iterator[tuple[Any, ...]]:
    """Yield image, x, y, width and height, clipped to the image, of every crop."""
    sizes = sizes or [None] * len(crops)
    with silenced_codecs(), ThreadPoolExecutor(thread_name_prefix="fastdup_nb") as pool:
        for start in range(0, len(crops), _AT_ONCE):
            block = slice(start, start + _AT_ONCE)
            yield from pool.map(_place, crops[block], sizes[block])


def _place(name: str, size: tuple[int, int] | None) -> tuple[Any, ...]:
    split = split_crop(name)
    if split is None:
        return (name, 0, 0, *(size or ("", "")))
    try:
        region = region_of(name)
        if size is not None and not region.relative and not region.is_rotated:
            x, y, *_ = region.bounds(_ANY_SIDE, _ANY_SIDE)
            return (split[0], x, y, *size)
        return (split[0], *region.bounds(*image_size(split[0], read_bytes)))
    except ImageError:  # gone since it was read
        return (split[0], "", "", "", "")


def _at(values: list[str], place: int) -> str:
    return values[place] if 0 <= place < len(values) else ""


def _read(options: RunOptions, exclude: Iterable[str | os.PathLike[str]], part: str) -> Annotations:
    given, source = options.input_dir, options.annotations
    if source is None:
        return read_annotations(given, part=part)
    places = _places_of(given)
    found = read_annotations(source, places, part)
    if _is_given(given) and not _is_folder(given):
        wanted = set(resolve(given, exclude=exclude).paths)
        containers = set(filter(container_kind, wanted))
        kept = [
            row
            for row, image in enumerate(map(_image_of, found.names))
            if image in wanted or owner_of(image, containers)
        ]
        found = Annotations(
            [found.names[row] for row in kept],
            [found.labels[row] for row in kept],
            [found.confidences[row] for row in kept],
            found.warnings,
        )
    return found


def _places_of(given: InputSpec) -> list[str]:
    """Return the folders, archives and remote prefixes of an input: annotated images lie there."""
    entries = [given] if isinstance(given, (str, os.PathLike)) else given
    return [
        absolute(local_path(entry))
        for entry in entries
        if _is_folder(entry) or container_kind(os.fsdecode(entry)) or is_remote(os.fsdecode(entry))
    ]


def _is_folder(given: InputSpec) -> bool:
    return isinstance(given, (str, os.PathLike)) and os.path.isdir(given)  # noqa: PTH112


def _is_given(given: InputSpec) -> bool:
    return bool(str(given).strip()) if isinstance(given, (str, os.PathLike)) else len(given) > 0


def _image_of(name: str) -> str:
    split = split_crop(name)
    return split[0] if split else name


def _window(found: Annotations, options: RunOptions) -> tuple[Listing, Boxes]:
    start, stop = options.min_offset, options.max_offset or None
    if options.num_images:
        most = start + options.num_images
        stop = most if stop is None else min(stop, most)
    part = found.window(start, stop)
    if not part.names:
        what = f"no box from number {start} on" if found.names else "no box"
        hint = " ".join(found.warnings) or "Each row is a box: filename,col_x,row_y,width,height."
        raise EmptyInputError(f"The annotations hold {what}.", hint)
    listing = Listing(part.names, start, "list", found.warnings)
    return listing, Boxes(part.labels, part.confidences)


def _is_yaml(given: InputSpec) -> bool:
    return (
        isinstance(given, (str, os.PathLike))
        and suffix_of(os.fsdecode(given)) in _YAML
        and os.path.isfile(given)  # noqa: PTH113
    )
