"""Turns arrays in memory into the parts of a task, and finds out what kind of inputs and answers they hold.

Shapes: N sequences, T positions, C channels of an input vector, R read positions, G predictions per position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frostformer.data.masked import unmasked
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.tasks.divisions import a_fifth_of, held_out_of, one_each, strata
from frostformer.tasks.readings import Reading, Scaled
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.registry import scoring_called
from frostformer.tasks.scoring.scoring import UNKNOWN, Scoring
from frostformer.tasks.shape import TaskShape, sequence_name

MOST_TOKENS = 1_000_000  # in a vocabulary, since each token has a trained row


@dataclass
class Rows:
    """Sequences and their targets, for each part: train, validation, test."""

    shape: TaskShape
    scoring: Scoring
    parts: dict[str, tuple[list[np.ndarray], np.ndarray]]
    """Sequences (T,) or (T, C), and their targets (N, R, G)."""

    note: str = ""

    def sequences(self, scaling: Scaled | None = None) -> tuple[Reading, dict[str, Sequences]]:
        """The reading of the inputs, `scaling` if given, and the sequences of every part, padded on the right."""
        reading = scaling or Reading()
        if self.shape.input_kind == "vectors" and scaling is None:
            reading = Scaled.fitted([one for part, (rows, _) in self.parts.items() if part != "test" for one in rows])
        return reading, {
            part: padded([reading.sequence(row) for row in rows], targets)
            for part, (rows, targets) in self.parts.items()
        }


def padded(rows: Sequence[np.ndarray], targets: np.ndarray) -> Sequences:
    """Sequences (T,) or (T, C) of any lengths, padded with zeros on the right, and their targets (N, R, G)."""
    lengths = np.array([len(row) for row in rows])
    inputs = np.zeros((len(rows), lengths.max(), *rows[0].shape[1:]), rows[0].dtype)
    for place, row in zip(inputs, rows, strict=True):
        place[: len(row)] = row
    return Sequences(inputs, lengths, targets)


def read_rows(
    given: Mapping[str, tuple[Any, Any]], kind: str | None, scoring: str | Scoring | None, per_position: bool
) -> Rows:
    """Inputs and targets of the parts that are given; see `Task.from_arrays`.

    Raises:
        InputError: they cannot be read, or differ in kind from part to part.
    """
    inputs = {part: _inputs(x, part) for part, (x, _) in given.items()}
    for part, (_, y) in given.items():
        if len(inputs[part]) != len(y):
            raise InputError(f"{part}: {len(inputs[part])} sequences, but {len(y)} targets: give one for each sequence")
    every = [row for rows in inputs.values() for row in rows]
    kind, note = _kind(every, kind)
    if kind == "tokens":
        inputs = {part: [row.astype(np.int64) for row in rows] for part, rows in inputs.items()}
    else:
        inputs = {part: [row[:, None] if row.ndim == 1 else row for row in rows] for part, rows in inputs.items()}
    length = max(map(len, every))
    answers = _Answers([y for _, y in given.values()], scoring, per_position)
    targets = {
        part: answers.targets(y, [len(row) for row in inputs[part]], length, part) for part, (_, y) in given.items()
    }
    first = next(iter(targets.values()))
    shape = TaskShape(
        "tokens" if kind == "tokens" else "vectors",
        channels=_vocabulary(every) if kind == "tokens" else next(iter(inputs.values()))[0].shape[1],
        length=length,
        classes=answers.outputs,
        read_positions=first.shape[1],
        predictions=first.shape[2],
        per_position=per_position,
    )
    return Rows(shape, answers.scoring, {part: (inputs[part], targets[part]) for part in given}, note)


def divide(
    rows: Rows, groups: Sequence[Any] | None, times: Sequence[Any] | None, seed: int
) -> tuple[np.ndarray | None, bool]:
    """Take the parts that are missing out of the training rows.

    Returns the group of each training and then each validation row (None without groups), and whether they are in
    order of time.

    Raises:
        InputError: a group or a time is missing, or there are too few rows.
    """
    if groups is not None and times is not None:
        raise InputError("groups and times are two ways to divide: give one of them")
    inputs, targets = rows.parts["train"]
    count = len(inputs)
    order = np.arange(count) if times is None else np.argsort(one_each("times", times, count), kind="stable")
    names = None if groups is None else one_each("groups", groups, count)
    classes = strata(targets)
    for part in ("test", "validation"):
        if part in rows.parts:
            continue
        wanted = a_fifth_of(count)
        if times is not None:
            held_out = np.arange(len(order)) >= len(order) - wanted  # the latest
        else:
            held_out = held_out_of(order, wanted, seed, classes=classes, groups=names)
        rows.parts[part] = ([inputs[row] for row in order[held_out]], targets[order[held_out]])
        if part == "validation":
            in_order = np.concatenate([order[~held_out], order[held_out]])
        order = order[~held_out]
    rows.parts["train"] = ([inputs[row] for row in order], targets[order])
    return (None if names is None else names[in_order]), times is not None


class _Answers:
    """Finds out what kind of answers the targets of all parts are, and turns them into numbers."""

    def __init__(self, every: Sequence[Any], scoring: str | Scoring | None, per_position: bool) -> None:
        self.per_position = per_position
        values = [_array(one, "targets") for y in every for one in (_listed(y, "targets") if per_position else [y])]
        dtypes: set[str] = {value.dtype.kind for value in values}
        wanted = scoring_called(scoring)() if isinstance(scoring, str) else scoring
        if wanted is not None and not isinstance(wanted, Scoring):
            raise InputError("scoring must be 'classification', 'multilabel', 'regression', or a Scoring")
        if per_position and any(value.ndim not in (1, 2) for value in values):
            raise InputError("per_position needs a target for each position: (N, T), (N, T, G), or a list of these")
        self.scoring = wanted or scoring_called(_suggested(values, dtypes))()
        self.outputs = 1
        self._numbers: dict[Any, int] = {}
        if isinstance(self.scoring, Classification):
            unknown = {UNKNOWN} if per_position else set()  # elsewhere -1 is a class like any other
            found = sorted(_class_names(values) - unknown)
            names = self.scoring.names or tuple(found)
            if missing := set(found) - set(names):
                raise InputError(
                    f"class {missing.pop()!r} is in the targets, but not among the names of the scoring: add it there"
                )
            self._numbers = dict.fromkeys(unknown, UNKNOWN) | {name: number for number, name in enumerate(names)}
            self.outputs = len(names)
            if self.outputs < 2:
                raise InputError(f"all targets are of one class, {names}: give sequences of at least two classes")
            self.scoring = replace(self.scoring, names=names)

    def targets(self, y: Any, lengths: Sequence[int], length: int, part: str) -> np.ndarray:
        """(N, R, G) targets of one part; R is 1, or `length` where every position has its own target."""
        if not self.per_position:
            values = self._encoded(_array(y, "targets"))
            if values.ndim > 2:
                raise InputError(
                    f"{part}: targets of shape {values.shape}: give (sequences,) or (sequences, numbers), or "
                    "set per_position"
                )
            return values.reshape(len(values), 1, -1)
        each = [self._encoded(_array(one, "targets")) for one in y]
        each = [one[:, None] if one.ndim == 1 else one for one in each]  # (T, G)
        found = np.full((len(each), length, each[0].shape[1]), UNKNOWN if each[0].dtype.kind == "i" else np.nan)
        for number, (place, one) in enumerate(zip(found, each, strict=True)):
            if len(one) != lengths[number]:
                raise InputError(
                    f"{part}: {sequence_name(number)} has {lengths[number]} positions, but {len(one)} targets: give "
                    "one for each position"
                )
            place[length - len(one) :] = one  # the last of the read positions is the last real one
        return found.astype(each[0].dtype)

    def _encoded(self, values: np.ndarray) -> np.ndarray:
        if isinstance(self.scoring, Classification):
            numbers: np.ndarray = np.vectorize(self._numbers.__getitem__, otypes=[np.int64])(values)
            return numbers
        if values.dtype.kind not in "buif":
            raise InputError(
                f"targets of {self.scoring.kind} must be numbers, but these are of type {values.dtype}: turn them into "
                "numbers, or leave scoring out"
            )
        if self.scoring.kind == "multilabel":
            whole: np.ndarray = np.where(np.isnan(values), UNKNOWN, values) if values.dtype.kind == "f" else values
            return whole.astype(np.int64)
        if np.isinf(values).any():
            raise InputError("targets must be finite numbers, or NaN where they are not known")
        return values.astype(np.float64)


def _suggested(values: Sequence[np.ndarray], dtypes: set[str]) -> str:
    """The kind of scoring that suits targets of these types and shapes."""
    several = any(value.ndim == 2 and value.shape[1] > 1 for value in values)
    if several and dtypes <= set("buif") and all(map(_is_yes_or_no, values)):
        return "multilabel"
    if dtypes & {"f"}:
        return "regression"
    if several:
        raise InputError(
            "several whole numbers for each target: say what they are with scoring='regression', "
            "'multilabel' (-1 where a label is not known) or 'classification', or per_position=True"
        )
    return "classification"


def _listed(values: Any, what: str) -> list[Any]:
    """The items of an array or a list."""
    try:
        return list(unmasked(values, what))
    except TypeError:
        raise InputError(f"{what}: wanted an array or a list, not {type(values).__name__}") from None


def _array(values: Any, what: str) -> np.ndarray:
    """An array of numbers or text; tensors and lists become one."""
    values = unmasked(values, what)
    try:
        array = np.asarray(values.detach() if hasattr(values, "detach") else values)
    except (ValueError, TypeError):
        raise InputError(f"{what}: lists of different lengths where an array is wanted") from None
    if array.dtype.kind not in "buifUO":
        raise InputError(f"{what} are of type {array.dtype}, wanted numbers or text")
    return array


def _class_names(values: Sequence[np.ndarray]) -> set[Any]:
    """The different targets, all numbers or all text."""
    names = {one for value in values for one in value.ravel().tolist()}
    if len({isinstance(one, str) for one in names}) > 1 or not all(isinstance(one, (str, int, float)) for one in names):
        raise InputError("classes must be all text or all numbers, and none may be missing")
    if any(one != one for one in names):
        raise InputError("a class is NaN, which is no class: leave such sequences out")
    return names


def _is_yes_or_no(values: np.ndarray) -> bool:
    """Whether all values are 0, 1, or not known (NaN)."""
    return bool((np.isin(values, (0, 1)) | np.isnan(values)).all())


def _inputs(x: Any, part: str) -> list[np.ndarray]:
    """The sequences of one part, each (T,) or (T, C)."""
    rows = [_array(row, f"{part}: {sequence_name(number)}") for number, row in enumerate(_listed(x, part))]
    if not rows:
        raise InputError(f"{part}: no sequences; give at least one")
    for number, row in enumerate(rows):
        if row.ndim not in (1, 2) or row.dtype.kind not in "buif":
            raise InputError(
                f"{part}: {sequence_name(number)} has shape {row.shape} and type {row.dtype}, "
                "wanted numbers of shape (positions,) or (positions, channels)"
            )
        if (row.ndim, row.shape[1:], row.dtype.kind == "f") != (
            rows[0].ndim,
            rows[0].shape[1:],
            rows[0].dtype.kind == "f",
        ):
            raise InputError(
                f"{part}: {sequence_name(number)} has shape {row.shape} and type {row.dtype}, "
                f"but the first has {rows[0].shape} and {rows[0].dtype}"
            )
    return rows


def _kind(rows: Sequence[np.ndarray], kind: str | None) -> tuple[str, str]:
    """`tokens` or `vectors`, and a remark if the user may have meant the other."""
    whole = rows[0].dtype.kind in "bui" and rows[0].ndim == 1
    if kind == "tokens":
        if not whole:
            raise InputError(f"tokens are whole numbers of shape (sequences, positions), not {rows[0].dtype}")
        return kind, ""
    if kind not in (None, "vectors"):
        raise InputError(f"kind is '{kind}': give 'tokens' or 'vectors'")
    remark = "whole numbers are read as measurements; give kind='tokens' where they stand for symbols"
    return "vectors", remark if whole and kind is None else ""


def _vocabulary(rows: Sequence[np.ndarray]) -> int:
    """The number of tokens: one more than the highest token number."""
    count = 1 + max(int(row.max()) for row in rows if len(row))
    if count > MOST_TOKENS:
        raise InputError(f"the highest token number is {count - 1:,}: number the tokens from 0 on, without gaps")
    return count
