"""What a study is: a table whose cells are runs, and the file that says what was asked. It imports no torch.

A study writes one file for each table, such as `table-2.study.json`, and the runs of all tables lie side by side, so
that a run which two tables need is made once:

    results/paper/table-2.study.json
    results/paper/mnist/embedded-pretrained-frozen-rate-0.001-1f2e3d/seed-0/result.json
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import read_at_most, write_whole
from frostformer.schema import parse_json, read_as, read_format, reading
from frostformer.studies.scales import Scale

FORMAT = 1
MOST_BYTES = 2**24  # of a study's file that are read
_ENDING = ".study.json"

Shows = Literal["score", "steps", "fit", "attention"]
"""What a table tells of its runs: test scores; steps until they converge; scores of the training sequences, too; where
attention goes."""


def tidy(name: str) -> str:
    """The name of a backbone; a folder has one spelling, since runs on `model` and `./model` are the same runs."""
    return os.path.normpath(name) if Path(name).is_dir() else name


@dataclass(frozen=True)
class Model:
    """A pretrained model of a user."""

    backbone: str
    """A folder or a name."""

    layers: int | None = None
    """How many of its blocks to use, from the first on; all if not given."""

    @staticmethod
    def parse(text: str) -> Model:
        """`FOLDER` or `FOLDER:LAYERS`."""
        folder, _, layers = text.rpartition(":")
        return Model(tidy(folder), int(layers)) if folder and layers.isdecimal() else Model(tidy(text))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return self.backbone if self.layers is None else f"{self.backbone}:{self.layers}"

    @property
    def label(self) -> str:
        """Such as `smollm2.gguf, 4 blocks`."""
        name = Path(self.backbone).name
        return name if self.layers is None else f"{name}, {blocks(self.layers)}"


@dataclass(frozen=True)
class Backbones:
    """The pretrained models of a study, each a folder or a name."""

    language: str
    bit_memory: Model | None = None
    """One that was pretrained on bit memory; `frostformer pretrain --objective bit-memory` makes it."""

    images: Model | None = None
    """One that was pretrained on images, such as a ViT."""

    blocks: int | None = None
    """Of the language model, where that is known."""

    others: tuple[Model, ...] = ()
    """Further models, for the studies of sizes and of architectures."""

    def further(self) -> dict[str, dict[str, Any]]:
        """Two arms of each further model: as it is, and with random weights.

        Raises:
            InputError: two models have one name, and would have one row.
        """
        labels = [model.label for model in self.others]
        if double := next((label for label in labels if labels.count(label) > 1), None):
            raise InputError(f"two of the models are called '{double}', and each has a row: rename a folder")
        return {
            f"{model.label}, {weights}": {"backbone": model.backbone, "layers": model.layers, "weights": weights}
            for model in self.others
            for weights in ("pretrained", "random")
        }


@dataclass(frozen=True)
class Cell:
    """One arm (row) on one task (column)."""

    row: str
    column: str
    run: RunConfig | None
    """With seed 0 and the learning rate that is used where none is tuned; None where it cannot be asked here."""

    missing: str = ""
    """Why there is no run."""


Arms = Mapping[str, Mapping[str, Any] | str]
"""Row -> the fields of `RunConfig` that make the arm, or why it cannot be asked."""

Make = Callable[[Scale, Backbones], list[Cell]]


@dataclass(frozen=True)
class Study:
    """One table or figure."""

    name: str
    make: Make
    """Its cells; the first line of its docstring is the question."""

    shows: Shows = "score"
    reference: str = ""
    """The row with which all others are compared."""

    tunes: bool = False
    """Whether every run chooses its learning rate, whether or not tuning was asked for."""

    rates: tuple[float, ...] = ()
    """Among which, in place of those of `rates_to_try`."""

    sizes: str = ""
    """How large its runs are, in sentences, where the scale does not say it."""

    compares: str = ""
    """A field of `RunConfig` in which its arms differ, and which can therefore not be set for all of them."""

    @property
    def question(self) -> str:
        """What the study asks, in one line."""
        return (self.make.__doc__ or self.name).strip().splitlines()[0]


Places = tuple[Path, ...]
"""The folders among which the runs of a plan lie."""


@dataclass(frozen=True)
class Asked:
    """A cell in a study's file: the folders of its runs, relative to the file."""

    row: str
    column: str
    runs: tuple[tuple[str, ...], ...]
    """One entry per seed: the folders of the learning rates of which validation chooses one."""

    missing: str = ""
    smaller: str = ""
    """How the task is smaller than the paper's; empty if it is as large."""


@dataclass(frozen=True)
class Plan:
    """What was asked of a study; written before its first run."""

    name: str
    """The study's, or another where the learning rates are tuned, so that both have room in one folder."""

    study: str
    question: str
    scale: str
    changes: str
    """What the scale changes, in sentences."""

    command: str
    shows: Shows
    reference: str
    """The row with which all others are compared; empty if there is none."""

    tuned: bool
    cells: tuple[Asked, ...]
    part: str = ""
    """Such as `3/16`, where the runs beside this file are a part of them; the parts are joined when they are read."""

    format: int = FORMAT

    @property
    def folders(self) -> list[str]:
        """Those of all runs."""
        return [folder for cell in self.cells for seed in cell.runs for folder in seed]


def check_plan(folder: Path, plan: Plan) -> None:
    """Refuse to write a plan over one that asks other runs.

    Raises:
        InputError: runs would be lost from the table of the plan that is there, or it cannot be read.
    """
    path = _file_of(folder, plan)
    if path.is_file() and not _goes_on(before := read_plan(path), plan):
        part = f", part {before.part}" if before.part else ""
        raise InputError(
            f"{path} asks other runs, or more: it was made with `{before.command}`{part}; give another --out, or "
            "delete that file if its table is not wanted"
        )


def write_plan(folder: Path, plan: Plan) -> None:
    """Write it to `folder/NAME.study.json`, a line for each cell."""
    fields = asdict(plan)
    cells = ",\n".join(f"    {json.dumps(cell)}" for cell in fields.pop("cells"))
    head = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items())
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(_file_of(folder, plan), f'{{\n{head},\n  "cells": [\n{cells}\n  ]\n}}\n')


def _file_of(folder: Path, plan: Plan) -> Path:
    return folder / f"{plan.name}{_ENDING}"


def read_plan(path: Path) -> Plan:
    """The plan in a study's file.

    Raises:
        InputError: it is none, or of a newer version.
    """
    content = read_at_most(path, MOST_BYTES)
    with reading(
        f"{path} is not the file of a study",
        "upgrade frostformer if a newer one made it; else delete it, and give `frostformer reproduce` again",
    ):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        plan = read_as(Plan, fields)
        seeds = [seed for cell in plan.cells for seed in cell.runs]
        if not plan.cells or not all(seed and all(seed) for seed in seeds):
            raise InputError("it has no cells, or a cell without a folder")
        if outside := [one for one in plan.folders if not _is_below(one)]:
            raise InputError(f"{outside[0]} is not beside it")
    return plan


def _goes_on(before: Plan, plan: Plan) -> bool:
    """Whether a plan keeps all runs of an older one; it may have more seeds and more rows."""
    now = {(cell.row, cell.column): cell.runs for cell in plan.cells}
    return all(now.get((cell.row, cell.column), ())[: len(cell.runs)] == cell.runs for cell in before.cells)


def _is_below(folder: str) -> bool:
    """Whether a path stays in the folder it starts from, on any system."""
    parts = PureWindowsPath(folder)
    return not (parts.drive or parts.root or ".." in parts.parts)


def find_plans(folders: Sequence[Path], names: Sequence[str]) -> tuple[list[tuple[Places, Plan]], list[str]]:
    """The plans under the folders, each with the folder in which it and its runs lie; and why others cannot be read.

    A plan whose parts were made in several folders is one plan, with all of these folders.

    Args:
        folders: to search, with all folders in them.
        names: of the studies, in the order in which their plans are wanted.
    """
    plans: list[tuple[Places, Plan]] = []
    remarks = []
    found = {path.resolve(): path for folder in folders for path in folder.rglob(f"*{_ENDING}")}
    for path in sorted(found.values()):
        try:
            _add(plans, path.parent, read_plan(path))
        except InputError as error:
            remarks.append(str(error))
    place = {name: number for number, name in enumerate(names)}
    return sorted(plans, key=lambda one: (one[0], place.get(one[1].study, len(place)), one[1].name)), remarks


def _add(plans: list[tuple[Places, Plan]], folder: Path, plan: Plan) -> None:
    """Join a part with the parts of the same plan that were found before."""
    for number, (places, other) in enumerate(plans):
        if plan.part and other.part and replace(other, part=plan.part, command=plan.command) == plan:
            plans[number] = ((*places, folder), other)
            return
    plans.append(((folder,), plan))


def blocks(number: int) -> str:
    """`1 block`, `2 blocks`."""
    return "1 block" if number == 1 else f"{number} blocks"
