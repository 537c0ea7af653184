"""The backbones by name: LSTMs and controls, those that somebody registers, and models of Hugging Face."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import nn

from frostformer.config import RunConfig, Weights
from frostformer.errors import InputError, check_builder, same_definition
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.finding import refuse_revision
from frostformer.models.backbones.loading import load_backbone
from frostformer.models.backbones.lstm import LSTMS, LSTMBackbone
from frostformer.models.backbones.own import PREFIX, backbone_of
from frostformer.models.backbones.shapes import KNOWN
from frostformer.models.backbones.weights import draw_from_statistics, shuffle_values

WITHOUT_CHECKPOINT = (*LSTMS, *CONTROLS)
DEFAULT_WIDTH = 768  # the paper's

Builder = Callable[..., nn.Module]
_registered: dict[str, Builder] = {}


def register_backbone(name: str, builder: Builder) -> None:
    """Give a backbone of yours a name in this process.

    Args:
        name: what to call it.
        builder: gives a module from (B, T, D) to (B, T, D), see `models.backbones.own`. It is called with the
            `RunConfig` if it has a parameter `config`; torch's generator is set to the run's seed before.

    Raises:
        InputError: another backbone has the name. A function that is defined again, as in a notebook, replaces itself.
    """
    taken = _registered.get(name)
    check_builder("backbone", name, builder)
    same = taken is not None and same_definition(taken, builder)
    if name in (*WITHOUT_CHECKPOINT, *KNOWN, "embedded") or (taken is not None and not same):
        raise InputError(f"there is a backbone '{name}' already: choose another name")
    _registered[name] = builder


def resolve_weights(config: RunConfig) -> tuple[Weights, str]:
    """The weights for a request such as `auto`, and why they are these."""
    if config.weights != "auto":
        return config.weights, "asked for"
    if config.backbone in WITHOUT_CHECKPOINT:
        return "random", f"backbone '{config.backbone}' has no checkpoint"
    return "pretrained", "the backbone comes with weights"


def is_drawn(config: RunConfig) -> bool:
    """Whether the backbone's values may depend on the seed of the run."""
    return config.backbone in _registered or resolve_weights(config)[0] != "pretrained"


def build_backbone(config: RunConfig, module: nn.Module | None = None) -> Backbone:
    """The backbone that `config` names, or `module`, before training; equal seeds give equal values.

    Raises:
        InputError: it cannot be loaded, or an option does not fit it.
    """
    name, (weights, _) = config.backbone, resolve_weights(config)
    if module is None and name in _registered:
        torch.manual_seed(config.seed)
        builder = _registered[name]
        module = builder(config) if "config" in inspect.signature(builder).parameters else builder()
    elif module is None and name.startswith(PREFIX):
        raise InputError(f"backbone '{name}' was given as a Python object: give it again, with `backbone=`")
    if module is not None:
        return _own(module, config, weights)
    if name not in WITHOUT_CHECKPOINT:
        _refuse_width(config)
        return load_backbone(name, weights, config.layers, config.dropout, config.seed, config.revision)
    refuse_revision(name, config.revision, "it has no checkpoint")
    if weights != "random":
        raise InputError(f"backbone '{name}' has no {weights} weights: use `--weights random`")
    torch.manual_seed(config.seed)
    build = LSTMBackbone if name in LSTMS else CONTROLS[name]
    return build(name, config.width or DEFAULT_WIDTH, config.layers, config.dropout)


def _own(module: nn.Module, config: RunConfig, weights: Weights) -> Backbone:
    """A module of somebody's own, with its weights as they are, or drawn from their statistics, or shuffled."""
    _refuse_width(config)
    refuse_revision(config.backbone, config.revision, "it is a module of your own")
    if config.layers is not None:
        raise InputError(f"backbone '{config.backbone}' is a module of your own: cut its layers there")
    backbone = backbone_of(module, config.backbone)
    if weights == "statistics":
        draw_from_statistics(backbone, config.seed)
    elif weights == "shuffled":
        shuffle_values(backbone, config.seed)
    elif weights != "pretrained":
        raise InputError(f"backbone '{config.backbone}' is a module of your own: give it fresh weights there")
    return backbone


def _refuse_width(config: RunConfig) -> None:
    if config.width is not None:
        raise InputError(
            f"width is fixed by backbone '{config.backbone}': leave it out, or choose one of the backbones "
            f"{', '.join(WITHOUT_CHECKPOINT)}"
        )
