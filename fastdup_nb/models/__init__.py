"""Models: the ONNX embedder, the manifests, the bundled weights, the catalogue of others."""

from fastdup_nb.models.embedder import Embedder, usable_rows
from fastdup_nb.models.loading import expected_dimension, load_embedder, settled_path
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
    "expected_dimension",
    "load_embedder",
    "settled_path",
    "usable_rows",
]
