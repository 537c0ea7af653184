"""What the arms of a verdict are tried on: the tested sequences, and a task for each fold of them.

A test part that is given, or the latest in time, is one fold. Of fewer than 2,000 sequences without one, each fifth is
tested by models that are trained on the others, so that every sequence is tested once.
n tested sequences.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from frostformer.data.files.windows import START
from frostformer.data.sequences import Sequences, joined
from frostformer.errors import InputError
from frostformer.tasks.divisions import a_fifth_of, strata
from frostformer.tasks.registry import TASKS, build_task
from frostformer.tasks.task import Task

MOST_VALIDATION = 1000  # more cost time and choose a rate no better
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
        one_each = strata(self.task.test.targets) is not None
        return one_each and self.task.scoring.chosen_by == "balanced_accuracy"

    @property
    def untrained(self) -> float:
        """Share of the tested sequences whose class no training or validation sequence of its fold has."""
        missing = 0
        for fold in self.folds:
            if (labels := strata(fold.test.targets)) is not None and isinstance(fold.train, Sequences):
                seen = np.concatenate([fold.train.targets, fold.validation.targets])
                missing += int((~np.isin(labels, seen)).sum())
        return missing / len(self.fold_of)

    @property
    def largest_gain(self) -> float | None:
        """How far a perfect score is above that of always giving the commonest answer; None for numbers."""
        scoring, whole = self.task.scoring, self.task.own or self.task
        if scoring.kind == "regression":
            return None
        outside = [one.targets for one in (whole.train, whole.validation) if isinstance(one, Sequences)]
        targets = np.concatenate(outside)
        if self.is_balanced:
            return 1 - 1 / self.task.shape.classes
        counts = np.unique(targets[scoring.known(targets)], return_counts=True)[1]
        return 1 - float(counts.max() / counts.sum())

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
    units = blocks(len(task.test)) if task.in_time else None
    names = names_of_tested(task)
    notes = (task.note,) if task.note else ()
    trial = Trial((with_few_to_validate(task),), units, names, notes, is_benchmark=is_benchmark)
    unknown = (
        "the task has groups, and nothing says of which groups its test sequences are: give the data themselves",
    )
    return replace(trial, cannot_tell=(*(unknown if task.groups is not None else ()), *why_too_few(trial)))


def trial_of_name(name: str, options: dict[str, str]) -> Trial:
    """A trial on a task by its name; a shipped one is scored as published."""
    words = [word for option, value in options.items() for word in (f"--task-options.{option}", value)]
    trial = trial_of_task(build_task(name, options), is_benchmark=name in TASKS)
    return replace(trial, source=("--task", name, *words))


def names_of_tested(task: Task) -> np.ndarray | None:
    """(n,) what the user's file calls each test sequence, with the first row of a window; None without a file."""
    if task.names is None:
        return None
    names, starts = task.names["id"], task.names.get(START)
    if starts is not None:
        names = np.array([f"{name}, from row {start}" for name, start in zip(names, starts, strict=True)])
    return names[-len(task.test) :]


def blocks(count: int) -> np.ndarray:
    """(count,) number of the stretch of time to which each sequence belongs."""
    least, most = _BLOCKS
    blocks = min(most, max(least, count // least))
    return np.arange(count) * blocks // count


def why_too_few(trial: Trial) -> tuple[str, ...]:
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


def with_few_to_validate(task: Task) -> Task:
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
        raise InputError(
            f"sizes asks for {count:,} labelled sequences, and {len(pool):,} are outside the test: give {len(pool):,} "
            "at most"
        )
    order = np.arange(len(pool))[::-1] if task.in_time else _nested(strata(pool.targets), len(pool), seed)
    rows = np.sort(order[:count]) if task.in_time else order[:count]
    return _parted(task, rows, min(MOST_VALIDATION, a_fifth_of(count)))


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
