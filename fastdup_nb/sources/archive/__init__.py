"""Archives: tar, tar.gz and zip, read where they are, without unpacking them to disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.archive.blob import FileBlob
from fastdup_nb.sources.archive.gzip_blob import GzipBlob
from fastdup_nb.sources.archive.tar import TarArchive
from fastdup_nb.sources.archive.zip import ZipArchive

if TYPE_CHECKING:
    from fastdup_nb.sources.archive.blob import Blob
    from fastdup_nb.sources.containers import Container
    from fastdup_nb.sources.limits import Limits

_HEAD = 512
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OTHERS = {
    b"BZh": "it is compressed with bzip2; pack it again as tar.gz, tar or zip",
    b"\xfd7zXZ": "it is compressed with xz; pack it again as tar.gz, tar or zip",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstandard; pack it again as tar.gz, tar or zip",
    b"7z\xbc\xaf\x27\x1c": "it is a 7z archive; pack it again as tar or zip",
    b"Rar!": "it is a rar archive; pack it again as tar or zip",
    b"version https://git-lfs": "it is a Git LFS pointer; run git lfs pull",
}


def open_container(path: str, name: str, limits: Limits) -> Container:
    """Open an archive; what it is, its content decides and not its suffix.

    Parameters
    ----------
    path : str
        The local file.
    name : str
        What the names of its members begin with.
    limits : Limits
        How much it may hold.

    Raises
    ------
    ImageError
        When it is empty, cannot be read or is no such archive.
    """
    return open_blob(FileBlob(path), name, limits)


def open_blob(blob: Blob, name: str, limits: Limits) -> Container:
    """Open an archive from its bytes, wherever they are.

    Parameters
    ----------
    blob : Blob
        The bytes.
    name, limits
        As `open_container` takes them.

    Raises
    ------
    ImageError
        When it is empty, cannot be read or is no such archive.
    """
    head = blob.read_at(0, _HEAD)
    if not head:
        raise ImageError(ImageProblem.CONTAINER, "the file is empty")
    if head.startswith(_ZIP):
        return ZipArchive(blob, name, limits)
    if head.startswith(b"\x1f\x8b"):
        return TarArchive(GzipBlob(blob), name, limits, in_order=True)
    for signature, reason in _OTHERS.items():
        if head.startswith(signature):
            raise ImageError(ImageProblem.CONTAINER, reason)
    return TarArchive(blob, name, limits, in_order=False)
