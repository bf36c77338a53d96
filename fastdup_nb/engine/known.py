"""The images a finished work_dir knows, good and bad, read back as an extraction gives them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fastdup_nb.errors import CorruptWorkDirError, ImageError, ImageProblem
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.sources import Listing, read_bytes
from fastdup_nb.store import names
from fastdup_nb.store.extraction import BadFile, ExtractedChunk, content_digest
from fastdup_nb.store.tables import read_columns, read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from numpy.typing import NDArray

    from fastdup_nb.engine.extract import ChunkReader
    from fastdup_nb.store.workdir import WorkDir

_RUN_AGAIN = "Run again on all images to write it anew."


class KnownImages:
    """What is stored about the images of a work_dir, by their position in its listing.

    Parameters
    ----------
    work_dir : WorkDir
        Of a finished run.
    statistics : sequence of str
        The columns of its statistics table after `index,filename`; empty when it has none.

    Attributes
    ----------
    listing : Listing
        Its images, good and bad, in order.

    Raises
    ------
    CorruptWorkDirError
        When its files do not fit together.
    """

    def __init__(self, work_dir: WorkDir, statistics: Sequence[str]) -> None:
        self._bad = _read_bad(work_dir)
        named = {
            **dict(zip(work_dir.indices, work_dir.file_names, strict=True)),
            **{index: file.path for index, file in self._bad.items()},
        }
        order = sorted(named)
        offset = order[0] if order else 0
        self.listing = Listing([named[index] for index in order], offset, "list")
        if order and order[-1] - offset + 1 != len(order):
            message = f"{work_dir.path} does not list all images of its run."
            raise CorruptWorkDirError(message, _RUN_AGAIN)
        self._row = np.full(len(order), -1, np.int64)
        self._row[np.array(work_dir.indices, np.int64) - offset] = np.arange(
            len(work_dir.file_names)
        )
        self._digests = _read_digests(work_dir)
        self._statistics = _read_statistics(work_dir, statistics)
        self._features = work_dir.open_features()

    def __len__(self) -> int:
        return len(self.listing.paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file of embeddings."""
        self._features.close()

    def united_with(self, other: Listing) -> tuple[Listing, int]:
        """Return the known images followed by the unknown ones of a listing, and their number."""
        known = set(self.listing.paths)
        fresh = [path for path in other.paths if path not in known]
        paths = [*self.listing.paths, *fresh]
        return Listing(paths, self.listing.offset, "list", refused=other.refused), len(fresh)

    def changed_among(
        self, paths: Iterable[str], reader: ChunkReader, threads: int
    ) -> dict[int, str]:
        """Return the positions of known files that give something else now, and what in short.

        A good one is compared by content; one that is gone counts as unchanged. A bad one is tried
        again.

        Parameters
        ----------
        paths : iterable of str
            The files to look at; unknown ones are passed over.
        reader : ChunkReader
            Over a listing that begins with the known images.
        threads : int
            Files looked at at once.
        """
        position_of = {path: position for position, path in enumerate(self.listing.paths)}
        asked = [position_of[path] for path in paths if path in position_of]

        def look(position: int) -> str:
            row = int(self._row[position])
            return self._look_at_good(row, position) if row >= 0 else self._try(position, reader)

        with silenced_codecs(), ThreadPoolExecutor(threads) as pool:
            states = list(pool.map(look, asked, chunksize=1))
        return {position: state for position, state in zip(asked, states, strict=True) if state}

    def read(self, start: int, stop: int) -> ExtractedChunk:
        """Return what is stored for images start to stop of the listing."""
        offset, paths = self.listing.offset, self.listing.paths
        good = [position for position in range(start, stop) if self._row[position] >= 0]
        first = int(self._row[good[0]]) if good else 0
        last = first + len(good)
        return ExtractedChunk(
            stop=stop,
            vectors=self._features.read(first, last),
            indices=[offset + position for position in good],
            paths=[paths[position] for position in good],
            statistics=self._statistics_of(first, last),
            digests=[digest.tobytes() for digest in self._digests[first:last]],
            bad=[
                self._bad[offset + position]
                for position in range(start, stop)
                if self._row[position] < 0
            ],
        )

    def _statistics_of(self, first: int, last: int) -> list[Sequence[Any]]:
        if not self._statistics:
            return [()] * (last - first)
        columns = (column[first:last].tolist() for column in self._statistics)
        return list(zip(*columns, strict=True))

    def _look_at_good(self, row: int, position: int) -> str:
        try:
            data = read_bytes(self.listing.paths[position])
        except ImageError as error:
            return "" if error.problem is ImageProblem.MISSING else str(error.problem)
        digest = content_digest(data)
        return "" if digest == self._digests[row].tobytes() else digest.hex()

    def _try(self, position: int, reader: ChunkReader) -> str:
        chunk = reader.read(position, position + 1)
        if chunk.digests:
            return chunk.digests[0].hex()
        now, before = chunk.bad[0], self._bad[self.listing.offset + position]
        same = (now.error_code, now.size) == (before.error_code, before.size)
        return "" if same else f"{now.error_code} {now.size}"


class UnionReader:
    """Reads chunks of known and unknown images: the known ones from the store.

    Parameters
    ----------
    known : KnownImages
        The first images of the listing.
    changed : collection of int
        Positions of known images that are to be read from their files all the same.
    files : ChunkReader
        Reads the others; over the whole listing.
    """

    def __init__(self, known: KnownImages, changed: Iterable[int], files: ChunkReader) -> None:
        self._known, self._changed, self._files = known, frozenset(changed), files

    def read(self, start: int, stop: int) -> ExtractedChunk:
        """Return what images start to stop of the listing give."""
        parts = []
        for stored, run in groupby(range(start, stop), self._is_stored):
            first, *rest = run
            last = rest[-1] if rest else first
            parts.append((self._known if stored else self._files).read(first, last + 1))
        return parts[0] if len(parts) == 1 else _join(parts)

    def _is_stored(self, position: int) -> bool:
        return position < len(self._known) and position not in self._changed


def _join(parts: list[ExtractedChunk]) -> ExtractedChunk:
    def chain(name: str) -> list[Any]:
        return [item for part in parts for item in getattr(part, name)]

    return ExtractedChunk(
        stop=parts[-1].stop,
        vectors=np.concatenate([part.vectors for part in parts]),
        indices=chain("indices"),
        paths=chain("paths"),
        statistics=chain("statistics"),
        digests=chain("digests"),
        bad=chain("bad"),
    )


def _read_bad(work_dir: WorkDir) -> dict[int, BadFile]:
    columns = read_columns(work_dir.file(names.BAD_FILES), names.BAD_FILES_COLUMNS)
    try:
        rows = zip(*(columns[name] for name in names.BAD_FILES_COLUMNS), strict=True)
        return {
            int(index): BadFile(int(index), path, code, int(size), reason)
            for index, path, code, size, reason in rows
        }
    except (KeyError, ValueError) as error:
        message = f"{work_dir.file(names.BAD_FILES)} is not as a run of fastdup_nb writes it."
        raise CorruptWorkDirError(message, _RUN_AGAIN) from error


def _read_digests(work_dir: WorkDir) -> NDArray[np.void]:
    digests = work_dir.digests()
    if digests is None:
        message = f"{work_dir.path} does not hold the content digests of its images."
        raise CorruptWorkDirError(message, _RUN_AGAIN)
    return digests


def _read_statistics(work_dir: WorkDir, wanted: Sequence[str]) -> list[NDArray[Any]]:
    """Return the columns as numbers: they are written again exactly as they were."""
    if not wanted:
        return []
    path = work_dir.file(names.STATISTICS)
    frame = read_frame(path)
    if set(wanted) - set(frame.columns) or len(frame) != len(work_dir.file_names):
        message = f"{path} does not fit the list of images."
        raise CorruptWorkDirError(message, _RUN_AGAIN)
    return [frame[name].to_numpy() for name in wanted]
