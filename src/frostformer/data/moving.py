"""Puts numbers on a device without waiting for it: a GPU goes on with the steps before while they are on their way."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host on the device."""
    if device.type == "cuda":  # a copy from pinned memory is not waited for
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


@lru_cache(maxsize=64)
def constant(values: tuple[float, ...], device: torch.device) -> Tensor:
    """(N,) float32 numbers that are used in every step; they are moved once, and must not be written to."""
    with torch.inference_mode(mode=False):  # whoever asks first, others may train with it
        return torch.tensor(values, dtype=torch.float32, device=device)
