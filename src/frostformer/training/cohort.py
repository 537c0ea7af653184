"""Runs that differ only in seed, learning rate or other scalars, trained side by side on the backbone they share.

The batches of many runs go through the frozen matrices as one batch. A module that trains belongs to one run each:
there, and only there, the batch is split into the parts of the runs. Losses do not mix. Each run keeps its own
gradients, clipping, learning rate, curve and end, and ends as it would alone.

N runs, B batch, T positions, C channels of an input vector, R read positions, G predictions, K outputs.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from frostformer.config import RunConfig
from frostformer.models.backbones.registry import is_drawn
from frostformer.models.freezing import LAST_ATTENTION, only_output_trains, parameter_groups, trained_groups
from frostformer.models.model import SequenceModel
from frostformer.training.evaluation import inputs_on
from frostformer.training.loop import Record, Training

_MAY_DIFFER = ("seed", "learning_rate", "gradient_clip", "steps", "patience", "evaluate_every")
_MOST_POSITIONS = {"cpu": 2048, "cuda": 32768}  # in a pass, N * B * T (for GPUs this is a guess)
_FEWEST_RUNS = 6  # that fit into a pass: larger batches fill the cores alone, two in a pass are slower (docs/speed.md)
_GAIN_NOTHING = {"attention", "feedforward", LAST_ATTENTION}  # each run has its own trained matrices


class Cohort:
    """Several trainings whose models hold the very same frozen tensors; a training is in one cohort at a time."""

    def __init__(self, members: list[Training]) -> None:
        """Members may stand at different steps, as those of an interrupted cohort do."""
        self.members = members
        self._runs_in_a_pass = max(1, _runs_in_a_pass(members[0]))
        self._model = _with_run_axis([member.model for member in members])
        self._per_run = [module for module in self._model.modules() if isinstance(module, _PerRun)]

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Iterator[tuple[Training, Record]]:
        """Train every member to its own end; yields their records as they come, each with its training."""
        for member in self.members:
            member.together = len(self.members)
            member.begin()
        while active := [number for number, member in enumerate(self.members) if not member.finished]:
            self.take_step(active)
            on_step(max(self.members[number].step for number in active))
            for member in [self.members[number] for number in active]:
                if member.evaluation_is_due:
                    yield member, member.note(member.validate())
        for member in self.members:
            member.end()

    @torch.no_grad()
    def agrees(self) -> bool:
        """Whether the first and the last member give on two sequences, in one pass, what each gives alone.

        False if the model uses a per-run module in another way than by calling it with one tensor. OPT calls its
        position table by keyword; Mamba reads the weight of its norms.
        """
        ends = sorted({0, len(self.members) - 1})
        first = self.members[0]
        inputs, lengths = inputs_on(first.place.device, first.task.validation[:2].trimmed())
        alone = torch.cat([self.members[number].model(inputs, lengths) for number in ends])
        try:
            together = self._logits(ends, torch.cat([inputs] * len(ends)), torch.cat([lengths] * len(ends)))
        except (AttributeError, RuntimeError, TypeError):
            return False
        return torch.allclose(together, alone, rtol=0.05, atol=0.05)  # another run's modules would be far off

    def take_step(self, active: list[int]) -> None:
        """One step of the members of these numbers, each on its own next batch, in as few passes as there may be."""
        passes = math.ceil(len(active) / self._runs_in_a_pass)
        size = math.ceil(len(active) / passes)
        for start in range(0, len(active), size):
            self._pass(active[start : start + size])

    def _pass(self, active: list[int]) -> None:
        if len(active) == 1:
            self.members[active[0]].take_step()  # nothing to share
            return
        losses = self._losses(active)  # (N,)
        losses.sum().backward()  # type: ignore[no-untyped-call]
        for module in self._per_run:
            module.hand_out_gradients()
        for number, loss in zip(active, losses.detach(), strict=True):
            self.members[number].update(loss)

    def _losses(self, active: list[int]) -> Tensor:
        """(N,) mean loss per prediction of each member's batch."""
        batches = [self.members[number].next_batch() for number in active]
        longest = max(batch.inputs.shape[1] for batch in batches)
        inputs = torch.cat([_pad(batch.inputs, longest) for batch in batches])  # (N * B, T) or (N * B, T, C)
        lengths = torch.cat([batch.lengths for batch in batches])  # (N * B,)
        logits = self._logits(active, inputs, lengths)
        encoded = torch.cat([batch.encoded for batch in batches])  # (N * B, R, G)
        sums = self.members[0].scoring.losses(logits, encoded).view(len(active), -1).sum(1)  # (N,)
        return sums / sums.new_tensor([batch.known for batch in batches])

    def _logits(self, active: list[int], inputs: Tensor, lengths: Tensor) -> Tensor:
        """(N * B, R, G, K) of the inputs (N * B, ...) of these members, in their order."""
        for module in self._per_run:
            module.active, module.batch = active, len(lengths) // len(active)
        logits: Tensor = self._model(inputs, lengths)
        return logits


class _PerRun(nn.Module):
    """A module that every run has for itself, such as a norm: each run's part of the batch goes through its own."""

    def __init__(self, modules: list[nn.Module]) -> None:
        super().__init__()
        self.own = modules  # in a plain list: they belong to the members' models
        self.active: list[int] = []
        """Numbers of the runs in the batch, in its order."""

        self.batch = 0
        """B, sequences of each run."""

    def forward(self, inputs: Tensor) -> Tensor:
        """(N * B, ...) -> (N * B, ...), or from inputs (1, ...) that all sequences share, such as position numbers."""
        runs = len(self.active)
        if len(inputs) > 1:
            return self.of_each(inputs.view(runs, -1, *inputs.shape[1:])).flatten(0, 1)
        outputs = self.of_each(inputs.expand(runs, *inputs.shape))  # (N, 1, ...)
        return outputs.expand(runs, self.batch, *outputs.shape[2:]).flatten(0, 1)

    def of_each(self, parts: Tensor) -> Tensor:
        """Each run's part of the inputs through its own module, (N, B or 1, ...) -> (N, B or 1, ...)."""
        raise NotImplementedError

    def hand_out_gradients(self) -> None:
        """Give the active members' parameters their gradients, after the backward pass."""


class _LookedUp(_PerRun):
    """A table of each run, looked up run by run: a lookup mapped over the runs would copy whole tables."""

    def of_each(self, parts: Tensor) -> Tensor:
        return torch.stack([self.own[number](part) for number, part in zip(self.active, parts, strict=True)])


class _Stacked(_PerRun):
    """Modules of one kind, mapped over the runs. Their parameters are stacked, (N, ...); the members' are the rows."""

    def __init__(self, modules: list[nn.Module]) -> None:
        super().__init__(modules)
        self._stacked: dict[str, Tensor] = {}
        for name, first in modules[0].named_parameters():
            members = [module.get_parameter(name) for module in modules]
            self._stacked[name] = torch.stack([one.detach() for one in members]).requires_grad_(first.requires_grad)
            for one, row in zip(members, self._stacked[name].detach(), strict=True):
                one.data = row

    def of_each(self, parts: Tensor) -> Tensor:
        def one(parameters: dict[str, Tensor], part: Tensor) -> Any:
            return functional_call(self.own[0], parameters, (part,))

        stacked = self._stacked
        if len(self.active) < len(self.own):  # the others have ended, or are in another pass
            stacked = {name: every[self.active] for name, every in stacked.items()}
        outputs: Tensor = vmap(one)(stacked, parts)
        return outputs

    def hand_out_gradients(self) -> None:
        for name, stacked in self._stacked.items():
            if stacked.grad is not None:
                for number in self.active:
                    self.own[number].get_parameter(name).grad = stacked.grad[number]
                stacked.grad = None


def cohort_key(config: RunConfig) -> tuple[Any, ...] | None:
    """Runs with equal keys can be trained side by side; None for a run that must go alone.

    Seeds may differ where nothing of the backbone is drawn from them. A run with dropout goes alone, since it would
    draw other masks in a cohort; so does one with low-rank updates, whose modules belong to peft.
    """
    trained = set(trained_groups(config))
    if config.dropout > 0 or config.compile or config.lora_rank or trained & _GAIN_NOTHING or trained == {"output"}:
        return None
    drawn = is_drawn(config) or config.extend_positions
    same = {name: value for name, value in asdict(config).items() if name not in _MAY_DIFFER}
    return (*map(str, same.items()), config.seed if drawn else None)


def can_share(training: Training) -> bool:
    """Whether a run can gain from a pass with others, and ends as it would alone.

    It cannot where its batches are large, where features are computed once, or where the backbone draws random numbers
    in training. Nor can it where a trained module sees something other than sequences, as T5's relative positions do:
    they see pairs of positions.
    """
    model, trained = training.model, training.trained
    if _runs_in_a_pass(training) < _FEWEST_RUNS:
        return False
    if model.backbone.probe.draws_in_training or only_output_trains(trained):
        return False
    groups = parameter_groups(model)
    tables = [name.removeprefix("backbone.") for name in trained if groups[name] == "position"]
    return all(model.backbone.depth_of(name) == 0 for name in tables)


def _runs_in_a_pass(training: Training) -> int:
    """How many runs fit into a pass, by the positions of the task; Longformer pads to more of them."""
    most = _MOST_POSITIONS.get(training.place.device.type, _MOST_POSITIONS["cpu"])
    return most // (training.config.batch_size * training.task.shape.length)


def _with_run_axis(models: list[SequenceModel]) -> SequenceModel:
    """The members' model with every module that differs between them replaced by all the members' own.

    That is what trains, and the new layers, which are drawn from the seed, even where they are frozen.
    """
    tensors = [*models[0].parameters(), *models[0].buffers()]
    model = copy.deepcopy(models[0], {id(tensor): tensor for tensor in tensors})  # new modules, same tensors
    differing = [name for name, tensor in model.named_parameters() if tensor.requires_grad or "backbone." not in name]
    for path in {name.rpartition(".")[0] for name in differing}:
        parent, _, attribute = path.rpartition(".")
        own = [each.get_submodule(path) for each in models]
        per_run = _LookedUp(own) if isinstance(own[0], nn.Embedding) else _Stacked(own)
        setattr(model.get_submodule(parent), attribute, per_run)
    return model


def _pad(inputs: Tensor, positions: int) -> Tensor:
    """Padding on the right, which changes no prediction."""
    missing = positions - inputs.shape[1]
    return nn.functional.pad(inputs, (0, missing) if inputs.ndim == 2 else (0, 0, 0, missing))
