"""What the student is taught: the teacher's geometry and classes, and what a copy is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
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


def teacher_keys(caches: Sequence[Path], dimensions: int) -> Tensor:
    """Teacher features as unit vectors: centred, principal components, half whitened.

    Half whitening (each component divided by the fourth root of its variance) keeps classes
    together and still tells photos of one class apart. Mean and components are those of the first
    cache, so that more photos do not turn the space that a run has learned.

    Returns
    -------
    Tensor of shape (n, dimensions)
    """
    first, *others = (taught(cache, "teacher_features.npy") for cache in caches)
    features = torch.from_numpy(first.astype(np.float32))
    mean = features.mean(dim=0)
    features -= mean
    variance, axes = torch.linalg.eigh(features.T @ features / len(features))
    axes = axes[:, -dimensions:] / variance[-dimensions:].clamp_min(1e-8) ** 0.25
    keys = [features @ axes]
    keys += [(torch.from_numpy(o.astype(np.float32)) - mean) @ axes for o in others]
    return functional.normalize(torch.cat(keys), dim=1)


def taught(cache: Path, name: str) -> npt.NDArray[np.float16]:
    """Map what the teacher has said so far, one row a photo."""
    done = int((cache / "teacher_done.txt").read_text(encoding="utf-8"))
    found: npt.NDArray[np.float16] = np.load(cache / name, mmap_mode="r")[:done]
    return found


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
    caches : sequence of Path
        Folders with the teacher's arrays; photos are numbered through.
    dimensions : int
        Learned dimensions of the student.
    balance : Balance
        Weights of the parts.
    sampled : int
        How many keys beside the batch's own a photo is compared with.
    remembered : int
        How many vectors of the last steps a copy has to be told from, beside its own part of a
        batch: cross-batch memory (Wang et al. 2020).
    """

    def __init__(
        self,
        caches: Sequence[Path],
        dimensions: int,
        balance: Balance,
        sampled: int = 3072,
        remembered: int = 2048,
    ) -> None:
        self.balance = balance
        self.sampled = sampled
        self.remembered = remembered
        self.keys = teacher_keys(caches, dimensions)
        self.logits = [taught(cache, "teacher_logits.npy") for cache in caches]
        self._memory = (torch.zeros(0, dtype=torch.int64), torch.zeros(0, dimensions))
        self._fresh: dict[int, tuple[Tensor, Tensor]] = {}

    def remember(self) -> None:
        """Take up the vectors of the step that is over, in the order of its parts."""
        fresh = [self._fresh[place] for place in sorted(self._fresh)]
        self._fresh = {}
        numbers, vectors = (
            torch.cat([kept, *new])[-self.remembered :]
            for kept, new in zip(self._memory, zip(*fresh, strict=True), strict=True)
        )
        self._memory = (numbers, vectors)

    def __call__(
        self, pupil: Pupil, numbers: Tensor, pixels: Tensor, place: int, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Loss parts, already weighted.

        Parameters
        ----------
        pupil : Pupil
            Who is taught.
        numbers : Tensor of shape (n,)
            Photo numbers.
        pixels : Tensor of shape (2 n, 3, H, W)
            A copy of each of them, then another one of each.
        place : int
            Which part of a batch this is.
        generator : torch.Generator
            Draws the keys.
        """
        b = self.balance
        vectors = functional.normalize(pupil.student(pixels), dim=1)
        own = self.keys[numbers]
        self._fresh[place] = (numbers.repeat(2), vectors.detach())
        parts = {
            "keys": b.keys * self._against_keys(vectors, own, numbers, generator),
            "cosine": b.cosine * (1 - (vectors * torch.cat([own, own])).sum(dim=1)).mean(),
            "classes": b.classes * self._against_classes(pupil.classes(vectors * 16), numbers),
            "pairs": b.pairs * self._pairs(vectors, numbers),
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
        rows = [self._logits_of(number) for number in numbers.tolist()]
        wanted = torch.from_numpy(np.stack(rows).astype(np.float32))
        wanted = functional.log_softmax(wanted / t, dim=1).repeat(2, 1)
        found = functional.log_softmax(logits / t, dim=1)
        return functional.kl_div(found, wanted, reduction="batchmean", log_target=True) * t

    def _logits_of(self, number: int) -> npt.NDArray[np.float16]:
        """Look up what the teacher says about a photo."""
        for logits in self.logits:
            if number < len(logits):
                break
            number -= len(logits)
        return logits[number]

    def _pairs(self, vectors: Tensor, numbers: Tensor) -> Tensor:
        """Each copy has to find its photo's other copy among all of its part and the memory."""
        total = len(vectors)
        known, kept = self._memory
        likeness = vectors @ torch.cat([vectors, kept]).T / self.balance.pair_temperature
        own = torch.cat(
            [torch.eye(total, dtype=torch.bool), numbers.repeat(2)[:, None] == known], 1
        )
        partner = torch.arange(total).roll(total // 2)
        return functional.cross_entropy(likeness.masked_fill(own, -torch.inf), partner)


def _crowding(vectors: Tensor) -> Tensor:
    """Negative log distance to the nearest other photo: the entropy term of SSCD."""
    likeness = vectors @ vectors.T - 2 * torch.eye(len(vectors))
    distance = (2 - 2 * likeness.max(dim=1).values).clamp_min(1e-4).sqrt()
    return -distance.log().mean()
