"""From pixels to vectors: the embedder. `fastdup_nb.models.loading` makes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import ModelError
from fastdup_nb.models.graph import CHANNELS
from fastdup_nb.models.pooling import pool, to_unit_length, vector_length
from fastdup_nb.models.session import running_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastdup_nb.models.manifest import ImageInput, Manifest


class Embedder:
    """Computes embeddings; one for all threads. `load_embedder` makes it.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        The open graph.
    manifest : Manifest
        What is known about the model.
    graph_input, graph_output : str
        Names of the input for the images and of the output that holds the vectors.
    batch : int
        Images per run when the graph fixes it; 0 when any number goes.
    fingerprint : str
        Changes when the model, or how it is fed, changes.
    """

    def __init__(
        self,
        session: Any,
        manifest: Manifest,
        graph_input: str,
        graph_output: str,
        batch: int,
        fingerprint: str,
    ) -> None:
        self.manifest = manifest
        self.fingerprint = fingerprint
        self._session, self._batch = session, batch
        self._input, self._output = graph_input, graph_output
        self._feed = Feed(manifest.input)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.manifest.name

    @property
    def d(self) -> int:
        """Length of the embedding."""
        return self.manifest.d

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height, in pixels, of the images to give."""
        return self.manifest.input.width, self.manifest.input.height

    @property
    def squeeze(self) -> tuple[int, int, int, str]:
        """Width, height, `through` and `interpolation` of its images, as `to_pixels` takes them."""
        wanted = self.manifest.input
        return wanted.width, wanted.height, wanted.through, wanted.interpolation

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute the embeddings of a batch. May be called from many threads at once.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (n, height, width, 3)
            RGB images of `input_size`.

        Returns
        -------
        ndarray of float32, shape (n, d)
            As the model gives them, not normalised unless the manifest says so; see
            `usable_rows`.

        Raises
        ------
        ModelError
            When the pixels have another shape or the model fails.
        """
        self._check(pixels)
        vectors = np.empty((len(pixels), self.d), dtype=np.float32)
        for start, stop, block in _blocks(pixels, self._batch):
            vectors[start:stop] = self._run(block)[: stop - start]
        return vectors

    def _run(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        name, images = self.manifest.file, self._feed(pixels)
        with running_errors(name, images.shape):
            (result,) = self._session.run([self._output], {self._input: images})
        pooling, layout = self.manifest.pooling, self.manifest.input.layout
        fits = result.size == len(pixels) * self.d
        if pooling is not None:
            fits = vector_length(result.shape, len(pixels), pooling, layout) == self.d
        if not fits:
            message = f"{name} gives numbers of shape {result.shape} for {len(pixels)} images."
            raise ModelError(message, "Export it with a free batch size.")
        vectors = pool(result, len(pixels), self.d, pooling, layout)
        return to_unit_length(vectors) if self.manifest.normalize else vectors

    def _check(self, pixels: NDArray[np.uint8]) -> None:
        width, height = self.input_size
        if pixels.dtype != np.uint8 or pixels.shape[1:] != (height, width, CHANNELS):
            message = f"{self.manifest.file} was given {pixels.dtype} pixels of {pixels.shape}."
            raise ModelError(message, f"It takes uint8 pixels of (n, {height}, {width}, 3).")


def usable_rows(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which vectors have a direction: a length that is not 0, infinite or NaN in float32.

    Parameters
    ----------
    vectors : ndarray of float32, shape (n, d)
        Embeddings.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        squared_lengths = np.einsum("ij,ij->i", vectors, vectors)
    usable: NDArray[np.bool_] = np.isfinite(squared_lengths) & (squared_lengths > 0)
    return usable


class Feed:
    """Turns RGB bytes into what the graph takes: layout, type, order of the colours, scaling.

    Parameters
    ----------
    wanted : ImageInput
        How the model wants its images.
    """

    def __init__(self, wanted: ImageInput) -> None:
        self._size = wanted.height, wanted.width
        self._planar = wanted.layout == "NCHW"
        self._reversed = wanted.channels == "BGR"
        self._dtype = np.dtype(wanted.dtype)
        std = np.asarray(wanted.std)
        shape = (CHANNELS, 1, 1) if self._planar else (CHANNELS,)
        self._gain = (wanted.scale / std).astype(np.float32).reshape(shape)
        self._offset = (-np.asarray(wanted.mean) / std).astype(np.float32).reshape(shape)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        """Return RGB images (n, height, width, 3) as the graph takes them."""
        images = pixels[..., ::-1] if self._reversed else pixels
        images = images.transpose(0, 3, 1, 2) if self._planar else images
        if self._dtype == np.uint8:
            return np.ascontiguousarray(images)
        values = np.empty(images.shape, dtype=np.float32)
        np.multiply(images, self._gain, out=values)
        values += self._offset
        return values.astype(self._dtype, copy=False)

    def gradient(self, batch: int) -> NDArray[np.uint8]:
        """Return images to try the graph with."""
        height, width = self._size
        ramp = np.linspace(0, 255, height * width * CHANNELS).astype(np.uint8)
        return np.broadcast_to(
            ramp.reshape(1, height, width, CHANNELS), (batch, height, width, CHANNELS)
        )


def _blocks(pixels: NDArray[np.uint8], batch: int) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    # A graph with a fixed batch size gets full batches: black images fill up the last one.
    step = batch or max(len(pixels), 1)
    for start in range(0, len(pixels), step):
        block = pixels[start : start + step]
        stop = start + len(block)
        if len(block) < batch:
            filler = np.zeros((batch - len(block), *pixels.shape[1:]), dtype=np.uint8)
            block = np.concatenate([block, filler])
        yield start, stop, block
