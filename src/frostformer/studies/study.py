"""What a study is: a table whose cells are runs, and the file that says what was asked. It imports no torch.

A study's folder has one file for each table, such as `table-2.json`, and the runs of all tables beside each other, so
that a run which two tables need is made once:

    results/paper/table-2.json
    results/paper/mnist/embedded-pretrained-frozen-rate-0.001/seed-0/result.json
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import read_at_most, write_whole
from frostformer.schema import parse_json, read_as, read_format, reading
from frostformer.studies.scales import Scale

FORMAT = 1
MOST_BYTES = 2**22  # of a study's file that are read

Shows = Literal["score", "steps", "fit", "attention"]
"""What a table tells of its runs: test scores; steps until they converge; scores of the training sequences, too; where
attention goes."""


@dataclass(frozen=True)
class Backbones:
    """The pretrained models of a study, each a folder or a name."""

    language: str
    bit_memory: str | None = None
    """One that was pretrained on bit memory; `frostformer pretrain --objective bit-memory` makes it."""

    images: str | None = None
    """One that was pretrained on images, such as a ViT."""

    others: tuple[str, ...] = ()
    """Further language models, for the studies of sizes and of architectures."""


@dataclass(frozen=True)
class Cell:
    """One arm (row) on one task (column)."""

    row: str
    column: str
    run: RunConfig | None
    """With seed 0 and the learning rate that is used where none is tuned; None where it cannot be asked here."""

    missing: str = ""
    """Why there is no run."""


Make = Callable[[Scale, Backbones], list[Cell]]


@dataclass(frozen=True)
class Study:
    """One table or figure."""

    name: str
    make: Make
    """Its cells; the first line of its docstring is the question."""

    shows: Shows = "score"
    rates: tuple[float, ...] = ()
    """Learning rates among which every run chooses, whether or not tuning was asked for."""

    @property
    def question(self) -> str:
        """What the study asks, in one line."""
        return (self.make.__doc__ or self.name).strip().splitlines()[0]


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

    study: str
    question: str
    scale: str
    changes: str
    """What the scale changes, in sentences."""

    command: str
    shows: Shows
    tuned: bool
    cells: tuple[Asked, ...]
    format: int = FORMAT

    @property
    def folders(self) -> list[str]:
        """Those of all runs."""
        return [folder for cell in self.cells for seed in cell.runs for folder in seed]


def write_plan(folder: Path, plan: Plan) -> None:
    """Write it to `folder/NAME.json`, a line for each cell."""
    fields = asdict(plan)
    cells = ",\n".join(f"    {json.dumps(cell)}" for cell in fields.pop("cells"))
    head = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items())
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{plan.study}.json", f'{{\n{head},\n  "cells": [\n{cells}\n  ]\n}}\n')


def read_plan(path: Path) -> Plan:
    """The plan in a study's file.

    Raises:
        InputError: it is none, or of a newer version.
    """
    content = read_at_most(path, MOST_BYTES)
    with reading(f"{path} is not the file of a study", "make it again with `frostformer reproduce`"):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        plan = read_as(Plan, fields)
        if outside := [one for one in plan.folders if Path(one).is_absolute() or ".." in Path(one).parts]:
            raise InputError(f"{outside[0]} is not beside it")
    return plan


def find_plans(folders: Sequence[Path], names: Sequence[str]) -> list[tuple[Path, Plan]]:
    """The plans of studies with these names, each with the folder in which it and its runs lie."""
    return [
        (folder, read_plan(folder / f"{name}.json"))
        for folder in folders
        for name in names
        if (folder / f"{name}.json").is_file()
    ]
