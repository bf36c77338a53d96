"""The quick layers of the trainer against torch's own; only where torch is installed."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.layers import Convolution, Norm  # noqa: E402
from training.muon import orthogonal  # noqa: E402


def both_ways(ours, theirs, maps):
    """Outputs, and gradients of the maps and of all parameters, of both layers."""
    results = []
    for layer in (ours, theirs):
        layer.train()
        given = maps.clone(memory_format=torch.preserve_format).requires_grad_()
        found = layer(given)
        (found * torch.linspace(-1, 1, found.numel()).reshape(found.shape)).sum().backward()
        results.append([found, given.grad, *(p.grad for p in layer.parameters())])
    return zip(*results, strict=True)


def channels_last(*shape):
    maps = torch.randn(*shape, generator=torch.Generator().manual_seed(1))
    return maps.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("inside", "outside", "kernel", "stride", "groups", "side"),
    [(16, 24, 1, 1, 1, 5), (3, 16, 3, 2, 1, 16), (24, 24, 5, 1, 24, 2), (24, 24, 3, 2, 24, 9)],
)
def test_convolutions(inside, outside, kernel, stride, groups, side):
    settings = (inside, outside, kernel, stride, kernel // 2)
    ours = Convolution(*settings, groups=groups)
    theirs = torch.nn.Conv2d(*settings, groups=groups)
    if groups > 1:  # as the network uses them
        ours.bias = theirs.bias = None
    theirs.load_state_dict(ours.state_dict())
    for mine, wanted in both_ways(ours, theirs, channels_last(4, inside, side, side)):
        torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("act", ["", "relu", "hardswish"])
def test_normalisation_with_its_activation(act):
    plain = torch.nn.BatchNorm2d(24, momentum=0.02)
    torch.nn.init.uniform_(plain.weight, 0.5, 1.5)
    torch.nn.init.normal_(plain.bias)
    ours = Norm(24, act)
    ours.load_state_dict(plain.state_dict())
    acts = {"": torch.nn.Identity(), "relu": torch.nn.ReLU(), "hardswish": torch.nn.Hardswish()}
    theirs = torch.nn.Sequential(plain, acts[act])
    maps = 2 * channels_last(6, 24, 7, 7) + 1
    for mine, wanted in both_ways(ours, theirs, maps):
        torch.testing.assert_close(mine, wanted, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(ours.running_mean, plain.running_mean)
    torch.testing.assert_close(ours.running_var, plain.running_var, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(40, 240), (96, 16)])
def test_orthogonal_steps(shape):
    values = torch.linalg.svdvals(orthogonal(torch.randn(*shape)))
    assert values.min() > 0.5
    assert values.max() < 1.4
