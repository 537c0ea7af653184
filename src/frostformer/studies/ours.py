"""Studies that the paper does not have: all arms at one budget, precisions, tuned rates, the demo. It imports no torch.

frostformer reproduce arms --out results/arms
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from frostformer.config import RunConfig
from frostformer.errors import InputError, check_range
from frostformer.studies.arms import cells, fully_trained, pretrained, random
from frostformer.studies.scales import Scale
from frostformer.studies.study import Arms, Backbones, Cell, Study

SHORT = {"bit-xor": 400, "digits": 300}  # steps; minutes on two CPU cores
BATCH_SIZE = 16  # the largest of the paper
EMBEDDED_WIDTH = 256  # the controls get the width of the embedded backbone

ON_ANY_BACKBONE: dict[str, dict[str, Any]] = {
    **{name: {"weights": name} for name in ("pretrained", "random", "random-2021", "statistics", "shuffled")},
    **{
        trainable: {"weights": "pretrained", "trainable": trainable}
        for trainable in (  # the paper's freezing studies, tables 10 to 16
            "output-only",
            "output-norms",
            "output-norms-input",
            "norms-frozen",
            "frozen+feedforward",
            "frozen+attention",
            "frozen+last-attention",
            "full",
        )
    },
    "random, full": {"weights": "random", "trainable": "full"},
    "LoRA of rank 8": {"weights": "pretrained", "lora_rank": 8},
}

_FRESH: dict[str, Any] = {"weights": "random", "width": EMBEDDED_WIDTH}

WITHOUT_TRANSFORMER: dict[str, dict[str, Any]] = {
    "LSTM, full": _FRESH | {"backbone": "lstm", "trainable": "full"},
    "LSTM, frozen": _FRESH | {"backbone": "lstm"},
    "LSTM of 2021, full": _FRESH | {"backbone": "lstm-2021", "trainable": "full"},
    "LSTM of 2021, frozen": _FRESH | {"backbone": "lstm-2021"},
    "LSTM with residuals, frozen": _FRESH | {"backbone": "lstm-residual"},
    "LSTM*, frozen": _FRESH | {"backbone": "lstm-star"},
    "identity": _FRESH | {"backbone": "identity"},
    "one attention layer": _FRESH | {"backbone": "one-attention", "trainable": "full"},
}

OTHER_ARCHITECTURES = (
    "gpt2",
    "bert",
    "t5",
    "vit",
)  # Longformer pads ten bits to its window of 512: an hour for each run

PRECISIONS = ("int8", "bf16", "fp32")  # int8 comes first, so that a machine without it fails at once


def demo(seeds: int) -> dict[str, RunConfig]:
    """Pretrained against random frozen weights of the embedded backbone, on two tasks; at most 3 minutes."""
    check_range("seeds", seeds, 1, 10_000)
    return {
        f"{task}-{weights}-{seed}": _run(task, steps, weights=weights, seed=seed)
        for task, steps in SHORT.items()
        for seed in range(seeds)
        for weights in ("pretrained", "random")
    }


DEMO_REFERENCE = {"weights": "random"}
"""The setting that makes an arm of the demo the reference."""


def arms(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Arms: every kind of weights, of what trains and of control, on two small tasks.

    All arms have one learning rate, 1e-3, as in the paper; it is tuned for none of them. Architectures whose weights
    are not in the package have fresh weights and two layers. This needs the extra `lora`. Takes an hour.
    """
    if find_spec("peft") is None:
        raise InputError("this study needs the package peft: pip install 'frostformer[lora]'")
    found: dict[str, Mapping[str, Any] | str] = {
        row: {"backbone": backbones.language} | arm for row, arm in ON_ANY_BACKBONE.items()
    }
    found |= WITHOUT_TRANSFORMER
    found |= {f"{name}, random": {"backbone": name, "weights": "random", "layers": 2} for name in OTHER_ARCHITECTURES}
    found |= backbones.further()
    return _cells(scale, SHORT, found)


def precision(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Precision: does a frozen backbone in 16 or 8 bits cost accuracy?

    It needs a CPU with VNNI instructions. Takes half an hour.
    """
    chosen = {"backbone": backbones.language, "weights": "pretrained"}
    found = {name: chosen | {"backbone_precision": name} for name in PRECISIONS}
    return _cells(scale, SHORT | {"mnist": 500}, found)


def tuned(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Tuned: do the arms keep their order once every run has chosen its own learning rate?

    The tasks are those of table 1 that are cheap. The fully trained transformer has 3 blocks. Takes 2 hours, with the
    runs of tables 1 and 2.
    """
    found = {"pretrained": pretrained(backbones), "random": random(backbones), **fully_trained(backbones)}
    return cells(scale, ("bit-xor", "mnist", "cifar10"), found)


def _cells(scale: Scale, steps: Mapping[str, int], arms: Arms) -> list[Cell]:
    """Every arm on every task, with equal budget and learning rate."""
    few = 4 if scale.name == "smoke" else None
    return [
        Cell(row, task, None, arm) if isinstance(arm, str) else Cell(row, task, _run(task, few or number, **arm))
        for task, number in steps.items()
        for row, arm in arms.items()
    ]


def _run(task: str, steps: int, **arm: Any) -> RunConfig:
    evaluate_every = 100 if task == "mnist" else 20
    return RunConfig(task=task, steps=steps, batch_size=BATCH_SIZE, evaluate_every=evaluate_every, **arm)


_SIZES = (
    "Batches have 16 sequences and dropout is off, at every scale; at the scale “smoke” a run has four steps, and no "
    "score means anything."
)

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study("arms", arms, reference="pretrained", sizes=_SIZES),
        Study("precision", precision, reference="fp32", sizes=_SIZES, compares="backbone_precision"),
        Study("tuned", tuned, reference="pretrained", tunes=True),
    )
}
