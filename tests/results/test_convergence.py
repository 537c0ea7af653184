"""From where on a curve changes no more."""

from __future__ import annotations

import pytest

from frostformer.results.convergence import converged_at, rising


def curve(*scores: float) -> list[tuple[float, float]]:
    return [(10 * i, score) for i, score in enumerate(scores, 1)]


@pytest.mark.parametrize(
    ("scores", "step"),
    [
        ((0.5, 0.9, 0.91, 0.9), 20),  # within one point of the best, from here to the end
        ((0.91, 0.5, 0.9, 0.905), 30),  # it fell in between
        ((0.5, 0.6, 0.7), None),  # the last alone
        ((0.9, 0.5), None),  # it ends far below its best
        ((0.7, 0.7), 10),
        ((0.7,), None),
        ((), None),
    ],
)
def test_first_evaluation_that_is_as_good_as_any_later_one(scores, step):
    assert converged_at(curve(*scores)) == step


@pytest.mark.parametrize(
    ("scores", "still"),
    [((0.5, 0.6), True), ((0.5, 0.6, 0.6), False), ((0.6, 0.5), False), ((0.6,), False), ((), False)],
)
def test_a_curve_rises_while_its_last_score_is_new(scores, still):
    assert rising(curve(*scores)) == still
