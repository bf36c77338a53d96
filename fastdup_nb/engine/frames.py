"""Frames of videos as JPEG files in a folder."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fastdup_nb.engine.containers import container_handling
from fastdup_nb.engine.plan import make_plan
from fastdup_nb.errors import EmptyInputError, ImageError, MissingDependencyError
from fastdup_nb.sources import resolve
from fastdup_nb.sources.containers import VIDEO, container_kind
from fastdup_nb.sources.members import split_name
from fastdup_nb.sources.supply import Handling, Supply
from fastdup_nb.sources.unpacking import unpacked_path
from fastdup_nb.sources.video import NEEDS, is_available
from fastdup_nb.store import names
from fastdup_nb.store.tables import write_table
from fastdup_nb.store.workdir import WorkDir

if TYPE_CHECKING:
    from fastdup_nb.options import RunOptions
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing
    from fastdup_nb.sources.supply import Span


@dataclass(frozen=True, slots=True)
class ExtractedFrames:
    """What an extraction of frames has left.

    Parameters
    ----------
    folder : Path
        Where the frames are, each in the folder of its video.
    frames : int
        How many.
    videos : int
        Videos that gave any.
    bad : tuple of (str, str)
        Videos that could not be read, or not to their end, and why.
    """

    folder: Path
    frames: int
    videos: int
    bad: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        lines = [f"{self.frames:,} frames of {self.videos:,} videos are in {self.folder}."]
        lines += [f"{video}: {reason}" for video, reason in self.bad]
        return "\n".join(lines)


def extract_frames(options: RunOptions, progress: Progress) -> ExtractedFrames:
    """Write frames of videos to `work_dir/tmp`, and their list to `atrain_frames.csv`.

    Parameters
    ----------
    options : RunOptions
        The input, the work_dir, offsets and, in `turi`, which frames.
    progress : Progress
        Told how far it is.

    Raises
    ------
    EmptyInputError
        When there is no video, or none that can be read.
    MissingDependencyError
        Without PyAV.
    """
    listing = _list_videos(options)
    for warning in listing.warnings:
        progress.message(warning)
    if not is_available():
        raise MissingDependencyError("Reading videos needs PyAV.", NEEDS)
    work_dir = WorkDir.create(options.work_dir)
    plan = make_plan(options)
    with (
        work_dir.lock(),
        closing(container_handling(options.turi, work_dir, plan, listing)) as handling,
    ):
        return _extract(work_dir, listing, handling, progress)


def check_can_read(listing: Listing) -> None:
    """Refuse a run on nothing but videos when there is nothing to read them.

    Raises
    ------
    MissingDependencyError
        Without PyAV.
    """
    if listing.has_containers and not is_available():
        kinds = set(map(container_kind, listing.paths))
        if kinds == {VIDEO}:
            raise MissingDependencyError("Reading videos needs PyAV.", NEEDS)


def _list_videos(options: RunOptions) -> Listing:
    try:
        listing = resolve(
            options.input_dir,
            num_images=options.num_images,
            min_offset=options.min_offset,
            max_offset=options.max_offset,
            exclude=options.work_dir,
            containers_only=True,
        )
    except EmptyInputError as error:
        if options.min_offset:
            raise
        hint = "Give a video, or a folder, a text file or a list of them."
        raise EmptyInputError("There is no video in the input.", hint) from error
    others = [path for path in listing.paths if container_kind(path) != VIDEO]
    if others:
        hint = "Give videos; run and run_on_webdataset read archives."
        raise EmptyInputError(f"{others[0]} is no video.", hint)
    return listing


def _extract(
    work_dir: WorkDir, listing: Listing, handling: Handling, progress: Progress
) -> ExtractedFrames:
    rows: list[tuple[str, str, str]] = []
    bad: list[tuple[str, str]] = []
    progress.start("Frames", 0, unit="frames")
    try:
        with Supply(listing, 8, handling=handling) as supply:
            for span in supply.spans():
                if span is not None:
                    for number in range(len(span.names)):
                        _take(span, number, rows, bad, work_dir.path / names.TEMPORARY)
                    progress.advance(len(span.names))
                    span.release()
    finally:
        progress.finish()
    if not rows:
        reason = f"{bad[0][0]}: {bad[0][1]}" if bad else "The videos hold no frames."
        raise EmptyInputError("No frame could be extracted.", reason)
    write_table(work_dir.path / names.FRAMES, names.FRAMES_COLUMNS, rows)
    videos = Counter(row[1] for row in rows)
    return ExtractedFrames(work_dir.path / names.TEMPORARY, len(rows), len(videos), tuple(bad))


def _take(
    span: Span,
    number: int,
    rows: list[tuple[str, str, str]],
    bad: list[tuple[str, str]],
    folder: Path,
) -> None:
    """Let a frame be written, and note it; note what cannot be read."""
    name = span.names[number]
    try:
        span.read(number)
    except ImageError as error:
        bad.append((name, error.message))
        return
    video, frame = split_name(name) or name.rsplit("/", 1)
    seconds = frame.removeprefix("frame_").removesuffix("s.jpg").lstrip("0") or "0"
    rows.append((str(unpacked_path(name, folder)), video, f"{float(seconds):.3f}"))
