"""Pictures that are in memory already: Pillow images and arrays, made what `decode` makes of files.

The pixels are taken as they are. A JPEG file is shrunk while it is decoded, which a Pillow image of
it was not: the two differ by a rounding here and there, and so do their embeddings, slightly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from fastdup_nb.errors import ImageError, ImageProblem
from fastdup_nb.media.colour import reduce_to_rgb
from fastdup_nb.media.decode import MIN_SIDE, WORKING_SIDE, Photo, largest_halving
from fastdup_nb.media.orientation import is_sideways, read_orientation, turn_upright
from fastdup_nb.media.silence import silenced_codecs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHANNELS = (1, 3, 4)
_ARRAY = "an array of shape (height, width) or (height, width, 3): uint8, or floats from 0 to 1"


def take_picture(image: Image.Image, *, at_least: int = WORKING_SIDE) -> Photo:
    """Return a Pillow image as `decode` would return a file of it; the image is not changed.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode; turned upright when it carries an EXIF orientation.
    at_least : int
        Pixels that both sides of the result keep, where the image has them.

    Raises
    ------
    ImageError
        When it is too small, or its file turns out to be broken.
    """
    width, height = image.size
    _check_size(width, height)
    try:
        with silenced_codecs():
            image.load()
            small = reduce_to_rgb(image, largest_halving(min(width, height), at_least))
    except ImageError:
        raise
    except Exception as error:  # a lazily opened file is read now, and codecs raise anything
        raise ImageError(ImageProblem.CORRUPT, f"the picture cannot be read: {error}") from error
    orientation = read_orientation(image.info.get("exif"))
    if is_sideways(orientation):
        width, height = height, width
    return Photo(turn_upright(small, orientation), width, height, "PIL")


def take_array(pixels: NDArray[Any], *, at_least: int = WORKING_SIDE) -> Photo:
    """Return an array of pixels as `decode` would return a file of it.

    Parameters
    ----------
    pixels : ndarray of shape (height, width), (height, width, 1), (..., 3) RGB or (..., 4) RGBA
        Whole numbers from 0 to 255, or floats from 0 to 1.
    at_least : int
        Pixels that both sides of the result keep, where the array has them.

    Raises
    ------
    ImageError
        When shape or values are none of these, or the picture is too small.
    """
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim != 2 and not (pixels.ndim == 3 and pixels.shape[2] in _CHANNELS):
        raise _no_picture(f"an array of shape {pixels.shape}")
    _check_size(pixels.shape[1], pixels.shape[0])
    octets = np.ascontiguousarray(_as_octets(pixels))
    return take_picture(Image.fromarray(octets), at_least=at_least)


def _as_octets(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype.kind not in "iuf":
        raise _no_picture(f"an array of {pixels.dtype}")
    highest = 1 if pixels.dtype.kind == "f" else 255
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= highest):  # also when NaN
        raise _no_picture(f"an array of {pixels.dtype} from {low:g} to {high:g}")
    if highest == 1:
        return np.rint(pixels.astype(np.float64) * 255).astype(np.uint8)
    return pixels.astype(np.uint8)


def _check_size(width: int, height: int) -> None:
    if width < MIN_SIDE or height < MIN_SIDE:
        reason = f"{width} x {height} px, smaller than {MIN_SIDE} x {MIN_SIDE}"
        raise ImageError(ImageProblem.TOO_SMALL, reason)


def _no_picture(what: str) -> ImageError:
    return ImageError(ImageProblem.NOT_AN_IMAGE, f"{what} is no picture; give {_ARRAY}")
