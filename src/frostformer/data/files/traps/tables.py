"""How well one column alone gives the labels, judged on rows that were left out. N rows, K classes, F columns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

ALMOST_ALL = 0.97  # of the rows
AHEAD = 0.02  # of the share that the most common class has


def gives(right: int | np.ndarray, labels: np.ndarray) -> bool | np.ndarray:
    """Whether so many right rows are almost all, and clearly more than the most common class."""
    share = np.asarray(right) / len(labels)
    found: np.ndarray = (share >= ALMOST_ALL) & (share > majority(labels) + AHEAD)
    return found


def majority(labels: np.ndarray) -> float:
    """The share of the most common class."""
    return float(np.bincount(labels).max() / len(labels))


def codes(values: Sequence[Hashable]) -> np.ndarray:
    """(N,) a number for each different value."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(one, len(numbers)) for one in values], np.int64)


def by_value(values: np.ndarray, labels: np.ndarray) -> int:
    """Rows whose label is the most common one among the other rows of their value; (N,) codes and labels."""
    classes = int(labels.max()) + 1
    counts = np.bincount(values * classes + labels, minlength=(int(values.max()) + 1) * classes).reshape(-1, classes)
    return int(_right(counts).sum())


def by_yes_or_no(columns: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(F,) the same for each yes/no column of (N, F)."""
    each = np.eye(int(labels.max()) + 1)[labels]  # (N, K)
    yes = columns.T.astype(np.float64) @ each  # (F, K)
    right: np.ndarray = _right(yes).sum(1) + _right(each.sum(0) - yes).sum(1)
    return right.astype(np.int64)


def _right(counts: np.ndarray) -> np.ndarray:
    """(V, K) rows of each value and class -> how many of them the other rows of the value give; ties give nothing."""
    ordered = np.sort(counts, axis=1)
    highest, second = ordered[:, -1:], ordered[:, -2:-1] if counts.shape[1] > 1 else np.zeros((len(counts), 1))
    others = np.where(counts == highest, second, highest)  # for ties `second` is the highest, too
    right: np.ndarray = np.where(counts - 1 > others, counts, 0)
    return right


def by_neighbour(columns: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(F,) rows of which the nearest other value in a column of numbers (N, F) has the label.

    Where the values of each class lie apart, all but a few rows at the borders are right. Rows of one value are each
    other's neighbours at random, since a file is often sorted by the label.
    """
    shuffled = np.random.default_rng(0).permutation(len(labels))
    columns, labels = columns[shuffled], labels[shuffled]
    order = np.argsort(columns, axis=0, kind="stable")
    values, found = np.take_along_axis(columns, order, 0), labels[order]
    with np.errstate(invalid="ignore", over="ignore"):
        steps = np.diff(values, axis=0)
    far = np.full((1, columns.shape[1]), np.inf)
    below, above = np.concatenate([far, steps]), np.concatenate([steps, far])
    as_below = np.concatenate([np.zeros_like(far, bool), found[1:] == found[:-1]])
    as_above = np.concatenate([found[1:] == found[:-1], np.zeros_like(far, bool)])
    right = np.where(below < above, as_below, np.where(above < below, as_above, as_below & as_above))
    counted: np.ndarray = (right & ~np.isnan(values)).sum(0)
    return counted


def in_blocks(labels: np.ndarray) -> bool:
    """Whether equal labels follow one another: fewer than half of the changes that chance gives."""
    shares = np.bincount(labels) / len(labels)
    expected = 1 + len(labels) * (1 - float((shares**2).sum()))
    runs = 1 + int((np.diff(labels) != 0).sum())
    return len(np.unique(labels)) > 1 and runs < expected / 2
