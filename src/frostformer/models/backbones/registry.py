"""Every backbone by name: the LSTMs and the controls, and whatever Hugging Face has."""

from __future__ import annotations

import torch

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.models.backbones.backbone import Backbone
from frostformer.models.backbones.controls import CONTROLS
from frostformer.models.backbones.loading import load_backbone
from frostformer.models.backbones.lstm import LSTMS, LSTMBackbone

WITHOUT_CHECKPOINT = (*LSTMS, *CONTROLS)
DEFAULT_WIDTH = 768  # the paper's


def build_backbone(config: RunConfig) -> Backbone:
    """The backbone that `config` names, before training; equal seeds give equal values.

    Raises:
        InputError: it is not to be had, or an option does not go with it.
    """
    name = config.backbone
    if name not in WITHOUT_CHECKPOINT:
        if config.width is not None:
            raise InputError(
                f"width is chosen by backbone '{name}': leave it out, or take one of {', '.join(WITHOUT_CHECKPOINT)}"
            )
        return load_backbone(name, config.weights, config.layers, config.dropout, config.seed)
    if config.weights != "random":
        raise InputError(f"backbone '{name}' exists in no {config.weights} form: add `--weights random`")
    torch.manual_seed(config.seed)
    build = LSTMBackbone if name in LSTMS else CONTROLS[name]
    return build(name, config.width or DEFAULT_WIDTH, config.layers, config.dropout)
