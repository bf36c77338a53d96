"""Parts of a collection: features with their tables, made by one worker or from one archive.

A part of a whole work_dir has the published names. One of an archive (run_mode=1) has names that
tell it apart in a folder where many are collected: `atrain_<path without slashes>features.dat`,
`...features.dat.csv`, `...features.bad.csv`, `...stats.csv`, as published; and beside them
`...features.json`, which says how it was made, and `...features.digests`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastdup_nb.errors import CorruptWorkDirError
from fastdup_nb.store import extraction, names
from fastdup_nb.store.features import locate

PREFIX = "atrain_"
FEATURES = "features.dat"
# The features of a whole work_dir, and those of its test images.
_NO_PARTS = ("", PREFIX, names.TEST_FEATURES.removesuffix(FEATURES))
# Where config.json keeps the record of the parts that were there.
RECORD = "parts"
MOST_BYTES_OF_NAME = 180
# Name in a whole work_dir -> end of the name in a part of an archive.
ENDS = {
    names.FEATURES: FEATURES,
    names.FEATURE_NAMES: f"{FEATURES}.csv",
    names.BAD_FILES: "features.bad.csv",
    names.STATISTICS: "stats.csv",
    names.LABELS: "labels.csv",
    names.CAPTIONS: "captions.csv",
    names.CROPS: "crops.csv",
    extraction.PUBLISHED[extraction.DIGESTS_PART]: "features.digests",
    names.CONFIG: "features.json",
}


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one part.

    Parameters
    ----------
    folder : Path
        Where they are.
    stem : str
        What their names begin with; empty for a whole work_dir.
    """

    folder: Path
    stem: str = ""

    def file(self, name: str) -> Path | None:
        """Return its file of a published name; None when it has none."""
        if not self.stem:
            return locate(self.folder, name)
        path = self.folder / (self.stem + ENDS[name])
        return path if path.is_file() else None

    @property
    def features(self) -> Path:
        """Return where its features are, or should be."""
        return self.file(names.FEATURES) or self.folder / (
            self.stem + FEATURES if self.stem else names.FEATURES
        )

    def about(self) -> dict[str, Any]:
        """Return what is recorded about how it was made; empty when nothing is.

        Raises
        ------
        CorruptWorkDirError
            When the record is no JSON object.
        """
        path = self.file(names.CONFIG)
        if path is None:
            return {}
        try:
            record = json.loads(path.read_bytes())
        except ValueError as error:
            message = f"{path} is not JSON."
            raise CorruptWorkDirError(message, "Leave it out, or make the part anew.") from error
        if not self.stem and isinstance(record, dict):
            record = record.get(names.PACKAGE)
        return record if isinstance(record, dict) else {}

    def state(self) -> list[Any]:
        """Return what changes when the part does."""
        status = self.features.stat()
        return [self.stem, status.st_size, status.st_mtime_ns]


def find_parts(folder: Path) -> list[Part]:
    """Return the parts of archives in a folder, not the whole, in the order of their names."""
    ends = (FEATURES, f"{FEATURES}.csv")
    stems = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            for end in ends:
                stem = entry.name.removesuffix(end)
                if stem != entry.name and stem not in _NO_PARTS and entry.is_file():
                    stems.add(stem)
    return [Part(folder, stem) for stem in sorted(stems)]


def record_of_parts(folder: Path) -> list[list[Any]]:
    """Return what the parts of archives in a folder are now; kept with what was made of them."""
    return [part.state() for part in find_parts(folder)]


def record_of_files(finished: Mapping[Path, str]) -> list[list[Any]]:
    """Return what `record_of_parts` will when files have the names they are to get."""
    record = []
    for path, name in finished.items():
        if name.endswith(FEATURES):
            status = path.stat()
            record.append([name.removesuffix(FEATURES), status.st_size, status.st_mtime_ns])
    return sorted(record)


def part_of_file(path: Path) -> Part:
    """Return the part that a feature file, or the list beside it, belongs to."""
    name = path.name.removesuffix(".csv")
    stem = name.removesuffix(FEATURES)
    whole = stem in ("", PREFIX) or stem == name
    return Part(path.parent, "" if whole else stem)


def part_stem(path: str) -> str:
    """Return what the names of an archive's part begin with.

    Slashes are left out as the published names do; what that could confuse, and what no file system
    takes, is told apart by a digest.

    >>> part_stem("/data/00000.tar")
    'atrain_data00000.tar'
    """
    flat = re.sub(r"[^\w.\- ]", "", path)
    plain = flat == path.replace("/", "") and len(flat.encode()) <= MOST_BYTES_OF_NAME
    if not plain:
        digest = hashlib.blake2b(path.encode("utf-8", "surrogateescape"), digest_size=4)
        tail = flat.encode("utf-8", "ignore")[-MOST_BYTES_OF_NAME:].decode("utf-8", "ignore")
        flat = f"{digest.hexdigest()}_{tail}"
    return PREFIX + flat
