"""From `input_dir` to the list of images of a run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fastdup_nb.errors import EmptyInputError, InputError, InputNotFoundError
from fastdup_nb.sources.containers import container_kind
from fastdup_nb.sources.file_list import read_list
from fastdup_nb.sources.folder import FolderId, folder_id, walk
from fastdup_nb.sources.notes import Notes
from fastdup_nb.sources.paths import absolute, local_path
from fastdup_nb.sources.remote import reader_of
from fastdup_nb.sources.suffixes import (
    ANNOTATION_SUFFIXES,
    IMAGE_SUFFIXES,
    is_remote,
    suffix_of,
    unavailable_kind,
)

if TYPE_CHECKING:
    from fastdup_nb.errors import ImageError
    from fastdup_nb.options import InputSpec

Kind = Literal["folder", "file_list", "list", "image", "container"]

_ACCEPTED = "Give a folder, a text file of paths, or a list of files and folders."
_MOST_SIBLINGS = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """The images of a run, in order.

    Parameters
    ----------
    paths : sequence of str
        Absolute paths. Of a folder: sorted by their bytes. Of a list: in its order. Images, and
        containers when `has_containers`.
    offset : int
        Position of `paths[0]` in the full listing: image i of the run is image `offset + i` there.
        0 with several entries of which some are containers: nobody knows what those before hold.
    kind : str
        What was given: `"folder"`, `"file_list"`, `"list"`, `"image"` or `"container"`.
    warnings : tuple of str
        What was left out and why, one line each.
    has_containers : bool
        Whether some of the paths are archives or videos, see `sources.containers`.
    limit : int
        With containers: how many images the run uses; 0: all.
    window : tuple of int, optional
        With a single container: the numbers of the first image of it to use and of the first not
        to use (0: to the end).
    first_entry : int
        Position of `paths[0]` in the full list of files and containers.
    refused : mapping of str to ImageError
        Paths that cannot be used, and why, when that is already known.
    """

    paths: Sequence[str]
    offset: int
    kind: Kind
    warnings: tuple[str, ...] = ()
    has_containers: bool = False
    limit: int = 0
    window: tuple[int, int] | None = None
    first_entry: int = 0
    refused: Mapping[str, ImageError] = field(default_factory=dict)

    @property
    def needs_supply(self) -> bool:
        """Whether the images come by `sources.supply`, and not each by its path."""
        return self.has_containers or any(map(is_remote, self.paths))


def resolve(
    input_dir: InputSpec,
    *,
    num_images: int = 0,
    min_offset: int = 0,
    max_offset: int = 0,
    exclude: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
    containers_only: bool = False,
) -> Listing:
    """List the images of a run (V0.2 API, `run`, argument `input_dir`).

    Parameters
    ----------
    input_dir : str, path or sequence of them
        A folder (searched through, see `folder.walk`), a text or CSV file of paths (see
        `file_list.read_list`), one image or container, or a list of files and folders. A file that
        is listed by name is kept whatever its suffix, and when it is missing (beside folders, a
        name without a suffix has to exist); one listed twice is used once.
        Relative paths count from the current folder, those in a text file else from its folder.
    num_images : int
        Use only the first so many, counted from `min_offset`; 0: all.
    min_offset, max_offset : int
        Use the files min_offset <= i < max_offset of the full listing; max_offset 0: to the end. A
        container counts as one file; when it is all that is given, its images are counted.
    exclude : path or iterable of paths, optional
        Folders to leave out where they lie below an input folder.
    containers_only : bool
        Leave single images out.

    Raises
    ------
    InputNotFoundError
        When the input does not exist.
    EmptyInputError
        When it holds no image, or none in the range.
    InputError
        When it is of a kind that cannot be read.
    """
    notes = Notes()
    kind, found = _open(input_dir, notes, _identities(exclude))
    if containers_only:
        found = filter(container_kind, found)
    start = max(min_offset, 0)
    stop = max_offset if max_offset > 0 else None
    if kind == "container":
        paths, window = list(found), (start, stop or 0)
        return Listing(
            paths, start, kind, has_containers=True, limit=max(num_images, 0), window=window
        )
    if num_images > 0:  # a container has one row at least
        stop = start + num_images if stop is None else min(stop, start + num_images)
    paths = list(islice(_count(found, notes), start, stop))
    has_containers = any(map(container_kind, paths))
    if not paths and containers_only and not notes.listed:
        message = "There is no archive in the input, and tar_only=1 leaves single images out."
        raise EmptyInputError(message, "Leave tar_only out.")
    if not paths:
        raise _nothing(input_dir, kind, notes, start)
    if kind != "folder" and not has_containers and all(map(unavailable_kind, paths)):
        raise _not_available(unavailable_kind(paths[0]), paths[0])
    if has_containers:
        return Listing(
            paths,
            0,
            kind,
            notes.warnings(),
            has_containers=True,
            limit=max(num_images, 0),
            first_entry=start,
        )
    return Listing(paths, start, kind, notes.warnings(), first_entry=start)


def _identities(exclude: Any) -> frozenset[FolderId]:
    if exclude is None:
        return frozenset()
    folders = [exclude] if isinstance(exclude, str | os.PathLike) else exclude
    return frozenset(folder_id(os.fspath(item)) for item in folders if os.path.isdir(item))  # noqa: PTH112


def _open(
    given: InputSpec, notes: Notes, excluded: frozenset[FolderId]
) -> tuple[Kind, Iterator[str]]:
    if isinstance(given, str | os.PathLike):
        return _open_path(given, notes, excluded)
    entries = [local_path(entry) for entry in _entries(given)]
    _check_folders(entries)
    return "list", _listed(entries, notes, excluded)


def _entries(given: Any) -> Sequence[str | os.PathLike[str]]:
    entries = given.tolist() if hasattr(given, "tolist") else given  # numpy arrays, pandas columns
    if isinstance(entries, str | bytes | bytearray) or not isinstance(entries, Sequence):
        raise InputError(f"input_dir cannot be of type {type(given).__name__}.", _ACCEPTED)
    for entry in entries:
        if not isinstance(entry, str | os.PathLike):
            message = f"input_dir is a list with {entry!r}, of type {type(entry).__name__}, in it."
            raise InputError(message, "Give a list of file and folder names.")
        if not os.fspath(entry):
            raise InputError("input_dir is a list with an empty name in it.", "Leave it out.")
    return entries


def _check_folders(entries: Sequence[str]) -> None:
    """Refuse a missing folder beside others, so that a slip of the pen loses no images."""
    bare = [entry for entry in entries if not suffix_of(entry) and not is_remote(entry)]
    missing = next((entry for entry in bare if not os.path.lexists(entry)), None)
    if missing is not None and any(map(os.path.isdir, bare)):
        raise _not_found(absolute(missing))


def _count(paths: Iterable[str], notes: Notes) -> Iterator[str]:
    for path in paths:
        notes.listed += 1
        yield path


def _open_path(
    given: str | os.PathLike[str], notes: Notes, excluded: frozenset[FolderId]
) -> tuple[Kind, Iterator[str]]:
    if not os.fsdecode(given).strip():
        raise EmptyInputError("input_dir is empty.", _ACCEPTED)
    path = absolute(local_path(given))
    if is_remote(path):
        return _remote_kind(path), _remote_files(path, notes)
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - one call for all questions
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _not_found(path) from error
    except OSError as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        return "folder", _walk_input(path, notes, excluded)
    if not stat.S_ISREG(mode):
        raise InputError(f"{path!r} is neither a folder nor a file.", _ACCEPTED)
    suffix = suffix_of(path)
    if suffix in IMAGE_SUFFIXES:
        return "image", _listed([path], notes, excluded)
    if container_kind(path):
        return "container", _listed([path], notes, excluded)
    if kind := "annotation files" if suffix in ANNOTATION_SUFFIXES else unavailable_kind(path):
        raise _not_available(kind, path)
    return "file_list", _listed(map(local_path, read_list(path)), notes, excluded)


def _walk_input(path: str, notes: Notes, excluded: frozenset[FolderId]) -> Iterator[str]:
    try:
        with os.scandir(path):
            pass
    except OSError as error:
        raise _unreadable(path, error) from error
    return walk(path, notes, excluded)


def _remote_kind(url: str) -> Kind:
    if container_kind(url):
        return "container"
    return "image" if suffix_of(url) in IMAGE_SUFFIXES else "folder"


def _remote_files(url: str, notes: Notes) -> Iterator[str]:
    """Yield a remote image or container, or those below a prefix."""
    if is_listed(url):
        yield url
        return
    for entry in reader_of(url).entries(url):
        if is_listed(entry):
            yield entry
        else:
            notes.other[suffix_of(entry)] += 1


def is_listed(path: str) -> bool:
    """Return whether the suffix of a path says that it is an image or a container."""
    return suffix_of(path) in IMAGE_SUFFIXES or bool(container_kind(path))


def _listed(entries: Iterable[str], notes: Notes, excluded: frozenset[FolderId]) -> Iterator[str]:
    """Yield listed files, and the images of listed folders, each once."""
    seen: set[str] = set()
    for entry in entries:
        path = absolute(entry)
        if is_remote(path):
            found: Iterable[str] = _remote_files(path, notes)
        elif os.path.isdir(path):  # noqa: PTH112 - called for every entry
            found = walk(path, notes, excluded)
        else:
            found = (path,)
        for image in found:
            if image in seen:
                notes.repeated.add(image)
            else:
                seen.add(image)
                yield image


def _nothing(given: Any, kind: Kind, notes: Notes, start: int) -> InputError:
    what = f"folder {os.fsdecode(given)!r}" if kind == "folder" else "list"
    if notes.listed:
        message = f"No image from min_offset={start} on: the {what} has {notes.listed:,}."
        return EmptyInputError(message, "Give a smaller min_offset.")
    if notes.other:
        hint = f"Images are: {', '.join(sorted(IMAGE_SUFFIXES))}. Others: list them in a text file."
        return EmptyInputError(f"No image in the {what}: {notes.other_files()}.", hint)
    problems = " ".join(notes.warnings())
    state = "holds no image that can be read" if problems else "is empty"
    return EmptyInputError(f"The {what} {state}.", problems or _ACCEPTED)


def _not_available(kind: str, path: str) -> InputError:
    if kind == "archives":
        hint = "Unpack it into a folder and give that, or pack it again as tar or zip."
        return InputError(f"Archives of this kind are not read: {path!r}.", hint)
    message = f"Annotation files are not read here: {path!r}."
    return InputError(message, "Give the folder of the images.")


def _unreadable(path: str, error: OSError) -> InputError:
    return InputError(
        f"{path!r} cannot be read: {error.strerror or error}.", "Check its permissions."
    )


def _not_found(path: str) -> InputNotFoundError:
    missing = Path(path)
    while not os.path.exists(missing.parent):  # noqa: PTH110 - quiet when not allowed to look
        missing = missing.parent
    hint = f"{str(missing.parent)!r} is there, but has no {missing.name!r}."
    if any(sign in missing.name for sign in "*?["):
        hint = "Patterns are not expanded: give the folder, or a list of files."
    elif close := _siblings(missing):
        hint = f"Did you mean {str(missing.with_name(close))!r}?"
    return InputNotFoundError(f"There is no file or folder {path!r}.", hint)


def _siblings(missing: Path) -> str:
    try:
        with os.scandir(missing.parent) as entries:
            names = {entry.name.lower(): entry.name for entry in islice(entries, _MOST_SIBLINGS)}
    except OSError:
        return ""
    close = get_close_matches(missing.name.lower(), names, n=1)
    return names[close[0]] if close else ""
