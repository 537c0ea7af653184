"""Runs that differ only in seed, learning rate or other scalars, trained side by side on the backbone they share.

The batches of many runs go through the frozen matrices as one batch. A module that trains belongs to one run each:
there, and only there, the batch is split into the parts of the runs. Losses do not mix. Each run keeps its own
gradients, clipping, learning rate, curve and end, and ends as it would alone. One that diverges disturbs no other:
what is shared is frozen, and treats every sequence for itself.

N runs, B batch, T positions, C channels of an input vector, R read positions, G predictions, K outputs.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import torch
from torch import Tensor

from frostformer.config import RunConfig
from frostformer.models.backbones.registry import is_drawn
from frostformer.models.freezing import LAST_ATTENTION, only_output_trains, trained_groups
from frostformer.training.agreement import agree, disturbed, evidence
from frostformer.training.batch import Batch, inputs_on, side_by_side
from frostformer.training.captured import CapturedWork, CudaGraphs, Work
from frostformer.training.clock import Clock
from frostformer.training.loop import Training
from frostformer.training.per_run import PerRun, with_run_axis
from frostformer.training.records import Record

_MAY_DIFFER = ("seed", "learning_rate", "gradient_clip", "steps", "patience", "evaluate_every")
_MOST_POSITIONS = {"cpu": 2048, "cuda": 32768}  # in a pass, N * B * T (for GPUs this is a guess)
_FEWEST_RUNS = 6  # that fit into a pass: larger batches fill the cores alone, two in a pass are slower (docs/speed.md)
_GAIN_NOTHING = {"attention", "feedforward", LAST_ATTENTION}  # each run has its own trained matrices

log = logging.getLogger(__name__)


class Cohort:
    """Several trainings whose models hold the very same frozen tensors; a training is in one cohort at a time."""

    def __init__(self, members: list[Training]) -> None:
        """Members may stand at different steps, as those of an interrupted cohort do."""
        self.members = members
        for member in members:
            if member.task is members[0].task:  # then its sequences lie on the device once
                member.feed = members[0].feed
        self._runs_in_a_pass = max(1, _runs_in_a_pass(members[0]))
        self._model = with_run_axis([member.model for member in members])
        self._per_run = [module for module in self._model.modules() if isinstance(module, PerRun)]
        self._graphs = CudaGraphs() if members[0].config.capture else None
        self._works: dict[tuple[int, ...], Work] = {}
        """For each pass of a step, by the numbers of its members, what the device does."""

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Iterator[list[tuple[Training, Record]]]:
        """Train every member to its own end; yields their records, those of one step together, each with its training.

        The seconds of a step are shared out evenly among the members that it trains.
        """
        for member in self.members:
            if not member.finished:
                member.together = len(self.members)
            member.begin()
        clock = Clock()
        while active := [number for number, member in enumerate(self.members) if not member.finished]:
            self.take_step(active)
            training = [self.members[number] for number in active]
            on_step(max(member.step for member in training))
            due = [member for member in training if member.evaluation_is_due]
            if due:
                training[0].place.wait()  # else the first evaluation would be charged with the steps before it
            share = clock.lap() / len(training)
            for member in training:
                member.seconds += share
            if due:
                yield [(member, self._evaluated(member, clock)) for member in due]
        self._works = {}
        for member in self.members:
            member.end()

    @staticmethod
    def _evaluated(member: Training, clock: Clock) -> Record:
        metrics = member.validate()
        member.seconds += clock.lap()
        return member.note(metrics)

    def agrees(self) -> bool:
        """Whether the first and the last member have in one pass the outputs and the gradients that each has alone.

        It is tried on two sequences, with trained tensors that differ. False if the model uses a trained module in
        another way than by calling it with one tensor whose first axis is the batch: OPT calls its position table by
        keyword, Mamba reads the weight of its norms, T5 looks up pairs of positions, XLNet has positions in front.
        """
        numbers = sorted({0, len(self.members) - 1})
        ends, first = [self.members[number] for number in numbers], self.members[0]
        inputs, lengths = inputs_on(first.place.device, first.task.validation[:2].trimmed())
        with disturbed([member.trained for member in ends]):
            alone = [one for end in ends for one in evidence(end.model(inputs, lengths), [end.trained])]
            try:
                logits = self._logits(numbers, torch.cat([inputs] * len(ends)), torch.cat([lengths] * len(ends)))
                together = evidence(logits, [end.trained for end in ends])
            except Exception as error:  # noqa: BLE001 (whatever a model's code raises, its runs can go one by one)
                log.debug("no shared pass: %s", error)
                return False
        return all(agree(*pair, first.model.precision) for pair in zip(together, alone, strict=True))

    def take_step(self, active: list[int]) -> None:
        """One step of the members of these numbers, each on its own next batch, in as few passes as there may be."""
        passes = math.ceil(len(active) / self._runs_in_a_pass)
        size = math.ceil(len(active) / passes)
        groups = [tuple(active[start : start + size]) for start in range(0, len(active), size)]
        self._works = {group: self._works.get(group) or self._work_of(group) for group in groups}
        for group, work in self._works.items():
            members = [self.members[number] for number in group]
            work(side_by_side([member.next_batch() for member in members]))
            for member in members:
                member.step += 1

    def _work_of(self, group: tuple[int, ...]) -> Work:
        work = partial(self._work, group)
        if self._graphs is None:
            return work
        return CapturedWork(work, partial(self._written, group), self.members[0].longest, self._graphs)

    def _work(self, group: tuple[int, ...], batch: Batch) -> None:
        """What the device does in a step of these members, with the batches of all of them side by side."""
        logits = self._logits(group, batch.inputs, batch.lengths)
        losses = batch.mean(self.members[0].scoring.losses(logits, batch.encoded))  # (N,)
        self.members[0].backward(losses.sum())
        for number, loss in zip(group, losses.detach(), strict=True):
            self.members[number].update(loss)

    def _written(self, group: tuple[int, ...]) -> list[Tensor]:
        return [tensor for number in group for tensor in self.members[number].written()]

    def _logits(self, active: Sequence[int], inputs: Tensor, lengths: Tensor) -> Tensor:
        """(N * B, R, G, K) of the inputs (N * B, ...) of these members, in their order."""
        for module in self._per_run:
            module.active, module.batch = active, len(lengths) // len(active)
        logits: Tensor = self._model(inputs, lengths)
        return logits


def cohort_key(config: RunConfig) -> tuple[Any, ...] | None:
    """Runs with equal keys can be trained side by side; None for a run that must go alone.

    Seeds may differ where nothing of the backbone is drawn from them. A run with dropout goes alone, since it would
    draw other masks in a cohort; so does one with low-rank updates, whose modules belong to peft, and one whose batches
    do not fit into memory.
    """
    trained = set(trained_groups(config))
    if config.dropout > 0 or config.compile or config.lora_rank or config.micro_batch:
        return None
    if trained & _GAIN_NOTHING or trained == {"output"}:
        return None
    drawn = is_drawn(config) or config.extend_positions
    same = {name: value for name, value in asdict(config).items() if name not in _MAY_DIFFER}
    return (*map(str, same.items()), config.seed if drawn else None)


def can_share(training: Training) -> bool:
    """Whether a run can gain from a pass with others.

    It cannot where its batches are large, where features are computed once, or where the backbone draws random numbers
    in training.
    """
    if _runs_in_a_pass(training) < _FEWEST_RUNS:
        return False
    return not (training.model.backbone.probe.draws_in_training or only_output_trains(training.trained))


def _runs_in_a_pass(training: Training) -> int:
    """How many runs fit into a pass, by the positions of the task; Longformer pads to more of them."""
    most = _MOST_POSITIONS.get(training.place.device.type, _MOST_POSITIONS["cpu"])
    return most // (training.config.batch_size * training.task.shape.length)
