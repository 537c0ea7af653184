"""The optimizer of a run, its learning rate, and how its state becomes named tensors and is restored from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError

_ADAM = ("step", "exp_avg", "exp_avg_sq")
_ENTRIES = {"Adam": _ADAM, "AdamW": _ADAM, "Muon": ("momentum_buffer",)}  # of an optimizer's state


def build_optimizer(parameters: Iterable[nn.Parameter], config: RunConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019), which without weight decay is the paper's Adam (Kingma and Ba 2015)."""
    parameters, rate, decay = list(parameters), config.learning_rate, config.weight_decay
    if not config.capture:
        return torch.optim.AdamW(parameters, rate, weight_decay=decay, fused=True)
    read = torch.tensor(rate, device=parameters[0].device)  # a graph reads the rate where it lies
    return torch.optim.AdamW(parameters, read, weight_decay=decay, fused=True, capturable=parameters[0].is_cuda)


def set_learning_rate(optimizer: torch.optim.Optimizer, config: RunConfig, step: int) -> None:
    """Set the learning rate for the step with this number, counted from 0."""
    factor = min(1.0, (step + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    if config.schedule == "cosine":
        factor *= 0.5 * (1 + math.cos(math.pi * step / config.steps))
    for group in optimizer.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(config.learning_rate * factor)
        else:
            group["lr"] = config.learning_rate * factor


def fitting(tensors: Mapping[str, torch.Tensor], name: str, like: torch.Tensor) -> torch.Tensor:
    """The tensor of this name, if it has the shape and the type of `like`.

    Raises:
        InputError: it is missing, or has another shape or type.
    """
    tensor = tensors.get(name)
    if tensor is None or tensor.shape != like.shape or tensor.dtype != like.dtype:
        found = "missing" if tensor is None else f"{tensor.dtype} of shape {tuple(tensor.shape)}"
        raise InputError(f"'{name}' is {found}, wanted {like.dtype} of shape {tuple(like.shape)}")
    return tensor


def optimizer_tensors(optimizer: torch.optim.Optimizer, prefix: str) -> dict[str, torch.Tensor]:
    """The optimizer's state as named tensors: `{prefix}/{parameter number}/{entry}`."""
    return {
        f"{prefix}/{number}/{entry}": torch.as_tensor(value)
        for number, entries in optimizer.state_dict()["state"].items()
        for entry, value in entries.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], prefix: str) -> None:
    """Put back what `optimizer_tensors` took out; hyper-parameters stay as they are in `optimizer`.

    Raises:
        InputError: a tensor is missing or has another shape; a parameter that never had a gradient may have none.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    scalar = torch.zeros(())
    state: dict[int, dict[str, torch.Tensor]] = {}
    for number, parameter in enumerate(parameters):
        likes = dict.fromkeys(_ENTRIES[type(optimizer).__name__], parameter)
        likes = {entry: scalar if entry == "step" else like for entry, like in likes.items()}
        if any(f"{prefix}/{number}/{entry}" in tensors for entry in likes):
            state[number] = {entry: fitting(tensors, f"{prefix}/{number}/{entry}", likes[entry]) for entry in likes}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
