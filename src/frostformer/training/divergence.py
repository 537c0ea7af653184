"""Notices the step at which training diverges, without waiting for the device in any step."""

from __future__ import annotations

import torch
from torch import Tensor

_NEVER = 2**62


class Divergence:
    """Remembers the first step at which a number was not finite."""

    def __init__(self, device: torch.device) -> None:
        self._first = torch.full((), _NEVER, device=device)

    def look(self, step: int, *numbers: Tensor) -> None:
        """Look at the loss and the gradient norm of a step, numbers (), counted from 1."""
        is_finite = torch.stack([number.detach() for number in numbers]).isfinite().all()
        self._first = torch.where(is_finite, self._first, self._first.clamp(max=step))

    @property
    def step(self) -> int | None:
        """The first step with a number that was not finite; asking waits for the device."""
        first = int(self._first)
        return None if first == _NEVER else first
