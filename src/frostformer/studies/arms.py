"""The arms of the paper's studies, as fields of `RunConfig`. It imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from frostformer.studies.published import DRAWN_IN_2021
from frostformer.studies.scales import Scale
from frostformer.studies.study import Arms, Backbones, Cell, Model
from frostformer.words import counted

LSTM_RATE = 3e-4  # appendix C
SHALLOW = 3  # blocks of the fully trained transformer; with 12 it was unstable (appendix D)

Arm = dict[str, Any]


def cells(scale: Scale, tasks: Iterable[str], arms: Arms) -> list[Cell]:
    """Every arm on every task."""
    return [
        Cell(row, task, None, arm) if isinstance(arm, str) else Cell(row, task, scale.run(task, **arm))
        for row, arm in arms.items()
        for task in tasks
    ]


def pretrained(backbones: Backbones, trainable: str = "frozen") -> Arm:
    """The pretrained language model."""
    return {"backbone": backbones.language, "weights": "pretrained", "trainable": trainable}


def random(backbones: Backbones, trainable: str = "frozen") -> Arm:
    """The same architecture with fresh weights."""
    return {"backbone": backbones.language, "weights": "random", "trainable": trainable}


def both_draws(scale: Scale, backbones: Backbones) -> dict[str, Arm]:
    """Fresh weights, and fresh weights as the paper drew them, with larger residual projections.

    Where the recipe is the official code's, all are drawn that way; of a user's model nobody knows whether they differ.
    """
    found = {"random": random(backbones)}
    if scale.recipe is None and backbones.language == scale.backbone:
        found[f"random{DRAWN_IN_2021}"] = random(backbones) | {"weights": "random-2021"}
    return found


def four_weights(backbones: Backbones) -> dict[str, Arm]:
    """Pretrained weights, and three that have lost more and more of what pretraining gave."""
    names = ("pretrained", "statistics", "shuffled", "random")
    return {name: {"backbone": backbones.language, "weights": name} for name in names}


def fully_trained(backbones: Backbones) -> dict[str, Arm]:
    """A transformer that is trained from fresh weights, with 3 blocks as in the paper."""
    return {"fully trained": random(backbones, "full") | {"layers": SHALLOW}}


def lstm(scale: Scale, trainable: str, backbone: str = "lstm", layers: int | None = None) -> Arm:
    """An LSTM; where the recipe is the official code's, the plain one has that code's quirks."""
    if backbone == "lstm" and scale.recipe:
        backbone = "lstm-2021"
    fresh = {"backbone": backbone, "weights": "random", "width": scale.width, "layers": layers}
    return fresh | {"trainable": trainable, "learning_rate": LSTM_RATE}


def named(model: Model | None, option: str) -> Arm | str:
    """A model that a user names, or what to do where none is named."""
    if model is None:
        return f"no backbone was given: add --{option}"
    part = {} if model.layers is None else {"layers": model.layers}
    return {"backbone": model.backbone, "weights": "pretrained", **part}


def depths(
    backbones: Backbones, trainable: str, pretrained_at: Iterable[int], random_at: Iterable[int]
) -> dict[str, Mapping[str, Any] | str]:
    """The first blocks of the language model, with its weights and with fresh ones."""
    found: dict[str, Mapping[str, Any] | str] = {}
    for weights, numbers in (("pretrained", pretrained_at), ("random", random_at)):
        for number in numbers:
            row = f"{weights}, {counted(number, 'layer')}"
            if backbones.blocks is not None and number > backbones.blocks:
                found[row] = f"the backbone has {backbones.blocks} blocks"
            else:
                found[row] = pretrained(backbones, trainable) | {"weights": weights, "layers": number}
    return found
