"""Stage 4, ``python -m training.train``: teach the student; it resumes after any stop.

``<cache>/runs/<run>/checkpoint.pt`` is replaced every few minutes and holds everything: weights,
their moving average, optimiser, step. The moving average is what ``training.export`` takes, at any
time.
"""

from __future__ import annotations

import argparse
import math
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from training.halves import Halves, alone
from training.losses import Balance, Lesson, Pupil
from training.muon import Muon
from training.photo_cache import cache_argument
from training.student import SHAPES, Student
from training.views import Photos, Views

SIDES = "0.65:80,0.9:96,1:112"
"""Default of ``--sides``: small first, because learning is bought with CPU time."""

Schedule = tuple[tuple[float, float], ...]


def schedule(text: str) -> Schedule:
    """Read "0.5:0.3,1:1": up to which part of the run a number has which value."""
    rows = (row.split(":") for row in text.split(","))
    return tuple((float(until), float(value)) for until, value in rows)


def side_at(progress: float, step: int, text: str) -> int:
    """Read ``--sides``: pixels of the photos at a part of the run; "64/80" are taken in turn."""
    rows = [row.split(":") for row in text.split(",")]
    found = next((value for until, value in rows if progress < float(until)), rows[-1][1])
    turns = found.split("/")
    return int(turns[step % len(turns)])


def value_at(progress: float, rows: Schedule) -> float:
    """Give the value at a part of the run."""
    return next((value for until, value in rows if progress < until), rows[-1][1])


def rate_at(step: int, progress: float) -> float:
    """Part of the learning rate: warm-up, level for a third, then a half cosine down to 1 %."""
    warm = min(1.0, (step + 1) / 200)
    fall = max(0.0, (progress - 0.3) / 0.7)
    return warm * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * min(1.0, fall))))


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
        self.average = Student(shape)
        self.average.load_state_dict(self.student.state_dict())
        caches = [options.cache, *([options.more] if options.more else [])]
        balance = Balance(classes=options.classes, pairs=options.pairs)
        self.lesson = Lesson(caches, shape.learned, balance)
        self.pupil = Pupil(self.student, shape.learned, self.lesson.logits[0].shape[1])
        self.halves = Halves(self.pupil, options.parts, options.threads)
        self.views = Views(options.cache, options.seed, options.more)
        self.optimisers = self._optimisers()
        self.step = 0
        self.seconds = 0.0
        self.started = (0, 0.0)

    def _optimisers(self) -> list[torch.optim.Optimizer]:
        """Muon for dense convolutions, AdamW for everything else."""
        decay, rate = self.options.decay, self.options.rate
        # The projection's 512 x 576 would cost more than all other matrices together.
        dense = [
            module.weight
            for module in [*self.student.blocks.modules(), *self.student.head.modules()]
            if isinstance(module, nn.Conv2d) and module.groups == 1 and self.options.muon
        ]
        known = {id(weight) for weight in dense}
        rest = [*self.pupil.parameters()]
        rest = [weight for weight in rest if id(weight) not in known]
        groups = [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": decay, "peak": rate},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0, "peak": rate},
        ]
        found: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, betas=(0.9, 0.99))]
        if dense:
            found.append(Muon([{"params": dense, "peak": self.options.muon}], weight_decay=decay))
        return found

    @property
    def progress(self) -> float:
        """Part of the run that is over, by steps or, from where this start began, by the clock."""
        options = self.options
        if not options.minutes:
            return float(self.step / options.steps)
        step, clock = self.started
        before = step / options.steps
        spent = (time.monotonic() - clock) / 60 / options.minutes
        return float(before + (1 - before) * min(1.0, spent))

    @property
    def checkpoint(self) -> Path:
        """The file everything is kept in."""
        return self.folder / "checkpoint.pt"

    def load(self) -> None:
        """Go on from the checkpoint if there is one, or start from the weights of another run."""
        path = self.checkpoint if self.checkpoint.exists() else self.options.start
        if path is None:
            return
        kept: dict[str, Any] = torch.load(path, weights_only=True)
        own = path == self.checkpoint
        self.student.load_state_dict(kept["student" if own else "average"])
        self.average.load_state_dict(kept["average"])
        self.pupil.classes.load_state_dict(kept["classes"])
        if not own:
            return
        for optimiser, state in zip(self.optimisers, kept["optimisers"], strict=True):
            # The peaks are options of this start, not of the last one.
            peaks = [group["peak"] for group in optimiser.param_groups]
            optimiser.load_state_dict(state)
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["peak"] = peak
        self.step, self.seconds = kept["step"], kept["seconds"]

    def save(self) -> None:
        """Replace the checkpoint, in one move."""
        kept = {
            "shape": self.options.shape,
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "classes": self.pupil.classes.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "steps": self.options.steps,
            "seconds": self.seconds,
        }
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(kept, fresh)
        fresh.replace(self.checkpoint)

    def advance(self, numbers: npt.NDArray[np.int64], side: int) -> dict[str, float]:
        """One step; returns the parts of the loss."""
        pace = rate_at(self.step, self.progress)
        for group in (group for o in self.optimisers for group in o.param_groups):
            group["lr"] = group["peak"] * pace
        parts = np.array_split(numbers, self.options.parts)
        jobs = [partial(self._teach, part, place, side) for place, part in enumerate(parts)]
        found = self.halves.run(jobs)
        self.lesson.remember()
        nn.utils.clip_grad_norm_(self.student.parameters(), 5.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self._follow()
        self.step += 1
        return found

    def _teach(
        self, numbers: npt.NDArray[np.int64], place: int, side: int, pupil: Pupil
    ) -> dict[str, float]:
        """Forward and backward over one part of a step."""
        seed = (self.options.seed * 1_000_003 + self.step) * 64 + place
        generator = torch.Generator().manual_seed(seed)
        pixels = self.views.part(numbers, (self.step, place), side)
        taught = self.lesson(pupil, torch.from_numpy(numbers), pixels, place, generator)
        torch.autograd.backward(torch.stack(list(taught.values())).sum())
        return {name: float(value.detach()) for name, value in taught.items()}

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
    alone()
    run = Run(options)
    run.load()
    more = len(run.lesson.keys) - len(run.views.pool)
    photos = Photos(options.cache, options.photos, options.seed, more, options.more_part)
    log = (run.folder / "log.txt").open("a", encoding="utf-8")
    # Asked to stop: finish the step, keep everything, end.
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    run.started = (run.step, time.monotonic())
    strong = schedule(options.strong)
    sums: dict[str, float] = {}
    start = saved = time.monotonic()
    while run.progress < 1 and not asked:
        side = side_at(run.progress, run.step, options.sides)
        run.views.strong = value_at(run.progress, strong)
        for name, value in run.advance(photos.chosen(run.step), side).items():
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
        "--minutes",
        type=float,
        help="end after so long: the schedule follows the clock",
    )
    parser.add_argument(
        "--photos", type=int, default=256, help="photos a step; each is seen as two copies"
    )
    parser.add_argument(
        "--sides", default=SIDES, help="part of the run : pixels, ... or 64/80, in turn"
    )
    parser.add_argument("--more", type=Path, help="cache folder of more photos, without a pool")
    parser.add_argument(
        "--more-part", type=float, default=0.5, help="part of a step's photos that are theirs"
    )
    parser.add_argument(
        "--strong",
        default="1:1",
        help="part of the run : part of the second copies that are badly changed, ...",
    )
    parser.add_argument(
        "--classes", type=float, default=Balance.classes, help="weight of the class probabilities"
    )
    parser.add_argument(
        "--pairs", type=float, default=Balance.pairs, help="weight of copies finding each other"
    )
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--muon", type=float, default=4e-3, help="rate of the dense convolutions")
    parser.add_argument("--start", type=Path, help="checkpoint to take the first weights from")
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument(
        "--average", type=float, default=0.998, help="decay of the moving average of the weights"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", type=int, default=4, help="of a batch; 128 copies each are best")
    parser.add_argument("--seed", type=int, default=7)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
