"""What a run does with archives and videos, from its options."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageProblem
from fastdup_nb.paths import absolute
from fastdup_nb.sources.cloud_archive import CloudCopies
from fastdup_nb.sources.limits import GIGABYTE, FrameChoice, Limits
from fastdup_nb.sources.members import split_name
from fastdup_nb.sources.notes import Tally
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.supply import Handling
from fastdup_nb.store import names
from fastdup_nb.store.tables import read_columns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.options import InputSpec, TuriParams
    from fastdup_nb.progress import Progress
    from fastdup_nb.sources import Listing
    from fastdup_nb.store.workdir import WorkDir


def container_handling(
    turi: TuriParams, work_dir: WorkDir, plan: Plan, listing: Listing
) -> Handling:
    """Return what is done with the containers of a run.

    Parameters
    ----------
    turi : TuriParams
        The limits, `num_images_in_tar`, `delete_img`.
    work_dir : WorkDir
        Where copies of images go that are to be kept.
    plan : Plan
        The threads.
    listing : Listing
        When some of it is remote, containers are copied first; then the handling is to be closed.
    """
    limits = Limits(
        most_members=turi.max_archive_members,
        most_bytes=int(turi.max_archive_gb * GIGABYTE),
        most_ratio=turi.max_archive_ratio,
        frames=FrameChoice(
            every_seconds=turi.video_even_sampling_rate_sec,
            keyframes_only=turi.video_keyframe_only,
            most_side=turi.video_resize_dim,
        ),
    )
    return Handling(
        limits=limits,
        most_images=turi.num_images_in_tar,
        unpack_to=None if turi.delete_img else work_dir.path / names.TEMPORARY,
        fetch=CloudCopies(work_dir.path / names.TEMPORARY, keep=not turi.delete_tar)
        if any(map(is_remote, listing.paths))
        else None,
        most_fetched=plan.threads,
    )


def tell_failures(finished: Mapping[Path, str], progress: Progress) -> None:
    """Say which containers were not read to their end: images may be missing.

    Parameters
    ----------
    finished : mapping of Path to str
        The finished files of an extraction, with their published names.
    progress : Progress
    """
    (table,) = (path for path, name in finished.items() if name == names.BAD_FILES)
    columns = read_columns(table, ["filename", "error_code", "reason"])
    failed = Tally()
    for name, code, reason in zip(*columns.values(), strict=True):
        if code == ImageProblem.CONTAINER and split_name(name) is None:
            failed.add(name, reason)
    if failed.count:
        progress.message(
            failed.describe("archive could not be read whole", "archives could not be read whole")
        )


def input_identity(given: InputSpec) -> str:
    """Return a text that is the same for all workers on one input."""
    if isinstance(given, (str, os.PathLike)):
        text = os.fspath(given)
        return text if "://" in text else str(absolute(text))
    digest = hashlib.blake2b(digest_size=16)
    for path in given:
        digest.update(os.fsencode(path) + b"\0")
    return f"a list, {digest.hexdigest()}"
