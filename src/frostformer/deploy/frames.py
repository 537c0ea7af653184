"""Data frames of any library as an estimator is given them: lists in their cells are sequences.

N sequences, T positions, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from frostformer.errors import InputError
from frostformer.tasks.shape import sequence_name
from frostformer.words import few_of, quoted


def sequences_in_cells(x: Any) -> list[Any] | None:
    """The N sequences (T,) of a series of lists or of a frame's one column of lists, or (T, C) of C such columns.

    None where `x` is no series and no frame, or has no lists.

    Raises:
        InputError: the frame is lazy, has other columns beside the lists, or lists of different lengths in a row.
    """
    if hasattr(x, "collect") and hasattr(x, "collect_schema"):
        raise InputError(f"X is a {type(x).__name__}, which has no rows yet: give X.collect()")
    if not hasattr(x, "columns"):
        return list(x) if hasattr(x, "to_list") and _has_lists(x) else None
    if len(set(x.columns)) < len(x.columns):
        return None
    lists = {str(name): list(x[name]) for name in x.columns if _has_lists(x[name])}
    if not lists:
        return None
    if others := [str(name) for name in x.columns if str(name) not in lists]:
        raise InputError(
            f"X has lists in {quoted(lists)} and none in {few_of([repr(one) for one in others])}: leave the latter out"
        )
    if len(lists) == 1:
        return next(iter(lists.values()))
    return [_joined(row, number) for number, row in enumerate(zip(*lists.values(), strict=True))]


def rows_of(x: Any) -> Any:
    """The sequences of a frame, from its cells or one in each row (N, T); what is no frame as it is.

    Raises:
        InputError: a column is not of numbers.
    """
    cells = sequences_in_cells(x)
    if cells is not None or not hasattr(x, "columns"):
        return x if cells is None else cells
    if (refused := no_numbers(x)) is not None:
        raise refused
    found = np.asarray(x)
    if found.dtype != object or len(set(x.columns)) < len(x.columns):
        return found
    return np.column_stack([_numbers(x[name]) for name in x.columns])


def _numbers(series: Any) -> np.ndarray:
    """(N,) float64, NaN where nothing is."""
    return np.array([np.nan if _is_missing(one) else one for one in series], np.float64)


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType"


def no_numbers(x: Any) -> InputError | None:
    """What is to be said of a frame with columns that are no numbers; None if it is no frame or has none."""
    if not hasattr(x, "columns") or len(set(x.columns)) < len(x.columns):
        return None
    wrong = [str(name) for name in x.columns if not _are_numbers(list(x[name]))]
    if not wrong:
        return None
    columns = "column" if len(wrong) == 1 else "columns"
    return InputError(
        f"X: {columns} {few_of([repr(one) for one in wrong])} of the frame cannot be read as numbers: leave out what "
        "is none, or turn it into numbers"
    )


def _joined(row: Sequence[Any], number: int) -> np.ndarray:
    if len({len(one) for one in row}) > 1:
        raise InputError(f"X: {sequence_name(number)} has lists of different lengths, one for each channel")
    return np.stack([np.asarray(one) for one in row], axis=-1)


def _has_lists(series: Any) -> bool:
    first = next(iter(series), None)
    return not isinstance(first, (str, bytes)) and hasattr(first, "__len__")


def _are_numbers(values: Sequence[Any]) -> bool:
    try:
        found = np.asarray([one for one in values if not _is_missing(one)])
        if found.dtype.kind in "mM":
            return False
        found.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return True
