"""The student: a small convolutional network, uint8 photos in, one embedding out.

Inverted residuals in the proportions of MobileNetV3-small, which measured best of four shapes on
two CPU cores both in training (torch, fp32, channels last) and in use (onnxruntime, fp32); plain
convolutions in the early blocks halved the speed, bfloat16 too. Ours: ReLU where maps are large and
hard-swish where they are small, thin squeeze-and-excitation to stay within the size allowed,
generalised-mean pooling with p = 3, and a linear projection in place of a classifier.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.layers import Convolution, Norm


@dataclass(frozen=True)
class Row:
    """One block: kernel, expanded channels, output channels, stride, squeeze-and-excitation."""

    kernel: int
    expanded: int
    out: int
    stride: int
    excite: bool = False


@dataclass(frozen=True)
class Shape:
    """A whole network: stem channels, blocks, channels before pooling, learned dimensions."""

    stem: int
    rows: tuple[Row, ...]
    head: int
    learned: int


SHAPES: dict[str, Shape] = {
    "copy-576": Shape(
        stem=16,
        rows=(
            Row(3, 16, 16, 2, excite=True),
            Row(3, 72, 24, 2),
            Row(3, 88, 24, 1),
            Row(5, 96, 40, 2, excite=True),
            Row(5, 240, 40, 1, excite=True),
            Row(5, 240, 40, 1, excite=True),
            Row(5, 120, 48, 1, excite=True),
            Row(5, 144, 48, 1, excite=True),
            Row(5, 288, 96, 2, excite=True),
            Row(5, 576, 96, 1, excite=True),
            Row(5, 576, 96, 1, excite=True),
        ),
        head=576,
        learned=512,
    ),
}


def _convolution(
    inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1, act: str = ""
) -> list[nn.Module]:
    """Convolution without bias, its batch normalisation and the activation."""
    padding = kernel // 2
    layer = Convolution(inside, outside, kernel, stride, padding, groups=groups, bias=False)
    # The activation is part of Norm; its old place keeps the names in checkpoints.
    return [layer, Norm(outside, act), *([nn.Identity()] if act else [])]


class Excitation(nn.Module):
    """Squeeze-and-excitation through an eighth of the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(8, channels // 64 * 8)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            Convolution(channels, inner, 1),
            nn.ReLU(),
            Convolution(inner, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Weighted maps, same shape."""
        gate: Tensor = self.gate(maps)
        if torch.onnx.is_in_onnx_export():
            # onnxruntime is much faster at multiplying maps of one shape, even with the widening.
            gate = functional.interpolate(gate, scale_factor=float(maps.shape[2]))
        return maps * gate


class Block(nn.Module):
    """Inverted residual: widen, look around within each channel, narrow."""

    def __init__(self, inside: int, row: Row, *, smooth: bool) -> None:
        super().__init__()
        act = "hardswish" if smooth else "relu"
        steps = _convolution(inside, row.expanded, 1, act=act) if row.expanded != inside else []
        steps += _convolution(row.expanded, row.expanded, row.kernel, row.stride, row.expanded, act)
        if row.excite:
            steps.append(Excitation(row.expanded))
        self.steps = nn.Sequential(*steps, *_convolution(row.expanded, row.out, 1))
        self.residual = row.stride == 1 and inside == row.out

    def forward(self, maps: Tensor) -> Tensor:
        """Turn maps [N, inside, H, W] into [N, out, H / stride, W / stride]."""
        found: Tensor = self.steps(maps)
        return maps + found if self.residual else found


class Student(nn.Module):
    """Photos to learned dimensions.

    Parameters
    ----------
    shape : Shape
        One of ``SHAPES``.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.stem = nn.Sequential(*_convolution(3, shape.stem, 3, 2, act="hardswish"))
        blocks: list[nn.Module] = []
        channels = shape.stem
        for place, row in enumerate(shape.rows):
            blocks.append(Block(channels, row, smooth=place >= 2))
            channels = row.out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(*_convolution(channels, shape.head, 1, act="relu"))
        # A 1 x 1 convolution, not a matrix product: onnxruntime then treats every image of a batch
        # alike.
        self.project = Convolution(shape.head, shape.learned, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels [N, 3, H, W], RGB from -1 to 1 -> learned part [N, learned], of any length."""
        maps = self.head(self.blocks(self.stem(pixels)))
        # Generalised mean with p = 3; the root is taken of one number a channel only.
        pooled = (maps * maps * maps).mean(dim=(2, 3), keepdim=True).add(1e-6).pow(1 / 3)
        learned: Tensor = self.project(pooled).flatten(1)
        return learned


def scaled(photos: Tensor) -> Tensor:
    """uint8 [N, H, W, 3] -> float32 [N, 3, H, W] from -1 to 1, kept in channels-last memory."""
    return photos.permute(0, 3, 1, 2).float() / 127.5 - 1


class Exported(nn.Module):
    """A student as it is used, its output [N, C, 1, 1]."""

    def __init__(self, student: Student) -> None:
        super().__init__()
        self.student = student

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels [N, 3, H, W] from -1 to 1 -> learned part."""
        learned: Tensor = self.student(pixels)[:, :, None, None]
        return learned
