"""Which format some bytes are in, told from the content and never from the suffix."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from fastdup_nb.errors import ImageError, ImageProblem

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile


@dataclass(frozen=True, slots=True)
class Codec:
    """Where the reader of one format lives.

    Parameters
    ----------
    module, opener : str
        The module and the class in it that opens a file object.
    feature : str
        Pillow's name of the C library it needs; empty when it needs none.
    advice : str
        What to do when the reader is absent.
    """

    module: str
    opener: str
    feature: str = ""
    advice: str = ""


CODECS = {
    "JPEG": Codec("PIL.JpegImagePlugin", "JpegImageFile", "jpg"),
    "PNG": Codec("PIL.PngImagePlugin", "PngImageFile", "zlib"),
    "GIF": Codec("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": Codec("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": Codec("PIL.TiffImagePlugin", "TiffImageFile"),
    "WEBP": Codec(
        "PIL.WebPImagePlugin", "WebPImageFile", "webp", "install a Pillow built with WebP"
    ),
    "AVIF": Codec(
        "PIL.AvifImagePlugin", "AvifImageFile", "avif", "pip install --upgrade 'Pillow>=11.3'"
    ),
    "HEIF": Codec("pillow_heif", "HeifImageFile", "", "pip install fastdup_nb[heif]"),
    "JPEG2000": Codec(
        "PIL.Jpeg2KImagePlugin",
        "Jpeg2KImageFile",
        "jpg_2000",
        "install a Pillow built with OpenJPEG",
    ),
    "DICOM": Codec("fastdup_nb.media.dicom", "open_dicom", "", "pip install fastdup_nb[dicom]"),
}

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
)

_UNSUPPORTED = (
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x76\x2f\x31\x01", "an OpenEXR image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"DDS ", "a DDS texture"),
    (b"%!PS", "a PostScript document"),
    (b"FUJIFILMCCD-RAW", "a camera raw file"),
    (b"qoif", "a QOI image"),
)

_OTHER_FILES = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
    (b"OggS", "an Ogg file"),
    (b"ID3", "an MP3 file"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a Git LFS pointer (run git lfs pull)"),
)

_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1")
)
_SAMPLE = 512
_BMP_HEADER_SIZES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))


def identify(data: bytes) -> str:
    """Return the format of an image file, a key of `CODECS`.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    ImageError
        `ZERO_SIZE`, `UNSUPPORTED` (an image, but not one we read) or `NOT_AN_IMAGE`, with what it
        is instead.
    """
    if not data:
        raise ImageError(ImageProblem.ZERO_SIZE, "the file is empty")
    head = data[:64]
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "BMP"
    if head[:4] == b"RIFF":
        return _identify_riff(head)
    if head[4:8] == b"ftyp":
        return _identify_iso_media(data)
    if data[128:132] == b"DICM":  # behind a preamble of anything
        return "DICOM"
    raise _describe_stranger(data)


def _identify_riff(head: bytes) -> str:
    if head[8:12] == b"WEBP":
        return "WEBP"
    kind = {b"AVI ": "an AVI video", b"WAVE": "a WAV sound"}.get(head[8:12], "a RIFF file")
    raise ImageError(ImageProblem.NOT_AN_IMAGE, f"{kind}, not an image")


def _identify_iso_media(data: bytes) -> str:
    # ISO 14496-12: box size, "ftyp", major brand, minor version, compatible brands.
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, size, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    if brands & _HEIF_BRANDS:
        return "HEIF"
    if data[8:11] == b"crx":
        raise _unsupported("a camera raw file")
    raise ImageError(ImageProblem.NOT_AN_IMAGE, "an MP4 or QuickTime video, not an image")


def _unsupported(kind: str) -> ImageError:
    return ImageError(ImageProblem.UNSUPPORTED, f"{kind}; convert it to JPEG or PNG")


def _describe_stranger(data: bytes) -> ImageError:
    for signature, kind in _UNSUPPORTED:
        if data.startswith(signature):
            return _unsupported(kind)
    sample = data[:_SAMPLE]
    if not sample.strip(b"\x00"):
        return ImageError(ImageProblem.CORRUPT, "the file begins with nothing but zero bytes")
    text = sample.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n").lower()
    if "<svg" in text:
        return _unsupported("an SVG drawing")
    known = (kind for signature, kind in _OTHER_FILES if data.startswith(signature))
    kind = next(known, "") or _describe_text(text)
    return ImageError(ImageProblem.NOT_AN_IMAGE, f"{kind}, not an image")


def _describe_text(text: str) -> str:
    if text.startswith(("<!doctype html", "<html")):
        return "an HTML page"
    # The sample may end inside a letter of several bytes.
    binary = "\x00" in text or "\ufffd" in text[:-3]
    return "unknown content" if binary else "a text file"


@cache
def _find_opener(name: str) -> Callable[[BytesIO], ImageFile] | None:
    from PIL import features

    codec = CODECS[name]
    if codec.feature and not features.check(codec.feature):
        return None
    try:
        module: Any = importlib.import_module(codec.module)
    except ImportError:
        return None
    return cast("Callable[[BytesIO], ImageFile]", getattr(module, codec.opener))


def open_image(name: str, data: bytes) -> ImageFile:
    """Read the header of an image with the reader of its format.

    The reader is called directly, not through `PIL.Image.open`. So only the formats of `CODECS` can
    ever run, nothing is registered with Pillow for the rest of the process, and Pillow's own size
    warning (process-wide, and printed or raised as the user's filters say) does not come into it:
    the caller checks the size.

    Parameters
    ----------
    name : str
        A key of `CODECS`.
    data : bytes
        The file.

    Raises
    ------
    ImageError
        `UNSUPPORTED` when the reader is not installed; the reason names what to install.
    Exception
        Whatever the reader raises on a broken header.
    """
    opener = _find_opener(name)
    if opener is None:
        reason = f"{name} images cannot be read here: {CODECS[name].advice}"
        raise ImageError(ImageProblem.UNSUPPORTED, reason)
    return opener(BytesIO(data))
