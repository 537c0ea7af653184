"""Tables 1 to 10 and 17 of Lu et al. 2021, and its rebuttal: what carries over, from what, into what. No torch.

See `studies/paper.py` for what the docstrings say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from frostformer.config import RunConfig
from frostformer.studies.arms import both_draws, cells, four_weights, fully_trained, lstm, named, pretrained, random
from frostformer.studies.scales import TASKS, Scale
from frostformer.studies.study import Backbones, Cell, Model
from frostformer.words import counted

_LONGER = ("listops", "mnist", "cifar10", "cifar10-lra")
ROTHERMEL_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
_SIZES = ("gpt2-medium", "gpt2-large")  # of table 8, beside the base model
_DEPTHS = (2, 4, 6)  # in their place below the paper's scale


def table_1(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 1: can a frozen language model classify other kinds of sequences as well as a fully trained model?

    The fully trained transformer starts from random weights and has 3 blocks, as in the paper.
    Expected: the frozen model is about as good as the trained one. Takes 2.5 hours.
    """
    arms = {
        "pretrained": pretrained(backbones),
        **fully_trained(backbones),
        "LSTM, fully trained": lstm(scale, "full"),
    }
    return cells(scale, TASKS, arms)


def table_2(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 2: does it matter on what the transformer was pretrained?

    Expected: language is best on most tasks, images on both CIFAR-10 tasks; random weights are last, but for remote
    homology. Takes 6 hours.
    """
    return cells(
        scale,
        TASKS,
        {
            "pretrained": pretrained(backbones),
            **both_draws(scale, backbones),
            "pretrained on bit memory": named(backbones.bit_memory, "bit-memory"),
            "pretrained on images": named(backbones.images, "images"),
        },
    )


def table_3(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 3: is a frozen random transformer better than a frozen random LSTM?

    LSTM has 3 layers, LSTM* 12 with residual connections and positions. Expected: yes, but for
    LSTM* on MNIST. Takes 2 hours.
    """
    return cells(
        scale,
        TASKS,
        {
            "random transformer": random(backbones),
            "random LSTM": lstm(scale, "frozen"),
            "random LSTM*": lstm(scale, "frozen", backbone="lstm-star"),
        },
    )


def table_4(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 4: does a frozen random LSTM get better with more layers?

    Expected: no, worse; at 12 layers it learns nothing. Takes an hour.
    """
    arms = {f"LSTM, {n} layers": lstm(scale, "frozen", layers=n) for n in (3, 12)}
    return cells(scale, _LONGER, arms)


def table_5(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 5: what do residual connections and positions give a frozen random LSTM of 12 layers?

    Expected: much each, and together still less than a transformer but for MNIST. Takes an hour.
    """
    return cells(
        scale,
        _LONGER,
        {
            "12 layers": lstm(scale, "frozen", layers=12),
            "12 layers, residuals": lstm(scale, "frozen", backbone="lstm-residual"),
            "12 layers, residuals, positions": lstm(scale, "frozen", backbone="lstm-star"),
        },
    )


def table_6(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 6: does pretraining save steps?

    Expected: between as many and 40 times fewer steps. Its runs are those of table 2.
    """
    return cells(scale, TASKS, {"pretrained": pretrained(backbones), "random": random(backbones)})


def table_7(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 7: does freezing prevent overfitting, or does it underfit?

    The fully trained transformer has 3 blocks. The paper's Linformer is not in this library. Expected: frozen, training
    accuracy is as low as test accuracy; fully trained, it is far above. Its runs are those of table 1.
    """
    arms: dict[str, Mapping[str, Any] | str] = {"pretrained": pretrained(backbones), **fully_trained(backbones)}
    arms["Linformer"] = "Linformer is not in this library"
    return cells(scale, ("cifar10-lra",), arms)


def table_8(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 8: does a larger frozen model do better?

    Below the paper's scale, depths of one model stand for GPT-2's three sizes; `--models` adds others, there and at the
    paper's scale. Expected: yes, by about 2 points a size. Takes 2 hours.
    """
    arms: dict[str, Mapping[str, Any] | str] = {}
    if scale.recipe is None:
        for depth in _DEPTHS:
            arms[f"{counted(depth, 'block')}, pretrained"] = pretrained(backbones) | {"layers": depth}
            arms[f"{counted(depth, 'block')}, random"] = random(backbones) | {"layers": depth}
        return cells(scale, ("bit-xor", "mnist", "cifar10"), arms | backbones.further())
    arms |= replace(backbones, others=(Model(backbones.language),)).further() | backbones.further()
    for size in _SIZES:
        for weights in ("pretrained", "random"):
            arms.setdefault(f"{size}, {weights}", named(None, "models"))
    return cells(scale, ("cifar10",), arms)


def table_9(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 9: is a pretrained model only a better scaled random one?

    `statistics` draws every tensor anew with the mean and deviation of the pretrained one; `shuffled`, which the paper
    does not have, keeps its values in another order. Expected: in part. Takes 2.5 hours.
    """
    return cells(scale, TASKS, four_weights(backbones) | both_draws(scale, backbones))


def table_10(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 10: is it enough to train the output layer, on features that are computed once?

    Expected: less accurate, and each pass over the data after the first is hundreds of times as fast. Takes 20 minutes.
    """
    arms = {
        "output layer only": pretrained(backbones, "output-only"),
        "pretrained": pretrained(backbones),
        **fully_trained(backbones),
    }
    return cells(scale, ("listops", "cifar10-lra"), arms)


def table_17(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 17: do other pretrained architectures do as well?

    `--models` names them. Expected: BERT as well as GPT-2; T5 and Longformer worse on ListOps. Takes 2 hours.
    """
    arms: dict[str, Mapping[str, Any] | str] = {Model(backbones.language).label: pretrained(backbones)}
    arms |= {row.removesuffix(", pretrained"): arm for row, arm in backbones.further().items()}
    for name in ("bert", "t5", "longformer") if scale.recipe else ():
        arms.setdefault(name, named(None, "models"))
    return cells(scale, ("cifar10", "listops") if scale.recipe else ("bit-xor", "mnist"), arms)


def rothermel_2021(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Rothermel et al. 2021: is frozen still as good as fully trained, once every arm has its own learning rate?

    Every run chooses among six rates on validation, and ListOps keeps its closing brackets. Expected: no; fully trained
    is better on every task, and pretrained is better than random among frozen models. Takes 20 hours.
    """
    arms = {
        "random": random(backbones),
        "pretrained": pretrained(backbones),
        "fully trained, random": random(backbones, "full"),
        "fully trained, pretrained": pretrained(backbones, "full"),
    }
    if scale.recipe is None:
        return cells(scale, _LONGER, arms)
    found = cells(scale, _LONGER, {row: arm | {"batch_size": 8} for row, arm in arms.items()})  # theirs
    return [replace(one, run=_with_brackets(one.run)) for one in found]


def _with_brackets(run: RunConfig | None) -> RunConfig | None:
    """ListOps with its closing brackets, which the official code of Lu et al. lost."""
    return replace(run, task="listops") if run is not None and run.task == "listops-lu2021" else run
