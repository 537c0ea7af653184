"""From a study to its runs: seeds, learning rates, folders. It imports no torch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.runs.rates import rates_to_try
from frostformer.studies.plan_file import Asked, Plan
from frostformer.studies.scales import Scale
from frostformer.studies.study import Backbones, Cell, Study

_MOST_PARTS = 100_000
_FREE = ("seed", "device", "plugin")


@dataclass(frozen=True)
class Request:
    """What a user asks of a study."""

    scale: Scale
    backbones: Backbones
    seeds: int
    tuned: bool = False
    """Every run chooses its learning rate on validation."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `RunConfig` that are set in all runs, such as the precision."""

    command: str = ""
    part: Part | None = None
    """Which of the runs are made; all if not given."""


@dataclass(frozen=True)
class Part:
    """One of several parts of the work, for several machines."""

    number: int
    """From 1 on."""

    of: int

    @staticmethod
    def parse(text: str) -> Part:
        """`3/16` is the third of sixteen.

        Raises:
            InputError: it is no such pair.
        """
        number, stroke, of = text.partition("/")
        if not stroke or not (number.isdecimal() and of.isdecimal()) or not 1 <= int(number) <= int(of) <= _MOST_PARTS:
            raise InputError(
                f"part is '{text}': give a pair such as 3/16, the third of sixteen parts, of {_MOST_PARTS:,} at most"
            )
        return Part(int(number), int(of))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return f"{self.number}/{self.of}"

    def among(self, groups: Sequence[Sequence[str]]) -> list[str]:
        """What is in this part, of groups of names that stay together; they are dealt out in their order."""
        return [name for group in groups[self.number - 1 :: self.of] for name in group]


def plan_study(study: Study, request: Request) -> tuple[Plan, dict[str, RunConfig]]:
    """The plan of a study, and its runs by their folders.

    Raises:
        InputError: an option would make the arms of the study equal.
    """
    if study.compares in request.options:
        option = study.compares.replace("_", "-")
        raise InputError(f"the arms of '{study.name}' differ in --{option}: leave it out")
    tuned = request.tuned or study.tunes
    asked, runs = [], dict[str, RunConfig]()
    for cell in study.make(request.scale, request.backbones):
        found = [] if cell.run is None else _runs_of(cell.run, tuned, study.rates, request)
        runs |= {folder: config for seed in found for folder, config in seed.items()}
        folders = tuple(tuple(seed) for seed in found)
        smaller = "" if study.sizes else _smaller(cell, request.scale)
        asked.append(Asked(cell.row, cell.column, folders, cell.missing, smaller))
    plan = Plan(
        name=f"{study.name}-tuned" if request.tuned and not study.tunes else study.name,
        study=study.name,
        question=study.question,
        scale=request.scale.name,
        changes=f"{_about(request)} {study.sizes or request.scale.changes}",
        command=request.command,
        shows=study.shows,
        reference=study.reference,
        tuned=tuned,
        cells=tuple(asked),
        part="" if request.part is None else str(request.part),
    )
    return plan, runs


def _runs_of(run: RunConfig, tuned: bool, rates: Sequence[float], request: Request) -> list[dict[str, RunConfig]]:
    """One entry per seed: folder -> run, of each learning rate."""
    run = replace(run, **request.options)
    tried = rates or rates_to_try(run) if tuned else (run.learning_rate,)
    candidates = [replace(run, learning_rate=rate) for rate in tried]
    return [{_folder(one, seed): replace(one, seed=seed) for one in candidates} for seed in range(request.seeds)]


def _folder(run: RunConfig, seed: int) -> str:
    """Such as `bit-xor/embedded-pretrained-frozen-rate-0.001-1f2e3d/seed-0`; equal for equal runs alone."""
    options = [f"{name} {value}" for name, value in sorted(run.task_options.items())]
    arm = [Path(run.backbone).name, run.weights, run.trainable]
    arm += [f"{name} {value}" for name in ("layers", "lora_rank") if (value := getattr(run, name)) is not None]
    arm += [] if run.read_out == "last" else [run.read_out]
    arm += [] if run.backbone_precision == "auto" else [run.backbone_precision]
    arm += [f"rate {run.learning_rate}", _digest(run)]
    return f"{_slug([run.task, *options])}/{_slug(arm)}/seed-{seed}"


def folders_of(config: Mapping[str, Any]) -> list[str]:
    """The folders in which a study may have put the run with this stored configuration.

    There are two where the precision was found when the run was made, since the study had then asked for `auto`.

    Raises:
        InputError: it is no configuration.
    """
    run = RunConfig.read(config)
    return [_folder(one, run.seed) for one in (run, replace(run, backbone_precision="auto"))]


def _digest(run: RunConfig) -> str:
    """Six digits that stand for everything that was asked but the seed and where to compute."""
    usual = asdict(RunConfig())  # a field that a later version adds must not give finished runs other folders
    asked = {name: value for name, value in asdict(run).items() if name not in _FREE and value != usual[name]}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:6]


def _about(request: Request) -> str:
    """What the pretrained models are, a sentence each."""
    backbones = request.backbones
    name = backbones.language
    said = [request.scale.about_backbone if name == request.scale.backbone else f"The backbone is {name}."]
    said += [
        f"The model that was pretrained on {what} is {model.label}."
        for what, model in (("bit memory", backbones.bit_memory), ("images", backbones.images))
        if model is not None
    ]
    return " ".join(said)


def _slug(parts: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(parts).lower()).strip("-")


def _smaller(cell: Cell, scale: Scale) -> str:
    """How the cell's task is smaller than the paper's."""
    budget = None if cell.run is None else scale.budgets.get(cell.run.task.removesuffix("-lu2021"))
    return "" if budget is None else budget.smaller
