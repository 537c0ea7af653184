"""Names a result's task and arm, and the settings that runs must share to be pooled. It imports no torch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from frostformer.config import RunConfig
from frostformer.results.metrics import chosen_by, metric, scoring
from frostformer.results.result import Result

NOT_RECORDED = "not recorded"
"""In place of the fingerprint of the data, in files of before there was one."""

_NOT_COMPARED = ("seed", "device", "plugin")
_NAMED_BY_TASK = ("task", "task_options", "data")
ARM_FIELDS = (
    "backbone",
    "weights",
    "trainable",
    "read_out",
    "layers",
    "width",
    "extend_positions",
    "lora_rank",
    "backbone_precision",
)
_OF_THE_BACKBONE = ("fingerprint", "parameters", "causal")  # named within one arm only: all backbones differ in them


def task_label(result: Result) -> str:
    """Names the task, such as `bit-xor, length 20, version 2`; scores under different labels cannot be compared.

    The kind of answers is part of it wherever they are not classes, so that no two kinds ever share a label.
    """
    options = [f"{name} {value}" for name, value in _options(result)]
    kind = scoring(result)["kind"]
    kinds = [] if kind == "classification" else [kind]
    version = [f"version {result.task['version']}"] if result.task["version"] != 1 else []
    return ", ".join([result.task["name"], *options, *kinds, *version])


def arm_label(result: Result) -> str:
    """One side of a comparison, such as `embedded, pretrained, frozen`."""
    config = settled(result)
    own = config["backbone"].startswith("module:")  # nobody knows where the values of a user's module come from
    parts = [config["backbone"], "as given" if own else config["weights"], config["trainable"]]
    layers = "{} layer" if config["layers"] == 1 else "{} layers"
    for name, form in (("layers", layers), ("width", "width {}"), ("lora_rank", "LoRA of rank {}")):
        if config[name] is not None:
            parts.append(form.format(config[name]))
    if config["read_out"] == "mean":
        parts.append("mean of all positions")
    if config["extend_positions"]:
        parts.append("positions extended")
    if config["backbone_precision"] != "fp32":
        parts.append(config["backbone_precision"])
    return ", ".join(parts)


def settled(result: Result) -> dict[str, Any]:
    """The configuration; instead of `auto` it has what `auto` became, if the result says so.

    A learning rate that validation chose stands there as that choice: seeds that chose differently are of one arm.
    """
    config = asdict(RunConfig.read(result.config))
    if result.tried:
        config["learning_rate"] = f"chosen of {', '.join(result.tried)}"
    became = {name: text.partition(":")[0] for name, text in result.resolved.items()}
    return config | {name: value for name, value in became.items() if config.get(name) == "auto"}


def question(result: Result) -> dict[str, str]:
    """What was asked of a run beside its task and its seed, as text."""
    free = (*_NOT_COMPARED, *_NAMED_BY_TASK)
    return {name: as_text(value) for name, value in settled(result).items() if name not in free}


def as_text(value: object) -> str:
    """A setting as people type it."""
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def settings(result: Result) -> dict[str, Any]:
    """What runs must have in common to be pooled, beside task and arm."""
    named = (*_NOT_COMPARED, *_NAMED_BY_TASK, *ARM_FIELDS)
    config = settled(result)
    shared = {name: value for name, value in config.items() if name not in named}
    if config["weights"] == "pretrained":  # random weights have another fingerprint for every seed
        shared["fingerprint"] = result.backbone["fingerprint"][:12]
    shared["data"] = fingerprint_of_data(result)
    shared["chosen by"] = metric(chosen_by(result)).label
    shared["parameters"] = sum(row["parameters"] for row in result.groups)
    shared["causal"] = result.backbone.get("causal")
    return shared


def fingerprint_of_data(result: Result) -> str:
    """The first 12 digits of the data's fingerprint, or `not recorded` for an older file, which lacks it."""
    fingerprint = result.task.get("fingerprint")
    return NOT_RECORDED if fingerprint is None else fingerprint[:12]


def differing(own: Result, others: list[Result]) -> list[str]:
    """The settings in which `own` differs from another result of its task, such as `learning_rate 0.003`."""
    task, arm = task_label(own), arm_label(own)
    rivals = [(settings(other), arm_label(other) == arm) for other in others if task_label(other) == task]
    return [
        f"{name} {'not given' if value is None else value}"
        for name, value in settings(own).items()
        if any(rival.get(name) != value for rival, is_own_arm in rivals if is_own_arm or name not in _OF_THE_BACKBONE)
    ]


def _options(result: Result) -> list[tuple[str, str]]:
    """The task's options without the folder: where files lie does not change the question."""
    return sorted((name, value) for name, value in result.config["task_options"].items() if name != "folder")
