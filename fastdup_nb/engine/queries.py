"""What a user searches for, turned into an embedding the way a run turns its files into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from PIL.Image import Image

from fastdup_nb.errors import ImageError, ImageProblem, InputNotFoundError, OptionError
from fastdup_nb.media.decode import MIN_SIDE, WORKING_SIDE, Photo, decode, to_pixels
from fastdup_nb.media.given import take_array, take_picture
from fastdup_nb.models import usable_rows
from fastdup_nb.paths import absolute
from fastdup_nb.sources import read_bytes
from fastdup_nb.sources.paths import absolute as absolute_name
from fastdup_nb.sources.paths import local_path
from fastdup_nb.store.extraction import content_digest
from fastdup_nb.store.queries import keep_query

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.models import Embedder

# A path, the content of a file, a picture, an array of pixels, or an embedding.
ImageQuery = str | PathLike[str] | bytes | bytearray | memoryview | Image | np.ndarray
_ACCEPTED = "Give a path, a Pillow image, an array of pixels, or the bytes of an image file."


@dataclass(frozen=True, slots=True)
class Query:
    """An image to search for.

    Attributes
    ----------
    name : str
        Its absolute path; of what is no file, the path of a small picture of it.
    vector : ndarray of float32, shape (d,)
        Its embedding, raw.
    digest : bytes or None
        Digest of its content, as stored for every image; None when it is no file's content.
    pixels : int
        Width times height; 0 when it was given as an embedding.
    """

    name: str
    vector: NDArray[np.float32]
    digest: bytes | None = None
    pixels: int = 0


class QueryReader:
    """Reads queries; one for all threads.

    Parameters
    ----------
    open_model : callable
        Returns the embedder; not called for an embedding.
    d : int
        Length of the stored embeddings.
    private : Path
        The private folder of the work_dir, for pictures of queries that are no files.
    least_side : int
        Smaller images are refused, as the run refused them.
    """

    def __init__(
        self, open_model: Callable[[], Embedder], d: int, private: Path, least_side: int = MIN_SIDE
    ) -> None:
        self._open_model, self._d, self._private = open_model, d, private
        self._least_side = min(least_side, MIN_SIDE)

    def read(self, image: ImageQuery) -> Query:
        """Return a query with its embedding.

        Raises
        ------
        InputNotFoundError
            When there is no such file.
        ImageError
            When it is no picture, or one that cannot be used.
        OptionError
            When it is of a type that cannot be searched for.
        """
        if isinstance(image, (str, PathLike)):
            return self._read_file(image)
        if isinstance(image, (bytes, bytearray, memoryview)):
            return self._read_content(bytes(image), "")
        if isinstance(image, Image):
            photo = take_picture(image, at_least=self._at_least)
            return self._embed(photo, _file_of(image))
        if isinstance(image, np.ndarray):
            if image.ndim == 1:
                return self._take_embedding(image)
            return self._embed(take_array(image, at_least=self._at_least), "")
        message = f"Cannot search for a {type(image).__name__}."  # type: ignore[unreachable]
        raise OptionError(message, _ACCEPTED)

    @property
    def _at_least(self) -> int:
        return max(*self._open_model().input_size, WORKING_SIDE)

    def _read_file(self, path: str | PathLike[str]) -> Query:
        if not str(path).strip():
            raise OptionError("The image to search for has no name.", _ACCEPTED)
        name = absolute_name(local_path(path))
        try:
            return self._read_content(read_bytes(name), name)
        except ImageError as error:
            if error.problem is ImageProblem.MISSING:
                raise InputNotFoundError(f"{name}: {error.message}.", _ACCEPTED) from error
            raise ImageError(error.problem, f"{name}: {error.message}") from error

    def _read_content(self, data: bytes, name: str) -> Query:
        least = self._least_side
        photo = decode(data, at_least=self._at_least, min_width=least, min_height=least)
        return self._embed(photo, name, content_digest(data))

    def _embed(self, photo: Photo, name: str, digest: bytes | None = None) -> Query:
        embedder = self._open_model()
        pixels = to_pixels(photo, *embedder.squeeze)
        vectors = embedder.embed(pixels[None])
        if not usable_rows(vectors)[0]:
            reason = "the model gave no usable embedding (zero or not a number)"
            raise ImageError(ImageProblem.ZERO_VECTOR, f"{name}: {reason}" if name else reason)
        shown = name or str(keep_query(self._private, photo.image))
        return Query(shown, vectors[0], digest, photo.width * photo.height)

    def _take_embedding(self, vector: NDArray[Any]) -> Query:
        if len(vector) != self._d or vector.dtype.kind not in "iuf":
            message = f"An embedding of {len(vector)} numbers ({vector.dtype}) was given."
            raise OptionError(message, f"Those of this collection have {self._d} numbers.")
        exact = vector.astype(np.float32)
        if not usable_rows(exact[None])[0]:
            raise OptionError("The embedding is zero or holds NaN.", "It has no direction.")
        return Query("embedding", exact)


def is_one_query(image: ImageQuery | Iterable[ImageQuery]) -> TypeGuard[ImageQuery]:
    """Return whether this is one image to search for, not several."""
    alone = isinstance(image, (str, PathLike, bytes, bytearray, memoryview, Image, np.ndarray))
    return alone or not isinstance(image, Iterable)


def _file_of(image: Image) -> str:
    """Return the file a Pillow image was opened from; empty when there is none."""
    name = getattr(image, "filename", "")
    if not isinstance(name, (str, PathLike)) or not str(name):
        return ""
    path = absolute(name)
    return str(path) if path.is_file() else ""
