"""Batches of copies, made in a background process: step number in, pixels out.

A batch is a function of the seed and the step alone, so a run that was stopped continues with the
batches it would have seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.augment import mild_copy, strong_copy
from training.photo_cache import open_photos

SHARES = {"tinyimagenet": 0.6}
"""Part of a source that an epoch uses; 64 px photos are a third of the collection and the least
like the real thing."""


class CopyBatches(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Item ``step``: one mild and one strong copy of each of ``count`` photos.

    Parameters
    ----------
    cache : Path
        Folder that ``training.photo_cache`` filled.
    count : int
        Photos in a batch.
    side : int
        Pixels of a copy.
    seed : int
        Everything random derives from it and the step.
    """

    def __init__(self, cache: Path, count: int, side: int, seed: int) -> None:
        self.photos = open_photos(cache)
        self.sources = np.array(
            [n.split("/", 1)[0] for n in (cache / "names.txt").read_text().split()]
        )
        self.count, self.side, self.seed = count, side, seed
        self._epoch: tuple[int, npt.NDArray[np.int64]] | None = None

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """Photo numbers of one epoch in random order, thinned by ``SHARES``."""
        if self._epoch is None or self._epoch[0] != epoch:
            random = np.random.default_rng([self.seed, 1, epoch])
            share = np.ones(len(self.sources))
            for source, part in SHARES.items():
                share[self.sources == source] = part
            kept = np.flatnonzero(random.random(len(share)) < share)
            self._epoch = (epoch, random.permutation(kept))
        return self._epoch[1]

    def chosen(self, step: int) -> npt.NDArray[np.int64]:
        """Photo numbers of the batch of ``step``."""
        least = sum(
            SHARES.get(s, 1.0) * c
            for s, c in zip(*np.unique(self.sources, return_counts=True), strict=True)
        )
        per_epoch = int(least * 0.98) // self.count
        epoch, place = divmod(step, per_epoch)
        return self.order(epoch)[place * self.count : (place + 1) * self.count]

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Photo numbers [count], mild and strong copies, both uint8 [count, side, side, 3]."""
        random = np.random.default_rng([self.seed, 2, step])
        numbers = self.chosen(step)
        originals = [Image.fromarray(self.photos[n]) for n in numbers]

        def donor() -> Image.Image:
            return originals[int(random.integers(len(originals)))]

        mild = [self._small(mild_copy(o, random)) for o in originals]
        strong = [self._small(strong_copy(o, random, donor)) for o in originals]
        return (
            torch.from_numpy(numbers),
            torch.from_numpy(np.stack(mild)),
            torch.from_numpy(np.stack(strong)),
        )

    def _small(self, image: Image.Image) -> npt.NDArray[np.uint8]:
        return np.asarray(image.resize((self.side, self.side), Image.Resampling.BILINEAR))


def batches(
    data: CopyBatches, start: int, stop: int, workers: int = 1
) -> DataLoader[tuple[Tensor, Tensor, Tensor]]:
    """Batches of the steps ``start`` to ``stop``, a few ahead."""
    return DataLoader(
        data,
        batch_size=None,
        sampler=range(start, stop),
        num_workers=workers,
        prefetch_factor=4 if workers else None,
    )


def kept_copies(cache: Path, side: int, count: int, seed: int = 99) -> npt.NDArray[np.uint8]:
    """Mild and strong copies of photos, uint8 [count, 2, side, side, 3], made once for a cache."""
    path = cache / f"copies-{side}.npy"
    if not path.exists():
        data = CopyBatches(cache, 64, side, seed)
        shape = (count // 64 * 64, 2, side, side, 3)
        fresh = path.with_suffix(".new")
        table = np.lib.format.open_memmap(fresh, mode="w+", dtype=np.uint8, shape=shape)
        loader = batches(data, 0, count // 64)
        for step, (_, mild, strong) in enumerate(loader):
            table[step * 64 : step * 64 + 64, 0] = mild.numpy()
            table[step * 64 : step * 64 + 64, 1] = strong.numpy()
        del table
        fresh.replace(path)
    copies: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return copies
