"""What the arms of a verdict are tried on: the tested sequences, and a task for each fold of them.

A test part that is given, or the latest in time, is one fold. Of fewer than 2,000 sequences without one, each fifth is
tested by models that are trained on the others, so that every sequence is tested once.
n tested sequences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frostformer.data.files.given import given
from frostformer.data.files.options import FileOptions
from frostformer.data.files.traps.classes import absent, tiny
from frostformer.data.sequences import Sequences, joined
from frostformer.errors import InputError
from frostformer.tasks.divisions import held_out_rows, strata
from frostformer.tasks.from_file import task_of
from frostformer.tasks.own_data import Look, look_at
from frostformer.tasks.registry import TASKS, build_task
from frostformer.tasks.splits import Division
from frostformer.tasks.task import Task

FOLDS = 5
FEWEST_FOR_ONE_TEST = 2000  # sequences; with fewer, folds
MOST_TESTED = 10_000  # of a test part that is drawn here
MOST_VALIDATION = 1000  # more cost time and choose a rate no better
SHARE = 5  # a fifth of what is not tested is for validation
_BLOCKS = (10, 20)  # of time, in the test part
_FEWEST, _FEWEST_UNITS, _FEWEST_OF_A_CLASS = 30, 10, 5


@dataclass(frozen=True)
class Trial:
    """The tested sequences, and how they are tested."""

    folds: tuple[Task, ...]
    """Each has its own test part; together they are the tested sequences, in this order."""

    units: np.ndarray | None = None
    """(n,) of what is not independent, such as a patient; None where every sequence stands for itself."""

    names: np.ndarray | None = None
    """(n,) what the user calls the sequences."""

    traps: tuple[str, ...] = ()
    cannot_tell: tuple[str, ...] = ()
    """Why no answer is possible, whatever the numbers say."""

    tells: tuple[str, ...] = ()
    """Kinds of traps that were found, such as `length`: what gives the answer by itself."""

    source: tuple[str, ...] = ()
    """The data, as words of a command line; empty where they are objects of Python."""

    is_benchmark: bool = False
    """A shipped task, whose test part is fixed and whose score is accuracy, as published."""

    @property
    def task(self) -> Task:
        """The first fold's."""
        return self.folds[0]

    @property
    def targets(self) -> np.ndarray:
        """(n, R, G) of the tested sequences. Whoever reads them reads the test."""
        return np.concatenate([fold.test.targets for fold in self.folds])

    @property
    def fold_of(self) -> np.ndarray:
        """(n,) number of the fold that tests each sequence."""
        return np.repeat(np.arange(len(self.folds)), [len(fold.test) for fold in self.folds])

    @property
    def is_balanced(self) -> bool:
        """Whether every class counts as much as any other in a score."""
        return self.task.scoring.chosen_by == "balanced_accuracy"

    @property
    def trained_on(self) -> int | None:
        """Sequences that a training has, without validation; None if they have no end."""
        train = self.task.train
        return len(train) if isinstance(train, Sequences) else None

    def with_labels(self, count: int, seed: int) -> Trial:
        """The same trial with so many labelled sequences outside the test; smaller choices lie within larger ones."""
        return replace(self, folds=tuple(_fewer(fold, count, seed) for fold in self.folds))


def trial_of_task(task: Task, *, is_benchmark: bool = False) -> Trial:
    """A trial on a task's own test part."""
    if is_benchmark and task.scoring.kind == "classification":
        task = replace(task, scoring=replace(task.scoring, chosen_by="accuracy"))
    units = _blocks(len(task.test)) if task.in_time else None
    names = None if task.names is None else task.names["id"][-len(task.test) :]
    trial = Trial((_light(task),), units, names, is_benchmark=is_benchmark)
    return replace(trial, cannot_tell=_hopeless(trial))


def trial_of_name(name: str, options: dict[str, str]) -> Trial:
    """A trial on a task by its name; a shipped one is scored as published."""
    words = [word for option, value in options.items() for word in (f"--task-options.{option}", value)]
    trial = trial_of_task(build_task(name, options), is_benchmark=name in TASKS)
    return replace(trial, source=("--task", name, *words))


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
    tasks = tuple(_light(task_of(one)) for one in looks)
    tested = np.concatenate([one.division.rows["test"] for one in looks if one.division])
    names = np.concatenate([task.names["id"][-len(task.test) :] for task in tasks if task.names is not None])
    of_parts = _of_one_test_part(look) if len(tasks) > 1 else set()
    traps = tuple(dict.fromkeys(one for one in [*look.warnings, *look.left_out] if one not in of_parts))
    tells = tuple(sorted({finding.trap for finding in look.traps.findings}))
    trial = Trial(tasks, _units(look, tested), names, traps, tells=tells)
    impossible = [one for one in look.cannot_tell if one not in of_parts]
    return replace(trial, cannot_tell=(*impossible, *_hopeless(trial)))


def trial_of_arrays(
    x: Sequence[Any], y: Any, groups: Any = None, times: Any = None, seed: int = 0, **others: Any
) -> Trial:
    """A trial on arrays in memory; see `Task.from_arrays`, which `others` go to.

    Raises:
        InputError: as there.
    """
    whole = Task.from_arrays(x, y, name="arrays", groups=groups, times=times, seed=seed, **others)
    count, answers = len(x), np.asarray(y) if not others.get("per_position") else y
    if times is not None or count >= FEWEST_FOR_ONE_TEST:
        trial = trial_of_task(whole)
        if groups is None:
            return trial
    names = None if groups is None else np.asarray(groups).astype(str)
    labels = _labels(whole, answers)
    fold = _folds(count, labels, names, seed) if times is None and count < FEWEST_FOR_ONE_TEST else None
    tested = [fold == one for one in range(FOLDS)] if fold is not None else [_one_test(count, labels, names, seed)]
    tasks, rows = [], []
    for is_tested in tested:
        division = _division(is_tested, labels, names, seed)
        parts: dict[str, Any] = {
            part: ([x[row] for row in own], [answers[row] for row in own]) for part, own in division.rows.items()
        }
        task = Task.from_arrays(name="arrays", seed=seed, **parts, **others)
        kept = np.concatenate([division.rows["train"], division.rows["validation"]])
        tasks.append(_light(replace(task, groups=None if names is None else names[kept])))
        rows.append(division.rows["test"])
    order = np.concatenate(rows)
    trial = Trial(tuple(tasks), None if names is None else names[order], order.astype(str))
    return replace(trial, cannot_tell=_hopeless(trial))


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
    return bool((division.groups != "").all()) and len(np.unique(division.groups)) >= FOLDS


def _folds(count: int, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """(count,) number of the fold that tests each sequence; every fold has its share of each class."""
    found, left = np.zeros(count, np.int64), np.arange(count)
    for fold in range(FOLDS - 1):
        held_out = held_out_rows(
            len(left),
            max(1, round(len(left) / (FOLDS - fold))),
            seed + fold,
            classes=None if classes is None else classes[left],
            groups=None if groups is None else groups[left],
        )
        found[left[held_out]] = fold
        left = left[~held_out]
    found[left] = FOLDS - 1
    return found


def _one_test(count: int, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> np.ndarray:
    return held_out_rows(count, min(MOST_TESTED, max(1, round(count / SHARE))), seed, classes=classes, groups=groups)


def _division(is_tested: np.ndarray, classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> Division:
    """Test these, and divide the others into training and validation."""
    pool = (~is_tested).nonzero()[0]
    held_out = held_out_rows(
        len(pool),
        max(1, round(len(pool) / SHARE)),
        seed,
        classes=None if classes is None else classes[pool],
        groups=None if groups is None else groups[pool],
    )
    rows = {"train": pool[~held_out], "validation": pool[held_out], "test": is_tested.nonzero()[0]}
    sentence = f"each of {len(is_tested):,} sequences is tested once, in {FOLDS} parts"
    return Division(rows, sentence, groups)


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
        return _blocks(len(tested))
    for names in (order.groups, order.recordings, order.twins):
        if names is not None and len(np.unique(names[tested])) < len(tested):
            units: np.ndarray = names[tested].astype(str)
            return units
    return None


def _blocks(count: int) -> np.ndarray:
    """(count,) number of the stretch of time to which each sequence belongs."""
    least, most = _BLOCKS
    blocks = min(most, max(least, count // least))
    return np.arange(count) * blocks // count


def _hopeless(trial: Trial) -> tuple[str, ...]:
    """Why the tested sequences are too few for any answer, a sentence each."""
    targets, found = trial.targets, []
    if len(targets) < _FEWEST:
        found.append(f"only {len(targets)} sequences are tested, and {_FEWEST} are needed for an answer")
    if trial.units is not None and (groups := len(np.unique(trial.units))) < _FEWEST_UNITS:
        found.append(f"the tested sequences are of {groups} groups, and {_FEWEST_UNITS} are needed for an answer")
    labels = strata(targets)
    if labels is not None and not trial.is_benchmark:
        numbers, counts = np.unique(labels, return_counts=True)
        names = trial.task.scoring.names or range(int(numbers.max()) + 1)
        if few := [str(names[number]) for number in numbers[counts < _FEWEST_OF_A_CLASS]]:
            shown = ", ".join(f"'{name}'" for name in few[:4]) + (f" and {len(few) - 4} more" if len(few) > 4 else "")
            found.append(f"fewer than {_FEWEST_OF_A_CLASS} sequences of class {shown} are tested")
    return tuple(found)


def _light(task: Task) -> Task:
    """The task with no more validation sequences than are needed to choose; the others train."""
    if not isinstance(task.train, Sequences) or len(task.validation) <= MOST_VALIDATION:
        return task
    return _parted(task, np.arange(len(task.train) + len(task.validation)), MOST_VALIDATION)


def _fewer(task: Task, count: int, seed: int) -> Task:
    """The task with so many labelled sequences outside its test part, a fifth of them for validation.

    Raises:
        InputError: it has not so many, or they have no end.
    """
    if not isinstance(task.train, Sequences):
        raise InputError(f"task '{task.name}' has endless training sequences: leave --sizes out")
    pool = joined(task.train, task.validation)
    if not 0 < count <= len(pool):
        raise InputError(f"sizes: {count:,} is wanted, but {len(pool):,} sequences have labels beside the test")
    order = np.arange(len(pool))[::-1] if task.in_time else _nested(strata(pool.targets), len(pool), seed)
    rows = np.sort(order[:count]) if task.in_time else order[:count]
    return _parted(task, rows, min(MOST_VALIDATION, max(1, round(count / SHARE))))


def _parted(task: Task, rows: np.ndarray, validation: int) -> Task:
    """The task with these of its training and validation sequences, the last so many of them for validation."""
    assert isinstance(task.train, Sequences)
    pool = joined(task.train, task.validation)
    if len(rows) <= validation:
        raise InputError(f"{len(rows)} labelled sequences are too few to train and to validate: give more")
    train, held_out = rows[:-validation], rows[-validation:]
    names = task.names
    if names is not None:
        test = np.arange(len(pool), len(pool) + len(task.test))
        names = {key: one[np.concatenate([rows, test])] for key, one in names.items()}
    return replace(
        task,
        train=replace(pool[train], transform=task.train.transform),
        validation=replace(pool[held_out], transform=task.validation.transform),
        groups=None if task.groups is None else task.groups[rows],
        names=names,
        own=task.own or task,
    )


def _nested(classes: np.ndarray | None, count: int, seed: int) -> np.ndarray:
    """An order of all sequences of which every beginning has about the same share of each class."""
    generator = np.random.default_rng(seed)
    order = generator.permutation(count)
    if classes is None:
        return order
    place = np.empty(count)
    for one in np.unique(classes):
        own = order[classes[order] == one]
        place[own] = (np.arange(len(own)) + generator.random()) / len(own)
    found: np.ndarray = np.argsort(place, kind="stable")
    return found
