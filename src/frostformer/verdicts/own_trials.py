"""Trials on a user's own file or arrays: one test part, or five of them where there are few sequences.

N sequences, n of them tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from frostformer.data.files.given import given
from frostformer.data.files.options import FileOptions
from frostformer.data.files.traps.classes import absent, tiny
from frostformer.errors import InputError
from frostformer.tasks.divisions import a_fifth_of, held_out_of, held_out_rows, strata
from frostformer.tasks.from_file import task_of
from frostformer.tasks.own_data import Look, look_at
from frostformer.tasks.splits import Division
from frostformer.tasks.task import Task
from frostformer.verdicts.trial import (
    Trial,
    blocks,
    names_of_tested,
    trial_of_task,
    why_too_few,
    with_few_to_validate,
)

FOLDS = 5
FEWEST_FOR_ONE_TEST = 2000  # sequences; with fewer, folds
MOST_TESTED = 10_000  # of a test part that is drawn here


def trial_of_file(source: Any, options: FileOptions, seed: int) -> Trial:
    """A trial on a user's file or folder, or on a data frame.

    Raises:
        InputError: no task can be made of it.
    """
    path, format_ = given(source)
    look = look_at(path, options, seed=seed, format_=format_)
    if look.refusals or look.division is None or look.targets is None:
        raise InputError(f"{path}: {look.refusals[0]}")
    looks = [look]
    if _can_fold(look):
        classes = look.targets.labels()
        fold = _folds(len(look.kept), classes, look.division.groups, seed)
        looks = [
            replace(look, division=_division(fold == one, classes, look.division.groups, seed)) for one in range(FOLDS)
        ]
    tasks = _with_one_metric([with_few_to_validate(task_of(one)) for one in looks])
    tested = np.concatenate([one.division.rows["test"] for one in looks if one.division])
    names = np.concatenate([names for task in tasks if (names := names_of_tested(task)) is not None])
    of_parts = _of_one_test_part(look) if len(tasks) > 1 else set()
    traps = tuple(dict.fromkeys(one for one in [*look.warnings, *look.left_out] if one not in of_parts))
    tells = tuple(sorted({finding.trap for finding in look.traps.findings}))
    trial = Trial(tasks, _units(look, tested), names, traps, tells=tells)
    impossible = [one for one in look.cannot_tell if one not in of_parts]
    return replace(trial, cannot_tell=(*impossible, *why_too_few(trial)))


def trial_of_arrays(
    x: Sequence[Any], y: Any, groups: Any = None, times: Any = None, seed: int = 0, **others: Any
) -> Trial:
    """A trial on arrays in memory; see `Task.from_arrays`, which `others` go to.

    Raises:
        InputError: as there.
    """
    whole = Task.from_arrays(x, y, name="arrays", groups=groups, times=times, seed=seed, **others)
    count, answers = len(x), np.asarray(y) if not others.get("per_position") else y
    if groups is None and (times is not None or count >= FEWEST_FOR_ONE_TEST):
        return trial_of_task(whole)
    names = None if groups is None else np.asarray(groups).astype(str)
    labels = _labels(whole, answers)
    in_folds = count < FEWEST_FOR_ONE_TEST and _enough_groups(names, labels)
    fold = _folds(count, labels, names, seed) if in_folds else None
    tested = [fold == one for one in range(FOLDS)] if fold is not None else [_one_test(count, labels, names, seed)]
    tasks, rows = [], []
    for is_tested in tested:
        division = _division(is_tested, labels, names, seed)
        parts: dict[str, Any] = {
            part: ([x[row] for row in own], [answers[row] for row in own]) for part, own in division.rows.items()
        }
        task = Task.from_arrays(name="arrays", seed=seed, **parts, **others)
        kept = np.concatenate([division.rows["train"], division.rows["validation"]])
        tasks.append(with_few_to_validate(replace(task, groups=None if names is None else names[kept])))
        rows.append(division.rows["test"])
    order = np.concatenate(rows)
    notes = (whole.note,) if whole.note and fold is None else ()
    trial = Trial(_with_one_metric(tasks), None if names is None else names[order], (order + 1).astype(str), notes)
    return replace(trial, cannot_tell=why_too_few(trial))


def _with_one_metric(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The folds, with what chooses in the first: class sizes near a limit must not part them."""
    metric = tasks[0].scoring.chosen_by
    return tuple(replace(task, scoring=replace(task.scoring, chosen_by=metric)) for task in tasks)


def _of_one_test_part(look: Look) -> set[str]:
    """What was said of a test part that is none where every sequence is tested."""
    targets, division = look.targets, look.division
    assert targets is not None
    assert division is not None
    classes = targets.labels()
    found = [tiny(len(division.rows["test"]), classes is not None)]
    if classes is not None:
        found += absent(targets.names, {part: set(classes[rows].tolist()) for part, rows in division.rows.items()})
    return {one.sentence for one in found if one is not None}


def _can_fold(look: Look) -> bool:
    """Whether every sequence may be tested: none is given a part, and they are in no order of time."""
    division, order = look.division, look.traps.order
    assert division is not None
    if len(look.kept) >= FEWEST_FOR_ONE_TEST or division.in_time:
        return False
    if any(look.cases[row].part is not None for row in look.kept.tolist()):
        return False
    if division.groups is None:
        return order.groups is None and order.recordings is None
    classes = None if look.targets is None else look.targets.labels()
    return bool((division.groups != "").all()) and _enough_groups(division.groups, classes)


def _enough_groups(groups: np.ndarray | None, classes: np.ndarray | None) -> bool:
    """Whether every fold can have groups of every class."""
    if groups is None:
        return True
    each = [groups] if classes is None else [groups[classes == one] for one in np.unique(classes)]
    return len(np.unique(groups)) >= 2 * FOLDS and all(len(np.unique(own)) >= FOLDS for own in each)


def _folds(count: int, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """(count,) number of the fold that tests each sequence; every fold has its share of each class."""
    found, left = np.zeros(count, np.int64), np.arange(count)
    for fold in range(FOLDS - 1):
        wanted = max(1, round(len(left) / (FOLDS - fold)))
        held_out = held_out_of(left, wanted, seed + fold, classes=classes, groups=groups)
        found[left[held_out]] = fold
        left = left[~held_out]
    found[left] = FOLDS - 1
    return found


def _one_test(count: int, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> np.ndarray:
    return held_out_rows(count, min(MOST_TESTED, a_fifth_of(count)), seed, classes=classes, groups=groups)


def _division(is_tested: np.ndarray, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> Division:
    """Test these, and divide the others into training and validation."""
    pool = (~is_tested).nonzero()[0]
    held_out = held_out_of(pool, a_fifth_of(len(pool)), seed, classes=classes, groups=groups)
    rows = {"train": pool[~held_out], "validation": pool[held_out], "test": is_tested.nonzero()[0]}
    sentence = f"{int(is_tested.sum()):,} of {len(is_tested):,} sequences are tested"
    return Division(rows, sentence, groups=groups)


def _labels(task: Task, y: Any) -> np.ndarray | None:
    """(N,) the class of each sequence, where it has one."""
    if strata(task.validation.targets) is None:
        return None
    numbers: np.ndarray = np.unique(np.asarray(y), return_inverse=True)[1].reshape(-1)
    return numbers


def _units(look: Look, tested: np.ndarray) -> np.ndarray | None:
    """(n,) what is not independent among the tested sequences: groups, blocks of time, recordings, copies."""
    division, order = look.division, look.traps.order
    assert division is not None
    if division.in_time:
        return blocks(len(tested))
    for names in (order.groups, order.recordings, order.twins):
        if names is not None and len(np.unique(names[tested])) < len(tested):
            units: np.ndarray = names[tested].astype(str)
            return units
    return None
