"""What a verdict will do, as the file that is written before anything is trained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from frostformer.errors import InputError
from frostformer.files import is_file, read_at_most, write_whole
from frostformer.results.result import MOST_RESULT_BYTES
from frostformer.results.verdict import PLAN_NAME
from frostformer.schema import parse_json, read_as, read_format, reading
from frostformer.verdicts.training import EVALUATIONS

FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """Everything that could be chosen after a look at scores, and is not."""

    command: str
    task: str
    fingerprints: tuple[str, ...]
    """SHA-256 of the data of each fold."""

    metric: str
    backbone: str
    layers: int | None
    precision: str
    arms: dict[str, dict[str, Any]]
    """The fields of `RunConfig` in which the arms differ."""

    rates: dict[str, tuple[float, ...]]
    """What each arm chooses its learning rate among."""

    baselines: tuple[str, ...]
    left_out: tuple[str, ...]
    replicates: int
    steps: int
    batch_size: int
    margin: float | None
    """As the user gave it; None: a formula of the validation scores, see `margin_by`."""

    margin_by: str
    alpha: float
    reading: int
    seed: int
    labels: int | None
    sizes: tuple[int, ...]
    """All numbers of labels that are asked for; they share alpha. Empty where all are used."""

    most_steps: int | None
    """As the user gave it."""

    budget: str
    smallest: float | None
    """The smallest gain that is likely to be found, by assumed values."""

    seconds_of_a_training: float
    evaluations: int = EVALUATIONS[0]
    """Of a training."""

    format: int = FORMAT

    @property
    def fields(self) -> dict[str, Any]:
        """As plain values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain


def write_plan(folder: Path, plan: Plan) -> None:
    """Write it to `folder/plan.json`."""
    write_whole(folder / PLAN_NAME, json.dumps(plan.fields, indent=2) + "\n")


def read_plan(folder: Path) -> Plan | None:
    """The plan in a folder; None where there is none.

    Raises:
        InputError: the file is none, or of a newer version.
    """
    path = folder / PLAN_NAME
    if not is_file(path):
        return None
    content = read_at_most(path, MOST_RESULT_BYTES)
    with reading(f"{path} is not the plan of a verdict", "begin anew with --overwrite"):
        fields = parse_json(content)
        read_format(fields, "format", FORMAT)
        return read_as(Plan, fields)


def check_same(folder: Path, before: Plan, asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a verdict that was asked something else."""
    old = before.fields
    wanted = json.loads(json.dumps(dict(asked)))
    if changed := [
        _NAMES.get(name, f"--{name.replace('_', '-')}") for name, value in wanted.items() if old[name] != value
    ]:
        raise asked_otherwise(folder, ", ".join(dict.fromkeys(changed)))


def asked_otherwise(folder: Path, what: str) -> InputError:
    """The error for a folder whose verdict was asked something else."""
    return InputError(
        f"{folder} holds a verdict that differs in {what}: ask as before, give another --out, or use "
        "--overwrite, which begins anew"
    )


_NAMES = {
    "task": "the task",
    "fingerprints": "the tested sequences",
    "precision": "--backbone-precision",
    "labels": "--sizes",
    "most_steps": "--steps",
}
"""What a user calls the fields of a plan; all others are options of the same name."""
