"""`RunConfig` says what one run is asked to do; the text under each field explains it. It imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from frostformer.data.files.options import DataFile, FileOptions
from frostformer.errors import InputError, check_range, unknown_name
from frostformer.recipes import expand
from frostformer.schema import read_as

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Weights = Literal["auto", "pretrained", "random", "random-2021", "statistics", "shuffled"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "tf32", "bf16", "int8"]
Tracker = Literal["tensorboard", "wandb"]
Schedule = Literal["constant", "cosine"]
ClassWeights = Literal["none", "balanced"]
ReadOut = Literal["last", "mean"]

MOST_SEED = 2**32 - 1  # that NumPy's generators take


@dataclass(frozen=True)
class RunConfig:
    """One training run.

    The defaults are those of Lu et al. 2021 (appendix C) in all but two things: dropout is off, theirs is 0.1, and a
    batch has 32 sequences, theirs have 2 to 16. `RunConfig.lu2021` and `--recipe lu2021` set what their code has.
    """

    task: str = "bit-xor"
    """Name of the task; `frostformer tasks` lists them. With `data` it is what results call the task; if not given, the
    file's name."""

    data: DataFile | None = None
    """A file or folder of yours to learn from, in place of a task that is shipped or registered."""

    plugin: str | None = None
    """A Python file of yours that is run first, so that it can make tasks and backbones known with
    `frostformer.register_task` and `frostformer.register_backbone`."""

    task_options: dict[str, str] = field(default_factory=dict)
    """The task's own options, for example `--task-options.length 20` for bit-xor."""

    division: int | None = None
    """Divide training and validation sequences anew with this seed; if not given, the task's own division is used. The
    test sequences stay the same."""

    class_weights: ClassWeights = "none"
    """`balanced`: in the training loss every class counts as much as any other, however many sequences it has."""

    calibrate: bool = False
    """For tasks with classes: fit a temperature on validation, so that of the answers with a probability of 80 % about
    80 % are right (Guo et al. 2017)."""

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
    """How many of the backbone's layers to keep, from the first on; all if not given."""

    width: int | None = None
    """Channels per position of a backbone without a checkpoint (the LSTMs and the controls); 768 if not given."""

    extend_positions: bool = False
    """If the position table is too short for the task, add new, trained rows to it instead of refusing the task."""

    read_out: ReadOut = "last"
    """What the output layer gets of the backbone's vectors. `last`: those of the last real positions, as in the paper.
    `mean`: the mean over all real positions, for tasks with one answer for a sequence."""

    trainable: str = "frozen"
    """What trains: parameter groups, or presets such as `frozen` (the paper's), `output-only`, `full`; several are
    joined by `+`."""

    lora_rank: int | None = None
    """Train low-rank updates of this rank beside every attention matrix (needs the extra `lora`); none if not given."""

    learning_rate: float = 1e-3
    """Learning rate of Adam; it is the same for every trained group."""

    schedule: Schedule = "constant"
    """How the learning rate changes: it stays `constant`, or falls along half a `cosine` to zero at the end of the
    run."""

    warmup_steps: int = 0
    """Number of steps at the start in which the learning rate rises from zero to its value."""

    weight_decay: float = 0.0
    """Weight decay of AdamW (Loshchilov and Hutter 2019) on every trained tensor; with 0 it is plain Adam."""

    batch_size: int = 32
    """Sequences in one step, all processes together."""

    micro_batch: int | None = None
    """How many sequences go through the model at once, for a batch that does not fit into memory; all if not given. The
    gradients of the parts are added up: the result is the same but for rounding and for what dropout draws."""

    steps: int = 1000
    """Largest number of optimizer steps."""

    patience: int | None = None
    """Stop after this many evaluations in a row without a better validation score; never if not given."""

    evaluate_every: int = 50
    """Steps between two evaluations on the validation split."""

    gradient_clip: float = 1.0
    """Largest norm of all gradients together; larger ones are scaled down to it."""

    dropout: float = 0.0
    """Rate of dropout behind the linear input layer and inside the backbone, 0 to below 1; the paper's is 0.1."""

    seed: int = 0
    """Seed of everything that is random: new layers, random weights, batch order, dropout."""

    device: Device = "auto"
    """Where to train; `auto` takes a GPU where there is one."""

    backbone_precision: Precision = "auto"
    """Precision of the backbone's matrix products; trained tensors stay float32. `auto` is bf16 on a GPU and fp32
    elsewhere; `int8` is for CPUs, `tf32` for GPUs of NVIDIA, on which it is not measured yet."""

    compile: bool = False
    """Let torch.compile fuse the step: after half a minute of compiling steps are faster. This needs a C++ compiler or
    a GPU."""

    capture: bool = False
    """Record a step once and replay it as a CUDA graph, on NVIDIA GPUs: small batches, and runs side by side, in which
    the GPU waits for the host, are faster; on features that are computed once, 16 steps are one graph. It is not
    measured yet, so it is off."""

    @property
    def evaluation_batch_size(self) -> int:
        """How many sequences an evaluation scores at once; scores do not depend on it."""
        return max(64, self.batch_size) if self.micro_batch is None else self.micro_batch

    def __post_init__(self) -> None:
        """Refuse values that cannot be run."""
        check_types(self)
        for name, (least, most) in _RANGES.items():
            check_range(name, getattr(self, name), least, most)
        if not 0.0 <= self.weight_decay < float("inf"):
            raise InputError(f"weight_decay is {self.weight_decay}: give a number of at least 0")
        above_zero("learning_rate", self.learning_rate)
        above_zero("gradient_clip", self.gradient_clip)
        if not 0.0 <= self.dropout < 1.0:
            raise InputError(f"dropout is {self.dropout}: give a number from 0 to below 1")
        if self.data is not None and self.task == RunConfig.task:
            object.__setattr__(self, "task", Path(self.data.path).name)

    def __hash__(self) -> int:
        """Equal configurations have equal hashes; the dictionary of task options has none of its own."""
        return hash(repr({**asdict(self), "task_options": sorted(self.task_options.items())}))

    @staticmethod
    def lu2021(**given: Any) -> RunConfig:
        """A run by the recipe `lu2021`; every field that is given wins, also where it equals our default."""
        return RunConfig(**expand("lu2021", given))

    @staticmethod
    def read(stored: Mapping[str, Any]) -> RunConfig:
        """The configuration in a result or an adapter; an older file may lack a field or have its old name.

        Raises:
            InputError: a field is not known, or its value is none that it can have.
        """
        fields = {_RENAMED.get(name, name): value for name, value in stored.items()}
        if unknown := sorted(set(fields) - set(RunConfig.__dataclass_fields__)):
            raise InputError(f"the option '{unknown[0]}' is of a newer version of frostformer: upgrade")
        return read_as(RunConfig, fields)


@dataclass(frozen=True)
class AskedConfig(FileOptions, RunConfig):
    """What the command line takes: the options of a run and of a file, and a recipe.

    To make one gives the `RunConfig` it stands for. It is made with the options that were given and no others, so a
    recipe knows which of them win.
    """

    data: str | None = None  # type: ignore[assignment]
    """A file or folder of yours to learn from; `frostformer data FILE` takes the same options and shows what is
    understood of it."""

    recipe: str | None = None
    """Many options in one word; those given beside it win. `lu2021` follows the official code of Lu et al. 2021, with
    batches of 4, dropout 0.1, float32, an evaluation every 100 steps and the `-lu2021` form of a task; the weights
    `random` then mean `random-2021`."""

    def __new__(cls, recipe: str | None = None, **given: Any) -> RunConfig:  # type: ignore[misc]
        """The plain configuration, with what the recipe sets and what is given beside it."""
        of_file = {one.name: given.pop(one.name) for one in fields(FileOptions) if one.name in given}
        if (path := given.pop("data", None)) is not None:
            given["data"] = DataFile(path=path, **of_file)
        elif option := next(iter(FileOptions(**of_file).given()), None):
            option = option.replace("_", "-")
            raise InputError(f"--{option} says how a file of yours is read: name the file, --data FILE")
        return RunConfig(**expand(recipe, given))

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> Any:
        """Cyclopts asks pydantic, where that is loaded, whether the value is right; it is a `RunConfig`."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(RunConfig)


_RANGES = {  # the largest are beyond any use, and below what would fill a machine before it is refused
    "layers": (1, 1000),
    "width": (1, 2**16),
    "lora_rank": (1, 2**16),
    "batch_size": (1, 2**20),
    "micro_batch": (1, 2**20),
    "steps": (1, 10**12),
    "patience": (1, 10**12),
    "evaluate_every": (1, 10**12),
    "warmup_steps": (0, 10**12),
    "seed": (0, MOST_SEED),
    "division": (0, MOST_SEED),
}
_RENAMED = {"precision": "backbone_precision"}


def check_types(config: DataclassInstance) -> None:
    """Refuse a value that is not of its field's type, a text without characters, and a name that is not a choice."""
    for name, hint in _hints(type(config)).items():
        value = getattr(config, name)
        kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        if get_origin(hint) is Literal:
            if value not in get_args(hint):
                raise unknown_name(name, str(value), get_args(hint))
        elif value == "":
            raise InputError(f"{name} is empty: give it a value, or leave it out")
        elif not any(_is_a(value, kind) for kind in kinds):
            words = " or ".join(_WORDS[kind] for kind in kinds if kind in _WORDS)
            raise InputError(f"{name} is {value!r}: give {words}")


@cache
def _hints(kind: type[DataclassInstance]) -> dict[str, Any]:
    """Types of the fields; to find them anew for each result would take most of the time in which a page is written."""
    return get_type_hints(kind)


_WORDS: dict[Any, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict[str, str]: "a text for each name, such as {'length': '20'}",
}


def _is_a(value: object, kind: Any) -> bool:
    if kind == dict[str, str]:
        return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)
    if isinstance(value, bool):  # which Python counts among the whole numbers
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def check_seed(name: str, seed: int) -> None:
    """Refuse a seed that NumPy's generators do not take."""
    check_range(name, seed, 0, MOST_SEED)


def above_zero(name: str, value: float) -> None:
    """Refuse zero, negative numbers, infinity and NaN."""
    if not 0.0 < value < float("inf"):
        raise InputError(f"{name} is {value}: give a number above 0")
