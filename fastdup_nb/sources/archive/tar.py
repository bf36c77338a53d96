"""tar archives, plain or inside gzip."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.entry import Entry, Sorter, count_members, is_wanted, problem_of
from fastdup_nb.sources.archive.names import tidy_name
from fastdup_nb.sources.archive.tar_headers import BLOCK, HeaderReader
from fastdup_nb.sources.containers import Member
from fastdup_nb.sources.suffixes import suffix_of

if TYPE_CHECKING:
    from fastdup_nb.sources.archive.blob import Blob
    from fastdup_nb.sources.limits import Limits

_END = bytes(BLOCK)
_MOST_PADDING = 64 << 20


class TarArchive:
    """A tar archive as a container.

    Parameters
    ----------
    blob : Blob
        Its bytes.
    name : str
        What the names of its members begin with.
    limits : Limits
        How much it may hold.
    in_order : bool
        Whether the blob is slow to go back.
    """

    def __init__(self, blob: Blob, name: str, limits: Limits, *, in_order: bool) -> None:
        self._blob, self._name, self._limits = blob, name, limits
        self._in_order = in_order
        self._listed: dict[str, Entry] | None = None
        self._turn = Lock()

    def members(self, first: int = 0) -> Iterator[Member]:
        """Yield the images in the order of the archive, from number `first` on."""
        sorter = Sorter(self._name, self._content, in_order=self._in_order)
        yield from sorter.members(self._entries(), first)

    def read(self, member: Member) -> bytes:
        """Return the content of a member."""
        return self._content(member.key)

    def find(self, inner: str) -> Member | None:
        """Return the member with a name inside."""
        with self._turn:
            if self._listed is None:
                self._listed = self._list()
        entry = self._listed.get(inner)
        if entry is None:
            return None
        return Member(f"{self._name}/{inner}", entry, error=problem_of(entry, inner))

    @property
    def weight(self) -> int:
        """What it keeps in memory, in names of some 300 bytes."""
        return len(self._listed or ()) + self._blob.weight

    def count(self, until: float) -> int:
        """Return how many members there are; -1 when it takes too long to know."""
        return -1 if self._in_order else count_members(self._entries(), until)

    def close(self) -> None:
        """Close the file."""
        self._blob.close()

    def _list(self) -> dict[str, Entry]:
        listed: dict[str, Entry] = {}
        try:
            for entry in self._entries():
                name = tidy_name(entry.name)
                if is_wanted(name, suffix_of(name)):
                    listed.setdefault(name, entry)
        except ImageError:
            if not listed:
                raise  # else: what comes before the damage can be shown
        return listed

    def _content(self, entry: Entry) -> bytes:
        data = self._blob.read_at(entry.key, entry.size)
        if len(data) < entry.size:
            raise _cut(entry.name)
        return data

    def _entries(self) -> Iterator[Entry]:
        """Yield the files, up to the end or to where it is damaged.

        Raises
        ------
        ImageError
            Where it is damaged, cut or too much.
        """
        headers = HeaderReader(self._blob)
        count = 0
        while (header := headers.next()) is not None:
            count += 1
            self._check(count, header.at + header.size)
            if not header.is_folder:
                yield Entry(header.name, header.size, header.at, header.refusal)
        self._check_end(headers.place, count)

    def _check(self, count: int, unpacked: int) -> None:
        if excess := self._limits.excess(count, unpacked, self._blob.packed):
            raise ImageError(ImageProblem.CONTAINER, f"taken for a decompression bomb: {excess}")

    def _check_end(self, at: int, count: int) -> None:
        """Tell the end from damage."""
        block = self._blob.read_at(at, BLOCK)
        if len(block) < BLOCK:
            reason = f"the archive ends behind entry {count:,} without an end mark: it may be cut"
            raise ImageError(ImageProblem.CONTAINER, reason)
        if block != _END:
            raise ImageError(ImageProblem.CONTAINER, f"damaged behind its entry {count:,}")
        if self._in_order:  # its check sum comes last
            for place in range(at, at + _MOST_PADDING, BLOCK * 64):
                if not self._blob.read_at(place, BLOCK * 64):
                    break


def _cut(name: str) -> ImageError:
    return ImageError(ImageProblem.CONTAINER, f"the archive is cut in the middle of {name}")
