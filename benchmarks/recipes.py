"""The training steps that are compared; `RECIPES` has those of a single run, `COMPILED` those beside torch.compile."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.by_hand import by_hand
from benchmarks.cases import BATCHES, Case, made_up_task
from benchmarks.clock import Block, timed
from benchmarks.official import official
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.freezing import trained_groups, trained_names
from frostformer.tasks.task import Task
from frostformer.training.cohort import Cohort
from frostformer.training.devices import choose_device
from frostformer.training.loop import Training

OFFICIAL, OURS, CAPTURED = "official", "ours-fp32", "ours-bf16-captured"


def start_training(case: Case, task: Task | None = None) -> Training:
    """A run of ours that is about to take its first step, on made-up data if no task is given."""
    model, _ = build_model(case.config, case.shape)
    training = Training(model, task or made_up_task(case.shape, BATCHES * case.config.batch_size), case.config)
    training.begin()
    return training


def blocks_of(training: Training, steps: int = 1) -> Block:
    """Blocks of `steps` training steps each."""

    def several() -> None:
        end = training.step + steps
        while training.step < end:
            training.take_steps(end - training.step)

    return timed(several, training.place.device)


def ours(case: Case, **changes: Any) -> Block:
    """Blocks of our training step, with `changes` to the case's configuration."""
    return blocks_of(start_training(case.with_config(**changes)))


def start_cohort(case: Case, runs: int) -> Cohort:
    """Runs of different seeds that hold the very same frozen tensors, about to take their first step."""
    model, _ = build_model(case.config, case.shape)
    own = set(trained_names(model, trained_groups(case.config)))
    tensors = (*model.named_parameters(), *model.named_buffers())
    frozen = {id(tensor): tensor for name, tensor in tensors if name.startswith("backbone.") and name not in own}
    models = [model, *(copy.deepcopy(model, dict(frozen)) for _ in range(runs - 1))]  # equal layers, unlike real runs
    task = made_up_task(case.shape, BATCHES * case.config.batch_size)
    configs = [replace(case.config, seed=seed) for seed in range(runs)]
    members = [Training(one, task, config) for one, config in zip(models, configs, strict=True)]
    for member in members:
        member.begin()
    return Cohort(members)


def _only_on(kind: str, case: Case, **changes: Any) -> Block:
    device = choose_device(case.config.device)[0]
    if device.type != kind:
        raise InputError(f"it is for {kind}, this is {device.type}")
    return ours(case, **changes)


RECIPES: dict[str, Callable[[Case], Block]] = {
    OFFICIAL: official,
    "full": partial(ours, trainable="full"),
    "by-hand": by_hand,
    OURS: ours,
    "ours-tf32": partial(_only_on, "cuda", backbone_precision="tf32"),
    "ours-bf16": partial(ours, backbone_precision="bf16"),
    "ours-int8": partial(_only_on, "cpu", backbone_precision="int8"),
    CAPTURED: partial(_only_on, "cuda", backbone_precision="bf16", capture=True),
}
COMPILED: dict[str, Callable[[Case], Block]] = {
    "ours-bf16": RECIPES["ours-bf16"],
    CAPTURED: RECIPES[CAPTURED],
    "ours-bf16-compiled": partial(_only_on, "cuda", backbone_precision="bf16", compile=True),
}
