"""From the entries of a listing to the images of a run, in order and a few at a time.

What is promised: the same spans whatever the number of threads, the place a run is resumed at, and
whether an archive can be read at random or only in order. See `fastdup_nb.sources.containers`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.sources.containers import Container, Member, container_kind, open_container
from fastdup_nb.sources.limits import Limits
from fastdup_nb.sources.listing import Listing
from fastdup_nb.sources.reading import read_bytes
from fastdup_nb.sources.suffixes import is_remote
from fastdup_nb.sources.unpacking import unpack

if TYPE_CHECKING:
    from fastdup_nb.sources.remote import Fetch

MOST_OPEN = 64
CONNECTIONS = 16
# Of images that come in order only, in one span: not many more bytes than that.
MOST_HELD = 24 << 20
SECONDS_TO_COUNT = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a listing a run is.

    Parameters
    ----------
    position : int
        Images before it, bad ones included.
    entry : int
        Number of the entry it is in, or that comes next.
    start : int
        Position of the first image of that entry.
    """

    position: int = 0
    entry: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Images that are read and embedded together.

    Parameters
    ----------
    start : int
        Position of the first.
    names : sequence of str
        Their names.
    read : callable
        Number within the span -> content, from any thread; raises `ImageError`.
    after : Place
        Where to go on when all of them are done.
    notes : sequence of (label, caption)
        What is known about them; empty when nothing.
    refused : sequence of (int, ImageError)
        Numbers of those that cannot be used, as the container already says.
    release : callable
        To be called when the span and all before it are done.
    held : int
        Bytes of images that it holds already.
    """

    start: int
    names: Sequence[str]
    read: Callable[[int], bytes]
    after: Place
    notes: Sequence[tuple[str, str]] = ()
    refused: Sequence[tuple[int, ImageError]] = ()
    release: Callable[[], None] = lambda: None
    held: int = 0


@dataclass(frozen=True, slots=True)
class Handling:
    """What is done with containers.

    Parameters
    ----------
    limits : Limits
        How much an archive may hold.
    most_images : int
        Use only the first so many of each container; 0: all (`num_images_in_tar`).
    unpack_to : Path, optional
        Folder that keeps a copy of every image read from a container (`delete_img=0`).
    fetch : Fetch, optional
        Copies remote containers.
    most_fetched : int
        Copies that may lie on the disk at the same time, the next one aside.
    """

    limits: Limits = field(default_factory=Limits)
    most_images: int = 0
    unpack_to: Path | None = None
    fetch: Fetch | None = None
    most_fetched: int = 2

    def close(self) -> None:
        """Stop copying remote containers."""
        if self.fetch is not None:
            self.fetch.close()


class Supply:
    """Gives the images of a listing, from a place on.

    Parameters
    ----------
    listing : Listing
        The entries.
    chunk : int
        Most images of a span. Spans are cut at fixed positions: of files, where the number of the
        entry in the full listing divides by it; of members, where their number in the container
        does, or before when they are large.
    place : Place
        Where to begin.
    handling : Handling
        What is done with containers.
    """

    def __init__(
        self,
        listing: Listing,
        chunk: int,
        place: Place | None = None,
        handling: Handling | None = None,
    ) -> None:
        self._listing, self._chunk = listing, chunk
        self._place = place or Place()
        self._handling = handling or Handling()
        self._open: dict[int, ExitStack] = {}
        self._connections: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all containers, and stop reading ahead."""
        for entry in list(self._open):
            self._release(entry)
        if self._connections is not None:
            self._connections.shutdown(wait=True, cancel_futures=True)

    def count(self, seconds: float = SECONDS_TO_COUNT) -> int:
        """Return how many images there are; 0 when it takes longer to know.

        Remote containers, and those that can only be read in order, are not counted.
        """
        listing, most = self._listing, self._handling.most_images
        until = time.monotonic() + seconds
        total = 0
        for path in listing.paths:
            number = 1
            if listing.has_containers and container_kind(path):
                number = -1 if is_remote(path) else _count(path, until, self._handling.limits)
                if number < 0:
                    return 0
                if listing.window:
                    first, last = listing.window
                    number = max(min(number, last or number) - first, 0)
                number = min(number, most or number)
            total += number
        return min(total, listing.limit or total)

    def spans(self) -> Iterator[Span | None]:
        """Yield spans; None asks to finish and release all that was given before going on."""
        limit = self._listing.limit
        place = self._place
        count = len(self._listing.paths)
        while place.entry < count and not (limit and place.position >= limit):
            if container_kind(self._listing.paths[place.entry]):
                yield from self._make_room()
                spans = self._of_container(place)
            else:
                spans = self._of_files(place)
            for span in spans:
                yield span
                place = span.after

    def _of_files(self, place: Place) -> Iterator[Span]:
        """Yield the spans of the files up to the next container."""
        remote = is_remote(self._listing.paths[place.entry])
        spans = self._file_spans(place, remote=remote)
        return self._read_ahead(spans) if remote else spans

    def _file_spans(self, place: Place, *, remote: bool) -> Iterator[Span]:
        listing, chunk = self._listing, self._chunk
        paths, limit = listing.paths, listing.limit
        entry, position = place.entry, place.position
        while entry < len(paths) and not (limit and position >= limit):
            first = listing.first_entry
            stop = min(len(paths), ((entry + first) // chunk + 1) * chunk - first)
            if limit:
                stop = min(stop, entry + limit - position)
            names = paths[entry:stop]
            if listing.has_containers:
                names = _before_container(names)
            if not names or is_remote(names[0]) is not remote:
                return
            entry += len(names)
            position += len(names)
            yield _file_span(names, position - len(names), Place(position, entry, position))

    def _read_ahead(self, spans: Iterator[Span]) -> Iterator[Span]:
        """Let several threads read what comes next: they wait for the network most of the time."""
        if self._connections is None:
            self._connections = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fastdup_nb-net")
        pool, ahead = self._connections, deque[Span]()
        for span in spans:
            ahead.append(replace(span, read=_submitted(pool, span.names)))
            if len(ahead) > CONNECTIONS // self._chunk + 1:
                yield ahead.popleft()
        yield from ahead

    def _make_room(self) -> Iterator[None]:
        most = MOST_OPEN if self._handling.fetch is None else self._handling.most_fetched
        if len(self._open) >= most:
            yield None

    def _of_container(self, place: Place) -> Iterator[Span]:
        """Yield the spans of a container; what went wrong is the last row of the last span."""
        first, most = self._window(place)
        number = first
        held = 0
        batch: list[Member] = []
        container: Container | None = None
        try:
            container = self._open_entry(place.entry)
            for member in container.members(first):
                if number == most:
                    break
                batch.append(member)
                number += 1
                held += len(member.data or b"")
                if (number % self._chunk == 0 or held > MOST_HELD) and number != most:
                    yield self._span(batch, place, container)
                    place = replace(place, position=place.position + len(batch))
                    batch, held = [], 0
        except ImageError as error:
            name = self._listing.paths[place.entry]
            problem = ImageError(ImageProblem.CONTAINER, error.message)
            if number != most:
                batch.append(Member(name, error=problem))
        last = self._span(batch, place, container)
        after = Place(last.after.position, place.entry + 1, last.after.position)
        yield replace(last, after=after, release=lambda: self._release(place.entry))

    def _window(self, place: Place) -> tuple[int, int]:
        """Return the numbers of the first member to use and of the first not to use; -1: none."""
        listing = self._listing
        done = place.position - place.start
        first = (listing.window[0] if listing.window else 0) + done
        ends = [listing.window[1]] if listing.window and listing.window[1] else []
        if self._handling.most_images:
            ends.append(self._handling.most_images)
        if listing.limit:
            ends.append(first + listing.limit - place.position)
        return first, min(ends, default=-1)

    def _open_entry(self, entry: int) -> Container:
        handling, paths = self._handling, self._listing.paths
        path = name = paths[entry]
        stack = self._open[entry] = ExitStack()
        if handling.fetch is not None and is_remote(path):
            path = stack.enter_context(handling.fetch.local_copy(path))
            if entry + 1 < len(paths) and is_remote(paths[entry + 1]):
                handling.fetch.begin(paths[entry + 1])
        container = open_container(path, name, handling.limits)
        stack.callback(container.close)
        return container

    def _release(self, entry: int) -> None:
        self._open.pop(entry, nullcontext()).__exit__(None, None, None)

    def _span(self, members: Sequence[Member], place: Place, container: Container | None) -> Span:
        unpack_to = self._handling.unpack_to

        def read(number: int) -> bytes:
            member = members[number]
            if member.error is not None:
                raise member.error
            data = member.data
            if data is None and container is not None:
                data = container.read(member)
            if unpack_to is not None:
                unpack(member.name, data or b"", unpack_to)
            return data or b""

        after = replace(place, position=place.position + len(members))
        notes = [(member.label, member.caption) for member in members]
        names = [member.name for member in members]
        refused = [(i, member.error) for i, member in enumerate(members) if member.error]
        held = sum(len(member.data) for member in members if member.data is not None)
        return Span(place.position, names, read, after, notes, refused, held=held)


def expand(listing: Listing, chunk: int, handling: Handling) -> Listing:
    """Return a listing with the images of its containers in their places.

    What cannot be used is among them, with the reason in `refused`; a name that comes twice is
    there once.
    """
    if not listing.has_containers:
        return listing
    paths: dict[str, None] = {}
    refused: dict[str, ImageError] = {}
    with Supply(listing, chunk, handling=replace(handling, unpack_to=None)) as supply:
        for span in supply.spans():
            if span is not None:
                reasons = dict(span.refused)
                for number, name in enumerate(span.names):
                    if name not in paths and number in reasons:
                        refused[name] = reasons[number]
                    paths[name] = None
                span.release()
    return Listing(list(paths), listing.offset, "list", listing.warnings, refused=refused)


def _count(path: str, until: float, limits: Limits) -> int:
    try:
        container = open_container(path, path, limits)
    except ImageError:
        return 1
    try:
        return container.count(until)
    finally:
        container.close()


def _file_span(names: Sequence[str], start: int, after: Place) -> Span:
    return Span(start, names, lambda i: read_bytes(names[i]), after)


def _submitted(pool: ThreadPoolExecutor, names: Sequence[str]) -> Callable[[int], bytes]:
    answers = [pool.submit(read_bytes, name) for name in names]
    return lambda i: answers[i].result()


def _before_container(paths: Sequence[str]) -> Sequence[str]:
    for number, path in enumerate(paths):
        if container_kind(path):
            return paths[:number]
    return paths
