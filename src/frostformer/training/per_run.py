"""A model in which the modules that train are there once for each of several runs, and all else is there once.

N runs, B batch. The sequences of the runs lie one run after the other in a batch of N * B.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.models.model import SequenceModel


class PerRun(nn.Module):
    """A module that every run has for itself, such as a norm: each run's part of the batch goes through its own.

    One call after the other, not one mapped over the runs: a mapped call adds up gradients in another order, which
    Adam makes much of, and is no faster.
    """

    def __init__(self, modules: list[nn.Module]) -> None:
        super().__init__()
        self.own = modules  # in a plain list: they belong to the members' models
        self.active: Sequence[int] = ()
        """Numbers of the runs in the batch, in its order."""

        self.batch = 0
        """B, sequences of each run."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(N * B, ...) -> (N * B, ...), or from inputs (1, ...) that all sequences share, such as position numbers.

        The first axis may also be N * B * R, the read positions of all sequences.
        """
        if len(inputs) == 1:
            outputs = [self.own[number](inputs) for number in self.active]  # (1, ...) each
            return torch.cat([one.expand(self.batch, *one.shape[1:]) for one in outputs])
        parts = zip(self.active, inputs.view(len(self.active), -1, *inputs.shape[1:]).unbind(), strict=True)
        return torch.cat([self.own[number](part) for number, part in parts])


def with_run_axis(models: list[SequenceModel]) -> SequenceModel:
    """The members' model with every module that differs between them replaced by all the members' own.

    That is what trains, and the new layers, which are drawn from the seed, even where they are frozen.
    """
    tensors = [*models[0].parameters(), *models[0].buffers()]
    model = copy.deepcopy(models[0], {id(tensor): tensor for tensor in tensors})  # new modules, same tensors
    differing = [name for name, tensor in model.named_parameters() if tensor.requires_grad or "backbone." not in name]
    for path in {name.rpartition(".")[0] for name in differing}:
        parent, _, attribute = path.rpartition(".")
        setattr(model.get_submodule(parent), attribute, PerRun([each.get_submodule(path) for each in models]))
    return model


def join_gradients(model: nn.Module) -> None:
    """Let the gradients of all uses that a trained module makes of its input be added up before any others join them.

    In a `PerRun` that is so, and the sum of floats depends on the order: so it is made the same for a run alone. An
    RMS norm uses its input twice, and the residual stream around it adds a third gradient.
    """
    for module in model.modules():
        if any(parameter.requires_grad for parameter in module.parameters(recurse=False)):
            module.register_forward_pre_hook(_behind_a_view)


def _behind_a_view(_: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(one.view_as(one) if isinstance(one, Tensor) else one for one in inputs)
