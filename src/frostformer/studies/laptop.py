"""Experiments: each is a documented function that returns folder name -> run. It imports no torch.

frostformer experiment arms --out results/arms
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from frostformer.config import RunConfig
from frostformer.errors import InputError, check_range

SHORT = {"bit-xor": 400, "digits": 300}  # steps; minutes on two CPU cores
BATCH_SIZE = 16  # the largest of the paper
EMBEDDED_WIDTH = 256  # the controls get the width of the embedded backbone

Arms = dict[str, dict[str, Any]]  # name -> the fields of `RunConfig` that make the arm

WEIGHTS: Arms = {name: {"weights": name} for name in ("pretrained", "random", "random-2021", "statistics", "shuffled")}

WHAT_TRAINS: Arms = {  # on the pretrained backbone; the paper's freezing studies, tables 10 to 16
    trainable.replace("+", "-"): {"trainable": trainable}
    for trainable in (
        "output-only",
        "output-norms",
        "output-norms-input",
        "norms-frozen",
        "frozen+feedforward",
        "frozen+attention",
        "frozen+last-attention",
        "full",
    )
} | {
    "random-full": {"weights": "random", "trainable": "full"},
    "lora": {"lora_rank": 8},
}

_FRESH: dict[str, Any] = {"weights": "random", "width": EMBEDDED_WIDTH}

WITHOUT_TRANSFORMER: Arms = {
    "lstm-full": _FRESH | {"backbone": "lstm", "trainable": "full"},
    "lstm-frozen": _FRESH | {"backbone": "lstm"},
    "lstm-2021-full": _FRESH | {"backbone": "lstm-2021", "trainable": "full"},
    "lstm-2021-frozen": _FRESH | {"backbone": "lstm-2021"},
    "lstm-residual-frozen": _FRESH | {"backbone": "lstm-residual"},
    "lstm-star-frozen": _FRESH | {"backbone": "lstm-star"},
    "identity": _FRESH | {"backbone": "identity"},
    "one-attention": _FRESH | {"backbone": "one-attention", "trainable": "full"},
}

OTHER_ARCHITECTURES: Arms = {  # fresh and cut to two layers, so that they run on a laptop
    name: {"backbone": name, "weights": "random", "layers": 2}
    for name in ("gpt2", "bert", "t5", "vit")  # Longformer pads ten bits to its window of 512: an hour for each run
}

PRECISIONS: Arms = {  # int8 comes first, so that a machine without it fails at once
    name: {"backbone_precision": name} for name in ("int8", "bf16", "fp32")
}


def demo(seeds: int, folders: Sequence[Path] = ()) -> dict[str, RunConfig]:
    """Pretrained against random frozen weights of the embedded backbone, on two tasks; at most 3 minutes."""
    return _runs({name: WEIGHTS[name] for name in ("pretrained", "random")} | _in_folders(folders), seeds)


def arms(seeds: int, folders: Sequence[Path] = ()) -> dict[str, RunConfig]:
    """Every kind of weights, of what trains and of control (tables 2 to 5, 9, 10, 13 to 17), on two tasks.

    All arms have one learning rate, 1e-3, as in the paper; it is tuned for none of them. It takes about an hour on two
    CPU cores. Architectures whose weights are not in the package have fresh weights and two layers; `folders` adds
    backbones of yours, each as it is and with random weights. This needs the extra `lora`.
    """
    if find_spec("peft") is None:
        raise InputError("this experiment needs the package peft: pip install 'frostformer[lora]'")
    return _runs(WEIGHTS | WHAT_TRAINS | WITHOUT_TRANSFORMER | OTHER_ARCHITECTURES | _in_folders(folders), seeds)


def precision(seeds: int, folders: Sequence[Path] = ()) -> dict[str, RunConfig]:
    """The frozen backbone in 32, 16 and 8 bits, on three tasks; about half an hour on two CPU cores.

    It needs a CPU with VNNI instructions, and MNIST. `folders` adds backbones of yours, each in the three precisions.
    """
    kinds = PRECISIONS | {
        f"{name}-{bits}": {"backbone": str(folder)} | change
        for name, folder in _by_name(folders).items()
        for bits, change in PRECISIONS.items()
    }
    return _runs(kinds, seeds, {"mnist": 500}, evaluate_every=100) | _runs(kinds, seeds)  # MNIST may be missing


EXPERIMENTS: dict[str, Callable[[int, Sequence[Path]], dict[str, RunConfig]]] = {
    "demo": demo,
    "arms": arms,
    "precision": precision,
}

REFERENCES: dict[str, dict[str, Any]] = {
    "demo": WEIGHTS["random"],
    "arms": {"backbone": "embedded", "weights": "pretrained", "trainable": "frozen"}
    | dict.fromkeys(("layers", "width", "lora_rank")),
    "precision": PRECISIONS["fp32"],
}
"""By experiment, the fields that make an arm the reference of those that are like it in all other fields."""


def _in_folders(folders: Sequence[Path]) -> Arms:
    """Two arms for each backbone folder."""
    return {
        f"{name}-{weights}": {"backbone": str(folder), "weights": weights}
        for name, folder in _by_name(folders).items()
        for weights in ("pretrained", "random")
    }


def _by_name(folders: Sequence[Path]) -> dict[str, Path]:
    if len({folder.name for folder in folders}) < len(folders):
        raise InputError(f"two folders of {', '.join(map(str, folders))} have one name, as would their arms; rename it")
    return {folder.name: folder for folder in folders}


def _runs(
    arms: Arms, seeds: int, steps_of: Mapping[str, int] = SHORT, evaluate_every: int = 20
) -> dict[str, RunConfig]:
    """Every arm on every task with every seed; equal budget and learning rate."""
    check_range("seeds", seeds, 1, 10_000)
    common: dict[str, Any] = {"batch_size": BATCH_SIZE, "evaluate_every": evaluate_every}
    return {
        f"{task}-{arm}-{seed}": RunConfig(task=task, steps=steps, seed=seed, **common, **changes)
        for task, steps in steps_of.items()
        for seed in range(seeds)
        for arm, changes in arms.items()
    }
