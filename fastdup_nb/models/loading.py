"""Opening a model: a bundled one, one of the catalogue, or a user's own ONNX file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastdup_nb.errors import ModelError
from fastdup_nb.models.catalogue import CatalogueModel, find_model, model_names
from fastdup_nb.models.download import obtain
from fastdup_nb.models.embedder import Embedder, Feed
from fastdup_nb.models.graph import GraphInput, pick_output, read_input
from fastdup_nb.models.manifest import (
    DEFAULT_MODEL,
    build_input,
    build_manifest,
    bundled_bytes,
    bundled_fields,
    bundled_names,
    read_fields,
)
from fastdup_nb.models.model_file import external_files, fingerprint, locate_model, with_output
from fastdup_nb.models.session import open_session, running_errors
from fastdup_nb.options import DEFAULT_DIMENSION, unknown_name
from fastdup_nb.paths import absolute

if TYPE_CHECKING:
    from fastdup_nb.progress import Progress

# A batch of two shows a graph that declares a free batch size but works for one image only.
_PROBE_BATCHES = (2, 1)
# Fields that other vectors follow from.
_FEEDING_FIELDS = ("input", "output", "pooling", "normalize")


def load_embedder(
    model_path: str | PathLike[str] = "",
    d: int | None = None,
    compute: str = "cpu",
    progress: Progress | None = None,
    *,
    download: bool = True,
) -> Embedder:
    """Load the bundled model, one of the catalogue, or a user's own ONNX image model.

    Parameters
    ----------
    model_path : str or path
        The ONNX file, or a name: of a bundled model, or of one of the catalogue
        (`fastdup_nb.models.catalogue`), which is downloaded when it is used for the first time.
        Empty for the default model. A manifest `<model>.json` beside a file, when there is one,
        says how the model wants its images; otherwise that is found out from the graph
        (`docs/own-model.md`).
    d : int, optional
        The expected length of the embedding (running guide, "Using your own onnx model").
    compute : str
        `"cpu"` or `"gpu"`.
    progress : Progress, optional
        Told how far a download is.
    download : bool
        Whether a model of the catalogue may be downloaded: only when the user named it.

    Returns
    -------
    Embedder

    Raises
    ------
    ModelError
        When the model cannot be had or loaded, is no image model or does not give `d` numbers per
        image.
    """
    name = str(model_path) or DEFAULT_MODEL
    if name in bundled_names():
        return _load_bundled(name, d, compute)
    entry = find_model(name)
    if entry is not None:
        _check_dimension(entry.name, entry.d, d)
        path = obtain(entry, progress, download=download)
        fields = {**entry.fields, "file": path.name, "sha256": entry.sha256}
        return _connect(path, fields, _fed_fingerprint(entry), d, compute)
    _check_is_no_name(name)
    path = locate_model(model_path)
    files = [path, *external_files(path)]
    sidecar = path.with_suffix(".json")
    fields = {"input": {}, "thresholds": {}}
    if sidecar.is_file():
        fields = read_fields(sidecar.read_bytes(), sidecar.name)
        files.append(sidecar)  # other scaling gives other vectors
    digest = fingerprint([path])
    _check_hash(fields, digest, path.name)
    known = {"name": path.stem, "version": 1, **fields, "file": path.name, "sha256": digest}
    return _connect(path, known, fingerprint(files), d, compute)


def settled_path(model_path: str | PathLike[str]) -> str:
    """Return a model_path that holds in any working directory: a name stays what it is."""
    given = str(model_path)
    return given if not given or _named_dimension(given) else str(absolute(model_path))


def expected_dimension(model_path: str | PathLike[str], d: int) -> int:
    """Return the length of the embedding to expect: that of a named model unless `d` says one.

    Parameters
    ----------
    model_path : str or path
        As for `load_embedder`. Nothing is opened.
    d : int
        What the user gave; the default of `run` counts as nothing given.
    """
    named = _named_dimension(str(model_path))
    return named if named and d == DEFAULT_DIMENSION else d


def _named_dimension(name: str) -> int:
    if name in bundled_names():
        return int(bundled_fields(name)["d"])
    entry = find_model(name)
    return entry.d if entry else 0


def _load_bundled(name: str, d: int | None, compute: str) -> Embedder:
    fields = bundled_fields(name)
    _check_dimension(f"The bundled model {name}", fields["d"], d)
    data = bundled_bytes(fields["file"])
    digest = hashlib.sha256(data).hexdigest()
    _check_hash(fields, digest, fields["file"])
    return _connect(data, fields, digest, d, compute)


def _check_dimension(model: str, length: int, d: int | None) -> None:
    if d not in (None, length):
        message = f"{model} gives {length} numbers per image but d={d}."
        raise ModelError(message, "Leave d out, or give your own model with model_path.")


def _check_is_no_name(given: str) -> None:
    """Raise the error for a word that is neither a model nor a file."""
    if re.fullmatch(r"[\w.-]+", given) and not Path(given).suffix and not Path(given).exists():
        unknown = unknown_name("model", given, (*bundled_names(), *model_names()))
        hint = f"{unknown.hint} Or give the path of an ONNX file."
        raise ModelError(f"There is no model and no file of the name {given!r}.", hint)


def _check_hash(fields: Mapping[str, Any], digest: str, name: str) -> None:
    if fields.get("sha256", digest) != digest:
        message = f"{name} is not the file that its manifest describes: the sha256 differs."
        raise ModelError(message, "Get the model again, or take sha256 out of your own manifest.")


def _fed_fingerprint(entry: CatalogueModel) -> str:
    """Return what changes when the file of a catalogue model, or how it is fed, changes."""
    feeding = {name: entry.fields.get(name) for name in _FEEDING_FIELDS}
    text = json.dumps([entry.sha256, feeding], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _connect(
    source: bytes | Path, fields: Mapping[str, Any], digest: str, d: int | None, compute: str
) -> Embedder:
    model = fields["file"]
    session = _open(source, fields, compute)
    graph_input = read_input(session, fields["input"], model)
    wanted = {**fields, "input": graph_input.fields, "d": d if d is not None else fields.get("d")}
    output, length, batch = _probe(session, graph_input, wanted)
    if d not in (None, length):
        message = f"{model} gives {length} numbers per image but d={d}."
        raise ModelError(message, f"Pass d={length}.")
    if fields.get("d", length) != length:
        message = f"{model} gives {length} numbers per image but its manifest says {fields['d']}."
        raise ModelError(message, "Correct d in the manifest, or leave it out.")
    manifest = build_manifest({**wanted, "d": length}, model)
    return Embedder(session, manifest, graph_input.name, output, batch, digest)


def _open(source: bytes | Path, fields: Mapping[str, Any], compute: str) -> Any:
    """Open a session that gives the wanted output, which may be a tensor inside the graph."""
    model, output = fields["file"], fields.get("output")
    session = open_session(source, model, compute)
    names = [node.name for node in session.get_outputs()]
    if not isinstance(output, str) or output in names:
        return session
    data, folder = (source, None) if isinstance(source, bytes) else _content(source)
    try:
        return open_session(with_output(data, output), model, compute, folder)
    except ModelError as error:
        message = f"{model} has no output and no tensor named {output!r}."
        raise ModelError(message, f"Its outputs: {', '.join(names)}.") from error


def _content(path: Path) -> tuple[bytes, Path]:
    return path.read_bytes(), path.parent


def _probe(
    session: Any, graph_input: GraphInput, wanted: Mapping[str, Any]
) -> tuple[str, int, int]:
    # What a graph declares and what it does can differ: run it once. Returns output, d and batch.
    model = wanted["file"]
    feed = Feed(build_input(wanted["input"], model))
    failure = ModelError("")
    for batch in (graph_input.batch,) if graph_input.batch else _PROBE_BATCHES:
        images = feed(feed.gradient(batch))
        try:
            with running_errors(model, images.shape):
                results = session.run(None, {graph_input.name: images})
            output, length = pick_output(session, results, batch, wanted["d"], wanted)
        except ModelError as error:
            failure = error
        else:
            only_one = batch == 1 and not graph_input.batch
            return output, length, 1 if only_one else graph_input.batch
    raise failure
