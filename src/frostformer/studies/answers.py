"""What the runs of a study answered so far: for each cell one result per seed. It imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.results.metrics import chosen_by
from frostformer.results.result import Result, read_result
from frostformer.studies.study import Asked, Plan


@dataclass(frozen=True)
class Answer:
    """One cell of a table."""

    asked: Asked
    results: tuple[Result, ...]
    """Of each seed that has one; where learning rates were tuned, the one that validation chose."""

    missing: str
    """Why seeds are missing; empty if none are."""


def answers(folder: Path, plan: Plan) -> list[Answer]:
    """The cells of a study's table, in the order of its plan."""
    return [_answer(folder, asked) for asked in plan.cells]


def _answer(folder: Path, asked: Asked) -> Answer:
    results, reasons = [], [asked.missing]
    for candidates in asked.runs:
        try:
            found = [read_result(folder / name) for name in candidates if is_file(folder / name / "result.json")]
        except InputError as error:
            reasons.append(str(error))
            continue
        if len(found) == len(candidates):  # a choice among some of the rates would not be the one that was asked for
            results.append(max(found, key=_validation))
        else:
            reasons.append("not measured")
    return Answer(asked, tuple(results), next(filter(None, reasons), ""))


def _validation(result: Result) -> float:
    """The score that chose the step; a run without a finite one is never chosen before others."""
    score = result.metrics["validation"].get(chosen_by(result))
    return -math.inf if score is None else score
