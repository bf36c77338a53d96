"""Archives in buckets: single images read by ranges, and copies for as long as a run reads."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources import cloud
from fastdup_nb.sources.containers import ARCHIVE, container_kind
from fastdup_nb.sources.limits import Limits

if TYPE_CHECKING:
    from fastdup_nb.sources.containers import Container, Member

BLOCK = 1 << 20
KEPT_BLOCKS = 32
KEPT_OPEN = 4

_open: OrderedDict[str, Container] = OrderedDict()
_turn = Lock()


class CloudBlob:
    """The bytes of an object, read by ranges; the last few blocks are kept.

    Parameters
    ----------
    url : str

    Raises
    ------
    ImageError
        When there is no such object.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.packed = cloud.size_of(url)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._turn = Lock()

    @property
    def weight(self) -> int:
        """Its blocks, in names of some 300 bytes."""
        return len(self._blocks) * BLOCK // 300

    def read_at(self, offset: int, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        size = max(min(size, self.packed - offset), 0)
        if size > BLOCK * 4:
            return cloud.read_range(self._url, offset, offset + size)
        pieces = []
        while size > 0:
            number, start = divmod(offset, BLOCK)
            piece = self._block(number)[start : start + size]
            if not piece:
                break
            pieces.append(piece)
            offset += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _block(self, number: int) -> bytes:
        with self._turn:
            if number in self._blocks:
                self._blocks.move_to_end(number)
                return self._blocks[number]
        start = number * BLOCK
        data = cloud.read_range(self._url, start, min(start + BLOCK, self.packed))
        with self._turn:
            self._blocks[number] = data
            while len(self._blocks) > KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return data

    def close(self) -> None:
        """Forget the blocks."""
        self._blocks.clear()


def read_member(url: str) -> bytes | None:
    """Return an image of a remote archive; None when the URL leads into none.

    Raises
    ------
    ImageError
        When it cannot be read.
    """
    return _read(_find(url))


def read_again(url: str) -> bytes | None:
    """Return an image of a remote archive that is open already; None when there is none such.

    Raises
    ------
    ImageError
        When it cannot be read.
    """
    with _turn:
        opened = set(_open)
    return _read(_find(url, opened)) if opened else None


def _read(found: tuple[Container, Member] | None) -> bytes | None:
    if found is None:
        return None
    container, member = found
    if member.error is not None:
        raise member.error
    return container.read(member) if member.data is None else member.data


def has_member(url: str) -> bool:
    """Return whether a remote archive has such an image."""
    try:
        return _find(url) is not None
    except ImageError:
        return False


def _find(url: str, among: Collection[str] | None = None) -> tuple[Container, Member] | None:
    at = url.find("/", url.find("://") + 3)
    while at > 0:
        if container_kind(url[:at]) == ARCHIVE and (among is None or url[:at] in among):
            container = _opened(url[:at])
            member = container.find(url[at + 1 :])
            return None if member is None else (container, member)
        at = url.find("/", at + 1)
    return None


def _opened(url: str) -> Container:
    from fastdup_nb.sources.archive import open_blob

    with _turn:
        if url not in _open:
            _open[url] = open_blob(CloudBlob(url), url, Limits())
        _open.move_to_end(url)
        while len(_open) > KEPT_OPEN:
            _open.popitem(last=False)
        return _open[url]


class CloudCopies:
    """Copies of remote archives and videos: one is read while the next one comes.

    Parameters
    ----------
    folder : Path
        Where they lie.
    keep : bool
        Whether they stay (`delete_tar=0`).
    """

    def __init__(self, folder: Path, *, keep: bool) -> None:
        self._folder, self._keep = folder, keep
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="fastdup_nb-copy")
        self._coming: dict[str, Future[Path]] = {}

    def begin(self, url: str) -> None:
        """Start to copy what will be needed next."""
        if container_kind(url) and url not in self._coming:
            self._coming[url] = self._pool.submit(self._copy, url)

    @contextmanager
    def local_copy(self, url: str) -> Iterator[str]:
        """Wait for the copy and give its path; at the end it goes, unless it is kept.

        Raises
        ------
        ImageError
            When it cannot be copied.
        """
        self.begin(url)
        try:
            path = self._coming[url].result()
        except OSError as error:
            reason = f"no copy could be made: {error.strerror or error}"
            raise ImageError(ImageProblem.CONTAINER, reason) from error
        finally:
            self._coming.pop(url, None)
        try:
            yield str(path)
        finally:
            if not self._keep:
                shutil.rmtree(path.parent, ignore_errors=True)

    def close(self) -> None:
        """Stop copying; leave nothing behind that is not to be kept."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for coming in self._coming.values():
            if not self._keep and coming.done() and not coming.cancelled():
                failed = coming.exception() is not None
                if not failed:
                    shutil.rmtree(coming.result().parent, ignore_errors=True)

    def _copy(self, url: str) -> Path:
        # A folder of its own, so that the copy has the name, and the suffix, of the original.
        digest = hashlib.blake2b(url.encode(), digest_size=8).hexdigest()
        folder = self._folder / digest
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (os.path.basename(url) or "archive")  # noqa: PTH119
        if not (path.is_file() and path.stat().st_size == cloud.size_of(url)):
            partial = path.with_name(f"{path.name}.part")
            try:
                cloud.copy_to(url, str(partial))
                partial.replace(path)
            except BaseException:
                # A part of an archive is of no use, and takes room from those that come.
                partial.unlink(missing_ok=True)
                with suppress(OSError):
                    folder.rmdir()
                raise
        return path
