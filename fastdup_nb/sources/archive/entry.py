"""What an archive holds, whatever its format, and which of it is an image."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.annotation import ANNOTATION_SUFFIXES, MOST_TEXT, read_notes
from fastdup_nb.sources.archive.names import danger_of, tidy_name
from fastdup_nb.sources.containers import Member, container_kind
from fastdup_nb.sources.limits import MAX_FILE_SIZE
from fastdup_nb.sources.suffixes import IMAGE_SUFFIXES, suffix_of


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in an archive.

    Parameters
    ----------
    name : str
        As it is written there, tidied.
    size : int
        Bytes, unpacked.
    key : object
        Where it is.
    refusal : str
        Why it cannot be used whatever it holds: a link, encrypted, ...; empty when it can.
    """

    name: str
    size: int
    key: Any
    refusal: str = ""


@dataclass(slots=True)
class _Sample:
    """Files that follow each other and differ only behind the first dot (WebDataset)."""

    key: str
    members: list[Member] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)

    def finished(self) -> list[Member]:
        """Return its images, with what its other files say about them."""
        if not self.texts or not self.members:
            return self.members
        label, caption = read_notes(self.texts)
        return [replace(member, label=label, caption=caption) for member in self.members]


class Sorter:
    """Turns the entries of an archive into members.

    Parameters
    ----------
    container : str
        What the names of members begin with.
    read : callable
        Entry -> content.
    in_order : bool
        Whether contents have to be read while passing.
    """

    def __init__(self, container: str, read: Callable[[Entry], bytes], *, in_order: bool) -> None:
        self._container, self._read, self._in_order = container, read, in_order
        self.other: Counter[str] = Counter()
        self.count = 0

    def members(self, entries: Iterator[Entry], first: int) -> Iterator[Member]:
        """Yield the members from number `first` on.

        Raises
        ------
        ImageError
            At the end, when there was not a single one.
        """
        sample = _Sample("")
        seen: set[str] = set()
        try:
            for entry in entries:
                name = tidy_name(entry.name)
                if sample_key(name) != sample.key:
                    yield from sample.finished()
                    sample = _Sample(sample_key(name))
                self._sort_in(entry, name, sample, seen, first)
        except ImageError:
            yield from sample.finished()
            raise
        yield from sample.finished()
        if not self.count:
            raise ImageError(ImageProblem.CONTAINER, self._nothing())

    def _sort_in(
        self, entry: Entry, name: str, sample: _Sample, seen: set[str], first: int
    ) -> None:
        suffix = suffix_of(name)
        if is_wanted(name, suffix):
            if self.count >= first:
                sample.members.append(self._member(entry, name, seen))
            else:
                seen.add(name)
            self.count += 1
            return
        self.other[suffix] += 1
        if suffix in ANNOTATION_SUFFIXES and sample_may_matter(entry):
            sample.texts[suffix] = self._read(entry)

    def _member(self, entry: Entry, name: str, seen: set[str]) -> Member:
        full = f"{self._container}/{name}"
        if (problem := problem_of(entry, name)) is not None:
            return Member(full, error=problem)
        if name in seen:
            reason = "the archive has an image of this name before; that one is used"
            return Member(full, error=ImageError(ImageProblem.UNSAFE_MEMBER, reason))
        seen.add(name)
        if not self._in_order:
            return Member(full, entry)
        try:
            return Member(full, entry, self._read(entry))
        except ImageError as error:
            if error.problem is ImageProblem.CONTAINER:
                raise
            return Member(full, error=error)

    def _nothing(self) -> str:
        if not self.other:
            return "the archive is empty"
        total = self.other.total()
        files = "1 other file" if total == 1 else f"{total:,} other files"
        return f"the archive holds no image; {files}"


def count_members(entries: Iterator[Entry], until: float) -> int:
    """Return how many members entries make; -1 when the time is over before."""
    count = 0
    try:
        for entry in entries:
            count += is_wanted(entry.name, suffix_of(entry.name))
            if time.monotonic() > until:
                return -1
    except ImageError:
        count += 1
    return max(count, 1)


def sample_key(name: str) -> str:
    """Return a name up to the first dot of its last part: what a WebDataset sample shares.

    >>> sample_key("a.b/0001.seg.png")
    'a.b/0001'
    """
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def sample_may_matter(entry: Entry) -> bool:
    """Return whether a text beside an image is worth reading."""
    return not entry.refusal and entry.size <= MOST_TEXT and not danger_of(entry.name)


def is_wanted(name: str, suffix: str) -> bool:
    """Return whether a file in an archive becomes a row: an image, or an archive (refused)."""
    return suffix in IMAGE_SUFFIXES or bool(container_kind(name))


def problem_of(entry: Entry, name: str) -> ImageError | None:
    """Return why an entry cannot be used, from what the archive says about it."""
    reason = danger_of(name) or entry.refusal
    if reason:
        return ImageError(ImageProblem.UNSAFE_MEMBER, reason)
    if container_kind(name):
        reason = "an archive inside an archive is not opened"
        return ImageError(ImageProblem.CONTAINER, reason)
    if entry.size == 0:
        return ImageError(ImageProblem.ZERO_SIZE, "the file is empty")
    if entry.size > MAX_FILE_SIZE:
        reason = f"{entry.size:,} bytes; files above {MAX_FILE_SIZE:,} bytes are not read"
        return ImageError(ImageProblem.TOO_LARGE, reason)
    return None
