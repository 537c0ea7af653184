"""Chooses rows to hold out: a seeded share of them, by class, by group, or by time.

Each function returns a mask (N,) that is true for the held-out rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from frostformer.errors import InputError
from frostformer.tasks.shape import sequence_name

ONE_IN = 5  # sequences is held out, wherever nothing else is said


def a_fifth_of(count: int) -> int:
    """How many of so many sequences are held out, at least one."""
    return max(1, round(count / ONE_IN))


def strata(targets: np.ndarray) -> np.ndarray | None:
    """(N,) the class of each sequence, if it has exactly one; targets are (N, R, G)."""
    return targets[:, 0, 0] if targets.dtype.kind in "iu" and targets.shape[1:] == (1, 1) else None


def held_out_rows(
    count: int,
    wanted: int,
    seed: int,
    *,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    in_time: bool = False,
) -> np.ndarray:
    """Hold out `wanted` of `count` rows.

    Args:
        count: rows in all.
        wanted: rows to hold out; with groups the number is met only roughly.
        seed: seed of whatever is drawn.
        classes: (N,) class of each row: the same share of each class is held out.
        groups: (N,) group of each row: the rows of a group stay together, on one side or the other; with classes,
            groups of every class are held out.
        in_time: the rows are in order of time, and a stretch of neighbours is held out.

    Raises:
        InputError: one of the two sides would be empty.
    """
    if not 0 < wanted < count:
        raise InputError(f"{count} sequences cannot be divided into two parts, one of {wanted}: give more sequences")
    generator = np.random.default_rng(seed)
    if groups is not None:
        return _by_group(groups, wanted, generator) if classes is None else _by_both(groups, classes, wanted, generator)
    if in_time:
        start = generator.integers(0, count - wanted + 1)
        return np.isin(np.arange(count), np.arange(start, start + wanted))
    return _evenly(np.zeros(count, np.int64) if classes is None else classes, wanted, generator)


def held_out_of(
    rows: np.ndarray,
    wanted: int,
    seed: int,
    *,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> np.ndarray:
    """`held_out_rows` of these rows alone; `classes` and `groups` are those of all rows, (N,)."""
    own, together = (None if values is None else values[rows] for values in (classes, groups))
    return held_out_rows(len(rows), wanted, seed, classes=own, groups=together)


def _evenly(classes: np.ndarray, wanted: int, generator: np.random.Generator) -> np.ndarray:
    """Sort the rows by class, randomly within each, and take rows at equal distances: each class gives its share."""
    count = len(classes)
    order = generator.permutation(count)
    order = order[np.argsort(classes[order], kind="stable")]
    steps = (np.arange(count + 1) * wanted + generator.integers(count)) // count
    mask = np.zeros(count, bool)
    mask[order[np.diff(steps) > 0]] = True
    return mask


def _by_group(groups: np.ndarray, wanted: int, generator: np.random.Generator) -> np.ndarray:
    """Go through the groups in random order and hold out each that brings the number of rows nearer to `wanted`."""
    names, numbers = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise InputError("all sequences are of one group, which cannot be divided: give at least two groups")
    sizes = np.bincount(numbers)
    chosen: list[int] = []
    rows = 0
    for group in generator.permutation(len(names)):
        if len(chosen) < len(names) - 1 and abs(rows + sizes[group] - wanted) < abs(rows - wanted):
            chosen.append(group)
            rows += sizes[group]
    return np.isin(numbers, chosen or [int(sizes.argmin())])


def _by_both(groups: np.ndarray, classes: np.ndarray, wanted: int, generator: np.random.Generator) -> np.ndarray:
    """Of the groups of each class, as `_by_group` does; a group is of the class that most of its rows have.

    Every class with two groups has one on either side, since a class that is nowhere held out is not judged.
    """
    names, numbers = np.unique(groups, return_inverse=True)
    table = np.zeros((len(names), int(classes.max()) + 1), np.int64)
    np.add.at(table, (numbers, classes), 1)  # rows of each group and class
    sizes, kinds = table.sum(1), table.argmax(1)
    chosen: list[int] = []
    for kind in np.unique(kinds):
        own = generator.permutation((kinds == kind).nonzero()[0])
        share = wanted * sizes[own].sum() / len(classes)
        rows = 0
        here: list[int] = []
        for group in own:
            if len(here) < len(own) - 1 and (not here or abs(rows + sizes[group] - share) < abs(rows - share)):
                here.append(int(group))
                rows += sizes[group]
        chosen += here
    if not chosen:  # every class has one group
        return _by_group(groups, wanted, generator)
    return np.isin(numbers, chosen)


def one_each(what: str, values: Sequence[Any], count: int) -> np.ndarray:
    """(count,) groups or times, none of them missing."""
    try:
        found = np.asarray(values)
    except ValueError:  # entries of several lengths
        found = np.empty((len(values), 0))
    if found.shape != (count,):
        shape = f"{len(found)} entries" if found.ndim == 1 else f"the shape {found.shape}"
        raise InputError(f"{what} has {shape}, one value is wanted for each of {count} sequences")
    entries = values.to_pylist() if hasattr(values, "to_pylist") else values  # pyarrow's own nulls equal themselves
    for at, one in enumerate(entries):  # not of `found`, where NaN among texts is a text
        if type(one).__name__ in ("NoneType", "NAType") or one != one:
            raise InputError(
                f"{what}: {sequence_name(at)} has none: give one for each sequence, or leave those without one out"
            )
    return found
