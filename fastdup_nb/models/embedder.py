"""From pixels to vectors: the embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from fastdup_nb.errors import ModelError
from fastdup_nb.models.graph import CHANNELS, GraphInput, pick_output, read_input
from fastdup_nb.models.manifest import (
    DEFAULT_MODEL,
    ImageInput,
    Manifest,
    build_input,
    build_manifest,
    bundled_bytes,
    bundled_fields,
    bundled_names,
    read_fields,
)
from fastdup_nb.models.model_file import external_files, fingerprint, locate_model
from fastdup_nb.models.session import open_session, running_errors
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A batch of two shows a graph that declares a free batch size but works for one image only.
_PROBE_BATCHES = (2, 1)


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
        self._feed = _Feed(manifest.input)

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

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Compute the embeddings of a batch. May be called from many threads at once.

        Parameters
        ----------
        pixels : ndarray of uint8, shape (n, height, width, 3)
            RGB images of `input_size`.

        Returns
        -------
        ndarray of float32, shape (n, d)
            As the model gives them, not normalised; see `usable_rows`.

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

    def _run(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        name, images = self.manifest.file, self._feed(pixels)
        with running_errors(name, images.shape):
            (result,) = self._session.run([self._output], {self._input: images})
        if result.size != len(pixels) * self.d:
            message = f"{name} gives numbers of shape {result.shape} for {len(pixels)} images."
            raise ModelError(message, "Export it with a free batch size.")
        vectors: NDArray[Any] = result.reshape(len(pixels), self.d)
        return vectors

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


def load_embedder(
    model_path: str | PathLike[str] = "", d: int | None = None, compute: str = "cpu"
) -> Embedder:
    """Load the bundled model or a user's own ONNX image model.

    Parameters
    ----------
    model_path : str or path
        The ONNX file, or the name of a bundled model; empty for the default one. A manifest
        `<model>.json` beside the file, when there is one, says how the model wants its images;
        otherwise that is found out from the graph (`docs/own-model.md`).
    d : int, optional
        The expected length of the embedding (running guide, "Using your own onnx model").
    compute : str
        `"cpu"` or `"gpu"`.

    Returns
    -------
    Embedder

    Raises
    ------
    ModelError
        When the model cannot be loaded, is no image model or does not give `d` numbers per image.
    """
    name = str(model_path) or DEFAULT_MODEL
    if name in bundled_names():
        return _load_bundled(name, d, compute)
    path = locate_model(model_path)
    files = [path, *external_files(path)]
    sidecar = path.with_suffix(".json")
    fields: dict[str, Any] = {"input": {}, "thresholds": {}}
    if sidecar.is_file():
        fields = read_fields(sidecar.read_bytes(), sidecar.name)
        files.append(sidecar)  # other scaling gives other vectors
    digest = fingerprint([path])
    _check_hash(fields, digest, path.name)
    known = {"name": path.stem, "version": 1, **fields, "file": path.name, "sha256": digest}
    session = open_session(path, path.name, compute)
    return _connect(session, known, fingerprint(files), d)


def settled_path(model_path: str | PathLike[str]) -> str:
    """Return a model_path that holds in any working directory: a bundled name stays what it is."""
    given = str(model_path)
    return given if not given or given in bundled_names() else str(absolute(model_path))


def _load_bundled(name: str, d: int | None, compute: str) -> Embedder:
    fields = bundled_fields(name)
    if d not in (None, fields["d"]):
        message = (
            f"The bundled model {fields['name']} gives {fields['d']} numbers per image but d={d}."
        )
        raise ModelError(message, "Leave d out, or give your own model with model_path.")
    data = bundled_bytes(fields["file"])
    digest = hashlib.sha256(data).hexdigest()
    _check_hash(fields, digest, fields["file"])
    return _connect(open_session(data, fields["file"], compute), fields, digest, d)


def _check_hash(fields: Mapping[str, Any], digest: str, name: str) -> None:
    if fields.get("sha256", digest) != digest:
        message = f"{name} is not the file that its manifest describes: the sha256 differs."
        raise ModelError(message, "Get the model again, or take sha256 out of your own manifest.")


def _connect(session: Any, fields: Mapping[str, Any], digest: str, d: int | None) -> Embedder:
    model = fields["file"]
    graph_input = read_input(session, fields["input"], model)
    feed = _Feed(build_input(graph_input.fields, model))
    wanted = d if d is not None else fields.get("d")
    output, length, batch = _probe(session, graph_input, feed, wanted, model)
    if d not in (None, length):
        message = f"{model} gives {length} numbers per image but d={d}."
        raise ModelError(message, f"Pass d={length}.")
    if fields.get("d", length) != length:
        message = f"{model} gives {length} numbers per image but its manifest says {fields['d']}."
        raise ModelError(message, "Correct d in the manifest, or leave it out.")
    manifest = build_manifest({**fields, "d": length, "input": graph_input.fields}, model)
    return Embedder(session, manifest, graph_input.name, output, batch, digest)


def _probe(
    session: Any, graph_input: GraphInput, feed: _Feed, d: int | None, model: str
) -> tuple[str, int, int]:
    # What a graph declares and what it does can differ: run it once. Returns output, d and batch.
    failure = ModelError("")
    for batch in (graph_input.batch,) if graph_input.batch else _PROBE_BATCHES:
        images = feed(feed.gradient(batch))
        try:
            with running_errors(model, images.shape):
                results = session.run(None, {graph_input.name: images})
            output, length = pick_output(session, results, batch, d, model)
        except ModelError as error:
            failure = error
        else:
            only_one = batch == 1 and not graph_input.batch
            return output, length, 1 if only_one else graph_input.batch
    raise failure


class _Feed:
    """Turns RGB bytes into what the graph takes: layout, type, scaling."""

    def __init__(self, wanted: ImageInput) -> None:
        self._size = wanted.height, wanted.width
        self._planar = wanted.layout == "NCHW"
        self._dtype = np.dtype(wanted.dtype)
        std = np.asarray(wanted.std)
        shape = (CHANNELS, 1, 1) if self._planar else (CHANNELS,)
        self._gain = (wanted.scale / std).astype(np.float32).reshape(shape)
        self._offset = (-np.asarray(wanted.mean) / std).astype(np.float32).reshape(shape)

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[Any]:
        images = pixels.transpose(0, 3, 1, 2) if self._planar else pixels
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
