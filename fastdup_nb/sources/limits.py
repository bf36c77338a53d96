"""How large a file may be, and how much an archive may hold: beyond it is taken for a bomb."""

from __future__ import annotations

from dataclasses import dataclass

GIGABYTE = 1 << 30
# The largest image file that is read.
MAX_FILE_SIZE = GIGABYTE
# Below this nothing is asked about the ratio: small archives may well be blank pictures.
_SMALL = GIGABYTE // 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one archive.

    Parameters
    ----------
    most_members : int
        Entries of any kind.
    most_bytes : int
        Bytes of all entries together, unpacked.
    most_ratio : float
        Unpacked bytes per byte of the archive, once more than 256 MB are unpacked.
    """

    most_members: int = 10_000_000
    most_bytes: int = 1024 * GIGABYTE
    most_ratio: float = 200.0

    def excess(self, members: int, unpacked: int, packed: int) -> str:
        """Return what is too much, in words; empty when nothing is.

        Parameters
        ----------
        members : int
            Entries met so far.
        unpacked : int
            Their bytes.
        packed : int
            Bytes of the archive.
        """
        if members > self.most_members:
            return f"more than {self.most_members:,} entries (max_archive_members)"
        if unpacked > self.most_bytes:
            return f"more than {self.most_bytes / GIGABYTE:,g} GB unpacked (max_archive_gb)"
        if unpacked > max(_SMALL, self.most_ratio * packed):
            return f"more than {self.most_ratio:g} times its own size unpacked (max_archive_ratio)"
        return ""
