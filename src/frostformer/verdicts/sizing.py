"""How many replicates, steps and evaluations the budget of a verdict allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from frostformer.errors import InputError
from frostformer.verdicts.budget import Budget, as_budget
from frostformer.verdicts.speed import MOST_STEPS, TRAININGS_OF_A_REPLICATE, Speed, rounded
from frostformer.verdicts.training import EVALUATIONS

OF_THE_VERDICT, OF_BASELINES = 0.74, 0.08
"""Shares of the time for the three arms that always run, and for the simple baselines; the rest is for the others."""

_FEWEST_STEPS, _ENOUGH_STEPS, _USUAL_STEPS = 27, 100, 600


@dataclass(frozen=True)
class Size:
    """How much is trained."""

    replicates: int
    steps: int
    evaluations: int


def size(
    budget: Budget, speed: Speed, folds: int, rates: Sequence[int], steps: int | None = None, comparisons: int = 1
) -> Size:
    """What the budget allows.

    Args:
        budget: what is left of it.
        speed: of a training of the frozen backbone.
        folds: of the tested sequences.
        rates: for each arm that always runs, how many rates it chooses among.
        steps: more are not run, even if they fit.
        comparisons: that share the user's budget; `budget` is that of one.

    Raises:
        InputError: not even the smallest verdict fits.
    """
    choices = (5, 3) if folds == 1 else (3, 2)
    if budget.trainings is not None:
        each = sum(TRAININGS_OF_A_REPLICATE if one > 1 else 1.0 for one in rates) * folds
        fitting = [replicates for replicates in choices if replicates * each <= budget.trainings]
        if not fitting:
            raise InputError(
                f"budget is {budget.text} trainings, and the smallest verdict on these data takes "
                f"{-(-choices[-1] * each * comparisons // 1):,.0f}: give so many"
            )
        return Size(fitting[0], max(_FEWEST_STEPS, rounded(steps or _USUAL_STEPS)), EVALUATIONS[0])
    assert budget.seconds is not None
    most = rounded(steps) if steps else MOST_STEPS
    for replicates, evaluations in product(choices, EVALUATIONS):
        seconds = OF_THE_VERDICT * budget.seconds / (replicates * folds * len(rates))
        found = min(speed.steps(seconds, evaluations, max(rates)), most)
        if found >= min(rounded(_ENOUGH_STEPS), most):
            return Size(replicates, max(found, _FEWEST_STEPS), evaluations)
    if found >= _FEWEST_STEPS:
        return Size(replicates, found, evaluations)
    needed = speed.training(_FEWEST_STEPS, evaluations, max(rates)) * replicates * folds * len(rates) / OF_THE_VERDICT
    needed *= comparisons
    raise InputError(
        f"budget is {budget.text}, and the smallest verdict on these data takes about {as_budget(needed)} here: give "
        "that, or make a training faster, with --layers for fewer of the backbone's blocks or, on a file of yours, "
        "--max-length for shorter sequences"
    )
