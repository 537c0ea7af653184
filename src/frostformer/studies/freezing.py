"""Tables 11 to 16 and 18 to 21 of Lu et al. 2021: what must train, and how deep the backbone must be. No torch.

See `studies/paper.py` for what the docstrings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frostformer.studies.arms import cells, depths, pretrained, random
from frostformer.studies.scales import TASKS, Scale
from frostformer.studies.study import Backbones, Cell

CHEAP = ("bit-xor", "mnist", "listops")
"""Tasks of the studies of what trains, at scales other than the paper's."""

_ADDED_ONE_BY_ONE = {
    "output": "output-only",
    "output and norms": "output-norms",
    "output, norms and input": "output-norms-input",
    "and positions": "frozen",
}
_ONE_KIND = {"input": "output+input", "positions": "output+position", "norms": "output-norms"}


def table_11(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 11: how many blocks does it take, if output layer and norms train?

    Expected: pretrained, two blocks are enough; random, six. Takes 20 minutes.
    """
    return cells(scale, ("listops",), depths(backbones, "output-norms", pretrained_at=(1, 2, 6), random_at=(1, 2, 6)))


def table_12(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 12: how well do frozen blocks mix the positions, if only the output layer trains?

    Expected: pretrained, the better the more blocks; random blocks never. Takes 5 minutes.
    """
    arms = depths(backbones, "output-only", pretrained_at=(1, 3, 6, 12), random_at=(12, 24))
    return cells(scale, ("listops",), arms)


def table_13(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 13: is it better to train feed-forward or attention layers, too?

    Expected, at this one learning rate: feed-forward layers help on CIFAR-10, attention layers diverge or do worse.
    Takes 2 hours.
    """
    return cells(
        scale,
        TASKS if scale.recipe else CHEAP,
        {
            "pretrained": pretrained(backbones),
            "+ feed-forward": pretrained(backbones, "frozen+feedforward"),
            "+ attention": pretrained(backbones, "frozen+attention"),
            "+ both": pretrained(backbones, "full"),
        },
    )


def table_14(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 14: is one attention layer, the last, enough to train?

    Expected: it is better than all feed-forward layers. Takes an hour.
    """
    return cells(
        scale,
        ("cifar10",) if scale.recipe else ("cifar10", *CHEAP),
        {
            "pretrained": pretrained(backbones),
            "+ feed-forward": pretrained(backbones, "frozen+feedforward"),
            "+ last attention layer": pretrained(backbones, "frozen+last-attention"),
        },
    )


def table_15(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 15: which of the trained parameters matter, if they are added one kind after the other?

    Expected: norms matter most; input layer and positions add a few points. Takes an hour.
    """
    arms = {f"pretrained, {row}": pretrained(backbones, trainable) for row, trainable in _ADDED_ONE_BY_ONE.items()}
    return cells(scale, TASKS if scale.recipe else CHEAP, arms)


def table_16(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 16: must the norms train?

    Expected: it gives about 7 points, to pretrained and random weights alike. Takes an hour.
    """
    arms: dict[str, Mapping[str, Any]] = {}
    for weights, arm in (("pretrained", pretrained(backbones)), ("random", random(backbones))):
        arms[f"{weights}, norms frozen"] = arm | {"trainable": "norms-frozen"}
        arms[f"{weights}, norms trained"] = arm
    return cells(scale, ("cifar10",), arms)


def tables_18_to_21(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Tables 18 to 21: which of the trained parameters matter, one kind at a time, and with random weights?

    Expected: norms do most with random weights, too. Takes 3 hours.
    """
    arms = {f"pretrained, output and {row}": pretrained(backbones, which) for row, which in _ONE_KIND.items()}
    for row, which in _ADDED_ONE_BY_ONE.items():
        arms[f"random, {row}"] = random(backbones, which)
    arms |= {
        f"random, output and {row}": random(backbones, which) for row, which in _ONE_KIND.items() if row != "norms"
    }
    return cells(scale, TASKS if scale.recipe else CHEAP, arms)
