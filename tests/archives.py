"""Archives for tests, good and hostile."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.pictures import draw

Content = tuple[str, bytes]


def jpeg(seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a small JPEG file."""
    file = io.BytesIO()
    draw(seed, size).save(file, "JPEG", quality=85)
    return file.getvalue()


def pictures(count: int, folder: str = "a/b") -> list[Content]:
    """Return names and contents of pictures."""
    return [(f"{folder}/{number:04d}.jpg", jpeg(number)) for number in range(count)]


def write_tar(path: Path, contents: Iterable[Content | tarfile.TarInfo], mode: str = "w") -> Path:
    """Write a tar archive: contents, and entries without any (links, devices)."""
    if path.name.endswith(("gz", "tgz")):
        mode = "w:gz"
    with tarfile.open(path, mode) as archive:
        for item in contents:
            if isinstance(item, tarfile.TarInfo):
                archive.addfile(item)
                continue
            name, data = item
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, contents: Iterable[Content], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in contents:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return path


def write_archive(path: Path, contents: Iterable[Content]) -> Path:
    """Write an archive of the kind that the suffix says."""
    write = write_zip if path.suffix == ".zip" else write_tar
    return write(path, contents)


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return an entry of a tar archive that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info
