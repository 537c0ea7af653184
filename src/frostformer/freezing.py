"""What trains: six named groups that partition every parameter, presets, and the plan printed before each run."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from frostformer.errors import InputError, unknown_name
from frostformer.model import SequenceModel

GROUPS = ("input", "output", "layer_norm", "position", "attention", "feedforward")

PRESETS = {
    "frozen": ("input", "output", "layer_norm", "position"),  # the paper's
    "output-only": ("output",),
    "full": GROUPS,
}


@dataclass(frozen=True)
class GroupRow:
    """One line of the freeze plan."""

    group: str
    trained: bool
    tensors: int
    parameters: int
    percent: float
    """Of all parameters of the model."""


@dataclass(frozen=True)
class FreezePlan:
    """What trains, what is frozen, and how far back the gradients go."""

    rows: tuple[GroupRow, ...]
    backward_stops: str

    @property
    def trained_parameters(self) -> int:
        """Over all trained groups."""
        return sum(row.parameters for row in self.rows if row.trained)

    @property
    def parameters(self) -> int:
        """Of the whole model, without the backbone's token table, which is not used."""
        return sum(row.parameters for row in self.rows)


def parse_trainable(text: str) -> tuple[str, ...]:
    """A preset's groups, or the groups named in `text`, joined by `+`, in the order of `GROUPS`."""
    if text in PRESETS:
        return PRESETS[text]
    named = text.split("+")
    for name in named:
        if name not in GROUPS:
            raise unknown_name("parameter group or preset", name, (*PRESETS, *GROUPS))
    return tuple(group for group in GROUPS if group in named)


def parameter_groups(model: SequenceModel) -> dict[str, str]:
    """The one group of every parameter of the model, by name.

    Raises:
        InputError: the backbone's declaration is not a partition of its parameters.
    """
    groups = {f"input_layer.{name}": "input" for name, _ in model.input_layer.named_parameters()}
    groups |= {f"output_layer.{name}": "output" for name, _ in model.output_layer.named_parameters()}
    groups |= {f"backbone.{name}": group for name, group in model.backbone.parameter_groups().items()}
    present = {name for name, _ in model.named_parameters()}
    if wrong := sorted(present ^ set(groups)) or sorted(set(groups.values()) - set(GROUPS)):
        raise InputError(f"backbone '{model.backbone.name}' does not put each parameter into one group: {wrong[:3]}")
    return groups


def freeze(model: SequenceModel, trainable: tuple[str, ...]) -> dict[str, nn.Parameter]:
    """Let exactly the `trainable` groups require gradients; returns the trained parameters by name."""
    groups = parameter_groups(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(groups[name] in trainable)
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not trained:
        raise InputError(f"nothing trains: the model has no parameters in {' + '.join(trainable)}")
    return trained


def freeze_plan(model: SequenceModel, trainable: tuple[str, ...]) -> FreezePlan:
    """Count tensors and parameters per group and find where backward can stop."""
    groups = parameter_groups(model)
    sizes: dict[str, list[int]] = {group: [] for group in GROUPS}
    for name, parameter in model.named_parameters():
        sizes[groups[name]].append(parameter.numel())
    total = sum(map(sum, sizes.values()))
    rows = tuple(
        GroupRow(group, group in trainable, len(found), sum(found), 100 * sum(found) / total)
        for group, found in sizes.items()
    )
    return FreezePlan(rows, _backward_stops(model, groups, trainable))


def _backward_stops(model: SequenceModel, groups: dict[str, str], trainable: tuple[str, ...]) -> str:
    """In words, the earliest point of the forward pass that trains."""
    trained = [name.removeprefix("backbone.") for name, group in groups.items() if group in trainable]
    depths = [
        model.backbone.depth_of(name) for name in trained if not name.startswith(("input_layer.", "output_layer."))
    ]
    if "input" in trainable:
        return "at the input layer: it crosses the whole backbone"
    if not depths:
        return "at the output layer: nothing before it trains, the backbone needs no backward"
    if min(depths) == 0:
        return "at the backbone's embeddings: it crosses every block"
    return f"in block {min(depths)} of the backbone, counted from 1: that is the first with something to train"
