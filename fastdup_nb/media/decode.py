"""From the bytes of an image file to an upright RGB picture of a useful size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.colour import reduce_to_rgb
from fastdup_nb.media.failures import check_complete, explain
from fastdup_nb.media.formats import identify, open_image
from fastdup_nb.media.jpeg import PlainJpeg, read_jpeg
from fastdup_nb.media.orientation import is_sideways, read_orientation, turn_upright
from fastdup_nb.media.silence import silenced_codecs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.ImageFile import ImageFile

MIN_SIDE = 10
WORKING_SIDE = 128
MAX_PIXELS = 200_000_000

# JPEG readers shrink by 8 at most while decoding.
_LARGEST_SCALED_DECODE = 8
# Pictures that fill more memory than this many pixels are decoded one at a time, whatever the
# number of threads.
_LARGE = 32_000_000
_one_large_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded picture.

    Parameters
    ----------
    image : PIL.Image.Image
        RGB, upright, possibly reduced by a power of two.
    width, height : int
        Pixels of the file, upright (EXIF orientation applied).
    format : str
        The format of the content, a key of `fastdup_nb.media.formats.CODECS`.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    _squeezed: dict[tuple[int, int], Image.Image] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def squeeze(self, width: int, height: int) -> Image.Image:
        """Return the whole picture at a size, by area averages.

        Made once: the statistics and a model with an input of their size share it. A picture that
        was decoded larger, for a model with a large input, is first halved as the decoder would
        have: so the result hardly depends on the model. Enlarging repeats pixels.

        Parameters
        ----------
        width, height : int
            The size to reach, in pixels.

        Returns
        -------
        PIL.Image.Image
            RGB; shared, so not to be changed.
        """
        size = (width, height)
        if size not in self._squeezed:
            image = self.image
            factor = largest_halving(min(image.size), max(size))
            if factor > 1:
                image = image.reduce(factor)
            self._squeezed[size] = image.resize(size, Image.Resampling.BOX)
        return self._squeezed[size]


def decode(
    data: bytes,
    *,
    at_least: int = WORKING_SIDE,
    min_width: int = MIN_SIDE,
    min_height: int = MIN_SIDE,
) -> Photo:
    """Decode the first picture of an image file.

    The picture is shrunk by the largest power of two that leaves both sides at `at_least` pixels or
    more: JPEG while decoding, the others by a box average. So the reduced size depends on the size
    of the file's picture alone, and the pixels on nothing but `data` and `at_least`.

    Parameters
    ----------
    data : bytes
        The file. Its content decides about its format.
    at_least : int
        Pixels that both sides of the result keep, where the file has them.
    min_width, min_height : int
        Smaller pictures (upright) are refused.

    Returns
    -------
    Photo

    Raises
    ------
    ImageError
        The only exception; with the problem and a reason for people.

    Notes
    -----
    Colour profiles are not applied. Image formats: running guide, "Input/Output"; handling by mode:
    `fastdup_nb.media.colour`.
    """
    return decode_by(
        data,
        lambda width, height: largest_halving(min(width, height), at_least),
        min_width=min_width,
        min_height=min_height,
    )


def decode_by(
    data: bytes,
    choose_factor: Callable[[int, int], int],
    *,
    min_width: int = MIN_SIDE,
    min_height: int = MIN_SIDE,
) -> Photo:
    """Decode like `decode`, shrunk by a factor that is chosen when the size is known.

    Parameters
    ----------
    data : bytes
        The file.
    choose_factor : callable
        (width, height) of the stored picture -> a power of two.
    min_width, min_height : int
        Smaller pictures (upright) are refused.

    Raises
    ------
    ImageError
        The only exception.
    """
    name = identify(data)
    with _failures_reported(name, data), silenced_codecs():
        source = (read_jpeg(data) if name == "JPEG" else None) or open_image(name, data)
        width, height = source.size
        _check_not_too_large(width, height)
        factor = choose_factor(width, height)
        with _memory_turn(source, name, factor):
            image = _load(source, name, factor)
        check_complete(name, data)
        # Readers of TIFF and HEIF turn the picture themselves: compare with what came out.
        orientation = 1 if name in {"TIFF", "HEIF"} else read_orientation(source.info.get("exif"))
        if name in {"TIFF", "HEIF"}:
            width, height = source.size
        if is_sideways(orientation):
            width, height = height, width
        _check_not_too_small(width, height, min_width, min_height)
        return Photo(turn_upright(image, orientation), width, height, name)


def largest_halving(side: int, at_least: int) -> int:
    """Return the largest power of two by which a side can shrink and stay at or above `at_least`.

    >>> largest_halving(375, 128)
    2
    """
    ratio = side // max(1, at_least)
    return 1 << (ratio.bit_length() - 1) if ratio > 1 else 1


def to_pixels(
    photo: Photo, width: int, height: int, through: int = 0, interpolation: str = "box"
) -> NDArray[np.uint8]:
    """Return the whole picture squeezed to a size for a model.

    Enlarged bilinearly, or bicubically when that is asked for.

    Parameters
    ----------
    photo : Photo
        A decoded picture.
    width, height : int
        The size to reach, in pixels.
    through : int
        Pixels of a square to squeeze it to before; 0: none. With `WORKING_SIDE` that picture is
        there already, for the statistics.
    interpolation : {"box", "bilinear", "bicubic"}
        How it is shrunk. Area averages (`"box"`) are shared with the statistics, but show the grid
        of the pixels when a picture is hardly larger than the result. The others cost more.

    Returns
    -------
    ndarray of uint8, (height, width, 3)
        RGB; read-only, and its memory is its own.
    """
    image, size = photo.image, (width, height)
    resampling = Image.Resampling[interpolation.upper()]
    box = resampling is Image.Resampling.BOX
    if image.width < width or image.height < height:
        image = image.resize(size, Image.Resampling.BILINEAR if box else resampling)
    elif through > max(size):
        image = photo.squeeze(through, through)
        if box and through % width == through % height == 0:
            image = image.reduce((through // width, through // height))
        else:
            image = image.resize(size, resampling)
    elif box:
        image = photo.squeeze(width, height)
    else:
        image = image.resize(size, resampling)
    return np.frombuffer(image.tobytes(), np.uint8).reshape(height, width, 3)


def _load(source: ImageFile | PlainJpeg, name: str, factor: int) -> Image.Image:
    done = min(factor, _LARGEST_SCALED_DECODE) if name == "JPEG" else 1
    if isinstance(source, PlainJpeg):
        return reduce_to_rgb(source.load(done), factor // done)
    if done > 1:
        # Pillow takes the largest scale in 1, 2, 4, 8 that keeps both sides at the asked size.
        width, height = source.size
        source.draft(None, (width // done, height // done))
    source.load()
    return reduce_to_rgb(source, factor // done)


@contextmanager
def _failures_reported(name: str, data: bytes) -> Iterator[None]:
    try:
        yield
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(ImageProblem.TOO_LARGE, f"a {name} of too many pixels") from error
    except Exception as error:  # codecs raise anything on broken files; none may end a run
        raise ImageError(ImageProblem.CORRUPT, explain(name, data, error)) from error


def _memory_turn(source: ImageFile | PlainJpeg, name: str, factor: int) -> Lock | nullcontext[None]:
    width, height = source.size
    streamed = name == "JPEG" and "progressive" not in source.info
    pixels = width * height // (factor * factor if streamed else 1)
    return _one_large_at_a_time if pixels > _LARGE else nullcontext()


def _check_not_too_large(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        megapixels = width * height // 1_000_000
        reason = f"{width} x {height} px, {megapixels:,} megapixels; the limit is {limit}"
        raise ImageError(ImageProblem.TOO_LARGE, reason)


def _check_not_too_small(width: int, height: int, min_width: int, min_height: int) -> None:
    if width < min_width or height < min_height:
        reason = f"{width} x {height} px, smaller than {min_width} x {min_height}"
        raise ImageError(ImageProblem.TOO_SMALL, reason)
