"""The manifest beside each ONNX file: how to feed the model and to read its cosines."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def write_manifest(
    model: Path,
    *,
    side: int,
    dimensions: int,
    description: str,
    version: int = 1,
    through: int = 0,
    interpolation: str = "box",
) -> Path:
    """Write ``<model>.json`` next to an ONNX file.

    Parameters
    ----------
    model : Path
        The ONNX file; its stem is the name of the model.
    side : int
        Width and height of the input in pixels.
    dimensions : int
        Length of the embedding.
    description : str
        One sentence for people.
    version : int
        Raised whenever the weights under one name change.
    through : int
        Side of the square that images are squeezed to before; 0 for none.
    interpolation : str
        How images are shrunk: "box", "bilinear" or "bicubic".

    Returns
    -------
    Path
        The manifest.
    """
    facts = {
        "name": model.stem,
        "version": version,
        "file": model.name,
        "sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        "d": dimensions,
        "input": {
            "width": side,
            "height": side,
            "layout": "NHWC",
            "dtype": "uint8",
            "scale": 1.0,
            "mean": [0, 0, 0],
            "std": [1, 1, 1],
            **({"through": through} if through else {}),
            **({"interpolation": interpolation} if interpolation != "box" else {}),
        },
        # The documented defaults; the constant of each model is chosen for them.
        "thresholds": {"similarity": 0.9, "components": 0.96},
        "licence": "BSD-3-Clause",
        "description": description,
    }
    target = model.with_suffix(".json")
    target.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return target
