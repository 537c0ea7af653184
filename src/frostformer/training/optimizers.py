"""The optimizer of a run, its learning rate, and how its state becomes named tensors and is restored from them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from frostformer.config import RunConfig


def build_optimizer(parameters: Iterable[nn.Parameter], config: RunConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019), which without weight decay is the paper's Adam (Kingma and Ba 2015)."""
    return torch.optim.AdamW(list(parameters), config.learning_rate, weight_decay=config.weight_decay, fused=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, config: RunConfig, step: int) -> None:
    """Set the learning rate for the step with this number, counted from 0."""
    factor = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    if config.schedule == "cosine":
        factor *= 0.5 * (1 + math.cos(math.pi * step / config.steps))
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * factor


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, torch.Tensor]:
    """The optimizer's state as named tensors: `{prefix}/{parameter number}/{entry}`."""
    return {
        f"{prefix}/{number}/{entry}": torch.as_tensor(value)
        for number, entries in optimizer.state_dict()["state"].items()
        for entry, value in entries.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], prefix: str) -> None:
    """Put back what `optimizer_tensors` took out; hyper-parameters stay as they are in `optimizer`."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(prefix + "/"):
            _, number, entry = name.split("/")
            state.setdefault(int(number), {})[entry] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
