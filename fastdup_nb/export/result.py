"""What an export wrote, and what it could not use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no usable image.

    Attributes
    ----------
    path : str
    reason : str
        One line for people.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Export:
    """What an export wrote.

    Attributes
    ----------
    path : Path
        The file, or the folder of several.
    count : int
        Images in it.
    unreadable : tuple of Unreadable
        Images that could not be read.
    consequence : str
        What became of those.
    """

    path: Path
    count: int
    unreadable: tuple[Unreadable, ...] = ()
    consequence: str = "left out"

    def warning(self) -> str:
        """Return one line about the unreadable images; empty when there are none."""
        if not self.unreadable:
            return ""
        first, count = self.unreadable[0], len(self.unreadable)
        which = f"{first.path}: {first.reason}"
        if count == 1:
            return f"1 image cannot be read and is {self.consequence}: {which}."
        return f"{count:,} images cannot be read and are {self.consequence}; the first is {which}."
