"""Stage 6, ``python -m training.evaluate``: how well an ONNX model finds copies.

Originals are the photos of the tars named; copies are made of some of them, with the 24 distortions
in turn. Figures:

* micro average precision and recall at 99 % precision over all pairs (copy, original), where
  exactly one original is right for a copy;
* precision and recall of the fixed thresholds 0.9 and 0.96 over the same pairs; all of these also
  without pairs of one class, because the collections hold twins: drawings that differ in a colour,
  the same carton a moment later;
* per distortion: how often the right original comes first, and how often it is above the
  thresholds;
* leave-one-out 5-NN accuracy over the classes of the first tar.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from training.distortions import DISTORTIONS, EXTRA, Distortion
from training.evaluation_photos import Photo, as_input, read_photos

THRESHOLDS = (0.9, 0.96)
POOLS = ("all pairs", "pairs of one class left out")
Pixels = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]


@dataclass
class Measured:
    """Originals, copies of some of them, and what is known about both, as the model's input."""

    originals: Pixels
    labels: npt.NDArray[np.str_]
    copies: Pixels
    sources: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.str_]

    def squeezed(self, side: int) -> Measured:
        """Give the same photos at a smaller size, box-averaged as the package does it."""
        if self.originals.shape[1] == side:
            return self
        size, box = (side, side), Image.Resampling.BOX
        originals, copies = (
            np.stack([np.asarray(Image.fromarray(photo).resize(size, box)) for photo in photos])
            for photos in (self.originals, self.copies)
        )
        return replace(self, originals=originals, copies=copies)


class Model:
    """An ONNX file and its manifest, as the package uses them."""

    def __init__(self, path: Path) -> None:
        manifest = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        self.side = int(manifest["input"]["width"])
        self.through = int(manifest["input"].get("through", 0)) or self.side
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def describe(self, pixels: Pixels) -> Vectors:
        """Give unit vectors [n, d] of uint8 photos [n, side, side, 3]."""
        runs = (pixels[i : i + 8] for i in range(0, len(pixels), 8))
        found = np.concatenate([self._session.run(None, {self._input: r})[0] for r in runs])
        return found / np.linalg.norm(found, axis=1, keepdims=True)


def without_twins(photos: list[Photo]) -> list[Photo]:
    """Drop photos that the collection already holds: they would count as false finds.

    Twins are told by pixels (16 x 16 gray thumbnails that correlate above 0.985), not by any model
    under test.
    """
    small = [p.image.convert("L").resize((16, 16), Image.Resampling.BOX) for p in photos]
    rows = np.array([np.asarray(s, dtype=np.float32).ravel() for s in small])
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    twins = np.triu(rows @ rows.T > 0.985, 1).any(axis=0)
    return [p for p, twin in zip(photos, twins, strict=True) if not twin]


def make_copies(photos: list[Photo], side: int, seed: int = 11) -> Measured:
    """Make the evaluation set at one input size.

    About 1,500 pooled copies, and 60 of each extra distortion.
    """
    random = np.random.default_rng(seed)
    kinds = list(DISTORTIONS) * (1500 // len(DISTORTIONS) + 1) + list(EXTRA) * 60
    sources = random.permutation(np.resize(random.permutation(len(photos)), len(kinds)))
    every: dict[str, Distortion] = {**DISTORTIONS, **EXTRA}
    copies = []
    for kind, source in zip(kinds, sources, strict=True):
        other = photos[int(random.integers(len(photos)))].image
        copies.append(as_input(every[kind](photos[source].image, other, random), side))
    return Measured(
        originals=np.stack([p.at_side(side) for p in photos]),
        labels=np.array([p.label for p in photos]),
        copies=np.stack(copies),
        sources=sources,
        kinds=np.array(kinds),
    )


def evaluation_set(tars: list[Path], side: int, keep: Path | None) -> tuple[Measured, int]:
    """Give the evaluation set, and how many of its originals come from the first tar.

    Kept in ``keep``, if that is given.
    """
    path = keep / f"evaluation-{side}.npz" if keep else None
    if path and path.exists():
        kept = dict(np.load(path))
        first = int(kept.pop("first"))
        return Measured(**kept), first
    groups = [without_twins(list(read_photos(tar))) for tar in tars]
    measured = make_copies([p for group in groups for p in group], side)
    if path:
        np.savez(path, first=len(groups[0]), **asdict(measured))
    return measured, len(groups[0])


def ranking(right: Vectors, wrong: Vectors) -> tuple[float, float]:
    """Micro average precision, and recall at 99 % precision, of right pairs among wrong ones."""
    scores = np.concatenate([right, wrong])
    truth = np.concatenate([np.ones(len(right), bool), np.zeros(len(wrong), bool)])
    hits = truth[np.argsort(-scores, kind="stable")]
    places = np.flatnonzero(hits) + 1
    precision = np.arange(1, len(places) + 1) / places
    pure = np.flatnonzero(precision >= 0.99)
    return float(precision.mean()), float((pure[-1] + 1) / len(right)) if len(pure) else 0.0


def nearest_label_accuracy(vectors: Vectors, labels: npt.NDArray[np.str_], k: int = 5) -> float:
    """Leave-one-out k-NN: the label with most likeness among the k nearest others."""
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    names, codes = np.unique(labels, return_inverse=True)
    near = np.argpartition(-likeness, k, axis=1)[:, :k]
    votes = np.zeros((len(labels), len(names)))
    for column in near.T:
        votes[np.arange(len(labels)), codes[column]] += 1 + likeness[np.arange(len(labels)), column]
    return float((votes.argmax(axis=1) == codes).mean())


def measure(model: Model, data: Measured, first: int) -> dict[str, object]:
    """All figures of one model."""
    originals, copies = model.describe(data.originals), model.describe(data.copies)
    likeness = copies @ originals.T
    rows = np.arange(len(copies))
    right = likeness[rows, data.sources].copy()
    likeness[rows, data.sources] = -2
    best_wrong = likeness.max(axis=1)
    pooled = np.isin(data.kinds, list(DISTORTIONS))
    alike = data.labels[data.sources][:, None] == data.labels
    apart = np.where(alike, -2, likeness)[pooled]
    knn = nearest_label_accuracy(originals[:first], data.labels[:first])
    return {
        "all pairs": pooled_figures(right[pooled], likeness[pooled]),
        "pairs of one class left out": pooled_figures(right[pooled], apart),
        "5-NN accuracy": round(knn, 4),
        "distortions": {
            kind: _row(right[data.kinds == kind], best_wrong[data.kinds == kind])
            for kind in dict.fromkeys(data.kinds.tolist())
        },
    }


def pooled_figures(right: Vectors, likeness: Vectors) -> dict[str, float]:
    """Figures over all pairs; ``likeness`` holds -2 where a pair does not count."""
    wrong = likeness[likeness > -2]
    precision, recall = ranking(right, wrong)
    found = {
        "micro average precision": precision,
        "recall at 99 % precision": recall,
        "mean cosine of different photos": float(wrong.mean()),
    }
    for threshold in THRESHOLDS:
        hits, misses = int((right >= threshold).sum()), int((wrong >= threshold).sum())
        found[f"precision at {threshold}"] = hits / max(1, hits + misses)
        found[f"recall at {threshold}"] = hits / len(right)
    return {name: round(value, 4) for name, value in found.items()}


def _row(right: Vectors, best_wrong: Vectors) -> dict[str, float]:
    """Figures of one distortion."""
    row = {"mean": float(right.mean()), "rank-1": float((right > best_wrong).mean())}
    row |= {f"recall at {t}": float((right >= t).mean()) for t in THRESHOLDS}
    return {name: round(value, 3) for name, value in row.items()}


def report(figures: dict[str, object]) -> str:
    """Figures as a Markdown table per distortion, after the pooled ones."""
    rows = cast("dict[str, dict[str, float]]", figures["distortions"])
    pools = [cast("dict[str, float]", figures[name]) for name in POOLS]
    lines = [f"5-NN accuracy: {figures['5-NN accuracy']}", ""]
    lines += ["| | " + " | ".join(POOLS) + " |", "|---|---|---|"]
    for name in pools[0]:
        lines.append(f"| {name} | " + " | ".join(f"{pool[name]:.4f}" for pool in pools) + " |")
    lines += [
        "",
        "| distortion | mean cosine | rank-1 | >= 0.9 | >= 0.96 |",
        "|---|---|---|---|---|",
    ]
    for kind, row in rows.items():
        lines.append(f"| {kind} | " + " | ".join(f"{value:.2f}" for value in row.values()) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure the models named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "models", type=Path, nargs="+", help="ONNX files with their manifests beside them"
    )
    parser.add_argument(
        "--photos",
        type=Path,
        nargs="+",
        required=True,
        help="tars kept out of training, classes first",
    )
    parser.add_argument("--keep", type=Path, help="folder to keep the evaluation set in")
    parser.add_argument("--json", type=Path, help="write the figures of the last model here")
    options = parser.parse_args()
    for path in options.models:
        model = Model(path)
        data, first = evaluation_set(options.photos, model.through, options.keep)
        figures = measure(model, data.squeezed(model.side), first)
        counts = f"{len(data.originals)} originals, {len(data.copies)} copies"
        print(f"## {path.stem}\n{counts}\n{report(figures)}\n")
        if options.json:
            options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
