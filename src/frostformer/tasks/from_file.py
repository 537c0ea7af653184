"""A task from a user's file: what `own_data.look_at` found becomes numbers, with a reading that predicts new files.

N sequences, T positions, R read positions, G predictions per position.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from frostformer.data.files.case import Case
from frostformer.data.files.given import given
from frostformer.data.files.options import FileOptions
from frostformer.data.files.windows import START as FIRST_ROW
from frostformer.data.files.windows import id_of
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, unknown_name
from frostformer.tasks.arrays import padded
from frostformer.tasks.own_data import Look, look_at
from frostformer.tasks.readings import Reading
from frostformer.tasks.recorded import OpenWords, Recorded
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.registry import scoring_called
from frostformer.tasks.scoring.scoring import UNKNOWN, Scoring
from frostformer.tasks.shape import TaskShape
from frostformer.tasks.task import SPLITS, Task

MOST_VALUES = 2**31  # of all inputs with their padding, 8 GB


def task_from_file(
    source: Any, options: FileOptions | None = None, *, name: str = "", seed: int = 0, **others: Any
) -> Task:
    """See `Task.from_file`."""
    known = {one.name for one in fields(FileOptions)}
    if wrong := next((one for one in others if one not in known), None):
        raise unknown_name("option of a file", wrong, known)
    path, format_ = given(source)
    return task_of(look_at(path, replace(options or FileOptions(), **others), seed=seed, format_=format_), name)


def task_of(look: Look, name: str = "") -> Task:
    """The task that a look at a file makes possible.

    Raises:
        InputError: none, with the reason.
    """
    if look.refusals or look.division is None or look.targets is None:
        raise InputError(f"{look.path}: {look.refusals[0]}")
    values = [look.cases[row].values for row in look.kept]
    rows = look.division.rows
    try:
        reading = _reading(look, values)
    except InputError as error:
        raise InputError(f"{look.path}: {error}") from None
    shape = _shape(look, reading, max(map(len, values)))
    _check_size(look, values, shape)
    splits = {part: _sequences(look, reading, shape, values, rows[part]) for part in SPLITS}
    marked = _without_copies(look, splits)
    groups = look.division.groups
    task = Task(
        name or look.path.name,
        version=1,
        shape=shape,
        train=splits["train"],
        validation=splits["validation"],
        test=splits["test"],
        scoring=_scoring(look),
        reading=reading,
        schema=look.schema,
        marked=marked,
        note="; ".join([look.division.sentence, *look.changed, *look.left_out, *look.cannot_tell]),
        groups=None if groups is None else groups[np.concatenate([rows["train"], rows["validation"]])],
        names=_names([look.cases[look.kept[row]] for part in SPLITS for row in rows[part]]),
        in_time=look.division.in_time,
        gap=look.division.gap,
    )
    return replace(task, trivial=task.scoring.trivial(splits["train"].targets, task.test.targets))


def _names(cases: list[Case]) -> dict[str, np.ndarray]:
    """See `Task.names`."""
    ids = [id_of(case) for case in cases]
    names = {"id": np.array([one.name for one in ids])}
    starts = [one.start for one in ids if one.start is not None]
    return names | ({FIRST_ROW: np.array(starts)} if len(starts) == len(ids) else {})


def _reading(look: Look, values: list[np.ndarray]) -> Reading:
    """How the inputs are read, fitted to the training part."""
    division, longest = look.division, look.options.max_length
    assert division is not None
    training = [values[row] for row in division.rows["train"]]
    if look.schema.kind == "tokens":
        return OpenWords.fitted(training, longest)
    pool = [values[row] for part in ("train", "validation") for row in division.rows[part]]
    return Recorded.fitted(
        training,
        pool,
        by_step=bool(look.schema.settings.get("own_scales")) and len(set(map(len, values))) == 1,
        left_out=look.traps.left_out,
        positions=look.positions,
        longest=longest,
    )


def _shape(look: Look, reading: Reading, longest: int) -> TaskShape:
    targets, tokens = look.targets, isinstance(reading, OpenWords)
    assert targets is not None
    length = look.positions.count(longest)
    classes = targets.scoring == "classification"
    return TaskShape(
        "tokens" if tokens else "vectors",
        channels=reading.channels if isinstance(reading, Recorded) else len(getattr(reading, "vocabulary", ())),
        length=length,
        classes=len(targets.names) if classes else 1,
        read_positions=length if look.schema.per_position else 1,
        predictions=1 if classes else len(targets.names),
        per_position=look.schema.per_position,
    )


def _check_size(look: Look, values: list[np.ndarray], shape: TaskShape) -> None:
    """Refuse inputs that would take too much memory once the short ones are padded."""
    each = shape.length * (1 if shape.input_kind == "tokens" else shape.channels)
    if each * len(values) > MOST_VALUES:
        longest = max(range(len(values)), key=lambda row: len(values[row]))
        place = look.cases[look.kept[longest]].place
        raise InputError(
            f"{len(values):,} sequences, each padded to the {len(values[longest]):,} steps of the longest ({place}), "
            f"take {4 * each * len(values) / 1e9:,.0f} GB: give --max-length, --window, or fewer sequences"
        )


def _sequences(look: Look, reading: Reading, shape: TaskShape, values: list[np.ndarray], rows: np.ndarray) -> Sequences:
    """The sequences of one part."""
    inputs = []
    for row in rows:
        try:
            inputs.append(reading.sequence(values[row]))
        except InputError as error:
            raise InputError(f"{look.cases[look.kept[row]].place}: {error}") from None
    return padded(inputs, _encoded(look, shape, rows))


def _encoded(look: Look, shape: TaskShape, rows: np.ndarray) -> np.ndarray:
    """(N, R, G) targets; whole numbers, `UNKNOWN` where they are not known, or float64 with NaN."""
    assert look.targets is not None
    found = np.full((len(rows), shape.read_positions, shape.predictions), np.nan)
    for place, row in zip(found, rows, strict=True):
        value = np.atleast_2d(look.targets.values[row])
        place[shape.read_positions - len(value) :] = value  # the last read position is the last real one
    if look.targets.scoring == "regression":
        return found
    return np.where(np.isnan(found), UNKNOWN, found).astype(np.int64)


def _scoring(look: Look) -> Scoring:
    assert look.targets is not None
    if look.targets.scoring == "classification":
        return Classification(names=look.targets.names)
    return scoring_called(look.targets.scoring)(names=look.targets.names)


def _without_copies(look: Look, splits: dict[str, Sequences]) -> str | None:
    """Mark the test sequences that are in no other part, where some are; then they are scored separately, too."""
    assert look.division is not None
    twins, rows = look.traps.order.twins, look.division.rows
    if twins is None or look.targets is None or look.targets.scoring == "regression":
        return None
    seen = np.concatenate([twins[rows["train"]], twins[rows["validation"]]])
    new = ~np.isin(twins[rows["test"]], seen)
    if new.all() or not new.any():
        return None
    for part, split in splits.items():
        fresh = new if part == "test" else np.ones(len(split), bool)
        known = split.targets != UNKNOWN
        splits[part] = replace(split, marked=fresh[:, None, None] & known)
    return "sequences that are in no other part"
