"""Models: the ONNX embedder, the manifests, the bundled weights."""

from fastdup_nb.models.embedder import Embedder, load_embedder, settled_path, usable_rows
from fastdup_nb.models.manifest import (
    DEFAULT_MODEL,
    ImageInput,
    Manifest,
    Thresholds,
    bundled_manifest,
)

__all__ = [
    "DEFAULT_MODEL",
    "Embedder",
    "ImageInput",
    "Manifest",
    "Thresholds",
    "bundled_manifest",
    "load_embedder",
    "settled_path",
    "usable_rows",
]
