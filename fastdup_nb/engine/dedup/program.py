"""The steps of the de-duplication of a folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastdup_nb.core.threads import Workers
from fastdup_nb.engine.dedup.content import Contents
from fastdup_nb.engine.dedup.found import find_images, folder_id
from fastdup_nb.engine.dedup.likeness import group_by_likeness
from fastdup_nb.engine.dedup.result import Deduplication, Group
from fastdup_nb.errors import EmptyInputError, InputError, InputNotFoundError
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastdup_nb.engine.dedup.found import Search
    from fastdup_nb.progress import Progress

THREADS = 4  # of them most wait for the disk


def deduplicate(
    dump_dir: str | os.PathLike[str],
    progress: Progress,
    *,
    threshold: float | None = None,
    work_dir: str = "",
    hashes: bool = False,
    exclude: Iterable[str] = (),
) -> Deduplication:
    """Find the images of a folder that are there more than once.

    Parameters
    ----------
    dump_dir : path
        Any folder; images are told from their content.
    progress : Progress
    threshold : float, optional
        Also count images as the same that are so similar. Not given: only equal files.
    work_dir : str
        Folder for the results of the run behind `threshold`; empty: a temporary one.
    hashes : bool
        Compute the SHA-256 of every image, also where the comparison does not need it.
    exclude : iterable of str
        Folders to leave out where they lie below `dump_dir`.

    Returns
    -------
    Deduplication
        Of copies the first in the order of paths is kept; of near-duplicates the one with the most
        pixels, then the larger file, then the first.

    Raises
    ------
    InputNotFoundError
        When there is no such folder.
    EmptyInputError
        When it holds no image.
    """
    folder = _folder(dump_dir)
    own = {identity for path in (*exclude, work_dir) if path and (identity := folder_id(path))}
    with Workers(THREADS) as workers:
        search = find_images(folder, frozenset(own), workers, progress)
        if not search.images:
            raise _nothing(folder, search)
        contents = Contents(workers, progress)
        groups = contents.group(search.images)
        if hashes:
            contents.read_all(search.images)
    warnings = list(search.warnings())
    if contents.failed.count:
        reading = "image cannot be read whole", "images cannot be read whole"
        warnings.append(contents.failed.describe(*reading))
    if threshold is not None and len(groups) > 1:
        groups, more = group_by_likeness(groups, threshold, work_dir, progress)
        warnings += more
    found = tuple(Group(kept, tuple(others)) for kept, *others in groups)
    return Deduplication(folder, threshold, found, contents.digests, tuple(warnings))


def _folder(dump_dir: str | os.PathLike[str]) -> str:
    path = absolute(os.fsdecode(dump_dir))
    if not os.path.exists(path):  # noqa: PTH110 - never raises
        here = next(parent for parent in path.parents if os.path.exists(parent))  # noqa: PTH110
        raise InputNotFoundError(f"There is no folder {str(path)!r}.", f"{str(here)!r} is there.")
    if not path.is_dir():
        raise InputError(f"{str(path)!r} is a file.", "Give the folder of the images.")
    return str(path)


def _nothing(folder: str, search: Search) -> EmptyInputError:
    files = "1 file is" if search.others == 1 else f"{search.others:,} files are"
    what = f"{files} of other kinds" if search.others else "nothing in it can be used"
    hint = " ".join(search.warnings()) or "Images are told from their content, not their names."
    if not (search.others or search.warnings()):
        what, hint = "it is empty", "Give the folder that holds the images, at any depth."
    return EmptyInputError(f"No image in the folder {folder!r}: {what}.", hint)
