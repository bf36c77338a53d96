"""Per-archive parts of a finished extraction (run_mode=1), for `run_mode=2` to merge."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, BinaryIO

from fastdup_nb.sources import Listing
from fastdup_nb.sources.containers import container_kind
from fastdup_nb.store import extraction, names
from fastdup_nb.store.files import readable_errors, write_atomically
from fastdup_nb.store.parts import ENDS, PREFIX, part_stem
from fastdup_nb.store.tables import iterate_table, write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_BLOCK = 1 << 20
_DIGESTS = extraction.PUBLISHED[extraction.DIGESTS_PART]
# Tables whose rows are those of the features, in order.
_ALIGNED = (names.FEATURE_NAMES, names.STATISTICS, names.LABELS, names.CAPTIONS)


@dataclass(slots=True)
class _Share:
    """What belongs to one entry of the listing, or to the images between two containers."""

    stem: str
    first: int
    good: int = 0
    bad: int = 0
    about: dict[str, Any] = field(default_factory=dict)


def split_extraction(
    finished: Mapping[Path, str], listing: Listing, private: Path, about: Mapping[str, Any], d: int
) -> dict[Path, str]:
    """Write the parts of the containers of a run; return them with the names they are to get.

    Parameters
    ----------
    finished : mapping of Path to str
        The finished files of the extraction, with their published names.
    listing : Listing
        What was extracted.
    private : Path
        The private folder of the work_dir.
    about : mapping
        What `config.json` says about the run.
    d : int
        Numbers per row of the features.
    """
    by_name = {name: path for path, name in finished.items()}
    shares = _shares(by_name, listing)
    parts: dict[Path, str] = {}
    with ExitStack() as stack:
        tables = {name: iterate_table(by_name[name]) for name in _ALIGNED if name in by_name}
        bad = iterate_table(by_name[names.BAD_FILES])
        headers = {name: next(rows) for name, rows in tables.items()}
        headers[names.BAD_FILES] = next(bad)
        with readable_errors(private):
            features = stack.enter_context(by_name[names.FEATURES].open("rb"))
            digests = stack.enter_context(by_name[_DIGESTS].open("rb"))
        for number, share in enumerate(shares):
            targets = {name: private / f"part{number}_{end}" for name, end in ENDS.items()}
            _copy(features, targets[names.FEATURES], share.good * d * 4)
            _copy(digests, targets[_DIGESTS], share.good * extraction.DIGEST_BYTES)
            for name, rows in tables.items():
                taken = (next(rows) for _ in range(share.good))
                _write(targets[name], headers[name], taken, share.first)
            taken = (next(bad) for _ in range(share.bad))
            _write(targets[names.BAD_FILES], headers[names.BAD_FILES], taken, share.first)
            record = {**about, **share.about, "d": d, "listed": share.good + share.bad}
            record |= {"good": share.good, "bad": share.bad}
            with write_atomically(targets[names.CONFIG]) as stream:
                stream.write((json.dumps(record, indent=4) + "\n").encode())
            written = {*tables, names.FEATURES, names.BAD_FILES, names.CONFIG, _DIGESTS}
            parts |= {targets[name]: share.stem + ENDS[name] for name in written}
    return parts


def list_images(finished: Mapping[Path, str]) -> Listing:
    """Return all images of an extraction by their names, good and bad, in order."""
    rows = list(listed_rows({name: path for path, name in finished.items()}))
    return Listing([name for _, name, _ in rows], rows[0][0] if rows else 0, "list")


def listed_rows(by_name: Mapping[str, Path]) -> Iterator[tuple[int, str, bool]]:
    """Yield index, name and whether it is good of all images of an extraction, in order."""

    def rows(name: str, *, good: bool) -> Iterator[tuple[int, str, bool]]:
        table = iterate_table(by_name[name])
        next(table, None)
        for row in table:
            yield int(row[0]), row[1], good

    return heapq.merge(rows(names.FEATURE_NAMES, good=True), rows(names.BAD_FILES, good=False))


def _shares(by_name: Mapping[str, Path], listing: Listing) -> list[_Share]:
    """Return what belongs together, in the order of the listing."""
    number_of = {path: number for number, path in enumerate(listing.paths)}
    containers = {path for path in listing.paths if container_kind(path)}

    def owner(row: tuple[int, str, bool]) -> str:
        return owner_of(row[1], containers)

    shares: list[_Share] = []
    for container, group in groupby(listed_rows(by_name), owner):
        index, name, _ = row = next(group)
        entry = listing.first_entry + number_of.get(container or name, 0)
        stem = part_stem(container) if container else f"{PREFIX}images{entry:010d}_"
        if listing.window and any(listing.window):  # one worker of several on this archive
            stem += f"_{listing.offset:010d}_"
        about = {"entry": entry, "container": container}
        share = _Share(stem, index - listing.offset, about=about)
        for _, _, good in (row, *group):
            share.good += good
            share.bad += not good
        shares.append(share)
    return shares


def owner_of(name: str, containers: set[str]) -> str:
    """Return the container that an image is in; empty for none."""
    at = name.find("/", 1)
    while at > 0:
        if name[:at] in containers:
            return name[:at]
        at = name.find("/", at + 1)
    return name if name in containers else ""


def _copy(source: BinaryIO, target: Path, size: int) -> None:
    with write_atomically(target) as stream:
        while size:
            block = source.read(min(size, _BLOCK))
            stream.write(block)
            size -= len(block)


def _write(target: Path, header: Sequence[str], rows: Iterator[list[str]], first: int) -> None:
    """Write rows with their index counted from `first`."""
    write_table(target, header, ([str(int(row[0]) - first), *row[1:]] for row in rows))
