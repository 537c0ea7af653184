"""A sequence that is given several times counts as one with the sum of the weights, so both mean the same.

Neither repetition nor the order of the rows then changes a fit, and equal sequences with equal answers are never on
both sides of a division. N sequences, T positions, C channels, G numbers of a target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frostformer.tasks.divisions import held_out_of

_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True)
class Distinct:
    """Sequences that all differ, or differ in their target, in the order of their values."""

    x: list[np.ndarray]
    """(T, C) float64 each."""

    y: np.ndarray
    """(N,) numbers of classes, or (N,) or (N, G) numbers."""

    weights: np.ndarray
    """(N,) above 0."""

    def __getitem__(self, chosen: np.ndarray) -> Distinct:
        """Those for which the mask (N,) is true."""
        return Distinct([self.x[row] for row in np.flatnonzero(chosen)], self.y[chosen], self.weights[chosen])

    def of_mean_one(self) -> np.ndarray | None:
        """(N,) the weights, 1 on average; None where all are equal."""
        return None if np.ptp(self.weights) == 0 else self.weights / self.weights.mean()


def distinct(x: Sequence[np.ndarray], y: np.ndarray, weights: np.ndarray | None) -> Distinct:
    """Leave out sequences without weight, and put together those that are equal.

    Args:
        x: (T, C) float64 each.
        y: (N,) numbers of classes, or (N,) or (N, G) numbers.
        weights: (N,), at least 0 each; all 1 if not given.
    """
    each = np.ones(len(x)) if weights is None else weights
    sums: dict[tuple[bytes, bytes], float] = {}
    rows: dict[tuple[bytes, bytes], int] = {}
    for row in np.flatnonzero(each).tolist():
        key = (_ordered(x[row]), _ordered(y[row]))
        sums[key] = sums.get(key, 0.0) + float(each[row])
        rows.setdefault(key, row)
    keys = sorted(sums)
    kept = [rows[key] for key in keys]
    return Distinct([x[row] for row in kept], y[kept], np.array([sums[key] for key in keys]))


def held_out(y: np.ndarray, share: float, seed: int, *, by_class: bool) -> np.ndarray:
    """A mask (N,) of rows for validation; where there is a class or a row too few to hold one out, it is empty.

    Args:
        y: (N,) classes, or (N,) or (N, G) numbers.
        share: 0 to 0.5, of the rows; of every class, too.
        seed: of the draw.
        by_class: whether `y` are classes: then one row of each stays in training.
    """
    mask = np.zeros(len(y), bool)
    places = np.arange(len(y))
    if by_class:
        _, numbers, counts = np.unique(y, return_inverse=True, return_counts=True)
        places = places[counts[numbers] > 1]
    if share == 0 or len(places) < 2:
        return mask
    wanted = max(1, int(share * len(places)))
    mask[places] = held_out_of(places, wanted, seed, classes=y if by_class else None)
    return mask


def _ordered(values: np.ndarray) -> bytes:
    """Bytes that sort as the numbers do: a small change of the numbers is then a small change of the order."""
    bits = np.atleast_1d(values + 0.0).astype(np.float64).view(np.uint64)  # adding makes 0 of -0
    return np.where(bits & _SIGN, ~bits, bits | _SIGN).astype(">u8").tobytes()
