"""The last map of a model, learned by gradient from descriptions of copies: part of the export.

Describing photos is the costly part and is done once; learning from the descriptions takes a minute
or two. The head is the closed-form map of ``metric`` and, beside it, one hidden layer that starts
at nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from training.metric import Described, Metric


NEAREST_BLOCK = 1024
"""Photos whose likeness to all others is held at a time."""


@dataclass(frozen=True)
class Teaching:
    """How a head is taught."""

    steps: int = 400
    photos: int = 1024
    """Of a step; two copies of each, which have to find each other among all."""
    alike: int = 3
    """Photos most like it that are drawn along with each: telling those apart is what is hard."""
    temperature: float = 0.03
    rate: float = 0.014
    """Of the linear map, in parts of its standard deviation."""
    hidden_rate: float = 1e-3
    hopeless: float = 0.1
    """Pairs described with a lower cosine teach nothing."""
    flatten: float = 0.25
    """Directions start divided by this power of how well they tell photos apart: a few strong
    ones would decide everything otherwise."""


class Head(nn.Module):
    """Described photos, their mean taken away, to vectors of any length.

    Parameters
    ----------
    directions : ndarray of shape (d, dimensions)
        The linear map it starts with.
    hidden : int
        Units of the hidden layer.
    """

    def __init__(self, directions: npt.NDArray[np.float32], hidden: int) -> None:
        super().__init__()
        d, dimensions = directions.shape
        self.linear = nn.Linear(d, dimensions, bias=False)
        self.widen = nn.Linear(d, hidden)
        self.narrow = nn.Linear(hidden, dimensions, bias=False)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(directions.T))
            # Described photos are some two units long: with larger weights units see a part of them
            # each from the start.
            self.widen.weight.mul_(10)
            self.narrow.weight.zero_()

    def forward(self, described: Tensor) -> Tensor:
        """Turn [n, d] into [n, dimensions]."""
        found: Tensor = self.linear(described) + self.narrow(torch.relu(self.widen(described)))
        return found


def learn(
    start: Metric,
    groups: Sequence[Described],
    hidden: int,
    seed: int = 7,
    teaching: Teaching | None = None,
) -> Head:
    """Learn a head.

    Parameters
    ----------
    start : Metric
        The closed-form map.
    groups : sequence of ndarray
        Descriptions; every step takes as many photos of each group. One of them should be of photos
        that the network was not trained on: it describes copies of its own photos too well.
    hidden : int
        Units of the hidden layer.
    seed : int
        Photos, copies and the first weights derive from it.
    teaching : Teaching, optional
    """
    t = teaching or Teaching()
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    mean = start.mean.astype(np.float32)
    directions = start.directions / start.power**t.flatten
    sample = groups[0][:2000, 0].astype(np.float32) - mean
    directions /= np.linalg.norm(sample @ directions, axis=1).mean()
    head = Head(directions.astype(np.float32), hidden)
    peaks = (t.rate * float(directions.std()), t.hidden_rate)
    optimiser = torch.optim.Adam(
        [
            {"params": [*head.linear.parameters()], "lr": peaks[0]},
            {"params": [*head.widen.parameters(), *head.narrow.parameters()], "lr": peaks[1]},
        ],
        betas=(0.9, 0.99),
    )
    nearest = [_nearest(described, t.alike) for described in groups]
    for step in range(t.steps):
        for group, peak in zip(optimiser.param_groups, peaks, strict=True):
            group["lr"] = peak * 0.5 * (1 + math.cos(math.pi * step / t.steps))
        drawn = [
            _pairs(described, _families(near, t.photos // len(groups), random), random)
            for described, near in zip(groups, nearest, strict=True)
        ]
        first, second = (np.concatenate(part) - mean for part in zip(*drawn, strict=True))
        loss = _confusion(head, torch.from_numpy(first), torch.from_numpy(second), t)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
    return head.eval()


def _nearest(described: Described, count: int) -> npt.NDArray[np.int64]:
    """Each photo and those most like it, by the first copies: [photos, up to 1 + count]."""
    first = torch.from_numpy(described[:, 0].astype(np.float32))
    unit = functional.normalize(first - first.mean(dim=0), dim=1)
    count = min(count + 1, len(unit))
    blocks = [(block @ unit.T).topk(count).indices for block in unit.split(NEAREST_BLOCK)]
    return torch.cat(blocks).numpy()


def _families(
    nearest: npt.NDArray[np.int64], count: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw some photos with those most like them, each photo once: at most ``count`` numbers."""
    photos, size = nearest.shape
    chosen = random.choice(photos, min(max(1, count // size), photos), replace=False)
    return np.unique(nearest[chosen])


def _pairs(
    described: Described, chosen: npt.NDArray[np.int64], random: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Two different copies of each of some photos."""
    copies = described.shape[1]
    which = random.random((len(chosen), copies)).argsort(axis=1)[:, :2]
    first, second = (described[chosen, column].astype(np.float32) for column in which.T)
    return first, second


def _confusion(head: Head, first: Tensor, second: Tensor, t: Teaching) -> Tensor:
    """Cross-entropy of finding the other copy of a photo among all others of both."""
    hopeful = functional.cosine_similarity(first, second) > t.hopeless
    vectors = functional.normalize(head(torch.cat([first, second])), dim=1)
    likeness = (vectors @ vectors.T / t.temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(vectors)).roll(len(first))
    lost = functional.cross_entropy(likeness, partner, reduction="none")
    return lost[hopeful.repeat(2)].mean()
