"""What a run does with archives and videos, from its options."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from fastdup_nb.paths import absolute
from fastdup_nb.sources.limits import GIGABYTE, Limits
from fastdup_nb.sources.supply import Handling
from fastdup_nb.store import names

if TYPE_CHECKING:
    from fastdup_nb.engine.plan import Plan
    from fastdup_nb.options import InputSpec, TuriParams
    from fastdup_nb.store.workdir import WorkDir


def container_handling(turi: TuriParams, work_dir: WorkDir, plan: Plan) -> Handling:
    """Return what is done with the containers of a run.

    Parameters
    ----------
    turi : TuriParams
        The limits, `num_images_in_tar`, `delete_img`.
    work_dir : WorkDir
        Where copies of images go that are to be kept.
    plan : Plan
        The threads.
    """
    limits = Limits(
        most_members=turi.max_archive_members,
        most_bytes=int(turi.max_archive_gb * GIGABYTE),
        most_ratio=turi.max_archive_ratio,
    )
    return Handling(
        limits=limits,
        most_images=turi.num_images_in_tar,
        unpack_to=None if turi.delete_img else work_dir.path / names.TEMPORARY,
        most_fetched=plan.threads,
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
