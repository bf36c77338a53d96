"""The headers of a tar archive: plain ones read here, all others by Python's tarfile.

Plain headers, with the times and long names that Python's tarfile puts in front of them, are nearly
all there are, and reading them here takes a fraction of the time.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.blob import BlobReader

if TYPE_CHECKING:
    from fastdup_nb.sources.archive.blob import Blob

BLOCK = 512
# An extended header, its records and the header itself: one system call instead of three.
_AT_ONCE = 4 * BLOCK
_FILE, _RECORDS = ord("0"), ord("x")
_HARMLESS = frozenset((b"mtime", b"atime", b"ctime", b"uid", b"gid", b"uname", b"gname", b"path"))
_KINDS = (
    (tarfile.TarInfo.issym, "it is a link"),
    (tarfile.TarInfo.islnk, "it is a link to another file of the archive"),
    (tarfile.TarInfo.isdev, "it is a device"),
    (tarfile.TarInfo.issparse, "it is a sparse file"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says: name, where the content is and how long, and why it cannot be used."""

    name: str
    at: int
    size: int
    refusal: str = ""
    is_folder: bool = False


class HeaderReader:
    """Reads one header after the other.

    Parameters
    ----------
    blob : Blob
        The archive.

    Attributes
    ----------
    place : int
        Where the next header is, or the end.

    Raises
    ------
    ImageError
        When the first header is none.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        try:
            self._archive = tarfile.TarFile(
                fileobj=BlobReader(blob), mode="r", encoding="utf-8", errors="surrogateescape"
            )
        except (tarfile.TarError, OSError, ValueError) as error:
            short = not blob.read_at(BLOCK - 1, 1)
            reason = "too short for an archive" if short else "it is no archive that can be read"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        self.place = 0

    def next(self) -> Header | None:
        """Return the next header; None at the end, or where no header can be read.

        Raises
        ------
        ImageError
            Where the archive is cut or damaged.
        """
        if self.place and not self._archive.pax_headers:
            blocks = self._blob.read_at(self.place, _AT_ONCE)
            if (header := _read_plain(blocks, self.place)) is not None:
                self.place = header.at + padded(header.size)
                return header
            self._archive.offset = self.place
        try:
            info = self._archive.next()
        except (tarfile.TarError, OSError, ValueError, UnicodeError) as error:
            reason = f"the archive is cut or damaged ({error})"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        self.place = self._archive.offset
        vars(self._archive)["members"] = []  # else it keeps all it has met
        return None if info is None else _describe(info)


def _read_plain(blocks: bytes, at: int) -> Header | None:
    """Return the header of a plain file, behind records of times and names or not; else None."""
    first = _fields(blocks[:BLOCK])
    if first is None or first.kind == _FILE:
        return None if first is None else Header(first.name, at + BLOCK, first.size)
    records = _records(blocks[BLOCK : BLOCK + first.size]) if first.kind == _RECORDS else None
    if records is None:
        return None
    start = BLOCK + padded(first.size)
    second = _fields(blocks[start : start + BLOCK])
    if second is None or second.kind != _FILE:
        return None
    return Header(records.get("path", second.name), at + start + BLOCK, second.size)


class _Fields(NamedTuple):
    kind: int
    name: str
    size: int


def _fields(block: bytes) -> _Fields | None:
    """Return what a header block says; None when it is no such block, or says it in other ways."""
    if len(block) < BLOCK or block[124] & 0x80:
        return None
    try:
        size = int(block[124:136].rstrip(b" \0") or b"0", 8)
        check = int(block[148:156].rstrip(b" \0"), 8)
    except ValueError:
        return None
    if check != 256 + sum(block[:148]) + sum(block[156:]):
        return None
    name, prefix = block[:100].partition(b"\0")[0], block[345:500].partition(b"\0")[0]
    full = prefix + b"/" + name if prefix else name
    return _Fields(block[156], full.decode("utf-8", "surrogateescape"), size)


def _records(data: bytes) -> dict[str, str] | None:
    """Return the records of an extended header (POSIX pax); None when one is not ordinary."""
    records: dict[str, str] = {}
    while data:
        length, _, rest = data.partition(b" ")
        key, _, value = rest.partition(b"=")
        if not length.isdigit() or key not in _HARMLESS:
            return None
        end = int(length)
        value = value[: end - len(length) - len(key) - 2]
        if data[end - 1 : end] != b"\n" or not value.endswith(b"\n"):
            return None
        records[key.decode()] = value[:-1].decode("utf-8", "surrogateescape").rstrip("/")
        data = data[end:]
    return records if records.get("path", "/") else None


def padded(size: int) -> int:
    """Return a size up to the next whole block.

    >>> padded(1), padded(1024)
    (512, 1024)
    """
    return -(-size // BLOCK) * BLOCK


def _describe(info: tarfile.TarInfo) -> Header:
    size = info.size if info.isreg() or info.issparse() else 0
    return Header(info.name, info.offset_data, size, _refusal(info), info.isdir())


def _refusal(info: tarfile.TarInfo) -> str:
    if (info.isreg() and not info.issparse()) or info.isdir():
        return ""
    for test, reason in _KINDS:
        if test(info):
            return reason
    return "it is a special file"
