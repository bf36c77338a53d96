"""JPEG files of the plain kind, with no more of the header read than a run needs.

Pillow's reader looks at every marker in Python: tables, colour profiles, resolutions, and hands the
file to its decoder in pieces. That takes a tenth of the time of a photo. The decoder is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PIL import Image

from fastdup_nb.media.formats import open_image

_EXIF = b"Exif\x00\x00"
# ITU T.81, table B.1.
_START_OF_SCAN, _EXIF_SEGMENT = 0xDA, 0xE1
_FRAMES = {0xC0: "baseline", 0xC1: "extended", 0xC2: "progressive"}
# Tables, restart interval, comment, application data.
_PASSED_OVER = frozenset((0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)))
_MODES = {1: "L", 3: "RGB"}
_BITS = 8
_LONGEST_LOOK = 10  # bytes from a marker to the number of components


@dataclass(frozen=True, slots=True)
class PlainJpeg:
    """A JPEG file whose header was read; what `decode` needs of a Pillow image that is not loaded.

    Parameters
    ----------
    data : bytes
        The file.
    mode : str
        `"L"` or `"RGB"`.
    size : (int, int)
        Width and height of the stored picture.
    info : dict
        `exif` and `progressive`, where the file has them, as Pillow names them.
    """

    data: bytes
    mode: str
    size: tuple[int, int]
    info: dict[str, Any]

    def load(self, factor: int) -> Image.Image:
        """Decode the picture, shrunk by 1, 2, 4 or 8: sides become ceil(side / factor).

        Raises
        ------
        Exception
            Whatever Pillow's reader raises on a broken file.
        """
        width, height = (-(-side // factor) for side in self.size)
        arguments = (self.mode, "", factor, 0)  # colours wanted and stored, scale, no draft
        try:
            return Image.frombytes(self.mode, (width, height), self.data, "jpeg", arguments)
        except ValueError:  # cut off or broken: the other reader says more about it
            source = open_image("JPEG", self.data)
            source.draft(None, (self.size[0] // factor, self.size[1] // factor))
            source.load()
            return source


def read_jpeg(data: bytes) -> PlainJpeg | None:
    """Read the header of a JPEG file.

    Parameters
    ----------
    data : bytes
        The file, from its first marker on.

    Returns
    -------
    PlainJpeg or None
        None for what is left to Pillow's reader: CMYK, lossless and damaged files, and those with
        something unusual.
    """
    mode, size, info = "", (0, 0), dict[str, Any]()
    at, end = 2, len(data) - _LONGEST_LOOK
    while at < end and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            return PlainJpeg(data, mode, size, info) if mode and all(size) else None
        stop = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker in _FRAMES:
            bits, components = data[at + 4], data[at + 9]
            if mode or bits != _BITS or components not in _MODES:
                return None
            mode = _MODES[components]
            size = int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
            if _FRAMES[marker] == "progressive":
                info["progressive"] = 1
        elif marker not in _PASSED_OVER:
            return None
        elif marker == _EXIF_SEGMENT and data.startswith(_EXIF, at + 4):
            if "exif" in info:
                return None
            info["exif"] = data[at + 4 : stop]
        at = stop
    return None
