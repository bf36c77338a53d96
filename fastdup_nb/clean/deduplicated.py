"""The images of a folder, each once: copied to a new folder and listed in a JSON file."""

from __future__ import annotations

import errno
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.clean.copying import copy_file
from fastdup_nb.errors import OptionError, WorkDirError
from fastdup_nb.paths import absolute
from fastdup_nb.sources.notes import Tally
from fastdup_nb.store.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastdup_nb.engine.dedup import Deduplication
    from fastdup_nb.engine.dedup.found import Found
    from fastdup_nb.progress import Progress

KEPT, DUPLICATES = "deduplicated", "duplicates"
HASH = "sha256"


@dataclass(slots=True)
class Copies:
    """Where the images were copied to.

    Attributes
    ----------
    paths : dict of int to str
        `Found.order` -> path of the copy.
    failed : Tally
        Images that could not be read any more.
    """

    paths: dict[int, str] = field(default_factory=dict)
    failed: Tally = field(default_factory=Tally)


def check_output(dump_dir: Path, output_dir: str, output_json: str) -> None:
    """Raise, before any work is done, when the outputs could not be written. Nothing is made.

    Raises
    ------
    OptionError
        When a place makes no sense: the folder of the images or one above, or a file of another
        kind.
    WorkDirError
        When a place cannot be written to.
    """
    if output_dir:
        folder = absolute(output_dir)
        if Path(os.path.realpath(dump_dir)).is_relative_to(os.path.realpath(folder)):
            message = f"The images would be copied into their own folder: {str(folder)!r}."
            raise OptionError(message, "Give another folder as --output-dir.")
        _check_writable(folder, "--output-dir")
    if output_json:
        file = absolute(output_json)
        if file.is_dir():
            raise OptionError(f"{str(file)!r} is a folder.", "Give a file as --output-json.")
        _check_replaceable(file)
        _check_writable(file.parent, "--output-json")


def copy_images(
    found: Deduplication, output_dir: str, progress: Progress, *, show_duplicates: bool = False
) -> Copies:
    """Copy the kept images into a folder, below it as they lie below theirs.

    Parameters
    ----------
    found : Deduplication
    output_dir : str
        Made when missing. No file in it is overwritten.
    progress : Progress
    show_duplicates : bool
        Copy the duplicates too: they go into `duplicates` in it, the kept images into
        `deduplicated`.

    Raises
    ------
    WorkDirError
        When the copies cannot be written; those made stay, and are taken when it is done again.
    """
    root = absolute(output_dir)
    groups = found.groups
    kept = root / KEPT if show_duplicates else root
    wanted = [(group.kept, kept) for group in groups]
    if show_duplicates:
        wanted += [(image, root / DUPLICATES) for group in groups for image in group.duplicates]
    copies, taken = Copies(), set[str]()
    progress.start("Copying", len(wanted), "images")
    try:
        for image, folder in wanted:
            _copy(image, folder / os.path.relpath(image.path, found.folder), copies, taken)
            progress.advance(1)
    finally:
        progress.finish()
    return copies


def _copy(image: Found, target: Path, copies: Copies, taken: set[str]) -> None:
    with _written(target, "--output-dir"):
        try:
            place = copy_file(Path(image.path), target, taken)
        except OSError as error:
            if error.filename != image.path:  # the disk, not the image
                raise
            copies.failed.add(image.path, error.strerror)
        else:
            copies.paths[image.order] = str(place)


def write_list(found: Deduplication, copies: Copies | None, output_json: str) -> Path:
    """Write the kept images, their hashes and their duplicates as JSON, an image per line.

    An older list of that name is replaced as soon as the new one is complete. Names that are not
    UTF-8 keep their bytes as lone surrogates, as `os.fsdecode` makes them.

    Raises
    ------
    WorkDirError
        When it cannot be written.
    """
    file = absolute(output_json)
    about: dict[str, Any] = {
        "Initial_Image_Count": found.initial_count,
        "Final_Image_Count": found.final_count,
        "dump_dir": found.folder,
        "mode": "exact" if found.threshold is None else "near",
        "hash": HASH,
    }
    if found.threshold is not None:
        about["threshold"] = found.threshold
    paths = copies.paths if copies else {}

    def describe(image: Found) -> dict[str, Any]:
        entry = {"path": image.path, "hash": found.digests.get(image.order)}
        return entry | ({"copy": paths[image.order]} if image.order in paths else {})

    with _written(file, "--output-json"):
        file.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(file) as stream:
            head = json.dumps(about, indent=1).removesuffix("\n}")
            stream.write(f'{head},\n "images": ['.encode())
            for number, group in enumerate(found.groups):
                entry = describe(group.kept) | {"duplicates": list(map(describe, group.duplicates))}
                stream.write(("," * bool(number) + f"\n  {json.dumps(entry)}").encode())
            stream.write(b"\n ]\n}\n")
    return file


@contextmanager
def _written(path: Path, option: str) -> Iterator[None]:
    try:
        yield
    except (OSError, WorkDirError) as error:
        cause = error.__cause__ if isinstance(error, WorkDirError) else error
        reason = getattr(cause, "strerror", None) or str(cause)
        full = getattr(cause, "errno", 0) in (errno.ENOSPC, errno.EDQUOT)
        raise _cannot_write(path, reason, option, full=full) from error


def _check_writable(folder: Path, option: str) -> None:
    here = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not here.is_dir():
        raise _cannot_write(folder, f"{str(here)!r} is not a folder", option)
    if not os.access(here, os.W_OK | os.X_OK):
        raise _cannot_write(folder, "Permission denied", option)


def _check_replaceable(file: Path) -> None:
    """Raise when a file that is no list of ours would be replaced."""
    try:
        with file.open("rb") as stream:
            start = stream.read(64).lstrip()
    except OSError:
        return
    if start and not start.startswith(b"{"):
        message = f"{str(file)!r} is there and is not a JSON list of images."
        raise OptionError(message, "Give another file as --output-json.")


def _cannot_write(path: Path, reason: str, option: str, *, full: bool = False) -> WorkDirError:
    hint = f"{'Free some space, or give' if full else 'Give'} another place as {option}."
    return WorkDirError(f"Cannot write {str(path)!r}: {reason}.", hint)
