"""What the runs of a study answered so far: for each cell one result per seed. It imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.results.comparisons import Comparison, compare
from frostformer.results.metrics import chosen_by
from frostformer.results.result import RESULT_NAME, Result, read_result
from frostformer.results.seeds import Summary
from frostformer.studies.study import Asked, Places, Plan

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Answer:
    """One cell of a table."""

    asked: Asked
    results: tuple[Result, ...]
    """Of each seed that has one; where learning rates were tuned, the one that validation chose."""

    missing: str
    """Why seeds are missing; empty if none are."""


def answers(places: Places, plan: Plan, failures: Mapping[str, str] = MappingProxyType({})) -> list[Answer]:
    """The cells of a study's table, in the order of its plan.

    Args:
        places: the folders in which the plan lies.
        plan: of the study.
        failures: folder of a run -> why it could not be made, where that is known.
    """
    return [_answer(places, asked, failures) for asked in plan.cells]


def compared(found: Sequence[Answer], plan: Plan) -> dict[tuple[str, str], Comparison]:
    """(row, column) -> the arm against the study's reference arm, on the same task; without what cannot be compared.

    The error rate holds for the whole table. Where a row lacks seeds it is not compared: which seeds are there may
    depend on how their runs went.
    """
    arms = {(one.asked.row, one.asked.column): _pooled(one) for one in found if one.results and not one.missing}
    pairs = [
        (arm, arms[plan.reference, column])
        for (row, column), arm in arms.items()
        if row != plan.reference and (plan.reference, column) in arms
    ]
    return {(made.arm.arm, made.arm.task): made for made in compare(pairs).made}


def _pooled(answer: Answer) -> Summary:
    return Summary(answer.asked.column, answer.asked.row, answer.results, repeats=0)


def _answer(places: Places, asked: Asked, failures: Mapping[str, str]) -> Answer:
    results, reasons = [], [asked.missing]
    for candidates in asked.runs:
        try:
            found = [read_result(path) for name in candidates if (path := _finished(places, name))]
        except InputError as error:
            reasons.append(str(error))
            continue
        if len(found) == len(candidates):  # a choice among some of the rates would not be the one that was asked for
            results.append(max(found, key=_validation))
        else:
            reasons.append(next((failures[name] for name in candidates if name in failures), NOT_MEASURED))
    return Answer(asked, tuple(results), next(filter(None, reasons), ""))


def _finished(places: Places, name: str) -> Path | None:
    """The folder of a run that has ended, in the first of the places that has it."""
    return next((folder / name for folder in places if is_file(folder / name / RESULT_NAME)), None)


def _validation(result: Result) -> float:
    """The score that chose the step; a run without a finite one is never chosen before others."""
    score = result.metrics["validation"].get(chosen_by(result))
    return -math.inf if score is None else score
