"""What trains: named groups, of which each parameter is in exactly one, presets, and the plan printed before a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError, unknown_name
from frostformer.models.model import SequenceModel
from frostformer.models.remarks import remarks

GROUPS = ("input", "output", "layer_norm", "position", "attention", "feedforward")
LORA = "lora"  # a seventh group, which exists and trains only where a run asks for low-rank updates
FIXED = "fixed"  # an eighth, which never trains; see `models.backbones.structure`
LAST_ATTENTION = "last-attention"  # the part of the group attention that lies in the last block

PRESETS = {
    "frozen": ("input", "output", "layer_norm", "position"),  # the paper's
    "output-only": ("output",),
    "output-norms": ("output", "layer_norm"),
    "output-norms-input": ("output", "layer_norm", "input"),  # with the positions added it is `frozen`
    "norms-frozen": ("input", "output", "position"),
    "full": GROUPS,
}
"""The presets are the paper's freezing studies (tables 10 to 16); `frozen+feedforward`, `frozen+attention`,
`frozen+feedforward+attention` and `frozen+last-attention` are those of tables 13 and 14."""


@dataclass(frozen=True)
class GroupRow:
    """One line of the freeze plan."""

    group: str
    trained: bool
    tensors: int
    parameters: int
    percent: float
    """Share of all parameters of the model, 0 to 100."""


@dataclass(frozen=True)
class FreezePlan:
    """What trains, what is frozen, and how far back the gradients go."""

    rows: tuple[GroupRow, ...]
    backward_stops: str
    unchanged: str
    """In words, how far the values of a sequence stay the same during training."""

    remarks: tuple[str, ...] = ()
    """Sentences on what is unusual about the backbone."""

    unreached: int = 0
    """Trained parameters in those rows of position tables that no sequence of the task reaches."""

    @property
    def trained_parameters(self) -> int:
        """Number of parameters in all trained groups."""
        return sum(row.parameters for row in self.rows if row.trained)

    @property
    def reached_parameters(self) -> int:
        """Number of trained parameters as the paper counts them: of a position table, the rows in use."""
        return self.trained_parameters - self.unreached

    @property
    def parameters(self) -> int:
        """Number of parameters of the model, without the backbone's token table, which is not used."""
        return sum(row.parameters for row in self.rows)


def parse_trainable(text: str) -> tuple[str, ...]:
    """The groups of the presets and groups named in `text`, joined by `+`, in the order of `GROUPS`.

    `last-attention` is kept as it is unless all of `attention` is named too.
    """
    named: set[str] = set()
    for name in text.split("+"):
        if name not in (*PRESETS, *GROUPS, LAST_ATTENTION):
            unknown = unknown_name("parameter group or preset", name, (*PRESETS, *GROUPS, LAST_ATTENTION))
            raise InputError(f"{unknown}; several are joined by +") if "," in name or " " in name else unknown
        named |= set(PRESETS.get(name, (name,)))
    if "attention" in named:
        named.discard(LAST_ATTENTION)
    return tuple(group for group in (*GROUPS, LAST_ATTENTION) if group in named)


def trained_groups(config: RunConfig) -> tuple[str, ...]:
    """What trains in a run: the groups it names, and its low-rank updates where it has them."""
    return parse_trainable(config.trainable) + ((LORA,) if config.lora_rank else ())


def parameter_groups(model: SequenceModel) -> dict[str, str]:
    """Name of each parameter of the model -> its group.

    Raises:
        InputError: the backbone does not put each of its parameters into exactly one known group.
    """
    groups = {f"input_layer.{name}": "input" for name, _ in model.input_layer.named_parameters()}
    groups |= {f"output_layer.{name}": "output" for name, _ in model.output_layer.named_parameters()}
    groups |= {f"backbone.{name}": group for name, group in model.backbone.parameter_groups().items()}
    present = {name for name, _ in model.named_parameters()}
    if wrong := sorted(present ^ set(groups)) or sorted(set(groups.values()) - {*GROUPS, LORA, FIXED}):
        raise InputError(f"backbone '{model.backbone.name}' does not put each parameter into one group: {wrong[:3]}")
    return groups


def trained_names(model: SequenceModel, trainable: tuple[str, ...]) -> list[str]:
    """Names of the parameters that train, in the model's order."""
    groups = parameter_groups(model)

    def trains(name: str) -> bool:
        if LAST_ATTENTION in trainable and groups[name] == "attention":
            return _depth(model, name) == model.backbone.num_blocks
        return groups[name] in trainable

    return [name for name, _ in model.named_parameters() if trains(name)]


def freeze(model: SequenceModel, trainable: tuple[str, ...]) -> dict[str, nn.Parameter]:
    """Let exactly the `trainable` groups require gradients; returns the trained parameters by name."""
    names = set(trained_names(model, trainable))
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in names)
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not trained:
        raise InputError(f"nothing trains: the model has no parameters in {' + '.join(trainable)}; name other groups")
    return trained


def only_output_trains(trained: Iterable[str]) -> bool:
    """Whether the backbone's features stay the same while the parameters of these names train."""
    return all(name.startswith("output_layer.") for name in trained)


def freeze_plan(model: SequenceModel, trainable: tuple[str, ...]) -> FreezePlan:
    """Count tensors and parameters per group, and find how far back gradients go and how far values stay the same."""
    groups, trained = parameter_groups(model), set(trained_names(model, trainable))
    sizes: dict[tuple[str, bool], list[int]] = {(group, group in trainable): [] for group in GROUPS}
    for name, parameter in model.named_parameters():
        sizes.setdefault((groups[name], name in trained), []).append(parameter.numel())
    if LAST_ATTENTION in trainable:  # attention has a trained and a frozen part
        sizes = {key: found for key, found in sizes.items() if found or key[0] != "attention"}
    total = sum(map(sum, sizes.values()))
    rows = tuple(
        GroupRow(group, is_trained, len(found), sum(found), 100 * sum(found) / total)
        for (group, is_trained), found in sizes.items()
    )
    return FreezePlan(rows, *_reach(model, trained), remarks(model), _unreached(model, trained))


def _unreached(model: SequenceModel, trained: set[str]) -> int:
    """See `FreezePlan.unreached`; tables of relative positions are reached whole."""
    groups, most, length = parameter_groups(model), model.backbone.max_length, model.shape.length
    if most is None:
        return 0
    tables = (model.get_parameter(name) for name in trained if groups[name] == "position")
    return sum(table[length:].numel() for table in tables if len(table) >= most)


def _reach(model: SequenceModel, trained: set[str]) -> tuple[str, str]:
    """In words: where backward stops, and up to where nothing changes during training."""
    if any(name.startswith("input_layer.") for name in trained):
        return "at the input layer: it crosses the whole backbone", "nothing: the input layer trains"
    depths = [_depth(model, name) for name in trained if name.startswith("backbone.")]
    if not depths:
        return (
            "at the output layer: nothing before it trains, so the backbone needs no backward pass",
            "all up to the read-out: the backbone's features are computed once",
        )
    first = min(depths)
    if first == 0:
        return "at the backbone's embeddings: it crosses every block", "the input layer"
    fixed = f"all up to block {first - 1} of the backbone" if first > 1 else "all up to the backbone's embeddings"
    if first > model.backbone.num_blocks:
        return "behind the last block of the backbone: no block needs a backward pass", fixed
    return f"in block {first} of the backbone, counted from 1: it is the first in which something trains", fixed


def _depth(model: SequenceModel, name: str) -> int:
    return model.backbone.depth_of(name.removeprefix("backbone."))
