"""Convolutions that train faster on a CPU than torch's own; the parameters are the same.

1 x 1 convolutions are matrix products; gradients of depthwise ones, and batch normalisation with
its activation, come from ``layers.c``, which is compiled on first use. Without a compiler torch
does it.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_SOURCE = Path(__file__).with_name("layers.c")


@functools.cache
def _library() -> ctypes.CDLL | None:
    """Compile ``layers.c`` for this machine, or say that it cannot be."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    target = Path(tempfile.mkdtemp()) / "layers.so"
    flags = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", target, _SOURCE], check=True)
    return ctypes.CDLL(str(target))


def _pointers(*tensors: Tensor) -> list[ctypes.c_void_p]:
    return [ctypes.c_void_p(tensor.data_ptr()) for tensor in tensors]


def _call(name: str, arrays: list[ctypes.c_void_p], numbers: tuple[Any, ...]) -> None:
    """Run a function of the library; other threads go on meanwhile."""
    getattr(_library(), name)(*arrays, *numbers)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(maps, weight)
        ctx.stride, ctx.padding = stride, padding
        return functional.conv2d(maps, weight, None, stride, padding, groups=len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        maps, weight = ctx.saved_tensors
        last = torch.channels_last
        grad, maps = grads[0].contiguous(memory_format=last), maps.contiguous(memory_format=last)
        taps = weight.flatten(1).T.contiguous()
        into, change = torch.empty_like(maps), torch.empty_like(taps)
        sizes = (*maps.shape[::2], maps.shape[3], maps.shape[1], *grad.shape[2:])
        arrays = _pointers(grad, maps, taps, into, change)
        sizes = (*sizes, weight.shape[2], ctx.stride, ctx.padding)
        _call("depthwise_backward", arrays, sizes)
        return into, change.T.reshape(weight.shape), None, None


class Convolution(nn.Conv2d):
    """A convolution that knows the quick ways."""

    def forward(self, maps: Tensor) -> Tensor:
        """Do what ``nn.Conv2d`` does."""
        if not self.training:
            return super().forward(maps)
        if self.kernel_size == (1, 1):
            flat = functional.linear(maps.permute(0, 2, 3, 1), self.weight.flatten(1), self.bias)
            return flat.permute(0, 3, 1, 2)
        if self.groups > 1 and _library():
            found: Tensor = _Depthwise.apply(
                maps, self.weight, self.stride[0], int(self.padding[0])
            )
            return found
        return super().forward(maps)


class _NormAct(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, gamma: Tensor, beta: Tensor, epsilon: float, act: int
    ) -> tuple[Tensor, Tensor, Tensor]:
        maps = maps.contiguous(memory_format=torch.channels_last)
        found, channels = torch.empty_like(maps), maps.shape[1]
        mean, inverse, variance = (torch.empty_like(gamma) for _ in range(3))
        arrays = _pointers(maps, gamma, beta, found, mean, inverse, variance)
        rows = maps.numel() // channels
        _call("norm_forward", arrays, (rows, channels, ctypes.c_float(epsilon), act))
        ctx.save_for_backward(maps, gamma, beta, mean, inverse)
        ctx.act = act
        ctx.mark_non_differentiable(mean, variance)
        return found, mean, variance

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        maps, gamma, beta, mean, inverse = ctx.saved_tensors
        grad = grads[0].contiguous(memory_format=torch.channels_last)
        into, channels = torch.empty_like(maps), maps.shape[1]
        by_gamma, by_beta = torch.empty_like(gamma), torch.empty_like(beta)
        arrays = _pointers(grad, maps, gamma, beta, mean, inverse, into, by_gamma, by_beta)
        _call("norm_backward", arrays, (maps.numel() // channels, channels, ctx.act))
        return into, by_gamma, by_beta, None, None


_ACTS = {"": nn.Identity(), "relu": nn.ReLU(), "hardswish": nn.Hardswish()}


class Norm(nn.BatchNorm2d):
    """Batch normalisation and the activation after it, in one.

    Parameters
    ----------
    channels : int
        Of the maps.
    act : str
        ``""``, ``"relu"`` or ``"hardswish"``.
    """

    def __init__(self, channels: int, act: str = "") -> None:
        super().__init__(channels, momentum=0.02)
        self.act = act

    def forward(self, maps: Tensor) -> Tensor:
        """Do what ``nn.BatchNorm2d`` and the activation do."""
        if not self.training or not _library():
            plain: Tensor = _ACTS[self.act](super().forward(maps))
            return plain
        act = list(_ACTS).index(self.act)
        found, mean, variance = _NormAct.apply(maps, self.weight, self.bias, self.eps, act)
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance, self.momentum)
        return found  # type: ignore[no-any-return]
