"""Every table and figure of Lu et al. 2021 as a function that returns its runs. It imports no torch.

frostformer reproduce                                        # lists them
frostformer reproduce table-2 --scale laptop --out results/paper

The first line of each docstring is the question. "Takes" is what the laptop scale needs on two CPU cores with three
seeds and 8 bits, if no run of it is there yet; "expected" is what the paper found. All arms have the learning rate
1e-3, LSTMs 3e-4, as there; `--tuned` lets every run choose its rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from frostformer.studies.scales import TASKS, Scale
from frostformer.studies.study import Arms, Backbones, Cell, Study, blocks

LSTM_RATE = 3e-4  # appendix C
SHALLOW = 3  # blocks of the fully trained transformer; with 12 it was unstable (appendix D)
CHEAP = ("bit-xor", "mnist", "listops")
"""Tasks of the studies of what trains, at scales other than the paper's."""
_LONGER = ("listops", "mnist", "cifar10", "cifar10-lra")


def table_1(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 1: can a frozen language model classify other kinds of sequences as well as a fully trained model?

    The fully trained transformer starts from random weights and has 3 blocks, as in the paper.
    Expected: the frozen model is about as good as the trained one. Takes 2.5 hours.
    """
    arms = {
        "pretrained": _pretrained(backbones),
        **_fully_trained(backbones),
        "LSTM, fully trained": _lstm(scale, "full"),
    }
    return _cells(scale, TASKS, arms)


def table_2(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 2: does it matter on what the transformer was pretrained?

    Expected: language is best on most tasks, images on CIFAR-10; random weights are last. Takes 6 hours.
    """
    return _cells(
        scale,
        TASKS,
        {
            "pretrained": _pretrained(backbones),
            "random": _random(backbones),
            "pretrained on bit memory": _named(backbones.bit_memory, "bit-memory"),
            "pretrained on images": _named(backbones.images, "images"),
        },
    )


def table_3(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 3: is a frozen random transformer better than a frozen random LSTM?

    LSTM has 3 layers, LSTM* 12 with residual connections and positions. Expected: yes, on every task. Takes 2 hours.
    """
    return _cells(
        scale,
        TASKS,
        {
            "random transformer": _random(backbones),
            "random LSTM": _lstm(scale, "frozen"),
            "random LSTM*": _lstm(scale, "frozen", backbone="lstm-star"),
        },
    )


def table_4(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 4: does a frozen random LSTM get better with more layers?

    Expected: no, worse; at 12 layers it learns nothing. Takes an hour.
    """
    arms = {f"LSTM, {n} layers": _lstm(scale, "frozen", layers=n) for n in (3, 12)}
    return _cells(scale, _LONGER, arms)


def table_5(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 5: what do residual connections and positions give a frozen random LSTM of 12 layers?

    Expected: much each, and together still less than a transformer. Takes an hour.
    """
    return _cells(
        scale,
        _LONGER,
        {
            "12 layers": _lstm(scale, "frozen", layers=12),
            "12 layers, residuals": _lstm(scale, "frozen", backbone="lstm-residual"),
            "12 layers, residuals, positions": _lstm(scale, "frozen", backbone="lstm-star"),
        },
    )


def table_6(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 6: does pretraining save steps?

    Expected: between as many and 40 times fewer steps. Its runs are those of table 2.
    """
    return _cells(scale, TASKS, {"pretrained": _pretrained(backbones), "random": _random(backbones)})


def table_7(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 7: does freezing prevent overfitting, or does it underfit?

    The fully trained transformer has 3 blocks. The paper's Linformer is not in this library. Expected: frozen, training
    accuracy is as low as test accuracy; fully trained, it is far above. Its runs are those of table 1.
    """
    arms: dict[str, Mapping[str, Any] | str] = {"pretrained": _pretrained(backbones), **_fully_trained(backbones)}
    arms["Linformer"] = "not in this library"
    return _cells(scale, ("cifar10-lra",), arms)


def table_8(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 8: does a larger frozen model do better?

    Below the paper's scale, depths of one model and further pretrained models stand for GPT-2's three sizes, which need
    `--models`. Expected: yes, by 2 to 4 points a size. Takes 2 hours.
    """
    arms: dict[str, Mapping[str, Any] | str] = {}
    if scale.recipe is None:
        for depth in sorted({max(1, scale.blocks * part // 3) for part in (1, 2, 3)}):
            arms[f"{blocks(depth)}, pretrained"] = _pretrained(backbones) | {"layers": depth}
            arms[f"{blocks(depth)}, random"] = _random(backbones) | {"layers": depth}
        arms |= backbones.further()
        return _cells(scale, ("bit-xor", "mnist", "cifar10"), arms)
    sizes = zip(("medium", "large"), [*(model.backbone for model in backbones.others), None, None], strict=False)
    for size, folder in (("base", backbones.language), *sizes):
        for weights in ("pretrained", "random"):
            arms[f"{size}, {weights}"] = _named(folder, "models", weights)
    return _cells(scale, ("cifar10",), arms)


def table_9(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 9: is a pretrained model only a better scaled random one?

    `statistics` draws every tensor anew with the mean and deviation of the pretrained one; `shuffled`, which the paper
    does not have, keeps its values in another order. Expected: in part. Takes 2.5 hours.
    """
    arms = {
        "pretrained": _pretrained(backbones),
        "statistics": {"backbone": backbones.language, "weights": "statistics"},
        "shuffled": {"backbone": backbones.language, "weights": "shuffled"},
        "random": _random(backbones),
    }
    return _cells(scale, TASKS, arms)


def table_10(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 10: is it enough to train the output layer, on features that are computed once?

    Expected: less accurate, and each pass over the data after the first is hundreds of times as fast. Takes 20 minutes.
    """
    arms = {
        "output layer only": _pretrained(backbones, "output-only"),
        "pretrained": _pretrained(backbones),
        **_fully_trained(backbones),
    }
    return _cells(scale, ("listops", "cifar10-lra"), arms)


def table_11(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 11: how many blocks does it take, if output layer and norms train?

    Expected: pretrained, two blocks are enough; random, six. Takes 20 minutes.
    """
    return _cells(
        scale, ("listops",), _depths(scale, backbones, "output-norms", pretrained=(1, 2, 6), random=(1, 2, 6))
    )


def table_12(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 12: how well do frozen blocks mix the positions, if only the output layer trains?

    Expected: pretrained, the better the more blocks; random blocks never. Takes 5 minutes.
    """
    arms = _depths(scale, backbones, "output-only", pretrained=(1, 3, 6, 12), random=(12, 24))
    return _cells(scale, ("listops",), arms)


def table_13(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 13: is it better to train feed-forward or attention layers, too?

    Expected: feed-forward layers help, attention layers diverge, both at this one learning rate. Takes 2 hours.
    """
    return _cells(
        scale,
        TASKS if scale.recipe else CHEAP,
        {
            "pretrained": _pretrained(backbones),
            "+ feed-forward": _pretrained(backbones, "frozen+feedforward"),
            "+ attention": _pretrained(backbones, "frozen+attention"),
            "+ both": _pretrained(backbones, "full"),
        },
    )


def table_14(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 14: is one attention layer, the last, enough to train?

    Expected: it is better than all feed-forward layers. Takes an hour.
    """
    return _cells(
        scale,
        ("cifar10",) if scale.recipe else CHEAP,
        {
            "pretrained": _pretrained(backbones),
            "+ feed-forward": _pretrained(backbones, "frozen+feedforward"),
            "+ last attention layer": _pretrained(backbones, "frozen+last-attention"),
        },
    )


_ADDED_ONE_BY_ONE = {
    "output": "output-only",
    "output and norms": "output-norms",
    "output, norms and input": "output-norms-input",
    "and positions": "frozen",
}


def table_15(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 15: which of the trained parameters matter, if they are added one kind after the other?

    Expected: norms matter most, then the input layer, then positions. Takes an hour.
    """
    arms = {f"pretrained, {row}": _pretrained(backbones, trainable) for row, trainable in _ADDED_ONE_BY_ONE.items()}
    return _cells(scale, TASKS if scale.recipe else CHEAP, arms)


def table_16(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 16: must the norms train?

    Expected: it gives about 7 points, to pretrained and random weights alike. Takes an hour.
    """
    arms: dict[str, Mapping[str, Any]] = {}
    for weights, arm in (("pretrained", _pretrained(backbones)), ("random", _random(backbones))):
        arms[f"{weights}, norms frozen"] = arm | {"trainable": "norms-frozen"}
        arms[f"{weights}, norms trained"] = arm
    return _cells(scale, ("cifar10",), arms)


def table_17(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Table 17: do other pretrained architectures do as well?

    `--models` names them. Expected: BERT as well as GPT-2; T5 and Longformer worse on ListOps. Takes 2 hours.
    """
    arms: dict[str, Mapping[str, Any] | str] = {_name(backbones.language): _pretrained(backbones)}
    if backbones.others:
        arms |= backbones.further()
    else:
        arms |= {name: _named(None, "models") for name in ("bert", "t5", "longformer")}
    return _cells(scale, ("cifar10", "listops") if scale.recipe else ("bit-xor", "mnist"), arms)


def tables_18_to_21(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Tables 18 to 21: which of the trained parameters matter, one kind at a time, and with random weights?

    Expected: norms alone do almost everything with random weights, too. Takes 3 hours.
    """
    arms = {f"pretrained, output and {row}": _pretrained(backbones, which) for row, which in _ONE_KIND.items()}
    for row, which in _ADDED_ONE_BY_ONE.items():
        arms[f"random, {row}"] = _random(backbones) | {"trainable": which}
    arms |= {
        f"random, output and {row}": _random(backbones) | {"trainable": which}
        for row, which in _ONE_KIND.items()
        if row != "norms"
    }
    return _cells(scale, TASKS if scale.recipe else CHEAP, arms)


_ONE_KIND = {"input": "output+input", "positions": "output+position", "norms": "output-norms"}


def figure_3(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Figure 3: on bit XOR, does each output position attend to the two bits that it combines?

    Expected: clearly, with pretrained weights at 5 bits; the paper's text says up to 256. Takes 20 minutes.
    """
    lengths = (5,) if scale.name == "smoke" else (5, 32, 256)
    cells = []
    for length in lengths:
        for cell in _cells(scale, ("bit-xor",), _four_weights(backbones)):
            assert cell.run is not None
            options = {} if length == 5 else {"length": str(length)}  # of the default length are the runs of table 2
            run = replace(cell.run, task_options=options)
            cells.append(replace(cell, column=f"bit-xor, {length} bits", run=run))
    return cells


def figure_4(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Figure 4: on bit memory, does each output position attend to the string that it repeats?

    Expected: with pretrained weights it finds the string by its visible bits. Its runs are those of table 9.
    """
    return _cells(scale, ("bit-memory",), _four_weights(backbones))


def rothermel_2021(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Rothermel et al. 2021: is frozen still as good as fully trained, once every arm has its own learning rate?

    Every run chooses among six rates on validation. Expected: no; fully trained is better on every task, and pretrained
    is better than random among frozen models. Takes 20 hours.
    """
    arms = {
        "random": _random(backbones),
        "pretrained": _pretrained(backbones),
        "fully trained, random": _random(backbones) | {"trainable": "full"},
        "fully trained, pretrained": _pretrained(backbones, "full"),
    }
    size = {"batch_size": 8} if scale.recipe else {}  # theirs; the paper's are smaller
    return _cells(scale, _LONGER, {row: arm | size for row, arm in arms.items()})


ROTHERMEL_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)


def _cells(scale: Scale, tasks: Iterable[str], arms: Arms) -> list[Cell]:
    """Every arm on every task."""
    return [
        Cell(row, task, None, arm) if isinstance(arm, str) else Cell(row, task, scale.run(task, **arm))
        for row, arm in arms.items()
        for task in tasks
    ]


def _pretrained(backbones: Backbones, trainable: str = "frozen") -> dict[str, Any]:
    return {"backbone": backbones.language, "weights": "pretrained", "trainable": trainable}


def _random(backbones: Backbones) -> dict[str, Any]:
    return {"backbone": backbones.language, "weights": "random"}


def _four_weights(backbones: Backbones) -> dict[str, dict[str, Any]]:
    names = ("pretrained", "statistics", "shuffled", "random")
    return {name: {"backbone": backbones.language, "weights": name} for name in names}


def _fully_trained(backbones: Backbones) -> dict[str, dict[str, Any]]:
    return {"fully trained": _random(backbones) | {"trainable": "full", "layers": SHALLOW}}


def _lstm(scale: Scale, trainable: str, backbone: str = "lstm", layers: int | None = None) -> dict[str, Any]:
    fresh = {"backbone": backbone, "weights": "random", "width": scale.width, "layers": layers}
    return fresh | {"trainable": trainable, "learning_rate": LSTM_RATE}


def _named(folder: str | None, option: str, weights: str = "pretrained") -> dict[str, Any] | str:
    return {"backbone": folder, "weights": weights} if folder else f"no backbone was given: add --{option}"


def _depths(
    scale: Scale, backbones: Backbones, trainable: str, pretrained: Iterable[int], random: Iterable[int]
) -> dict[str, dict[str, Any] | str]:
    arms: dict[str, dict[str, Any] | str] = {}
    for weights, depths in (("pretrained", pretrained), ("random", random)):
        for depth in depths:
            arm = {"backbone": backbones.language, "weights": weights, "trainable": trainable, "layers": depth}
            too_deep = f"the backbone has {scale.blocks} blocks"
            arms[f"{weights}, {depth} layer{'' if depth == 1 else 's'}"] = arm if depth <= scale.blocks else too_deep
    return arms


def _name(backbone: str) -> str:
    return Path(backbone).stem if "/" in backbone else backbone


STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study("table-1", table_1, reference="pretrained"),
        Study("table-2", table_2, reference="random"),
        Study("table-3", table_3, reference="random transformer"),
        Study("table-4", table_4, reference="LSTM, 3 layers"),
        Study("table-5", table_5, reference="12 layers"),
        Study("table-6", table_6, shows="steps"),
        Study("table-7", table_7, shows="fit"),
        Study("table-8", table_8),
        Study("table-9", table_9, reference="pretrained"),
        Study("table-10", table_10, reference="pretrained"),
        Study("table-11", table_11),
        Study("table-12", table_12),
        Study("table-13", table_13, reference="pretrained"),
        Study("table-14", table_14, reference="pretrained"),
        Study("table-15", table_15),
        Study("table-16", table_16),
        Study("table-17", table_17),
        Study("tables-18-21", tables_18_to_21),
        Study("figure-3", figure_3, shows="attention"),
        Study("figure-4", figure_4, shows="attention"),
        Study("rothermel-2021", rothermel_2021, reference="pretrained", rates=ROTHERMEL_RATES),
    )
}
