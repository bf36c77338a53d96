"""DICOM: medical images, as a viewer first shows them. Needs pydicom."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.pixels.processing import apply_voi_lut
from pydicom.pixels.utils import pixel_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PIXELS = 1 << 28


def open_dicom(stream: BytesIO) -> Image.Image:
    """Return the first frame of a DICOM file, eight bits deep.

    Values are windowed as the file says (VOI LUT, DICOM PS3.3 C.11.2), else stretched from the
    least to the greatest; inverted pictures (MONOCHROME1) are shown as they are meant.

    Parameters
    ----------
    stream : BytesIO
        The file.

    Raises
    ------
    Exception
        Whatever pydicom raises on a file it cannot read, or without the decoder of its compression.
    """
    dataset: Any = dcmread(stream)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if rows * columns > _MOST_PIXELS:
        raise Image.DecompressionBombError
    pixels: NDArray[Any] = pixel_array(dataset, index=0)
    if pixels.ndim == 3:
        return Image.fromarray(_to_bytes(pixels)).convert("RGB")
    shown = _to_bytes(np.asarray(apply_voi_lut(pixels, dataset), np.float64))
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        shown = 255 - shown
    return Image.fromarray(shown)


def _to_bytes(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return values as bytes; stretched unless they are bytes already."""
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    low, high = float(values.min()), float(values.max())
    scale = 255 / (high - low) if high > low else 0.0
    found: NDArray[np.uint8] = np.rint((values - low) * scale).astype(np.uint8)
    return found
