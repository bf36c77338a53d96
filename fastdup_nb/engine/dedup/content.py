"""Which files hold the same bytes, read as little as that takes."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from typing import TYPE_CHECKING

from fastdup_nb.engine.dedup.found import HEAD, reading_flags
from fastdup_nb.sources.notes import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from fastdup_nb.core.threads import Workers
    from fastdup_nb.engine.dedup.found import Found
    from fastdup_nb.progress import Progress

BLOCK = 1 << 20
LARGE = 16 * HEAD  # from here on a look at the middle and the end comes before the whole
FILES_PER_TASK = 20


class Contents:
    """The contents of files, as far as they have been read.

    Parameters
    ----------
    workers : Workers
    progress : Progress

    Attributes
    ----------
    digests : dict of int to str
        `Found.order` -> SHA-256 of the whole content, in hexadecimal.
    failed : Tally
        Files that could not be read, or changed meanwhile.
    """

    def __init__(self, workers: Workers, progress: Progress) -> None:
        self._workers, self._progress = workers, progress
        self.digests: dict[int, str] = {}
        self.failed = Tally()

    def group(self, images: Sequence[Found]) -> list[list[Found]]:
        """Return the images by content, groups and their members in the order of the images.

        Sizes are compared first, then the first bytes (which the search has read), then a sample of
        large files, then the SHA-256 of the whole of those that still cannot be told apart. Hard
        links to one file are the same without being read. A file that cannot be read is alone.
        """
        links: dict[Hashable, list[Found]] = defaultdict(list)
        for image in images:
            links[image.identity].append(image)
        files = [found[0] for found in links.values()]
        groups = _split(files, lambda image: (image.size, image.head))
        groups = self._compare(groups, _sample, LARGE, "Comparing samples")
        groups = self._compare(groups, self._digest, HEAD + 1, "Comparing contents")
        whole = [[link for image in group for link in links[image.identity]] for group in groups]
        for group in whole:
            group.sort()
            self._share_digest(group)
        return sorted(whole)

    def read_all(self, images: Iterable[Found]) -> None:
        """See to it that the digest of every image that can be read is known."""
        missing = [image for image in images if image.order not in self.digests]
        for _ in self._map(self._digest, missing, "Hashing"):
            pass

    def _compare(
        self,
        groups: list[list[Found]],
        key: Callable[[Found], bytes],
        least: int,
        stage: str,
    ) -> list[list[Found]]:
        """Split the groups of several files of `least` bytes or more."""
        doubtful = [group for group in groups if len(group) > 1 and group[0].size >= least]
        settled = [group for group in groups if len(group) == 1 or group[0].size < least]
        keys = dict(self._map(key, [image for group in doubtful for image in group], stage))
        for group in doubtful:
            settled += _split(group, lambda image: keys.get(image.order) or image.order)
        return settled

    def _map(
        self, read: Callable[[Found], bytes], images: list[Found], stage: str
    ) -> Iterator[tuple[int, bytes]]:
        """Yield order and key of every file that can be read."""
        if not images:
            return
        starts = range(0, len(images), FILES_PER_TASK)
        tasks = (images[start : start + FILES_PER_TASK] for start in starts)

        def work(task: list[Found]) -> list[tuple[Found, bytes, str]]:
            return [_try(read, image) for image in task]

        self._progress.start(stage, len(images), "files")
        try:
            for results in self._workers.map(work, tasks):
                for image, key, reason in results:
                    if reason:
                        self.failed.add(image.path, reason)
                    else:
                        yield image.order, key
                self._progress.advance(len(results))
        finally:
            self._progress.finish()

    def _digest(self, image: Found) -> bytes:
        digest = image.head if image.size <= HEAD else _hash(image)
        self.digests[image.order] = digest.hex()
        return digest

    def _share_digest(self, group: list[Found]) -> None:
        known = (self.digests[image.order] for image in group if image.order in self.digests)
        digest = next(known, group[0].head.hex() if group[0].size <= HEAD else "")
        if digest:
            self.digests.update((image.order, digest) for image in group)


def _split(images: Iterable[Found], key: Callable[[Found], Hashable]) -> list[list[Found]]:
    groups: dict[Hashable, list[Found]] = defaultdict(list)
    for image in images:
        groups[key(image)].append(image)
    return list(groups.values())


def _try(read: Callable[[Found], bytes], image: Found) -> tuple[Found, bytes, str]:
    try:
        return image, read(image), ""
    except OSError as error:
        return image, b"", error.strerror or str(error)


def _sample(image: Found) -> bytes:
    """Return what stands in the middle and at the end of a file."""
    with open(image.path, "rb", buffering=0, opener=_open) as stream:
        parts = []
        for place in (image.size // 2, image.size - HEAD):
            stream.seek(place)
            parts.append(stream.read(HEAD))
    return hashlib.sha256(b"".join(parts)).digest()


def _hash(image: Found) -> bytes:
    digest = hashlib.sha256()
    size = 0
    with open(image.path, "rb", buffering=0, opener=_open) as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
    if size != image.size:
        raise OSError(0, "it was changed meanwhile")
    return digest.digest()


def _open(path: str, _flags: int) -> int:
    return os.open(path, reading_flags())
