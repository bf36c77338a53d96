"""What the de-duplication of a folder found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastdup_nb.engine.dedup.found import Found


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are the same.

    Attributes
    ----------
    kept : Found
        The one that stays.
    duplicates : tuple of Found
        The others, in the order of their paths.
    """

    kept: Found
    duplicates: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class Deduplication:
    """The images of a folder, each once.

    Attributes
    ----------
    folder : str
        Absolute.
    threshold : float or None
        Similarity of near-duplicates; None when only copies count.
    groups : tuple of Group
        In the order of the kept images' paths.
    digests : mapping of int to str
        `Found.order` -> SHA-256 of the content, in hexadecimal, where it was computed.
    warnings : tuple of str
        What a user should know, one line each.
    """

    folder: str
    threshold: float | None
    groups: tuple[Group, ...]
    digests: Mapping[int, str]
    warnings: tuple[str, ...] = ()

    @property
    def initial_count(self) -> int:
        """How many images the folder holds."""
        return sum(1 + len(group.duplicates) for group in self.groups)

    @property
    def final_count(self) -> int:
        """How many are left."""
        return len(self.groups)
