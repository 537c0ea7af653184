"""Where training has come to rest: the evaluation from which the validation score changed no more. No torch."""

from __future__ import annotations

from collections.abc import Sequence

CLOSE = 0.01
"""Scores this near to the best count as the best: one point of accuracy."""


def converged_at(curve: Sequence[tuple[float, float]]) -> float | None:
    """The step of the first evaluation from which the score stays within one point of the run's best.

    Args:
        curve: (step, validation score) of the evaluations in order, scores from 0 to 1 or R².

    Returns:
        None where that holds for the last evaluation alone, as in a curve that still rises, or for none.
    """
    if not curve:
        return None
    lowest = max(score for _, score in curve) - CLOSE - 1e-9
    found = None
    for step, score in reversed(curve):
        if score < lowest:
            break
        found = step
    return None if found == curve[-1][0] else found


def rising(curve: Sequence[tuple[float, float]]) -> bool:
    """Whether the last evaluation is better than all before: more steps may then raise the score further."""
    return len(curve) > 1 and curve[-1][1] > max(score for _, score in curve[:-1])
