"""What the student sees at a step: copies of the pool, cut, mirrored and coloured once more.

Beside the photos of the pool there may be more, smaller ones (``--more``): they have no copies made
ahead and are cut harder instead. Numbers go on after those of the pool.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.photo_cache import open_photos
from training.pool import MILD, SLOTS, open_pool

SHARES = {"tinyimagenet": 0.3}
"""Part of a source that an epoch uses; 64 px photos are a third of the collection and the least
like the real thing."""
GROUP = 8
"""Views that are cut and mirrored alike: a whole group is one operation."""
WIDE = 0.6
"""Least part of a side that is left of photos beside the pool."""
PASTED = 0.15
"""Part of the second copies of photos beside the pool that are pasted on another photo."""
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
    more, part : int, float
        How many photos there are beside the pool, and which part of a step is theirs.
    """

    def __init__(
        self, cache: Path, count: int, seed: int, more: int = 0, part: float = 0.5
    ) -> None:
        names = (cache / "names.txt").read_text(encoding="utf-8").split()
        sources = [name.split("/", 1)[0] for name in names]
        extra = round(count * part) if more else 0
        shares = np.array([SHARES.get(source, 1.0) for source in sources])
        self._pool = _Deck(shares, count - extra, seed, 0)
        self._more = _Deck(np.ones(more), extra, seed, len(names)) if extra else None

    def chosen(self, step: int) -> npt.NDArray[np.int64]:
        """Photo numbers of a step; any part of them holds both kinds."""
        found = self._pool.drawn(step)
        if self._more is None:
            return found
        mixed = np.concatenate([found, self._more.drawn(step)])
        return mixed[np.random.default_rng(step).permutation(len(mixed))]


class _Deck:
    """Photos ``first``, ``first`` + 1, ... each drawn at most once an epoch."""

    def __init__(self, shares: npt.NDArray[np.float64], count: int, seed: int, first: int) -> None:
        self._shares, self._count, self._seed, self._first = shares, count, seed, first
        self._steps = int(shares.sum() * 0.98) // count
        self._epoch: tuple[int, npt.NDArray[np.int64]] | None = None

    def drawn(self, step: int) -> npt.NDArray[np.int64]:
        """Photo numbers of a step."""
        epoch, place = divmod(step, self._steps)
        if self._epoch is None or self._epoch[0] != epoch:
            random = np.random.default_rng([self._seed, 1, epoch])
            kept = np.flatnonzero(random.random(len(self._shares)) < self._shares)
            self._epoch = (epoch, self._first + random.permutation(kept))
        return self._epoch[1][place * self._count : (place + 1) * self._count]


class Views:
    """Pixels of a step, in parts for threads; the same seed and step give the same ones.

    Parameters
    ----------
    cache : Path
        Folder with the pool.
    seed : int
        Everything random derives from it and the step.
    more : Path or None
        Cache folder of more photos.

    Attributes
    ----------
    strong : float
        Part of the second copies that are badly changed; the others are hardly changed, too.
    """

    def __init__(self, cache: Path, seed: int, more: Path | None = None) -> None:
        self.pool = open_pool(cache)
        self.more = open_photos(more) if more else None
        self.seed = seed
        self.strong = 1.0

    def part(self, numbers: npt.NDArray[np.int64], key: tuple[int, int], side: int) -> Tensor:
        """Float32 [2 n, 3, side, side] from -1 to 1: n copies, then n others of the same photos.

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
        pooled = numbers < len(self.pool)
        inside, beyond = numbers[pooled], numbers[~pooled] - len(self.pool)
        first = random.integers(0, MILD, len(inside))
        bad = random.random(len(inside)) < self.strong
        second = np.where(bad, random.integers(MILD, SLOTS, len(inside)), 1 - first)
        pixels = np.concatenate([self.pool[inside, slot] for slot in (first, second)])
        found = torch.empty(2, len(numbers), 3, side, side)
        kept = torch.from_numpy(pooled)
        found[:, kept] = reframed(torch.from_numpy(pixels), side, random).unflatten(0, (2, -1))
        if self.more is not None and len(beyond):
            again = torch.from_numpy(np.concatenate([self.more[beyond]] * 2))
            first, second = reframed(again, side, random, WIDE).unflatten(0, (2, -1))
            found[:, ~kept] = torch.stack([first, pasted(second, first, random)])
        flat = found.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return recoloured(flat.div_(127.5).sub_(1), random)


def reframed(pixels: Tensor, side: int, random: np.random.Generator, least: float = 0.85) -> Tensor:
    """Cut sides down to ``least`` and mirror half: uint8 [n, H, W, 3] -> [n, 3, side, side]."""
    groups = []
    whole = pixels.shape[1]
    for group in pixels.permute(0, 3, 1, 2).split(GROUP):
        size = random.integers(int(least * whole), whole + 1, 2)
        top, left = (int(random.integers(0, whole - s + 1)) for s in size)
        cut = group[:, :, top : top + size[0], left : left + size[1]]
        cut = cut.contiguous(memory_format=torch.channels_last)
        small = functional.interpolate(cut, (side, side), mode="bilinear", antialias=True)
        groups.append(small.flip(3) if random.random() < 0.5 else small)
    return torch.cat(groups).float()


def pasted(pixels: Tensor, others: Tensor, random: np.random.Generator) -> Tensor:
    """Paste some groups of ``pixels`` on the ``others`` of the group before, in their place.

    Both are float [n, 3, side, side], of the same photos: the network has to learn which of two
    photos of a step is meant.
    """
    count, _, _, side = pixels.shape
    if count < 2 * GROUP:
        return pixels
    grounds = others.roll(GROUP, 0)
    for start in range(0, count, GROUP):
        if random.random() >= PASTED:
            continue
        group = slice(start, start + GROUP)
        height, width = (int(s) for s in side * random.uniform(0.5, 0.75, 2))
        top, left = (int(random.integers(0, side - s + 1)) for s in (height, width))
        small = functional.interpolate(
            pixels[group], (height, width), mode="bilinear", antialias=True
        )
        pixels[group] = grounds[group]
        pixels[group, :, top : top + height, left : left + width] = small
    return pixels


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
