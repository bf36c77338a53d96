"""What a search for images met besides images."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fastdup_nb.sources.suffixes import ARCHIVE_SUFFIXES

_MOST_NAMED = 5


@dataclass(slots=True)
class Tally:
    """Counts paths and remembers the first, with why it is there."""

    count: int = 0
    first: str = ""
    reason: str = ""

    def add(self, path: str, reason: str | None = "") -> None:
        """Count one."""
        if not self.count:
            self.first, self.reason = path, reason or ""
        self.count += 1

    def describe(self, one: str, many: str) -> str:
        """Word it, for example `3 links lead to nothing; the first: '/a/b.jpg'`."""
        reason = f" ({self.reason})" if self.reason else ""
        if self.count == 1:
            return f"1 {one}: {self.first!r}{reason}."
        return f"{self.count:,} {many}; the first: {self.first!r}{reason}."


@dataclass(slots=True)
class Notes:
    """Counts what was left out, for warnings and for the error when nothing is left.

    Parameters
    ----------
    listed : int
        Images listed so far.
    other : Counter of str
        Files without an image suffix, by suffix.
    unreadable : Tally
        Folders that cannot be read.
    dangling : Tally
        Links named like images that lead to nothing.
    repeated : Tally
        Paths met again.
    """

    listed: int = 0
    other: Counter[str] = field(default_factory=Counter)
    unreadable: Tally = field(default_factory=Tally)
    dangling: Tally = field(default_factory=Tally)
    repeated: Tally = field(default_factory=Tally)

    def warnings(self) -> tuple[str, ...]:
        """Return what a user should know, one line each."""
        met = (
            (self.unreadable, "folder cannot be read", "folders cannot be read"),
            (self.dangling, "link leads to nothing", "links lead to nothing"),
            (self.repeated, "path is listed again", "paths are listed again; each is used once"),
        )
        lines = [tally.describe(one, many) for tally, one, many in met if tally.count]
        if count := sum(self.other[suffix] for suffix in ARCHIVE_SUFFIXES):
            lines.append(f"Archives left out, of kinds that are not read: {count:,}.")
        return tuple(lines)

    def other_files(self) -> str:
        """Word the files that are no images: `412 files, none with an image suffix: .txt, .csv`."""
        total = self.other.total()
        common = sorted(self.other, key=lambda suffix: (-self.other[suffix], suffix))[:_MOST_NAMED]
        names = ", ".join(repr("." + name)[1:-1] if name else "no suffix" for name in common)
        more = ", ..." if len(self.other) > _MOST_NAMED else ""
        files = "1 file, but not" if total == 1 else f"{total:,} files, none"
        return f"{files} with an image suffix: {names}{more}"
