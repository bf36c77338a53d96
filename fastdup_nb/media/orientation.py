"""The orientation tag of EXIF data, read without parsing the rest.

Pillow's `getexif` parses every tag and warns about broken ones; a camera file has dozens. One tag
is needed.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_TAG = 0x0112
_SHORT, _LONG = 3, 4
_PREFIX = b"Exif\x00\x00"
# TIFF 6.0, tag Orientation: the names of PIL.Image.Transpose that bring the picture upright.
_METHODS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_FIRST_SIDEWAYS = 5


def read_orientation(exif: bytes | None) -> int:
    """Return the orientation of EXIF data, 1 to 8; 1 (upright) when it has none or is broken.

    Parameters
    ----------
    exif : bytes or None
        The EXIF block, with or without its `Exif` prefix.
    """
    if not exif:
        return 1
    block = exif.removeprefix(_PREFIX)
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", block, entry)
            if tag == _TAG and kind in {_SHORT, _LONG}:
                code = "H" if kind == _SHORT else "I"
                value: int = struct.unpack_from(order + code, block, entry + 8)[0]
                return value if value in _METHODS else 1
    except struct.error:
        return 1
    return 1


def is_sideways(orientation: int) -> bool:
    """Return whether the orientation swaps width and height."""
    return orientation >= _FIRST_SIDEWAYS


def turn_upright(image: Image, orientation: int) -> Image:
    """Return the picture upright; the same object when it already is."""
    if orientation not in _METHODS:
        return image
    from PIL.Image import Transpose

    return image.transpose(Transpose[_METHODS[orientation]])
