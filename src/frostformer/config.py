"""What is asked: one frozen dataclass per question, the unit under every field. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from frostformer.errors import InputError, unknown_name

Weights = Literal["auto", "pretrained", "random", "random-2021", "statistics", "shuffled"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16", "int8"]
Schedule = Literal["constant", "cosine"]
ClassWeights = Literal["none", "balanced"]


@dataclass(frozen=True)
class RunConfig:
    """One training run. The defaults are the paper's recipe (Lu et al. 2021, appendix C) with dropout off."""

    task: str = "bit-xor"
    """Name of the task; `frostformer tasks` lists them."""

    plugin: str | None = None
    """A Python file of yours, imported first: it makes tasks and backbones known with `frostformer.register_task` and
    `frostformer.register_backbone`."""

    task_options: dict[str, str] = field(default_factory=dict)
    """The task's own options, for example `--task-options.length 20` for bit-xor."""

    division: int | None = None
    """Seed of another division into training and validation sequences; the task's own division if not given. The test
    sequences stay the same."""

    class_weights: ClassWeights = "none"
    """`balanced`: in the training loss every class counts as much as any other, however many sequences it has."""

    backbone: str = "embedded"
    """`embedded`, a folder, a Hugging Face hub id such as `gpt2`, or a control; `frostformer backbones` lists them."""

    revision: str | None = None
    """Branch, tag or commit of a backbone on the Hugging Face hub; its main branch if not given."""

    weights: Weights = "auto"
    """Where the backbone's values come from. `pretrained`: its checkpoint. `random`, `random-2021`: a fresh
    initialisation as of today or of 2021, drawn from the seed. `statistics`: normal values with the mean and deviation
    of each checkpoint tensor. `shuffled`: each tensor's values in another order. `auto`: `pretrained` where the
    backbone has a checkpoint, `random` where it has none (LSTMs, controls)."""

    layers: int | None = None
    """Keep only the first so many layers of the backbone; all if not given."""

    width: int | None = None
    """Channels of a backbone that comes without a checkpoint (the LSTMs and the controls); 768 if not given."""

    extend_positions: bool = False
    """Add new, trained rows to a position table that is too short for the task, instead of refusing."""

    trainable: str = "frozen"
    """What trains, joined by `+`: groups, or presets such as `frozen` (the paper's), `output-only`, `full`."""

    lora_rank: int | None = None
    """Train low-rank updates of this rank beside every attention matrix (needs the extra `lora`); none if not given."""

    learning_rate: float = 1e-3
    """Of Adam, the same for every trained group."""

    schedule: Schedule = "constant"
    """How the learning rate goes on: `constant`, or along half a `cosine` down to zero at the last step."""

    warmup_steps: int = 0
    """Steps in which the learning rate first rises from zero to its value."""

    weight_decay: float = 0.0
    """Of AdamW (Loshchilov and Hutter 2019), on every trained tensor; 0 is plain Adam."""

    batch_size: int = 32
    """Sequences per step, over all processes."""

    steps: int = 1000
    """Optimizer steps at most."""

    patience: int | None = None
    """Stop after so many evaluations without a better validation score; never if not given."""

    evaluate_every: int = 50
    """Steps between two evaluations on the validation split."""

    gradient_clip: float = 1.0
    """Largest global norm of the gradients."""

    dropout: float = 0.0
    """Behind the linear input layer and inside the backbone, 0 to below 1; the paper's is 0.1."""

    seed: int = 0
    """Sole source of randomness: new layers, random weights, batch order, dropout."""

    device: Device = "auto"
    """Where to train; `auto` takes a GPU where there is one."""

    backbone_precision: Precision = "auto"
    """Of the backbone's matrix products; trained tensors stay float32. `auto` is bf16 on a GPU and fp32 elsewhere;
    `int8` is for CPUs."""

    compile: bool = False
    """Let torch.compile fuse the step: faster after half a minute of compiling; needs a C++ compiler or a GPU."""

    @property
    def evaluation_batch_size(self) -> int:
        """Sequences scored at once; it changes no score."""
        return max(64, self.batch_size)

    def __post_init__(self) -> None:
        """Refuse values that cannot be run."""
        for name in ("layers", "width", "lora_rank"):
            at_least(name, getattr(self, name), 1)
        for name in ("batch_size", "steps", "patience", "evaluate_every"):
            at_least(name, getattr(self, name), 1)
        at_least("warmup_steps", self.warmup_steps, 0)
        check_seed("seed", self.seed)
        if self.division is not None:
            check_seed("division", self.division)
        for name, known in _CHOICES.items():
            if getattr(self, name) not in get_args(known):
                raise unknown_name(name, getattr(self, name), get_args(known))
        if not 0.0 <= self.weight_decay < float("inf"):
            raise InputError(f"weight_decay is {self.weight_decay}: give a number of at least 0")
        above_zero("learning_rate", self.learning_rate)
        above_zero("gradient_clip", self.gradient_clip)
        if not 0.0 <= self.dropout < 1.0:
            raise InputError(f"dropout is {self.dropout}: give a number from 0 to below 1")

    @staticmethod
    def read(stored: Mapping[str, Any]) -> RunConfig:
        """The configuration in a result or an adapter, which may be older than a field or than its name.

        Raises:
            TypeError: a field is not known.
        """
        return RunConfig(**{_RENAMED.get(name, name): value for name, value in stored.items()})


_CHOICES = {
    "weights": Weights,
    "device": Device,
    "backbone_precision": Precision,
    "schedule": Schedule,
    "class_weights": ClassWeights,
}
_RENAMED = {"precision": "backbone_precision"}


def at_least(name: str, value: int | None, least: int) -> None:
    """Refuse a number below `least`; None is not a number."""
    if value is not None and value < least:
        raise InputError(f"{name} is {value}: give a whole number of at least {least}")


def check_seed(name: str, seed: int) -> None:
    """Refuse what NumPy's generators do not take."""
    at_least(name, seed, 0)
    if seed >= 2**32:
        raise InputError(f"{name} is {seed}: give a whole number below 2^32")


def above_zero(name: str, value: float) -> None:
    """Refuse zero, negative numbers, infinity and NaN."""
    if not 0.0 < value < float("inf"):
        raise InputError(f"{name} is {value}: give a number above 0")
