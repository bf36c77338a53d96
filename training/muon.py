"""Muon: momentum whose matrices are made orthogonal before they are taken as a step.

For the weights of dense convolutions; everything else is left to AdamW. K. Jordan et al., "Muon: An
optimizer for hidden layers in neural networks" (2024); steps are scaled as in "Muon is scalable
for LLM training" (2025), so that learning rates are those of AdamW.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

# Coefficients of the quintic iteration that takes all singular values near 1 in five rounds.
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal factor of a matrix: singular values between 0.7 and 1.2."""
    tall = matrix.shape[0] > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / (found.norm() + 1e-7)
    first, second, third = _QUINTIC
    for _ in range(_ROUNDS):
        square = found @ found.T
        found = first * found + (second * square + third * square @ square) @ found
    return found.T if tall else found


class Muon(torch.optim.Optimizer):
    """Steps along orthogonalised Nesterov momentum.

    Parameters
    ----------
    params : iterable
        Weights of two or more dimensions, or groups of them; the first dimension is the output.
    lr : float
        Learning rate, on the scale of AdamW's.
    momentum : float
        Decay of the momentum.
    weight_decay : float
        Decoupled, as AdamW's.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.02,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every weight that has a gradient."""
        if closure is not None:
            closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, group)

    def _move(self, weight: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        momentum = state["momentum"]
        momentum.lerp_(weight.grad, 1 - group["momentum"])
        wanted = weight.grad.lerp(momentum, group["momentum"])
        flat = wanted.reshape(len(wanted), -1)
        # 0.2 times the root of the longer side gives the root mean square that AdamW's steps have.
        scale = 0.2 * max(flat.shape) ** 0.5
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.add_(orthogonal(flat).reshape(weight.shape), alpha=-group["lr"] * scale)
