"""Stage 3, ``python -m training.train``: teach the student; it resumes after any stop.

``<cache>/runs/<run>/checkpoint.pt`` is replaced every few minutes and holds everything: weights,
their moving average, optimiser, step. The moving average is what ``training.export`` takes, at any
time.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from training.copies import CopyBatches, batches
from training.halves import Halves
from training.losses import Balance, Lesson
from training.photo_cache import cache_argument
from training.student import SHAPES, Student, scaled

SIDES = "0.65:80,0.9:96,1:112"
"""Default of ``--sides``: small first, because learning is bought with CPU time."""

Schedule = tuple[tuple[float, int], ...]


def schedule(text: str) -> Schedule:
    """Read ``--sides``: up to which part of the run photos have how many pixels."""
    rows = (row.split(":") for row in text.split(","))
    return tuple((float(until), int(side)) for until, side in rows)


def stage_at(step: int, steps: int, sides: Schedule) -> tuple[int, int]:
    """Pixels of the photos at a step, and the step at which that changes."""
    for until, side in sides:
        ends = steps if until >= 1 else math.ceil(until * steps)
        if step < ends:
            return side, ends
    return sides[-1][1], steps


def rate_at(step: int, steps: int, peak: float) -> float:
    """Learning rate: warm-up, level for the first third, then a half cosine down to 1 %."""
    warm = min(1.0, (step + 1) / 300)
    fall = max(0.0, (step / steps - 0.3) / 0.7)
    return peak * warm * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, fall))))


class Run:
    """A student in training, with all that a checkpoint holds."""

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.options = options
        self.folder: Path = options.cache / "runs" / options.run
        self.folder.mkdir(parents=True, exist_ok=True)
        shape = SHAPES[options.shape]
        self.student = Student(shape)
        for weight in self.student.parameters():
            if weight.ndim == 4:
                weight.data = weight.data.contiguous(memory_format=torch.channels_last)
        self.parts: int = options.threads
        self.halves = Halves(self.student, self.parts)
        self.average = Student(shape)
        self.average.load_state_dict(self.student.state_dict())
        self.lesson = Lesson(options.cache, shape.learned, Balance())
        parameters = [*self.student.parameters(), *self.lesson.parameters()]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": options.decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.99))
        self.step = 0
        self.seconds = 0.0

    @property
    def checkpoint(self) -> Path:
        """The file everything is kept in."""
        return self.folder / "checkpoint.pt"

    def load(self) -> None:
        """Go on from the checkpoint if there is one."""
        if not self.checkpoint.exists():
            return
        kept: dict[str, Any] = torch.load(self.checkpoint, weights_only=True)
        self.student.load_state_dict(kept["student"])
        self.average.load_state_dict(kept["average"])
        self.lesson.load_state_dict(kept["lesson"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.step, self.seconds = kept["step"], kept["seconds"]

    def save(self) -> None:
        """Replace the checkpoint, in one move."""
        kept = {
            "shape": self.options.shape,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "lesson": self.lesson.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "steps": self.options.steps,
            "seconds": self.seconds,
        }
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(kept, fresh)
        fresh.replace(self.checkpoint)

    def advance(
        self, numbers: torch.Tensor, mild: torch.Tensor, strong: torch.Tensor
    ) -> dict[str, float]:
        """One step; returns the parts of the loss."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(self.step, self.options.steps, self.options.rate)
        generator = torch.Generator().manual_seed(self.options.seed * 1_000_003 + self.step)
        pixels = zip(mild.chunk(self.parts), strong.chunk(self.parts), strict=True)
        found = self.halves.forward([scaled(torch.cat(pair)) for pair in pixels])
        views = zip(*(part.chunk(2) for part in found), strict=True)
        parts: dict[str, torch.Tensor] = self.lesson(numbers, *map(torch.cat, views), generator)
        loss = torch.stack(list(parts.values())).sum()
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.halves.backward([part.grad for part in found if part.grad is not None])
        nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        self.optimiser.step()
        self._follow()
        self.step += 1
        return {name: float(value.detach()) for name, value in parts.items()}

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the student, faster at first."""
        pace = 1 - min(self.options.average, (1 + self.step) / (10 + self.step))
        for slow, fast in zip(self.average.parameters(), self.student.parameters(), strict=True):
            slow.lerp_(fast, pace)
        for mine, theirs in zip(self.average.buffers(), self.student.buffers(), strict=True):
            mine.copy_(theirs)


def train(options: argparse.Namespace) -> None:
    """Run to the last step, through every size of photo."""
    torch.set_num_threads(options.threads)
    run = Run(options)
    run.load()
    log = (run.folder / "log.txt").open("a", encoding="utf-8")
    while run.step < options.steps:
        side, ends = stage_at(run.step, options.steps, schedule(options.sides))
        data = CopyBatches(options.cache, options.photos, side, options.seed)
        sums: dict[str, float] = {}
        start = saved = time.monotonic()
        for numbers, mild, strong in batches(data, run.step, ends, options.workers):
            for name, value in run.advance(numbers, mild, strong).items():
                sums[name] = sums.get(name, 0.0) + value
            if run.step % 50 == 0:
                now = time.monotonic()
                run.seconds += now - start
                speed = 100 * options.photos / (now - start)
                shown = " ".join(f"{name} {value / 50:.3f}" for name, value in sums.items())
                clock = time.strftime("%H:%M:%S")
                print(clock, run.step, side, f"{speed:.0f} copies/s", shown, file=log, flush=True)
                sums, start = {}, now
                if now - saved > 120:
                    run.save()
                    saved = now
        run.save()


def main() -> None:
    """Read options and train."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument(
        "--run", default="first", help="name of the run, a folder below <cache>/runs"
    )
    parser.add_argument("--shape", default="copy-576", choices=sorted(SHAPES))
    parser.add_argument(
        "--steps", type=int, default=4500, help="length of the run; may be changed when resuming"
    )
    parser.add_argument(
        "--photos", type=int, default=64, help="photos a step; each is seen as two copies"
    )
    parser.add_argument("--sides", default=SIDES, help="part of the run : pixels, ...")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument(
        "--average", type=float, default=0.998, help="decay of the moving average of the weights"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that make copies")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
