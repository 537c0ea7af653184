"""Tries whether a shared pass gives every run what it has alone: outputs and gradients, with tensors that differ.

At the start the trained tensors of all runs may be equal, and then nothing would show that a run got another one's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

NOISE = 0.5  # standard deviation of the noise, in root mean squares of the tensor
_OF_ZEROS = 0.1  # the same for a tensor of zeros
_TOLERANCE = {"fp32": 1e-4, "tf32": 0.01, "bf16": 0.05, "int8": 0.05}
"""Of the norm; another run's module is further off than any."""

_SMALL = 0.01  # gradients below this share of the largest are compared with this share: they may be rounding alone

Trained = dict[str, nn.Parameter]


@contextmanager
def disturbed(runs: Sequence[Trained]) -> Iterator[None]:
    """Other noise on the trained tensors of each run, which afterwards are what they were."""
    generator = torch.Generator().manual_seed(0)
    before = [{name: one.detach().clone() for name, one in run.items()} for run in runs]
    try:
        with torch.no_grad():
            for one in (one for run in runs for one in run.values()):
                scale = NOISE * float(one.square().mean().sqrt()) or _OF_ZEROS
                one.add_(scale * torch.randn(one.shape, generator=generator).to(one.device))
        yield
    finally:
        with torch.no_grad():
            for run, old in zip(runs, before, strict=True):
                for name, one in run.items():
                    one.copy_(old[name])


def evidence(logits: Tensor, runs: Sequence[Trained]) -> list[dict[str, Tensor]]:
    """For each of N runs its part of the logits (N * B, ...), and the gradients of their squares, zeros for none."""
    trained = [one for run in runs for one in run.values()]
    gradients = iter(torch.autograd.grad(logits.square().sum(), trained, allow_unused=True, materialize_grads=True))
    parts = logits.detach().chunk(len(runs))
    return [{"logits": part} | {name: next(gradients) for name in run} for run, part in zip(runs, parts, strict=True)]


def agree(one: dict[str, Tensor], other: dict[str, Tensor], precision: str) -> bool:
    """Whether outputs and gradients, by name, are equal up to rounding; NaN agrees with nothing."""
    tolerance = _TOLERANCE[precision]
    least = _SMALL * max(float(tensor.norm()) for tensor in other.values())
    return all(
        float((one[name] - tensor).norm()) <= tolerance * max(float(tensor.norm()), least)
        for name, tensor in other.items()
    )
