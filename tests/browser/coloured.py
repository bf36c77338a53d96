"""Very many images that tell by their colour which they are, and the results of a run over them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

# So many colours are told apart for sure, whatever JPEG does to them.
LEVELS = 16
COLOURS = LEVELS**3
STEP = 255 // (LEVELS - 1)


def colour_of(image: int) -> tuple[int, int, int]:
    """Return the colour of an image; neighbours in the list differ much."""
    code = (image * 1237) % COLOURS
    return (
        STEP * (code % LEVELS),
        STEP * (code // LEVELS % LEVELS),
        STEP * (code // LEVELS**2),
    )


def write_coloured(folder: Path, count: int, labels: int = 0) -> Path:
    """Write images of one colour each and the results of a run; return the work_dir.

    Beyond 4096 images, files are further names of those before. Row i of the statistics sorted by
    file name is image i.
    """
    photos, work_dir = folder / "photos", folder / "results"
    photos.mkdir(parents=True)
    work_dir.mkdir()
    names = [photos / f"image {number:06d}.png" for number in range(count)]
    for number, name in enumerate(names):
        if number < COLOURS:
            Image.new("RGB", (64, 48), colour_of(number)).save(name, compress_level=1)
        else:
            os.link(names[number % COLOURS], name)
    rng = np.random.default_rng(3)
    blur = rng.permutation(count)
    listed = "".join(f"{number},{name}\n" for number, name in enumerate(names))
    (work_dir / "atrain_features.dat.csv").write_text(f"index,filename\n{listed}")
    rows = "".join(
        f"{number},{name},64,48,1,{blur[number]},{number % 255},0,255,1,{200 + number % 97},0.5\n"
        for number, name in enumerate(names)
    )
    header = "index,filename,width,height,unique,blur,mean,min,max,stdv,file_size,contrast"
    (work_dir / "atrain_stats.csv").write_text(f"{header}\n{rows}")
    order = rng.permutation(count)
    pairs = "".join(
        f"{names[one]},{names[other]},{1 - place / (2 * count):.6f}\n"
        for place, (one, other) in enumerate(zip(order, np.roll(order, 1), strict=True))
    )
    (work_dir / "similarity.csv").write_text(f"from,to,distance\n{pairs}")
    (work_dir / "outliers.csv").write_text("from,to,distance\n")
    components = "".join(f"{n},{n // 3},3,0.97,0.96,0.99,1,0\n" for n in range(count))
    columns = "__id,component_id,count,mean_distance,min_distance,max_distance,pagerank,delta"
    (work_dir / "connected_components.csv").write_text(f"{columns}\n{components}")
    (work_dir / "config.json").write_text("{}")
    if labels:
        known = "".join(f"{name},label {n % labels:05d}\n" for n, name in enumerate(names))
        (folder / "labels.csv").write_text(f"filename,label\n{known}")
    return work_dir
