"""What a task is: data, how it is read, how it is scored. Models know a task only by its `TaskShape`.

Shapes: N sequences, T positions, C channels of an input vector, R read positions, G predictions per position, K outputs
of each prediction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from frostformer.config import check_seed
from frostformer.data.sequences import Sequences, Stream, joined
from frostformer.errors import InputError
from frostformer.tasks.arrays import divide, read_rows
from frostformer.tasks.checks import check_combined, check_targets, check_weights
from frostformer.tasks.divisions import held_out_rows, strata
from frostformer.tasks.readings import Reading, Scaled, Words
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.registry import SCORINGS
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.shape import TaskShape, check_inputs

if TYPE_CHECKING:
    from frostformer.data.files.options import FileOptions
    from frostformer.data.files.schema import Schema

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, repr=False)
class Task:
    """One task. Validation chooses the step; the test split is read once, at the end."""

    name: str
    version: int
    """Rises when the meaning of the task changes, so that scores of different versions are never compared."""

    shape: TaskShape
    train: Sequences | Stream
    validation: Sequences
    test: Sequences

    scoring: Scoring = field(default_factory=Classification)
    """Loss, scores, metrics and answers; fitted to the training targets when the task is made."""

    reading: Reading = field(default_factory=Reading)
    """How a user's values become the model's inputs; `predict` needs it for new sequences."""

    schema: Schema | None = None
    """How a user's file was read, so that `predict` reads further files of its kind; None for other tasks."""

    trivial: dict[str, float] = field(default_factory=dict)
    """Rule that needs no model -> its test accuracy (R2 where answers are numbers), computed from the data."""

    marked: str | None = None
    """Name of the predictions that are also scored separately, such as `hidden bits`; None if there are none."""

    note: str = ""
    """What a reader of a score must know, such as the share of sequences left out."""

    source: str = ""
    licence: str = ""
    """Source and licence of the data; the registry fills in both."""

    groups: np.ndarray | None = None
    """(N,) group of each training sequence, then of each validation sequence; a division keeps groups whole."""

    names: Mapping[str, np.ndarray] | None = None
    """What a user's file calls each training, then each validation, then each test sequence: `id` (N,) of text; of
    windows also `first row` (N,)."""

    in_time: bool = False
    """Whether the training and then the validation sequences are in order of time; a division then holds out a stretch
    of neighbours."""

    gap: int = 0
    """Where sequences are in order of time: neighbours on either side of the stretch that no division trains on, since
    they overlap with it."""

    redraw: Callable[[int], tuple[Stream, Sequences]] | None = None
    """For endless training data: seed of a division -> other training and validation sequences."""

    combines: Callable[[Sequences], np.ndarray] | None = None
    """Which input positions each answer is made of, where that is known: sequences -> (N, R, T) bool."""

    own: Task | None = None
    """The task in its original division, if this is another division of it."""

    def __repr__(self) -> str:
        """In a line, without the sequences."""
        sizes = ", ".join(f"{name} {getattr(self, name)!r}" for name in SPLITS)
        return f"Task {self.name!r} ({self.scoring.kind}): {sizes}"

    def __post_init__(self) -> None:
        """Fit the scoring to the training targets and check every split in memory against the declared shape."""
        if self.scoring.kind not in SCORINGS:
            raise InputError(f"{self.name}: scoring '{self.scoring.kind}' is none of {', '.join(SCORINGS)}")
        unfitted = replace(self.scoring, outputs=self.shape.classes)
        for split_name in SPLITS:
            split = getattr(self, split_name)
            if isinstance(split, Sequences):
                if split.transform is None:
                    check_inputs(split.inputs, split.lengths, self.shape, f"{self.name} {split_name}")
                check_targets(split, self.shape, unfitted, f"{self.name} {split_name}")
                check_weights(split, f"{self.name} {split_name}")
        if self.combines is not None:
            check_combined(self.combines(self.validation[:2]), self.validation[:2], self.shape, self.name)
        seen = self.train if isinstance(self.train, Sequences) else self.validation
        object.__setattr__(self, "scoring", unfitted.fitted(seen.targets, self.shape.classes, seen.weights))

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token id stands for; empty where tokens have no names."""
        return self.reading.vocabulary if isinstance(self.reading, Words) else ()

    @property
    def ragged(self) -> bool:
        """Whether sequences of different lengths meet in a batch."""
        splits = [getattr(self, name) for name in SPLITS]
        return any(isinstance(split, Sequences) and split.ragged for split in splits)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the data and of how it is read and scored; the same for every division."""
        if self.own is not None:
            return self.own.fingerprint
        about = [asdict(self.shape), self.reading.describe(), self.scoring.kind, self.scoring.names]
        digest = hashlib.sha256(json.dumps(about, default=str).encode())
        for name in SPLITS:
            split = getattr(self, name)
            some = split.draw(np.random.default_rng(0), 16) if isinstance(split, Stream) else split
            for array in (some.inputs, some.lengths, some.targets):
                digest.update(f"{name} {array.dtype} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
            if some.weights is not None:
                digest.update(np.ascontiguousarray(some.weights).data)
        return digest.hexdigest()

    def divided(self, seed: int) -> Task:
        """The task with other training and validation sequences, as many of each; the test sequences stay.

        Groups are kept whole. Where sequences are in order of time, a stretch of neighbours is held out; otherwise they
        are drawn so that every class has its share. A task with endless training data draws other sequences.
        """
        if self.redraw is not None:
            stream, held_out_sequences = self.redraw(seed)
            return replace(self, train=stream, validation=held_out_sequences, own=self.own or self)
        if isinstance(self.train, Stream):
            raise InputError(f"task '{self.name}' has endless training data and one division: leave division out")
        pool = joined(self.train, self.validation)
        held_out = held_out_rows(
            len(pool),
            len(self.validation),
            seed,
            classes=strata(pool.targets),
            groups=self.groups,
            in_time=self.in_time,
        )
        trains = ~held_out
        if self.in_time and self.gap:
            places = held_out.nonzero()[0]
            trains[max(0, places[0] - self.gap) : places[-1] + self.gap + 1] = False
            if not trains.any():
                raise InputError(
                    f"task '{self.name}' has too few sequences to leave {self.gap} out beside validation: give more, "
                    "or leave division out"
                )
        groups = self.groups
        if groups is not None:
            groups = np.concatenate([groups[trains], groups[held_out]])
        names = self.names
        if names is not None:
            rows = np.concatenate([trains.nonzero()[0], held_out.nonzero()[0]])
            names = {key: np.concatenate([one[rows], one[len(pool) :]]) for key, one in names.items()}
        train = replace(pool[trains], transform=self.train.transform)
        validation = replace(pool[held_out], transform=self.validation.transform)
        return replace(self, train=train, validation=validation, groups=groups, names=names, own=self.own or self)

    @staticmethod
    def from_arrays(
        x: Any = None,
        y: Any = None,
        *,
        name: str,
        kind: Literal["tokens", "vectors"] | None = None,
        scoring: str | Scoring | None = None,
        per_position: bool = False,
        groups: Sequence[Any] | None = None,
        times: Sequence[Any] | None = None,
        train: tuple[Any, Any] | None = None,
        validation: tuple[Any, Any] | None = None,
        test: tuple[Any, Any] | None = None,
        scaling: Scaled | None = None,
        seed: int = 0,
    ) -> Task:
        """A task from arrays in memory; a fifth of the sequences is for the test, a fifth for validation.

        Args:
            x: (N, T, C) numbers, or whole numbers: vectors of C channels. (N, T): vectors of one channel, or with
                `kind="tokens"` token numbers. A list of arrays: sequences of different lengths. Channels are scaled
                to mean 0 and standard deviation 1 over all sequences but the test ones.
            y: (N,) whole numbers or text: classes; (N,) or (N, G) numbers with a decimal point: numbers to predict;
                (N, G) of 0 and 1: several labels at once. With `per_position` one of these for every position:
                (N, T), (N, T, G), or a list. A target that is not known is NaN among numbers and labels, -1 among
                labels and positions.
            name: what results and reports call it.
            kind: `tokens` for whole numbers that stand for symbols.
            scoring: `classification`, `multilabel`, `regression`, or a `Scoring`, instead of what `y` suggests.
            per_position: whether every position has a target of its own.
            groups: (N,) sequences of one group are never divided between training, validation and test.
            times: (N,) the latest sequences are the test, those before them validation.
            train: (x, y) in place of x and y; with `validation` and `test` the division is yours.
            validation: (x, y), not to be given with groups or times.
            test: (x, y) of the test split.
            scaling: how channels are scaled instead, such as `Scaled.fitted` of the training sequences alone.
            seed: seed of the division; everything else follows from the data.

        Raises:
            InputError: shapes that do not fit, values that are not finite, or too few sequences.
        """
        given = {"train": train or (x, y), "validation": validation, "test": test}
        if (x is None) == (train is None) or (train is None and (y is None or validation or test)):
            raise InputError("give either x and y, or train=(x, y) with validation= and test= where you have them")
        rows = read_rows({part: pair for part, pair in given.items() if pair is not None}, kind, scoring, per_position)
        order: tuple[np.ndarray | None, bool] = (None, False)
        check_seed("seed", seed)
        if (groups is not None or times is not None) and (validation or test):
            raise InputError("groups and times say how to divide: leave them out where validation or test is given")
        if len(rows.parts) < len(SPLITS):
            order = divide(rows, groups, times, seed)
        reading, splits = rows.sequences(scaling)
        task = Task(
            name,
            version=1,
            shape=rows.shape,
            train=splits["train"],
            validation=splits["validation"],
            test=splits["test"],
            scoring=rows.scoring,
            reading=reading,
            note="; ".join(filter(None, (rows.note, _overlap(splits)))),
            groups=order[0],
            in_time=order[1],
        )
        return replace(task, trivial=task.scoring.trivial(splits["train"].targets, task.test.targets))

    @staticmethod
    def from_file(
        source: Any,
        *,
        name: str = "",
        seed: int = 0,
        options: FileOptions | None = None,
        **others: Any,
    ) -> Task:
        """A task from a file or a folder of any known format; what was done with it is in the task's `note`.

        Args:
            source: path of the file or folder; or a data frame, which is read as its Parquet file would be.
            name: what results and reports call it; the name of the file, if not given.
            seed: of the division; everything else follows from the data.
            options: how to read it.
            others: fields of `FileOptions`, such as `target="label"`, instead of `options` or beside it.

        Raises:
            InputError: it cannot be read, has no answers, or too few sequences.
        """
        from frostformer.tasks.from_file import task_from_file

        return task_from_file(source, options, name=name, seed=seed, **others)


def majority_class(train: Sequences, test: Sequences) -> dict[str, float]:
    """The trivial level of always answering the most common class of the training split."""
    return Classification().trivial(train.targets, test.targets)


def _overlap(splits: dict[str, Sequences]) -> str:
    """A remark where test sequences also stand in training or validation; empty where none does."""
    seen, tested = (
        [row[:length].tobytes() for split in parts for row, length in zip(split.inputs, split.lengths, strict=True)]
        for parts in ((splits["train"], splits["validation"]), (splits["test"],))
    )
    known = set(seen)
    count = sum(row in known for row in tested)
    return f"{count} of {len(tested)} test sequences also stand in training or validation" if count else ""
