"""What the student sees at a step: copies of the pool, cut, mirrored and coloured once more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.pool import MILD, SIDE, SLOTS, open_pool

SHARES = {"tinyimagenet": 0.6}
"""Part of a source that an epoch uses; 64 px photos are a third of the collection and the least
like the real thing."""
GROUP = 8
"""Views that are cut and mirrored alike: a whole group is one operation."""
COLOURED = 0.4
GRAY = 0.2
"""Part of the views whose colours are changed, and part of those that lose them."""
_LUMA = torch.tensor([0.299, 0.587, 0.114])


class Photos:
    """Which photos a step shows: every epoch all of them in a new order, thinned by ``SHARES``.

    Parameters
    ----------
    cache : Path
        Folder with the pool.
    count : int
        Photos in a step.
    seed : int
        The choice is a function of it and of the step.
    """

    def __init__(self, cache: Path, count: int, seed: int) -> None:
        names = (cache / "names.txt").read_text(encoding="utf-8").split()
        sources = [name.split("/", 1)[0] for name in names]
        self._share = np.array([SHARES.get(source, 1.0) for source in sources])
        self._epoch: tuple[int, npt.NDArray[np.int64]] | None = None
        self.count, self.seed = count, seed

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """Photo numbers of one epoch in random order."""
        if self._epoch is None or self._epoch[0] != epoch:
            random = np.random.default_rng([self.seed, 1, epoch])
            kept = np.flatnonzero(random.random(len(self._share)) < self._share)
            self._epoch = (epoch, random.permutation(kept))
        return self._epoch[1]

    def chosen(self, step: int) -> npt.NDArray[np.int64]:
        """Photo numbers of a step."""
        per_epoch = int(self._share.sum() * 0.98) // self.count
        epoch, place = divmod(step, per_epoch)
        return self.order(epoch)[place * self.count : (place + 1) * self.count]


class Views:
    """Pixels of a step, in parts for threads; the same seed and step give the same ones.

    Parameters
    ----------
    cache : Path
        Folder with the pool.
    seed : int
        Everything random derives from it and the step.
    """

    def __init__(self, cache: Path, seed: int) -> None:
        self.pool = open_pool(cache)
        self.seed = seed

    def part(self, numbers: npt.NDArray[np.int64], key: tuple[int, int], side: int) -> Tensor:
        """Float32 [2 n, 3, side, side] from -1 to 1: n mild copies, then n strong ones.

        Parameters
        ----------
        numbers : ndarray of shape (n,)
            Photos.
        key : tuple of int
            Step and part.
        side : int
            Pixels.
        """
        random = np.random.default_rng([self.seed, 2, *key])
        slots = random.integers(0, MILD, len(numbers)), random.integers(MILD, SLOTS, len(numbers))
        pixels = np.concatenate([self.pool[numbers, slot] for slot in slots])
        found = reframed(torch.from_numpy(pixels), side, random)
        return recoloured(found.float().div_(127.5).sub_(1), random)


def reframed(pixels: Tensor, side: int, random: np.random.Generator) -> Tensor:
    """Cut up to 15 % off and mirror half: uint8 [n, H, W, 3] -> [n, 3, side, side]."""
    groups = []
    for group in pixels.permute(0, 3, 1, 2).split(GROUP):
        size = random.integers(int(0.85 * SIDE), SIDE + 1, 2)
        top, left = (int(random.integers(0, SIDE - s + 1)) for s in size)
        cut = group[:, :, top : top + size[0], left : left + size[1]]
        cut = cut.contiguous(memory_format=torch.channels_last)
        small = functional.interpolate(cut, (side, side), mode="bilinear", antialias=True)
        groups.append(small.flip(3) if random.random() < 0.5 else small)
    return torch.cat(groups).contiguous(memory_format=torch.channels_last)


def recoloured(pixels: Tensor, random: np.random.Generator) -> Tensor:
    """Mix the colours of some views by a random 3 x 3 matrix, in place; they may turn gray."""
    chosen = torch.from_numpy(np.flatnonzero(random.random(len(pixels)) < COLOURED))
    count = len(chosen)
    if not count:
        return pixels
    draws = torch.from_numpy(random.standard_normal((count, 12)).astype(np.float32))
    luma = _LUMA.expand(count, 3, 3)
    saturation = 1 + 0.25 * draws[:, 9].clamp(-2, 2)
    saturation[torch.from_numpy(random.random(count) < GRAY)] = 0
    mixed = torch.lerp(luma, torch.eye(3).expand(count, 3, 3), saturation[:, None, None])
    mixed = mixed * (1 + 0.2 * draws[:, 10].clamp(-2, 2))[:, None, None]
    mixed = mixed + 0.04 * draws[:, :9].reshape(count, 3, 3) * (saturation > 0)[:, None, None]
    shift = 0.12 * draws[:, 11]
    rows = pixels[chosen].permute(0, 2, 3, 1).reshape(count, -1, 3)
    found = torch.baddbmm(shift[:, None, None], rows, mixed.transpose(1, 2)).clamp_(-1, 1)
    side = pixels.shape[2]
    pixels[chosen] = found.reshape(count, side, side, 3).permute(0, 3, 1, 2)
    return pixels
