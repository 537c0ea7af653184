"""What the runs of a study answered so far: for each cell one result per seed. It imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from frostformer.errors import InputError
from frostformer.files import is_file
from frostformer.results.arms import NOT_RECORDED, arm_label, as_text, settings, task_label
from frostformer.results.comparisons import Comparison, compare
from frostformer.results.interval import FEWEST_RUNS
from frostformer.results.metrics import chosen_by
from frostformer.results.result import RESULT_NAME, Result, read_result
from frostformer.results.seeds import Summary
from frostformer.studies.plan_file import Asked, Places, Plan
from frostformer.studies.planning import folders_of

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
    planned = set(plan.folders)
    return [_answer(places, asked, planned, failures) for asked in plan.cells]


def compared(found: Sequence[Answer], plan: Plan) -> dict[tuple[str, str], Comparison | str]:
    """(row, column) -> the arm against the study's reference arm, on the same task, or why they cannot be compared.

    The error rate holds for the whole table as it is planned, so that an interval stays when other runs end. Where a
    row lacks seeds it is not compared: which seeds are there may depend on how their runs went.
    """
    whole = [one for one in found if len(one.results) >= FEWEST_RUNS and not one.missing]
    arms = {(one.asked.row, one.asked.column): _pooled(one) for one in whole}
    pairs = [
        (arm, arms[plan.reference, column])
        for (row, column), arm in arms.items()
        if row != plan.reference and (plan.reference, column) in arms
    ]
    answer = compare(pairs, among=sum(bool(cell.runs) and cell.row != plan.reference for cell in plan.cells))
    reasons: dict[tuple[str, str], Comparison | str] = {
        (arm.arm, arm.task): f"“{arm.arm}” is not compared with “{plan.reference}”: {why}"
        for arm, why in answer.refused
    }
    return reasons | {(made.arm.arm, made.arm.task): made for made in answer.made}


def _pooled(answer: Answer) -> Summary:
    return Summary(answer.asked.column, answer.asked.row, answer.results, repeats=0)


def _answer(places: Places, asked: Asked, planned: Set[str], failures: Mapping[str, str]) -> Answer:
    results, reasons, there = [], [asked.missing], list[Result]()
    for candidates in asked.runs:
        try:
            found = [one for name in candidates if (one := _finished(places, name, planned))]
        except InputError as error:
            reasons.append(str(error))
            continue
        if len(found) == len(candidates):  # a choice among some of the rates would not be the one that was asked for
            results.append(max(found, key=_validation))
        else:
            reasons.append(next((failures[name] for name in candidates if name in failures), NOT_MEASURED))
        there += found
    if apart := _apart(there):
        return Answer(asked, (), apart)
    return Answer(asked, tuple(results), next(filter(None, reasons), ""))


def _apart(results: Sequence[Result]) -> str:
    """In what the runs of one cell differ beside seed and learning rate, though all were asked the same; empty if not.

    Since the first of them, the data, the values of a backbone or the version of a task may have changed, or the device
    that chose the precision.
    """
    kinds = [settings(one) | {"task": task_label(one), "arm": arm_label(one)} for one in results]
    for name in sorted({name for kind in kinds for name in kind} - {"learning_rate"}):
        having: dict[str, list[str]] = {}
        for one, kind in zip(results, kinds, strict=True):
            having.setdefault(as_text(kind.get(name)), []).append(str(one.folder))
        if len(having.keys() - {NOT_RECORDED}) > 1:
            told = "; ".join(f"{value} in {', '.join(folders)}" for value, folders in having.items())
            return f"runs that differ in {name} ({told}): delete those that are not wanted, and make them again"
    return ""


def _finished(places: Places, name: str, planned: Set[str]) -> Result | None:
    """The result of a run that has ended, in the first of the places that has it.

    Raises:
        InputError: it cannot be read, or is the answer to another question.
    """
    folder = next((folder / name for folder in places if is_file(folder / name / RESULT_NAME)), None)
    if folder is None:
        return None
    result = read_result(folder)
    own = folders_of(result.config)
    if name not in own:
        right = next((one for one in own if one in planned), own[0])
        raise InputError(f"{folder} holds the run that belongs in {right}: move it there, and make this one again")
    return result


def _validation(result: Result) -> float:
    """The score that chose the step; a run without a finite one is never chosen before others."""
    score = result.metrics["validation"].get(chosen_by(result))
    return -math.inf if score is None else score
