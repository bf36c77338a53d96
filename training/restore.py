"""``python -m training.restore MODEL.onnx --run NAME``: a checkpoint from an exported model.

For those who have a model of the package and not the checkpoint it came from: ``training.train
--start`` goes on from what this writes, ``training.export`` takes it as it is.  The network of the
model says the same as before; what an export leaves out is found anew on copies of the cache's
photos: the statistics of batch normalisation, the turn of the learned axes back to the teacher's,
and the layer that names the teacher's classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.export import HALF
from training.graph import ExportedModel
from training.layers import Convolution, Norm
from training.losses import Balance, Lesson, Pupil
from training.photo_cache import cache_argument
from training.student import SHAPES, Shape, Student
from training.views import Photos, Views

PREFIX = "net_"
"""Of all that comes from the network in an exported graph (``graph.GraphBuilder.network``)."""
TURNS = 12
"""Rounds until the turn to the teacher's axes and the mean that goes with it agree."""
STEPS, ROWS = 1500, 512
"""Of teaching the layer that names classes."""


def restored(model: onnx.ModelProto, shape: Shape) -> Student:
    """Student with the weights of a model; its batch normalisation only adds a bias.

    Raises
    ------
    ValueError
        When the model holds another network.
    """
    student = Student(shape)
    exported = ExportedModel(model)
    found = [
        [exported.weight(name) for name in node.input[1:]]
        for node in model.graph.node
        if node.op_type == "Conv" and all(name.startswith(PREFIX) for name in node.input[1:])
    ]
    layers = [layer for layer in student.modules() if isinstance(layer, Convolution)]
    wanted = [tuple(layer.weight.shape) for layer in layers]
    if [weight.shape for weight, _ in found] != wanted:
        raise ValueError(
            f"it does not hold the whole network that {shape.learned} numbers come from"
        )
    norms = (layer for layer in student.modules() if isinstance(layer, Norm))
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, found, strict=True):
            layer.weight.copy_(torch.from_numpy(weight))
            if layer.bias is not None:
                layer.bias.copy_(torch.from_numpy(bias))
                continue
            norm = next(norms)
            norm.bias.copy_(torch.from_numpy(bias))
            _set_statistics(norm, torch.zeros_like(norm.bias), torch.ones_like(norm.bias))
            norm.weight.copy_((1 + norm.eps) ** 0.5 * torch.ones_like(norm.weight))
        student.stem[0].weight *= HALF
    return student.eval()


def _set_statistics(norm: Norm, mean: Tensor, variance: Tensor) -> None:
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("batch normalisation without statistics")
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


@torch.no_grad()
def normalise(student: Student, batches: Iterator[Tensor]) -> None:
    """Give a restored student's batch normalisation its statistics; it says the same as before.

    Every convolution is scaled so that what it gives has a variance of 1: then the rates of
    ``training.train`` mean about the same for all of them.

    Parameters
    ----------
    student : Student
        From ``restored``.
    batches : iterator of Tensor
        Pixels [n, 3, H, W] from -1 to 1, as in training.
    """
    norms = [layer for layer in student.modules() if isinstance(layer, Norm)]
    sums = {norm: torch.zeros(2, len(norm.bias), dtype=torch.float64) for norm in norms}
    counts = dict.fromkeys(norms, 0)

    def look(layer: nn.Module, given: tuple[Tensor, ...]) -> None:
        rows = given[0].detach().movedim(1, -1).flatten(0, -2).double()
        sums[layer] += torch.stack([rows.sum(dim=0), (rows * rows).sum(dim=0)])
        counts[layer] += len(rows)

    hooks = [norm.register_forward_pre_hook(look) for norm in norms]
    for pixels in batches:
        student(pixels)
    for hook in hooks:
        hook.remove()
    before = [layer for layer in student.modules() if isinstance(layer, Convolution)]
    before = [layer for layer in before if layer.bias is None]
    for layer, norm in zip(before, norms, strict=True):
        mean, square = (sums[norm] / counts[norm]).float()
        # A channel that is always the same stays as it is.
        deviation = (square - mean**2).clamp_min(1e-10).sqrt()
        layer.weight /= deviation[:, None, None, None]
        _set_statistics(norm, mean / deviation, torch.ones_like(deviation))
        norm.weight.mul_(deviation)
        norm.bias.add_(mean)


@torch.no_grad()
def turn_back(student: Student, vectors: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Undo the turn to principal axes and the mean that an export takes away.

    Lengths and angles about that mean stay what they are: only a rotation and a shift are looked
    for (orthogonal Procrustes).

    Parameters
    ----------
    student : Student
        Its last layer is changed.
    vectors : Tensor of shape (n, learned)
        What it says about n photos.
    keys : Tensor of shape (n, learned)
        The teacher's keys of the same.

    Returns
    -------
    turn, shift : Tensor of shape (learned, learned), Tensor of shape (learned,)
        ``vectors @ turn + shift`` is what it says then.
    """
    shift = torch.zeros(vectors.shape[1])
    centred = vectors - vectors.mean(dim=0)
    turned = vectors
    for _ in range(TURNS):
        wanted = keys * (turned + shift).norm(dim=1, keepdim=True)
        left, _, right = torch.linalg.svd(centred.T @ (wanted - wanted.mean(dim=0)))
        turn = left @ right
        turned = vectors @ turn
        shift = (wanted - turned).mean(dim=0)
    last = student.project
    last.weight.copy_((turn.T @ last.weight.flatten(1))[:, :, None, None])
    if last.bias is not None:
        last.bias.copy_(last.bias @ turn + shift)
    return turn, shift


def teach_classes(pupil: Pupil, vectors: Tensor, logits: Tensor, seed: int = 7) -> float:
    """Teach the layer that names classes, the student as it is; returns the last loss.

    Parameters
    ----------
    pupil : Pupil
    vectors : Tensor of shape (n, learned)
        Of length 1.
    logits : Tensor of shape (n, classes)
        The teacher's.
    seed : int
        Of the rows of each step.
    """
    temperature = Balance.class_temperature
    random = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(pupil.classes.parameters(), 4e-3, weight_decay=0.02)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    loss = torch.zeros(())
    for _ in range(STEPS):
        chosen = torch.randint(len(vectors), (ROWS,), generator=random)
        wanted = functional.log_softmax(logits[chosen].float() / temperature, dim=1)
        found = functional.log_softmax(pupil.classes(vectors[chosen] * 16) / temperature, dim=1)
        loss = functional.kl_div(found, wanted, reduction="batchmean", log_target=True)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        rates.step()
    return float(loss.detach())


def main() -> None:
    """Write the checkpoint of a run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    cache_argument(parser)
    parser.add_argument("model", type=Path, help="ONNX file that training.export wrote")
    parser.add_argument("--run", required=True, help="name of the run that gets the checkpoint")
    parser.add_argument("--shape", default="copy-576", choices=sorted(SHAPES))
    parser.add_argument("--more", type=Path, help="cache folder of more photos, as for training")
    parser.add_argument("--side", type=int, required=True, help="pixels it was trained with")
    parser.add_argument("--steps", type=int, default=80, help="batches that are looked at")
    parser.add_argument("--photos", type=int, default=256, help="photos a batch, two copies each")
    options = parser.parse_args()
    shape = SHAPES[options.shape]
    target = options.cache / "runs" / options.run / "checkpoint.pt"
    if target.exists():
        parser.error(f"--run {options.run}: {target} is there already; take another name")
    try:
        student = restored(onnx.load(options.model), shape)
    except ValueError as error:
        parser.error(f"{options.model}: {error}")
    caches = [options.cache, *([options.more] if options.more else [])]
    lesson = Lesson(caches, shape.learned, Balance())
    views = Views(options.cache, 7, options.more)
    views.strong = 0.3
    more = len(lesson.keys) - len(views.pool)
    photos = Photos(options.cache, options.photos, 7, more)
    numbers = [photos.chosen(step) for step in range(options.steps)]

    def pixels(step: int) -> Tensor:
        return views.part(numbers[step], (step, 0), options.side)

    normalise(student, (pixels(step) for step in range(0, options.steps, 4)))
    with torch.no_grad():
        found = torch.cat([student(pixels(step)) for step in range(options.steps)])
    every = torch.from_numpy(np.concatenate([np.tile(part, 2) for part in numbers]))
    keys = lesson.keys[every]
    turn, shift = turn_back(student, found, keys)
    vectors = functional.normalize(found @ turn + shift, dim=1)
    print(f"cosine to the teacher's keys {(vectors * keys).sum(dim=1).mean():.3f}")
    logits = torch.from_numpy(np.concatenate([np.asarray(kept) for kept in lesson.logits]))[every]
    pupil = Pupil(student, shape.learned, logits.shape[1])
    print(f"divergence from the teacher's classes {teach_classes(pupil, vectors, logits):.3f}")
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "shape": options.shape,
        "average": student.state_dict(),
        "classes": pupil.classes.state_dict(),
    }
    torch.save(kept, target)


if __name__ == "__main__":
    main()
