"""Why a file could not be decoded, in one line for people."""

from __future__ import annotations

import struct

from fastdup_nb.errors import ImageError, ImageProblem

_LONGEST = 120
_EARLY_END = (
    "truncated",
    "unexpected end",
    "not enough data",
    "insufficient",
    "end of file",
    "no more data",
)
# Errors of reading code that met values it never expected: their texts help nobody.
_STUMBLES = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, struct.error)
_JPEG_END = b"\xff\xd9"
_PNG_END = b"IEND\xae\x42\x60\x82"  # the last chunk's name and its checksum, always the same
_TAIL = 64


def explain(name: str, data: bytes, error: BaseException) -> str:
    """Return one line that says what is wrong with a file.

    Parameters
    ----------
    name : str
        Its format.
    data : bytes
        The file.
    error : BaseException
        What the reader raised.
    """
    if isinstance(error, MemoryError):
        return f"not enough memory to decode this {name}"
    if ends_early(name, data):
        return early_end(name, data)
    said = " ".join(str(error).split())
    if any(word in said.lower() for word in _EARLY_END):
        return f"broken or truncated {name}: picture data are missing in its {len(data):,} bytes"
    if isinstance(error, _STUMBLES) or "not identified" in said:
        return f"broken {name}: its header is damaged"
    clean = "".join(letter for letter in said if letter.isprintable())[:_LONGEST]
    return f"broken {name}: {clean or type(error).__name__}"


def early_end(name: str, data: bytes) -> str:
    """Return the line for a file that was cut off."""
    return f"truncated {name}: it ends after {len(data):,} bytes, before the picture is complete"


def check_complete(name: str, data: bytes) -> None:
    """Raise if a file that its reader accepted is cut off all the same.

    Pillow does not ask for the end chunk of a PNG.

    Raises
    ------
    ImageError
        `CORRUPT`.
    """
    if name == "PNG" and ends_early(name, data):
        raise ImageError(ImageProblem.CORRUPT, early_end(name, data))


def ends_early(name: str, data: bytes) -> bool:
    """Return whether the file was cut off, as far as its format lets that be told quickly."""
    if name == "JPEG":
        return _JPEG_END not in data[-_TAIL:]
    if name == "PNG":
        return _PNG_END not in data[-_TAIL:] and _PNG_END not in data
    if name == "WEBP":
        return len(data) - 8 < int.from_bytes(data[4:8], "little")
    if name == "TIFF" and data[2:4] in {b"*\x00", b"\x00*"}:
        # Where the directory is; many writers put it at the end.
        directory = int.from_bytes(data[4:8], "little" if data[:2] == b"II" else "big")
        return directory + 2 > len(data)
    return False
