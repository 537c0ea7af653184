"""The answers for the sequences of a file as rows of a table, whatever kind of file they are then written to.

N sequences, R read positions, G predictions per position, K classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from torch import Tensor

from frostformer.data.files.windows import START, Id
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.shape import TaskShape

DIGITS = 6  # of a probability


@dataclass(frozen=True)
class Column:
    """A column of answers."""

    name: str
    """In a CSV or Parquet file: `probability of A`."""

    keys: tuple[str, ...]
    """Where it stands in a JSON object: `probabilities`, `A`."""

    kind: Literal["text", "whole", "number"]


@dataclass(frozen=True)
class Block:
    """Some rows of the table."""

    columns: tuple[Column, ...]
    """The same in all blocks."""

    rows: list[tuple[Any, ...]]
    """A value for each column, None in an empty cell."""


def columns_of(scoring: Scoring, shape: TaskShape, *, windows: bool) -> tuple[Column, ...]:
    """The columns of the answers; `windows` says whether sequences are windows of recordings."""
    columns = [Column("id", ("id",), "text")]
    if windows:
        columns.append(Column(START, (START,), "whole"))
    if _several(shape):
        columns.append(Column("position", ("position",), "whole"))
    classes = scoring.kind == "classification"
    names = [str(name) for name in scoring.names or range(shape.classes if classes else shape.predictions)]
    if classes:
        columns.append(Column("class", ("class",), "text"))
    elif scoring.kind == "multilabel":
        columns += [Column(f"label {name}", ("labels", name), "whole") for name in names]
    else:
        return (*columns, *(Column(f"value of {name}", ("values", name), "number") for name in names))
    return (*columns, *(Column(f"probability of {name}", ("probabilities", name), "number") for name in names))


@dataclass(frozen=True)
class Judged:
    """What logits say."""

    answers: np.ndarray
    """(N, R, G) texts, 1 and 0, or numbers; None where an answer was left empty."""

    chances: np.ndarray | None
    """(N, R, G * K) probability of each class or label; None where answers are numbers."""

    def rows(self, ids: Sequence[Id], lengths: np.ndarray, shape: TaskShape) -> list[tuple[Any, ...]]:
        """The rows of these sequences, with as many (N,) real positions, in order."""
        found = []
        for row, (one, length) in enumerate(zip(ids, lengths.tolist(), strict=True)):
            who = (one.name,) if one.start is None else (one.name, one.start)
            first = shape.read_positions - length if shape.per_position else 0
            for position in range(first, shape.read_positions):
                where = (*who, position - first + 1) if _several(shape) else who
                chances = () if self.chances is None else self.chances[row, position].tolist()
                found.append((*where, *self.answers[row, position].tolist(), *chances))
        return found

    def counted(self, lengths: np.ndarray, shape: TaskShape) -> tuple[int, int]:
        """How many answers there are at real positions, and how many of these are left empty."""
        real = np.arange(shape.read_positions) >= (shape.read_positions - lengths[:, None] if shape.per_position else 0)
        answers = self.answers[np.broadcast_to(real, self.answers.shape[:2])]
        return answers.size, answers.ravel().tolist().count(None)


def judged(scoring: Scoring, logits: Tensor, abstain_below: float | None = None) -> Judged:
    """The answers and probabilities of logits (N, R, G, K).

    An answer is left empty where neither it nor any other is as probable as `abstain_below`; of a label, being there
    and not being there are the two answers.
    """
    answers = scoring.answers(scoring.decisions(logits).numpy()).astype(object)
    distribution = scoring.distribution(logits.double())
    if distribution is None:
        return Judged(answers, None)
    chances = distribution.numpy().round(DIGITS)
    if abstain_below is not None:
        each = chances if chances.shape[-1] > 1 else np.concatenate([chances, 1 - chances], -1)
        answers[each.max(-1) < abstain_below] = None
    return Judged(answers, chances.reshape(*chances.shape[:2], -1))


def _several(shape: TaskShape) -> bool:
    """Whether a sequence has answers at several positions."""
    return shape.per_position or shape.read_positions > 1
