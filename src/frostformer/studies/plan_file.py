"""What was asked of a study, in a file beside its runs. It imports no torch.

Each table has one file, such as `table-2.study.json`, and the runs of all tables lie side by side, so that a run which
two tables need is made once:

    results/paper/table-2.study.json
    results/paper/mnist/embedded-pretrained-frozen-rate-0.001-1f2e3d/seed-0/result.json
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PureWindowsPath

from frostformer.errors import InputError
from frostformer.files import read_at_most, write_whole
from frostformer.schema import parse_json, read_as, read_format, reading
from frostformer.studies.study import Shows

FORMAT = 1
MOST_BYTES = 2**24  # of the file that are read
_ENDING = ".study.json"

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
