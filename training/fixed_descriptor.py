"""The fixed 576-d descriptor, written as an ONNX graph: no training, no torch.

It is the embedding the package started with and the figure a trained model has to beat. Four parts
describe the image, each scaled to length 1 and weighted, so that the cosine of two vectors is a
weighted mean of four cosines:

=====================  ====  =================================================================
part                   dims  what it sees
=====================  ====  =================================================================
luma                    144  12 x 12 lowest cosine frequencies of the luma, whitened
chroma                   72  6 x 6 lowest cosine frequencies of two opponent colours
gradients               288  8 directions, soft assignment, on an overlapping 6 x 6 grid
colours                  71  soft histogram over prototypes in opponent colour space
constant                  1  keeps the length above 0, sets where 0.9 and 0.96 lie
=====================  ====  =================================================================
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import onnx

from training.evaluation_photos import read_photos
from training.fixed_parts import FLOORS, SIDE, Array, Sizes, add_parts, constant, mean_parts
from training.graph import GraphBuilder
from training.manifest import write_manifest

DIMENSIONS = 576

SHARES = {"luma": 0.34, "chroma": 0.16, "gradients": 0.34, "colours": 0.16}
"""Share of the cosine each part has, before the constant."""

CONSTANT = 0.6
"""b: a cosine c of the four parts becomes (c + b) / (1 + b)."""


def build_graph(sizes: Sizes, means: dict[str, Array]) -> onnx.ModelProto:
    """Assemble the descriptor.

    Parameters
    ----------
    sizes : Sizes
        How finely each part looks.
    means : dict of str to ndarray
        Mean of each part over photographs.

    Returns
    -------
    onnx.ModelProto
        ``images`` uint8 [N, 128, 128, 3] -> ``embedding`` float32 [N, 576].
    """
    g = GraphBuilder()
    parts = add_parts(g, g.pixels(), sizes, means)
    scaled = [
        g.scaled_to_unit(part, sizes.dimensions[name], FLOORS[name], SHARES[name])
        for name, part in parts.items()
    ]
    scaled.append(constant(g, scaled[0], math.sqrt(CONSTANT)))
    return g.model("fixed-576", scaled, SIDE, DIMENSIONS)


def main() -> None:
    """Write the graph and its manifest."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, required=True, help="tar of photos to average over")
    parser.add_argument("--limit", type=int, default=2000, help="how many photos of it")
    parser.add_argument("--out", type=Path, default=Path("fastdup_nb/models/weights"))
    options = parser.parse_args()
    photos = np.stack([p.at_side(SIDE) for p in read_photos(options.photos, options.limit)])
    sizes = Sizes()
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "fixed-576.onnx"
    onnx.save(build_graph(sizes, mean_parts(sizes, photos)), str(target))
    write_manifest(
        target,
        side=SIDE,
        dimensions=DIMENSIONS,
        description="Fixed descriptor, not trained: colour layout, cosine frequencies, gradients.",
        version=2,
    )


if __name__ == "__main__":
    main()
