"""How large a file may be, and how much an archive may hold: beyond it is taken for a bomb."""

from __future__ import annotations

from dataclasses import dataclass

GIGABYTE = 1 << 30
# The largest image file that is read.
MAX_FILE_SIZE = GIGABYTE
# Below this nothing is asked about the ratio: small archives may well be blank pictures.
_SMALL = GIGABYTE // 4


@dataclass(frozen=True, slots=True)
class FrameChoice:
    """Which frames of a video are used.

    Parameters
    ----------
    every_seconds : float
        One frame of each interval of this length; 0: all frames.
    keyframes_only : bool
        Only those that the video stores whole, whatever their distance.
    most_side : int
        Make larger frames smaller, to so many pixels on the longer side; 0: as they are.
    """

    every_seconds: float = 1.0
    keyframes_only: bool = False
    most_side: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one container, and what is used of a video.

    Parameters
    ----------
    most_members : int
        Entries of any kind.
    most_bytes : int
        Bytes of all entries together, unpacked.
    most_ratio : float
        Unpacked bytes per byte of the archive, once more than 256 MB are unpacked.
    frames : FrameChoice
        Which frames of a video are used.
    """

    most_members: int = 10_000_000
    most_bytes: int = 1024 * GIGABYTE
    most_ratio: float = 200.0
    frames: FrameChoice = FrameChoice()

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
