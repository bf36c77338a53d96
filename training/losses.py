"""What the student is taught: the teacher's geometry and classes, and what a copy is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Balance:
    """Weights and temperatures of the parts."""

    keys: float = 1.0
    cosine: float = 1.0
    classes: float = 2.0
    pairs: float = 0.6
    spread: float = 0.05
    key_temperature: float = 0.06
    pair_temperature: float = 0.07
    class_temperature: float = 0.8
    relation: float = 0.4
    """Part of the target over keys that goes to the photo's neighbours in the teacher's space, not
    to itself: what keeps classes together."""
    relation_temperature: float = 0.05


def teacher_keys(cache: Path, dimensions: int) -> Tensor:
    """Teacher features as unit vectors: centred, principal components, half whitened.

    Half whitening (each component divided by the fourth root of its variance) keeps classes
    together and still tells photos of one class apart.

    Returns
    -------
    Tensor of shape (n, dimensions)
    """
    features = torch.from_numpy(np.load(cache / "teacher_features.npy").astype(np.float32))
    features -= features.mean(dim=0)
    variance, axes = torch.linalg.eigh(features.T @ features / len(features))
    axes = axes[:, -dimensions:] / variance[-dimensions:].clamp_min(1e-8) ** 0.25
    return functional.normalize(features @ axes, dim=1)


class Pupil(nn.Module):
    """A student and what is needed to teach it classes.

    Parameters
    ----------
    student : nn.Module
        Photos to vectors.
    dimensions, classes : int
        Length of the vectors; how many classes the teacher knows.
    """

    def __init__(self, student: nn.Module, dimensions: int, classes: int) -> None:
        super().__init__()
        self.student = student
        self.classes = nn.Linear(dimensions, classes)


class Lesson:
    """All losses of one batch.

    Parameters
    ----------
    cache : Path
        Folder with the teacher's arrays.
    dimensions : int
        Learned dimensions of the student.
    balance : Balance
        Weights of the parts.
    sampled : int
        How many keys beside the batch's own a photo is compared with.
    """

    def __init__(self, cache: Path, dimensions: int, balance: Balance, sampled: int = 3072) -> None:
        self.balance = balance
        self.sampled = sampled
        self.keys = teacher_keys(cache, dimensions)
        self.logits = np.load(cache / "teacher_logits.npy", mmap_mode="r")

    def __call__(
        self, pupil: Pupil, numbers: Tensor, pixels: Tensor, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Loss parts, already weighted.

        Parameters
        ----------
        pupil : Pupil
            Who is taught.
        numbers : Tensor of shape (n,)
            Photo numbers.
        pixels : Tensor of shape (2 n, 3, H, W)
            A mild copy of each of them, then a strong one of each.
        generator : torch.Generator
            Draws the keys.
        """
        b = self.balance
        vectors = functional.normalize(pupil.student(pixels), dim=1)
        own = self.keys[numbers]
        parts = {
            "keys": b.keys * self._against_keys(vectors, own, numbers, generator),
            "cosine": b.cosine * (1 - (vectors * torch.cat([own, own])).sum(dim=1)).mean(),
            "classes": b.classes * self._against_classes(pupil.classes(vectors * 16), numbers),
            "pairs": b.pairs * self._pairs(vectors),
        }
        if b.spread:
            parts["spread"] = b.spread * _crowding(vectors[: len(numbers)])
        return parts

    def _against_keys(
        self, vectors: Tensor, own: Tensor, numbers: Tensor, generator: torch.Generator
    ) -> Tensor:
        """Cross-entropy over the batch's keys and a sample of all.

        Neighbours of the photo share the target.
        """
        b = self.balance
        others = torch.randint(len(self.keys), (self.sampled,), generator=generator)
        others = others[~torch.isin(others, numbers)]
        keys = torch.cat([own, self.keys[others]])
        with torch.no_grad():
            itself = torch.eye(len(own))
            nearness = own @ keys.T / b.relation_temperature
            nearness[:, : len(own)] -= 1e4 * itself
            target = b.relation * functional.softmax(nearness, dim=1)
            target[:, : len(own)] += (1 - b.relation) * itself
        found = functional.log_softmax(vectors @ keys.T / b.key_temperature, dim=1)
        return -(torch.cat([target, target]) * found).sum(dim=1).mean()

    def _against_classes(self, logits: Tensor, numbers: Tensor) -> Tensor:
        """Divergence of the student's class probabilities from the teacher's, both softened."""
        t = self.balance.class_temperature
        wanted = torch.from_numpy(self.logits[numbers.numpy()].astype(np.float32))
        wanted = functional.log_softmax(wanted / t, dim=1).repeat(2, 1)
        found = functional.log_softmax(logits / t, dim=1)
        return functional.kl_div(found, wanted, reduction="batchmean", log_target=True) * t

    def _pairs(self, vectors: Tensor) -> Tensor:
        """Each copy has to find the other copy of its photo among the whole batch."""
        total = len(vectors)
        likeness = vectors @ vectors.T / self.balance.pair_temperature
        likeness = likeness.masked_fill(torch.eye(total, dtype=torch.bool), -torch.inf)
        partner = torch.arange(total).roll(total // 2)
        return functional.cross_entropy(likeness, partner)


def _crowding(vectors: Tensor) -> Tensor:
    """Negative log distance to the nearest other photo: the entropy term of SSCD."""
    likeness = vectors @ vectors.T - 2 * torch.eye(len(vectors))
    distance = (2 - 2 * likeness.max(dim=1).values).clamp_min(1e-4).sqrt()
    return -distance.log().mean()
