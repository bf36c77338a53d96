"""Small JPEG copies of pictures for galleries."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

from PIL import Image

from fastdup_nb.media.decode import decode_by, largest_halving

QUALITY = 85


def make_thumbnail(data: bytes, max_side: int, quality: int = QUALITY) -> bytes:
    """Return an image file as a small JPEG file: upright, on white, never enlarged.

    Parameters
    ----------
    data : bytes
        The image file.
    max_side : int
        Pixels of the longer side at most.
    quality : int
        JPEG quality, 1 to 95.

    Returns
    -------
    bytes
        A JPEG file without metadata, so that no position or name leaves with a shared gallery.

    Raises
    ------
    ImageError
        The file cannot be decoded; show a placeholder with its message. Pictures too small for a
        run are shown.
    """
    photo = decode_by(
        data,
        lambda width, height: largest_halving(max(width, height), max_side),
        min_width=1,
        min_height=1,
    )
    scale = min(1.0, max_side / max(photo.width, photo.height))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    image = photo.image
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    file = BytesIO()
    # As a new picture: save() would carry over what info holds (profile, EXIF, comment).
    image.info = {}
    image.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


def to_data_uri(jpeg: bytes) -> str:
    """Return a JPEG file as a `data:` URI."""
    return "data:image/jpeg;base64," + b64encode(jpeg).decode("ascii")
