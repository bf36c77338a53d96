"""zip archives."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.blob import Blob, BlobReader
from fastdup_nb.sources.archive.entry import Entry, Sorter, count_members, is_wanted, problem_of
from fastdup_nb.sources.archive.names import tidy_name
from fastdup_nb.sources.containers import Member
from fastdup_nb.sources.suffixes import suffix_of

if TYPE_CHECKING:
    from fastdup_nb.sources.limits import Limits

_ENCRYPTED = 0x1
_LINK = 0o120000
_KIND = 0o170000
_LOCAL_HEADER = Struct("<4s5H3L2H")
_LOCAL_MARK = b"PK\x03\x04"


class ZipArchive:
    """A zip archive as a container: any member can be read at any time.

    Parameters
    ----------
    blob : FileBlob
        The file.
    name : str
        What the names of its members begin with.
    limits : Limits
        How much it may hold.

    Raises
    ------
    ImageError
        When its directory cannot be read.
    """

    def __init__(self, blob: Blob, name: str, limits: Limits) -> None:
        self._blob, self._name, self._limits = blob, name, limits
        try:
            self._archive = zipfile.ZipFile(BlobReader(blob, blob.packed))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            reason = "the zip archive is cut or damaged: it has no directory that can be read"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        self._turn = Lock()
        self._listed: dict[str, Entry] | None = None

    def members(self, first: int = 0) -> Iterator[Member]:
        """Yield the images in the order of the directory, from number `first` on."""
        sorter = Sorter(self._name, self._content_or_nothing, in_order=False)
        yield from sorter.members(self._entries(), first)

    def read(self, member: Member) -> bytes:
        """Return the content of a member, its check sum compared."""
        return self._content(member.key)

    def find(self, inner: str) -> Member | None:
        """Return the member with a name inside."""
        with self._turn:
            if self._listed is None:
                self._listed = {}
                for entry in self._entries():
                    name = tidy_name(entry.name)
                    if is_wanted(name, suffix_of(name)):
                        self._listed.setdefault(name, entry)
        found = self._listed.get(inner)
        if found is None:
            return None
        return Member(f"{self._name}/{inner}", found, error=problem_of(found, inner))

    @property
    def weight(self) -> int:
        """What it keeps in memory, in names of some 300 bytes."""
        return len(self._listed or ())

    def count(self, until: float) -> int:
        """Return how many members there are; -1 when it takes too long to know."""
        return count_members(self._entries(), until)

    def close(self) -> None:
        """Close the file."""
        self._archive.close()
        self._blob.close()

    def _entries(self) -> Iterator[Entry]:
        unpacked = 0
        for count, info in enumerate(self._archive.infolist(), 1):
            unpacked += info.file_size
            if excess := self._limits.excess(count, unpacked, self._blob.packed):
                reason = f"taken for a decompression bomb: {excess}"
                raise ImageError(ImageProblem.CONTAINER, reason)
            if not info.is_dir():
                yield Entry(info.filename, info.file_size, info, _refusal(info))

    def _content_or_nothing(self, entry: Entry) -> bytes:
        """Return a text beside an image; a damaged one says nothing."""
        try:
            return self._content(entry)
        except ImageError:
            return b""

    def _content(self, entry: Entry) -> bytes:
        info: zipfile.ZipInfo = entry.key
        try:
            if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                data = self._unpack(info)
            else:  # bzip2 and others: the library knows them, one thread at a time
                with self._turn, self._archive.open(info) as stream:
                    data = stream.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError) as error:
            raise ImageError(ImageProblem.CORRUPT, _word(error)) from error
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            reason = "its check sum differs from the one in the zip archive: it is damaged"
            raise ImageError(ImageProblem.CORRUPT, reason)
        return data

    def _unpack(self, info: zipfile.ZipInfo) -> bytes:
        header = self._blob.read_at(info.header_offset, _LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(_LOCAL_MARK):
            raise zipfile.BadZipFile("it is not where the directory says")
        *_, name_size, extra_size = _LOCAL_HEADER.unpack(header)
        at = info.header_offset + _LOCAL_HEADER.size + name_size + extra_size
        packed = self._blob.read_at(at, info.compress_size)
        if info.compress_type == zipfile.ZIP_STORED:
            return packed
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        return unpacker.decompress(packed, info.file_size + 1)


def _refusal(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted: unpack the archive with its password first"
    kind = (info.external_attr >> 16) & _KIND
    return "it is a link" if kind == _LINK else ""


def _word(error: Exception) -> str:
    return f"it cannot be unpacked: {error}" if str(error) else "it cannot be unpacked"
