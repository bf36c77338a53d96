"""Image files for the tests of media, made from seeded pictures."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from tests.pictures import draw

ORIENTATION = 0x0112


def encode(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """Return a picture as an image file."""
    file = BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def encode_heif(image: Image.Image) -> bytes:
    """Return a picture as a HEIC file."""
    import pillow_heif

    file = BytesIO()
    pillow_heif.from_pillow(image).save(file)
    return file.getvalue()


def with_orientation(value: int) -> bytes:
    """Return an EXIF block that holds the orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = value
    return exif.tobytes()


def one_of_each() -> dict[str, bytes]:
    """Return the same 200 x 150 picture in every format, HEIF apart (an extra)."""
    image = draw(7, (200, 150))
    return {
        "JPEG": encode(image, "JPEG", quality=92),
        "PNG": encode(image, "PNG"),
        "GIF": encode(image, "GIF"),
        "BMP": encode(image, "BMP"),
        "TIFF": encode(image, "TIFF"),
        "WEBP": encode(image, "WEBP", quality=92),
        "AVIF": encode(image, "AVIF", quality=92, speed=10),
        "JPEG2000": encode(image, "JPEG2000"),
    }


def flat_png_header(width: int, height: int) -> bytes:
    """Return a PNG that claims a size and holds next to nothing: a decompression bomb in small."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b"")]
    file = b"\x89PNG\r\n\x1a\n"
    for name, content in chunks:
        checksum = zlib.crc32(name + content)
        file += struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
    return file


def grey(value: int, mode: str = "L", size: tuple[int, int] = (32, 24)) -> Image.Image:
    """Return a picture of one grey."""
    return Image.new("L", size, value).convert(mode)


def stripes(width: int = 160, height: int = 160, period: int = 8) -> Image.Image:
    """Return sharp vertical stripes, black and white."""
    row = (np.arange(width) // (period // 2) % 2 * 255).astype(np.uint8)
    return Image.fromarray(np.tile(row, (height, 1))).convert("RGB")
