"""Stage 2, ``python -m training.teacher``: what the teacher says about every photo.

Writes ``teacher_features.npy`` float16 [n, 1280] and ``teacher_logits.npy`` float16 [n, 1001] into
the cache folder, in blocks, with ``teacher_done.txt`` counting the finished photos: a stopped run
goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from training.photo_cache import cache_argument, open_photos

SIDE = 224
BLOCK = 512
BATCH = 8

Arrays = tuple[npt.NDArray[np.float16], npt.NDArray[np.float16]]


def prepare(photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """One cached photo as the teacher wants it: float32 [3, 224, 224] in [-1, 1]."""
    large = Image.fromarray(photo).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(large, dtype=np.float32).transpose(2, 0, 1) / 127.5 - 1


class Teacher:
    """An ONNX network with outputs ``features`` and ``logits``."""

    def __init__(self, model: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        # One session shared by several Python threads is faster than one run spread over several
        # cores.
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._pool = ThreadPoolExecutor(threads)

    def _run(self, photos: npt.NDArray[np.uint8]) -> Arrays:
        inputs = np.stack([prepare(p) for p in photos])
        features, logits = self._session.run(["features", "logits"], {"input": inputs})
        return features.astype(np.float16), logits.astype(np.float16)

    def describe(self, photos: npt.NDArray[np.uint8]) -> Arrays:
        """Features [n, 1280] and logits [n, 1001] of cached photos."""
        batches = [photos[i : i + BATCH] for i in range(0, len(photos), BATCH)]
        found = list(self._pool.map(self._run, batches))
        return np.concatenate([f for f, _ in found]), np.concatenate([g for _, g in found])


def _open(
    cache: Path, name: str, shape: tuple[int, int], *, fresh: bool
) -> npt.NDArray[np.float16]:
    """Map a float16 array of the cache, new or to be continued."""
    path = cache / name
    if fresh:
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    kept: npt.NDArray[np.float16] = np.load(path, mmap_mode="r+")
    return kept


def run(cache: Path, model: Path, threads: int) -> None:
    """Describe every photo of the cache that has not been described yet."""
    photos = open_photos(cache)
    marker = cache / "teacher_done.txt"
    done = int(marker.read_text()) if marker.exists() else 0
    features = _open(cache, "teacher_features.npy", (len(photos), 1280), fresh=done == 0)
    logits = _open(cache, "teacher_logits.npy", (len(photos), 1001), fresh=done == 0)
    teacher = Teacher(model, threads)
    start = time.monotonic()
    first = done
    while done < len(photos):
        stop = min(done + BLOCK, len(photos))
        features[done:stop], logits[done:stop] = teacher.describe(photos[done:stop])
        for array in (features, logits):
            if isinstance(array, np.memmap):
                array.flush()
        done = stop
        marker.write_text(str(done))
        print(
            f"{done}/{len(photos)} {(done - first) / (time.monotonic() - start):.1f} photos/s",
            flush=True,
        )


def main() -> None:
    """Run the teacher over the cache."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument("--model", type=Path, required=True, help="teacher ONNX file")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    run(options.cache, options.model, options.threads)


if __name__ == "__main__":
    main()
