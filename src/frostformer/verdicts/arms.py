"""The arms of a verdict, as fields of `RunConfig`. It imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PRETRAINED, RANDOM, STATISTICS = "pretrained", "random", "statistics"
VERDICT_ARMS = (PRETRAINED, RANDOM, STATISTICS)
"""They always run, with as many replicates each."""

ABOUT = {
    PRETRAINED: "the pretrained transformer, frozen",
    RANDOM: "the same architecture with random weights, frozen",
    STATISTICS: "weights drawn with the mean and spread of the pretrained ones, frozen",
    "from scratch": "random weights, all trained",
    "fine-tuned": "pretrained weights, all trained",
    "identity": "no transformer between the two trained layers",
    "one attention": "one random attention layer, frozen",
    "shuffled": "pretrained values in another order, frozen",
    "LSTM": "an LSTM, all trained",
}
"""What each arm is, in words."""


@dataclass(frozen=True)
class Arm:
    """A transformer or an LSTM with what trains."""

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def arms_of(backbone: str, layers: int | None, width: int) -> dict[str, Arm]:
    """The arms of a verdict about a backbone, in the order in which they are run.

    Args:
        backbone: a name or a folder.
        layers: how many of its layers are kept; all if None.
        width: its channels per position, which the controls and the LSTM get, too.
    """
    same = {"backbone": backbone, "layers": layers}
    control = {"weights": "random", "width": width}
    arms = (
        Arm(PRETRAINED, same | {"weights": "pretrained"}),
        Arm(RANDOM, same | {"weights": "random"}),
        Arm(STATISTICS, same | {"weights": "statistics"}),
        Arm("from scratch", same | {"weights": "random", "trainable": "full"}),
        Arm("fine-tuned", same | {"weights": "pretrained", "trainable": "full"}),
        Arm("identity", control | {"backbone": "identity"}),
        Arm("one attention", control | {"backbone": "one-attention"}),
        Arm("shuffled", same | {"weights": "shuffled"}),
        Arm("LSTM", control | {"backbone": "lstm", "trainable": "full"}),
    )
    return {arm.name: arm for arm in arms}
