"""How large the runs of the paper's studies are: `smoke`, `laptop` or `paper`. It imports no torch.

A scale says for each task of the paper how it is asked there, and for all of them what is different from the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from frostformer.config import RunConfig
from frostformer.recipes import expand

TASKS = ("bit-memory", "bit-xor", "listops", "mnist", "cifar10", "cifar10-lra", "remote-homology")
"""The paper's, in its order."""


@dataclass(frozen=True)
class Budget:
    """How one task is asked at a scale."""

    steps: int
    evaluate_every: int
    options: Mapping[str, str] = field(default_factory=dict)
    """Of the task, see `frostformer tasks NAME`."""

    learning_rate: float = 1e-3
    """Of transformers, where it is not tuned."""

    smaller: str = ""
    """In words, how the task is smaller than the paper's; then no difference to the paper's score is told."""


@dataclass(frozen=True)
class Scale:
    """One size for all studies."""

    name: str
    changes: str
    """In sentences, what is different from the paper, beside the backbone and the tasks that are smaller."""

    seeds: int
    """Runs of an arm on a task, where a user says nothing else."""

    backbone: str
    """The pretrained language model, where a user names no other."""

    about_backbone: str
    """What that model is, in a sentence."""

    blocks: int
    """Of that model, as far as it is used."""

    width: int
    """Of the backbones that have no checkpoint."""

    budgets: Mapping[str, Budget]
    common: Mapping[str, Any]
    """Further fields of `RunConfig`, the same in all runs."""

    recipe: str | None = None

    def run(self, task: str, **arm: Any) -> RunConfig:
        """The run of an arm on a task of the paper, with the fields of `RunConfig` that make the arm."""
        budget = self.budgets[task]
        asked = {"steps": budget.steps, "evaluate_every": budget.evaluate_every, "task_options": dict(budget.options)}
        asked["learning_rate"] = budget.learning_rate
        return RunConfig(**expand(self.recipe, {"task": task, **self.common, **asked, **arm}))


_EMBEDDED = (
    "The backbone is a small GPT-2 of 6 blocks and width 256, trained on 160 million tokens of novels; the paper's has "
    "12 blocks and width 768 and saw 8 million web pages."
)

SMOKE = Scale(
    "smoke",
    "Everything is tiny: four steps, and one block of a backbone, or as many as the arm needs. It shows that each run "
    "can be made; no score means anything.",
    seeds=1,
    backbone="embedded",
    about_backbone=_EMBEDDED,
    blocks=6,
    width=32,
    budgets={
        "bit-memory": Budget(4, 2, {"strings": "2", "bits": "20", "patch": "10"}, smaller="2 strings of 20 bits"),
        "bit-xor": Budget(4, 2, smaller="4 steps"),
        "listops": Budget(
            4,
            2,
            {"shortest": "10", "longest": "40", "train": "64", "validation": "32", "test": "32"},
            smaller="up to 40 tokens",
        ),
        "mnist": Budget(4, 4, {"validation": "100"}, smaller="4 steps"),
        "cifar10": Budget(4, 4, {"validation": "100"}, smaller="4 steps"),
        "cifar10-lra": Budget(4, 4, {"patch": "8", "validation": "100"}, smaller="16 patches of 8 x 8"),
        "remote-homology": Budget(4, 4, {"length": "64"}, smaller="up to 64 residues"),
    },
    common={"batch_size": 4, "layers": 1},
)

LAPTOP = Scale(
    "laptop",
    "Batches have 16 sequences. The number of steps is fixed in advance, where the paper trained until nothing changed "
    "any more. Dropout and augmentation are off.",
    seeds=3,
    backbone="embedded",
    about_backbone=_EMBEDDED,
    blocks=6,
    width=256,
    budgets={
        "bit-memory": Budget(3000, 250, {"strings": "2", "bits": "60", "patch": "10"}, smaller="2 strings of 60 bits"),
        "bit-xor": Budget(1000, 20),
        "listops": Budget(
            2000,
            200,
            {"shortest": "10", "longest": "60", "validation": "1000"},
            smaller="with closing brackets, up to 60 tokens",
        ),
        "mnist": Budget(1500, 150, {"validation": "1000"}),
        "cifar10": Budget(1500, 150, {"validation": "1000"}),
        "cifar10-lra": Budget(1500, 150, {"patch": "4", "validation": "1000"}, smaller="64 patches of 4 x 4"),
        "remote-homology": Budget(1000, 250, {"length": "128"}, smaller="up to 128 positions"),
    },
    common={"batch_size": 16},
)

PAPER = Scale(
    "paper",
    "Sizes, batches of 4 (in the rebuttal 8) and dropout are those of the official code. A part of the training data "
    "is the validation split and chooses the step, where that code looked at the test data. The number of steps is "
    "fixed in advance; on CIFAR-10, CIFAR-10 LRA and remote homology it is less than the paper needed (table 6).",
    seeds=3,
    backbone="gpt2",
    about_backbone="The backbone is the paper's, GPT-2.",
    blocks=12,
    width=768,
    budgets={
        "bit-memory": Budget(40_000, 1000),
        "bit-xor": Budget(20_000, 100),
        "listops": Budget(20_000, 1000),
        "mnist": Budget(50_000, 1000),
        "cifar10": Budget(200_000, 2000),
        "cifar10-lra": Budget(100_000, 2000),
        "remote-homology": Budget(50_000, 1000, learning_rate=1e-4),
    },
    common={},
    recipe="lu2021",
)

SCALES = {scale.name: scale for scale in (SMOKE, LAPTOP, PAPER)}
