"""Gives a backbone other values than those of its checkpoint (Lu et al. 2021, sections 3.2 and 3.8)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from frostformer.errors import InputError


@torch.no_grad()
def undo_residual_shrink(model: Any, name: str) -> None:
    """Turn today's fresh GPT-2 into that of 2021, in place.

    Today `transformers` draws the residual projections of GPT-2 with a deviation smaller by 1/sqrt(2L); in version 4.1,
    which the paper used, it did not. The other architectures are drawn today as they were then, and are refused.
    """
    if model.config.model_type != "gpt2":
        raise InputError(
            f"backbone '{name}' ({model.config.model_type}) is drawn today as it was in 2021: use --weights random"
        )
    for path, parameter in model.named_parameters():
        if path.endswith("c_proj.weight"):
            parameter *= (2 * model.config.n_layer) ** 0.5


@torch.no_grad()
def draw_from_statistics(backbone: nn.Module, seed: int) -> None:
    """Replace each tensor, in place, by normal values of its own mean and standard deviation (table 9)."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in backbone.parameters():
        deviation = parameter.std(correction=0)
        parameter.copy_(parameter.mean() + deviation * torch.randn(parameter.shape, generator=generator))


@torch.no_grad()
def shuffle_values(backbone: nn.Module, seed: int) -> None:
    """Permute the values inside each tensor, in place: all its statistics stay, only its structure is lost."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in backbone.parameters():
        order = torch.randperm(parameter.numel(), generator=generator)
        parameter.copy_(parameter.flatten()[order].view_as(parameter))
