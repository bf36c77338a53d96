"""Copies of one network, each taught with a part of a batch in a thread of its own.

On two cores this trains a small network faster than splitting every operation over both cores, and
holds up much better when other programs want a core: there is one meeting a step, not several
hundred.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

Found = dict[str, float]
Job = Callable[[nn.Module], Found]
"""Takes a network forward and backward over one part, and says what the losses were."""


def alone() -> None:
    """Set up a thread: it splits nothing up, and numbers too small to matter are 0, not slow."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


class Halves:
    """Forward and backward passes of ``network`` over parts of a batch side by side.

    Parameters
    ----------
    network : nn.Module
        Its parameters are shared by all copies; gradients end up in it. Running statistics of batch
        normalisation are those of the first part.
    parts : int
        Of a batch.
    threads : int
        How many of them are worked on at a time.
    """

    def __init__(self, network: nn.Module, parts: int, threads: int) -> None:
        self.networks = [network, *(copy.deepcopy(network) for _ in range(parts - 1))]
        for other in self.networks[1:]:
            for mine, shared in zip(other.parameters(), network.parameters(), strict=True):
                mine.data = shared.data
        self._pool = ThreadPoolExecutor(threads, initializer=alone)

    def run(self, jobs: Sequence[Job]) -> Found:
        """Do a job on each copy; gradients and losses are the means of the parts'."""
        for network in self.networks:
            network.zero_grad(set_to_none=True)
        found = list(
            self._pool.map(lambda pair: pair[0](pair[1]), zip(jobs, self.networks, strict=True))
        )
        share = 1 / len(jobs)
        for shared, *others in zip(*(n.parameters() for n in self.networks), strict=True):
            if shared.grad is None:
                continue
            for mine in others:
                if mine.grad is not None:
                    shared.grad += mine.grad
            shared.grad *= share
        return {name: share * sum(losses[name] for losses in found) for name in found[0]}
