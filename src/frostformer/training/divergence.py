"""Notices the step at which training diverges, without waiting for the device in any step."""

from __future__ import annotations

import torch
from torch import Tensor


class Divergence:
    """Counts the steps before the first one with a number that was not finite."""

    def __init__(self, device: torch.device) -> None:
        self._is_sound = torch.ones((), dtype=torch.bool, device=device)
        self._sound_steps = torch.zeros((), dtype=torch.int64, device=device)

    @property
    def tensors(self) -> list[Tensor]:
        """What `look` writes to."""
        return [self._is_sound, self._sound_steps]

    def start_at(self, steps: int) -> None:
        """Count from here on: so many steps have been taken."""
        self._sound_steps.fill_(steps)
        self._is_sound.fill_(value=True)

    def look(self, *numbers: Tensor) -> None:
        """Look at the loss and the gradient norm of the next step, numbers ()."""
        self._is_sound &= torch.stack(numbers).isfinite().all()
        self._sound_steps += self._is_sound

    @property
    def step(self) -> int | None:
        """The first step with a number that was not finite, counted from 1; asking waits for the device."""
        return None if self._is_sound else int(self._sound_steps) + 1
