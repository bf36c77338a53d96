"""Vectors for the tests of core: embeddings as networks give them, clustered and not negative."""

from __future__ import annotations

import numpy as np

from fastdup_nb.progress import SilentProgress


def make_vectors(n, d=48, groups=None, seed=0, *, negative=False):
    """Return clustered float32 vectors of different lengths, shape (n, d)."""
    random = np.random.default_rng(seed)
    groups = groups or max(1, n // 10)
    centres = random.normal(size=(groups, d))
    vectors = centres[random.integers(0, groups, n)] + 0.5 * random.normal(size=(n, d))
    if not negative:
        vectors = np.maximum(vectors, 0)
    vectors *= random.uniform(1, 20, size=(n, 1))
    return vectors.astype(np.float32)


def unit(vectors):
    """Return float64 vectors of length 1; zero vectors stay zero."""
    vectors = vectors.astype(np.float64)
    norm = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norm > 0, norm, 1)


class ArrayRows:
    """Rows held in memory, as float32."""

    def __init__(self, array):
        self._array = np.atleast_2d(np.asarray(array, dtype=np.float32))

    @property
    def shape(self):
        return self._array.shape

    def read(self, start, stop):
        return self._array[start:stop].copy()

    def take(self, indices):
        return self._array[indices]


class RecordingProgress(SilentProgress):
    """Remembers what it was told."""

    def __init__(self):
        self.stages, self.messages = [], []

    def start(self, stage, total, unit="images", done=0):
        self.stages.append([stage, total, done, False])

    def advance(self, done, bad=0):
        self.stages[-1][2] += done

    def finish(self):
        if self.stages:
            self.stages[-1][3] = True

    def message(self, text):
        self.messages.append(text)


class CountingRows:
    """Rows that remember the most they gave at once."""

    def __init__(self, rows):
        self._rows, self.most = rows, 0

    @property
    def shape(self):
        return self._rows.shape

    def read(self, start, stop):
        self.most = max(self.most, stop - start)
        return self._rows.read(start, stop)

    def take(self, indices):
        self.most = max(self.most, len(indices))
        return self._rows.take(indices)
