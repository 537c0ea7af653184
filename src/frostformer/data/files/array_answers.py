"""Answers that stand in an array: one for each case, several, one-hot, or one for each position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frostformer.data.files.npy import Array
from frostformer.errors import InputError


@dataclass(frozen=True)
class ArrayAnswers:
    """The answers of N cases."""

    values: np.ndarray
    """(N, K), or (N, T) per position."""

    per_position: bool = False
    one_hot: bool = False

    def of(self, case: int) -> tuple[str | None, ...]:
        """Of one case, counted from 0."""
        return tuple(text_of(value) for value in self.values[case].tolist())

    @property
    def names(self) -> tuple[str, ...]:
        """Of the targets."""
        several = self.values.shape[1] > 1 and not self.per_position
        return tuple(f"target {at + 1}" for at in range(self.values.shape[1])) if several else ("target",)


def array_answers(array: Array, cases: int, steps: int | None, *, per_position: bool) -> ArrayAnswers:
    """The answers of so many cases.

    Args:
        array: (N,), (N, 1), (1, N), (N, K) or, per position, (N, T).
        cases: N.
        steps: T, where all cases have the same.
        per_position: whether the user said so.

    Raises:
        InputError: the array has another shape, or no values that could be answers.
    """
    values = array.whole()
    if values.dtype.kind not in "biufUS":
        raise InputError(f"{array.place} has type {str(values.dtype)[:60]}: give numbers or text as answers")
    if values.size == cases:
        values = values.reshape(cases, 1)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2 or len(values) != cases:
        raise InputError(
            f"{array.place} has shape {array.shape} and there are {cases:,} cases: give one answer for each"
        )
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
    if values.shape[1] > 1 and not per_position and _is_one_hot(values):
        return ArrayAnswers(values.argmax(1)[:, None], one_hot=True)
    return ArrayAnswers(values, per_position=values.shape[1] > 1 and (per_position or values.shape[1] == steps))


def _is_one_hot(values: np.ndarray) -> bool:
    if values.dtype.kind not in "biuf":
        return False
    return bool(((values == 0) | (values == 1)).all() and (values.astype(np.float64).sum(1) == 1).all())


def text_of(value: object) -> str | None:
    """An answer as text: `2` for 2 and 2.0; None where it is missing."""
    if isinstance(value, float):
        return None if value != value else str(int(value)) if value.is_integer() else repr(value)
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip() or None
