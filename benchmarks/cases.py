"""What the recipes work on: backbones, batches, shapes of sequences. The data is made up, so no files are needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frostformer.config import RunConfig
from frostformer.data.batches import training_batches
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import Task

BATCHES = 4  # of different made-up sequences


@dataclass(frozen=True)
class Case:
    """A backbone, and the sequences that go through it in batches."""

    config: RunConfig
    shape: TaskShape
    gigabytes: int = 1
    """About how much memory all recipes together need."""

    @property
    def name(self) -> str:
        """For the table: backbone, batch, positions, channels."""
        shape = self.shape
        return f"{self.config.backbone} {self.config.batch_size} x {shape.length} x {shape.channels}"

    def with_config(self, **changes: Any) -> Case:
        """The same with other values in its configuration."""
        return replace(self, config=replace(self.config, **changes))

    def with_shape(self, **changes: Any) -> Case:
        """The same with other sequences."""
        return replace(self, shape=replace(self.shape, **changes))

    def check_memory(self) -> None:
        """Refuse what would drive the machine into its swap.

        Raises:
            InputError: it has too little memory.
        """
        if not hasattr(os, "sysconf"):
            return  # Windows does not say
        there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
        if there < self.gigabytes:
            raise InputError(f"needs about {self.gigabytes} GB of memory, this machine has {there:.0f}")


def made_up_task(shape: TaskShape, sequences: int) -> Task:
    """Training data of normal values, or of uniform tokens, without padding; one sequence to validate on."""
    generator = np.random.default_rng(0)
    inputs: np.ndarray
    if shape.input_kind == "tokens":
        inputs = generator.integers(shape.channels, size=(sequences, shape.length))  # (N, T)
    else:
        inputs = generator.standard_normal((sequences, shape.length, shape.channels), np.float32)  # (N, T, C)
    targets = generator.integers(shape.classes, size=(sequences, shape.read_positions, shape.predictions))  # (N, R, G)
    train = Sequences(inputs, np.full(sequences, shape.length), targets)
    return Task("made-up", 1, shape, train, train[:1], train[:1])


def made_up_batches(case: Case) -> Iterator[Sequences]:
    """Batches without end, as training draws them."""
    task = made_up_task(case.shape, BATCHES * case.config.batch_size)
    return training_batches(task.train, case.config.batch_size, case.config.seed)


_FRESH_GPT2 = RunConfig(backbone="gpt2", weights="random")
_CIFAR10 = TaskShape("vectors", channels=48, length=64, classes=10)
_BIT_XOR = TaskShape("vectors", channels=1, length=10, classes=2, read_positions=5)
_LRA = TaskShape("vectors", channels=1, length=1024, classes=10)

EMBEDDED = Case(RunConfig(batch_size=32), _CIFAR10)
GPT2 = Case(replace(_FRESH_GPT2, batch_size=16), _CIFAR10, gigabytes=6)
BIT_XOR = Case(replace(_FRESH_GPT2, batch_size=4), _BIT_XOR, gigabytes=4)
ON_A_GPU = (  # where time is short, the last ones are left out
    GPT2,
    GPT2.with_config(batch_size=512),
    replace(GPT2, shape=_BIT_XOR),
    GPT2.with_config(batch_size=64).with_shape(length=1024),
)
CASES = (EMBEDDED, GPT2, BIT_XOR, Case(replace(_FRESH_GPT2, batch_size=1), _LRA, gigabytes=6))
COHORTS = (  # sharing a pass stops to pay at about the third; the fourth is beyond
    Case(RunConfig(batch_size=8), _BIT_XOR),
    BIT_XOR,
    EMBEDDED.with_config(batch_size=4),
    EMBEDDED.with_config(batch_size=8),
)
MNIST = Case(RunConfig(batch_size=40), TaskShape("vectors", channels=16, length=49, classes=10))
