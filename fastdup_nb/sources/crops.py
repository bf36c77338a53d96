"""Crops of images by name: `photo.jpg#xywh=160,120,320,240` is that part of photo.jpg.

The form is that of W3C Media Fragments: x, y, width and height in pixels of the upright picture,
or, with `percent:` before them, in percents of it. `#polygon=x1,y1,...,x4,y4` is a rotated box.
A file of that very name comes first.

The last few pictures are kept decoded, so all crops of an image that are read one after the other
cost one decoding.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.crop import Region, cut, frame
from fastdup_nb.media.decode import decode_by
from fastdup_nb.media.silence import silenced_codecs
from fastdup_nb.sources.members import split_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL.Image import Image

_NAME = re.compile(r"(?P<image>.+)#(?P<kind>xywh|polygon)=(?P<numbers>[^#/\\]*)", re.DOTALL)
_PERCENT = "percent:"
# Of numbers in pixels, and in percents: a hundredth of a pixel.
_DECIMALS = (2, 4)
_COUNT = {"xywh": 4, "polygon": 8}
# Pictures kept decoded: some 200 MB at most, and one in any case.
_KEPT_PIXELS = 64_000_000
_MOST_SIZES = 1_000_000

_Key = tuple[str, int, int]


def crop_name(image: str, numbers: Sequence[float], *, relative: bool = False) -> str:
    """Return the name of a crop.

    Parameters
    ----------
    image : str
        The image.
    numbers : sequence of float
        Four, or eight of a rotated box, as in `Region`.
    relative : bool
        Whether they are percents.

    Examples
    --------
    >>> crop_name("a.jpg", [1, 2.5, 30, 40.0])
    'a.jpg#xywh=1,2.5,30,40'
    """
    kind = "polygon" if len(numbers) == _COUNT["polygon"] else "xywh"
    decimals = _DECIMALS[relative]
    text = ",".join(_shown(number, decimals) for number in numbers)
    return raw_crop_name(image, kind, text, relative=relative)


def raw_crop_name(image: str, kind: str, text: str, *, relative: bool = False) -> str:
    """Return the name of a crop whose numbers may not be numbers: reading it says what is wrong."""
    safe = re.sub(r"[#/\\\s]+", " ", text).strip()
    return f"{image}#{kind}={_PERCENT if relative else ''}{safe}"


def split_crop(name: str) -> tuple[str, str] | None:
    """Return the image of a crop and the rest of the name; None when it is no name of a crop.

    >>> split_crop("a.jpg#xywh=1,2,3,4")
    ('a.jpg', 'xywh=1,2,3,4')
    """
    if "#" not in name:
        return None
    match = _NAME.fullmatch(name)
    return (match["image"], f"{match['kind']}={match['numbers']}") if match else None


def region_of(name: str) -> Region:
    """Return the region that the name of a crop means.

    Raises
    ------
    ImageError
        `BAD_BOX` when it holds anything but the right count of numbers.
    """
    match = _NAME.fullmatch(name)
    kind, text = (match["kind"], match["numbers"]) if match else ("xywh", "")
    relative = text.startswith(_PERCENT)
    try:
        numbers = tuple(float(part) for part in text.removeprefix(_PERCENT).split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != _COUNT[kind]:
        reason = f"the box {text!r} cannot be read: {_COUNT[kind]} numbers are needed"
        raise ImageError(ImageProblem.BAD_BOX, reason)
    return Region(numbers, relative)


def read_crop(name: str, read: Callable[[str], bytes]) -> bytes | None:
    """Return a crop as the content of an image file without loss; None when it is no crop's name.

    Parameters
    ----------
    name : str
    read : callable
        Returns the content of the image.

    Raises
    ------
    ImageError
        When the image cannot be read or the box not be used.
    """
    split = split_crop(name)
    if split is None:
        return None
    region = region_of(name)
    return _as_file(cut(_pictures.get(split[0], read), region))


def frame_crop(name: str, read: Callable[[str], bytes]) -> bytes | None:
    """Return what to show of a crop: it is framed, with what lies around it; see `read_crop`."""
    split = split_crop(name)
    if split is None:
        return None
    return _as_file(frame(_pictures.get(split[0], read), region_of(name)))


def crop_content(data: bytes, region: Region) -> bytes:
    """Return a part of an image file as the content of an image file without loss.

    Raises
    ------
    ImageError
        When it cannot be decoded or the box not be used.
    """
    return _as_file(cut(_decode(data), region))


def _as_file(part: Image) -> bytes:
    file = BytesIO()
    part.save(file, "BMP")  # the quickest of the formats without loss
    return file.getvalue()


def image_size(image: str, read: Callable[[str], bytes]) -> tuple[int, int]:
    """Return width and height of an image, upright; quick for one that was read last.

    Raises
    ------
    ImageError
        When it cannot be read.
    """
    return _pictures.size(image, read)


def known_file_size(image: str) -> int | None:
    """Return the bytes of an image file of which a crop was read; None when not known any more."""
    return _pictures.file_size(image)


class _Pictures:
    """The pictures decoded last, in full size, shared by all threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Image] = OrderedDict()
        self._sizes: dict[_Key, tuple[int, int, int]] = {}  # width, height, bytes
        self._locks: dict[_Key, Lock] = {}
        self._turn = Lock()

    def get(self, name: str, read: Callable[[str], bytes]) -> Image:
        """Return a picture; several threads that want the same one decode it once."""
        key = _key(name)
        with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            lock = self._locks.setdefault(key, Lock())
        try:
            with lock:
                with self._turn:
                    if key in self._kept:
                        return self._kept[key]
                data = read(name)
                picture = _decode(data)
                with self._turn:
                    self._keep(key, picture, len(data))
        finally:
            with self._turn:
                self._locks.pop(key, None)
        return picture

    def size(self, name: str, read: Callable[[str], bytes]) -> tuple[int, int]:
        """Return width and height of a picture."""
        with self._turn:
            known = self._sizes.get(_key(name))
        return known[:2] if known else self.get(name, read).size

    def file_size(self, name: str) -> int | None:
        """Return the bytes of the file of a picture that was decoded."""
        with self._turn:
            known = self._sizes.get(_key(name))
        return known[2] if known else None

    def _keep(self, key: _Key, picture: Image, size: int) -> None:
        self._kept[key] = picture
        if len(self._sizes) >= _MOST_SIZES:
            self._sizes.clear()
        self._sizes[key] = (*picture.size, size)
        pixels = sum(kept.width * kept.height for kept in self._kept.values())
        while pixels > _KEPT_PIXELS and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            pixels -= dropped.width * dropped.height


def _key(name: str) -> _Key:
    """Return what changes when a file, or the archive that it is in, does."""
    try:
        status = os.stat(name)  # noqa: PTH116 - called for every crop
    except (OSError, ValueError):
        split = split_name(name)
        return (name, *_key(split[0])[1:]) if split else (name, 0, 0)
    return name, status.st_size, status.st_mtime_ns


def _decode(data: bytes) -> Image:
    with silenced_codecs():
        return decode_by(data, lambda _width, _height: 1, min_width=1, min_height=1).image


_pictures = _Pictures()


def _shown(number: float, decimals: int) -> str:
    """Return a number as short as it can be, without an exponent."""
    if number != number:  # noqa: PLR0124 - NaN is the only value like that
        return "nan"
    text = f"{number:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
