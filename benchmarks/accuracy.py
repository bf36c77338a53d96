"""How well the bundled models and the original (fastdup 2.54) find copies, on the same files.

Usage: python -m benchmarks.accuracy --photos DIR [--labels folder] [--models NAME ...]

The photos and their seeded copies (24 distortions in turn, `training/distortions.py`) are written
once, as PNG, so that nothing but the distortion differs. Each program extracts its features from
these files (`run_mode=1`, whole processes), with its defaults and with `high_accuracy=True`.
Similarity is the cosine on both sides.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from benchmarks.compare_original import PEER, PEER_SETTINGS, prepare_peer
from benchmarks.processes import ROOT, BenchmarkError, clean_environment, measure, no_network
from fastdup_nb import load_binary_feature
from fastdup_nb.models import expected_dimension
from fastdup_nb.options import ACCURATE_DIMENSION, DEFAULT_DIMENSION
from training.distortions import DISTORTIONS
from training.evaluate import THRESHOLDS, nearest_label_accuracy, pooled_figures, without_twins
from training.evaluation_photos import Photo

# The same program on both sides.
PROGRAM = (
    "import json, sys, {0}; "
    "sys.exit({0}.run(sys.argv[1], sys.argv[2], run_mode=1, **json.loads(sys.argv[3])))"
)
SUFFIXES = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
ACCURATE = {"high_accuracy": True}
Vectors: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Files:
    """Photos and copies on disk, and what is known about them.

    Parameters
    ----------
    folder : Path
        Holds nothing else.
    photos, copies : list of str, lengths n and m
        File names.
    labels : ndarray of str, shape (n,)
        Class of each photo; no two alike when there are no classes.
    sources : ndarray of int64, shape (m,)
        The photo each copy was made of.
    kinds : ndarray of str, shape (m,)
        The distortion of each copy.
    """

    folder: Path
    photos: list[str]
    copies: list[str]
    labels: npt.NDArray[np.str_]
    sources: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Figures:
    """What is measured of one model.

    Parameters
    ----------
    pooled : dict
        Figures of all copies together, by name.
    distortions : dict
        Rank-1 and the recall at each threshold, by distortion.
    """

    pooled: dict[str, float]
    distortions: dict[str, list[float]]


@dataclass(frozen=True)
class Contestant:
    """A program with its options.

    Parameters
    ----------
    name : str
        For the head of its column.
    module : str
        `fastdup_nb` or `fastdup`.
    d : int
        Length of its features.
    options : dict
        Of its `run`.
    """

    name: str
    module: str
    d: int = DEFAULT_DIMENSION
    options: dict[str, Any] = field(default_factory=dict)


def contestants(models: Sequence[str]) -> list[Contestant]:
    """Return both programs, as they are and accurate, and further models by name."""
    return [
        Contestant("fastdup_nb", "fastdup_nb"),
        Contestant("high_accuracy", "fastdup_nb", ACCURATE_DIMENSION, ACCURATE),
        *(
            Contestant(
                name,
                "fastdup_nb",
                expected_dimension(name, DEFAULT_DIMENSION),
                {"model_path": name},
            )
            for name in models
        ),
        Contestant(f"original ({PEER})", "fastdup"),
        Contestant("original, high_accuracy", "fastdup", ACCURATE_DIMENSION, ACCURATE),
    ]


def read_folder(folder: Path) -> list[Photo]:
    """Read every picture of a folder tree, upright; the label is the name of its own folder."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    photos = []
    for path in found:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
        photos.append(Photo(str(path), path.parent.name, upright))
    return photos


def write_files(photos: Sequence[Photo], count: int, folder: Path, *, labelled: bool) -> Files:
    """Write the photos, and copies of some of them.

    Parameters
    ----------
    photos : sequence of Photo
        Without twins, or they count as false finds.
    count : int
        How many copies, rounded up to as many of each distortion.
    folder : Path
        Made here.
    labelled : bool
        Whether the labels are classes.
    """
    random = np.random.default_rng(11)
    kinds = list(DISTORTIONS) * -(-count // len(DISTORTIONS))
    sources = random.permutation(np.resize(random.permutation(len(photos)), len(kinds)))
    folder.mkdir(parents=True)
    names = [f"photo-{number:06d}.png" for number in range(len(photos))]
    for name, photo in zip(names, photos, strict=True):
        photo.image.save(folder / name, compress_level=1)
    copies = [f"copy-{number:06d}.png" for number in range(len(kinds))]
    for name, kind, source in zip(copies, kinds, sources, strict=True):
        other = photos[int(random.integers(len(photos)))].image
        copy = DISTORTIONS[kind](photos[source].image, other, random)
        copy.save(folder / name, compress_level=1)
    labels = [photo.label for photo in photos] if labelled else names
    return Files(folder, names, copies, np.array(labels), sources, np.array(kinds))


def extract(contestant: Contestant, python: Path, files: Files) -> Path:
    """Run one program over the files, without network where that can be had.

    Returns
    -------
    Path
        Its results.
    """
    module = contestant.module
    results = Path(tempfile.mkdtemp(prefix=f"{module}-", dir=files.folder.parent))
    home = results / "home"
    home.mkdir()
    program = [str(python), "-c", PROGRAM.format(module), str(files.folder)]
    work_dir = results / "work"
    command = [*no_network(), *program, str(work_dir), json.dumps(contestant.options)]
    settings = PEER_SETTINGS if module == "fastdup" else {}
    measure(command, {**clean_environment(home), **settings})
    return work_dir


def read_vectors(work_dir: Path, files: Files, d: int) -> tuple[Vectors, Vectors]:
    """Read unit vectors of photos [n, d] and copies [m, d].

    Raises
    ------
    BenchmarkError
        When the program left a file out: then the files are not the same for all.
    """
    names, features = load_binary_feature(work_dir / "atrain_features.dat", d)
    row = {Path(name).name: number for number, name in enumerate(names)}
    missing = [name for name in [*files.photos, *files.copies] if name not in row]
    if missing:
        raise BenchmarkError(f"{len(missing)} files have no features, the first is {missing[0]}")
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    photos, copies = (features[[row[name] for name in g]] for g in (files.photos, files.copies))
    return photos, copies


def judge(photos: Vectors, copies: Vectors, files: Files) -> Figures:
    """Compute the figures of one model from its unit vectors."""
    likeness = copies @ photos.T
    rows = np.arange(len(copies))
    right = likeness[rows, files.sources].copy()
    likeness[rows, files.sources] = -2  # not a wrong pair
    hits = [right > likeness.max(axis=1), *(right >= threshold for threshold in THRESHOLDS)]
    pooled = pooled_figures(right, likeness)
    pooled["rank-1"] = float(hits[0].mean())
    if len(set(files.labels)) < len(files.labels):
        apart = np.where(files.labels[files.sources][:, None] == files.labels, -2, likeness)
        for name, value in pooled_figures(right, apart).items():
            if not name.startswith(("mean", "recall at 0")):  # hardly or not at all different
                pooled[f"{name}, pairs of one class left out"] = value
        pooled["5-NN accuracy"] = nearest_label_accuracy(photos, files.labels)
    distortions = {
        kind: [float(hit[files.kinds == kind].mean()) for hit in hits]
        for kind in dict.fromkeys(files.kinds.tolist())
    }
    return Figures(pooled, distortions)


def report(found: Mapping[str, Figures]) -> str:
    """Write the figures as two Markdown tables, one column for each model."""
    head, rule = " | ".join(found), "|---" * (len(found) + 1) + "|"
    every = list(found.values())
    lines = [f"| | {head} |", rule]
    lines += [
        f"| {name} | " + " | ".join(f"{figures.pooled[name]:.3f}" for figures in every) + " |"
        for name in every[0].pooled
    ]
    limits = " / ".join(str(threshold) for threshold in THRESHOLDS)
    lines += ["", f"Rank-1 / recall at {limits}:", "", f"| distortion | {head} |", rule]
    for kind in every[0].distortions:
        cells = (" / ".join(f"{share:.2f}" for share in f.distortions[kind]) for f in every)
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder of your photos")
    parser.add_argument("--labels", choices=["folder"], help="each photo's folder is its class")
    parser.add_argument("--models", nargs="+", default=[], help="further models, by name")
    parser.add_argument("--copies", type=int, default=720, help="how many, about")
    parser.add_argument("--peer-venv", type=Path, default=ROOT / ".cache" / "peer-venv")
    given = parser.parse_args()
    peer_python = prepare_peer(given.peer_venv)
    photos = read_folder(given.photos)
    single = without_twins(photos)
    with tempfile.TemporaryDirectory(prefix="fastdup_nb-bench-") as scratch:
        folder = Path(scratch) / "files"
        files = write_files(single, given.copies, folder, labelled=given.labels == "folder")
        print(f"{len(photos)} photos, {len(single)} without twins; {len(files.copies)} copies.\n")
        found = {}
        for each in contestants(given.models):
            python = peer_python if each.module == "fastdup" else Path(sys.executable)
            results = extract(each, python, files)
            found[each.name] = judge(*read_vectors(results, files, each.d), files)
    print(report(found))


if __name__ == "__main__":
    main()
