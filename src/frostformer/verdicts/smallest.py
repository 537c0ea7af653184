"""The smallest gain that a verdict is likely to find: by assumed values before, by validation scores later."""

from __future__ import annotations

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.tasks.task import Task
from frostformer.verdicts.collecting import Collected, margin_against
from frostformer.verdicts.comparison import Comparison
from frostformer.verdicts.rule import DISAGREEMENT, SAME, SEED_DEVIATION, Spread, examples_needed, smallest_effect
from frostformer.verdicts.trial import Trial

_GAIN = 0.02  # two points
_FEWEST = 2  # replicates that say something of the spread
_SHARED = SAME / DISAGREEMENT  # of the disagreement of two arms, what two runs of one arm show, too


def smallest_by_assumption(trial: Trial, replicates: int, alpha: float) -> float:
    """Before anything is trained: in shares, or in the unit of numbers.

    Of numbers, the assumed shares are taken of the standard deviation of the training targets.
    """
    unit = 1.0 if trial.task.scoring.kind != "regression" else _deviation(trial.task)
    assumed = Spread((SEED_DEVIATION**2, SEED_DEVIATION**2), DISAGREEMENT, SAME, _runs(trial, replicates))
    return unit * smallest_effect(assumed, examples=units_of(trial), train_rows=trial.trained_on, alpha=alpha)


def smallest_by_validation(
    comparison: Comparison, pretrained: Collected, random: Collected, alpha: float
) -> float | None:
    """From the validation scores of the replicates that are there; None of fewer than two."""
    measured = _measured(comparison, pretrained, random)
    if measured is None:
        return None
    examples, rows = units_of(comparison.trial), comparison.trial.trained_on
    return smallest_effect(measured, examples=examples, train_rows=rows, alpha=alpha)


def needed_by_validation(comparison: Comparison, pretrained: Collected, random: Collected, alpha: float) -> int | None:
    """How many sequences must be tested to find a gain of two points; None where no number is known or enough.

    Of numbers, a gain of twice the margin; where sequences are of groups, nothing is said.
    """
    measured, trial = _measured(comparison, pretrained, random), comparison.trial
    if measured is None or trial.units is not None:
        return None
    effect = _GAIN if comparison.is_share else 2 * margin_against(random, None, is_share=False)
    ratio = None if trial.trained_on is None else trial.trained_on / units_of(trial)
    return examples_needed(measured, effect, train_per_test=ratio, alpha=alpha)


def _measured(comparison: Comparison, pretrained: Collected, random: Collected) -> Spread | None:
    """What the validation scores say of seeds and sequences; None of fewer than two replicates."""
    runs = min(pretrained.replicates, random.replicates)
    if runs < _FEWEST:
        return None
    pairs = [
        (one, other)
        for ones, others in zip(pretrained.validation[:runs], random.validation[:runs], strict=True)
        for one, other in zip(ones, others, strict=True)
    ]
    disagreement = float(np.mean([np.var(one - other) for one, other in pairs]))
    return Spread(
        seed_variances=(_over_runs(pairs, runs, disagreement) / 2,) * 2,
        disagreement=disagreement,
        same=_SHARED * disagreement,
        runs=_runs(comparison.trial, comparison.plan.replicates),
        are_shares=comparison.is_share,
    )


def units_of(trial: Trial) -> int:
    """How many independent things are tested."""
    return len(trial.fold_of) if trial.units is None else len(np.unique(trial.units))


def _runs(trial: Trial, replicates: int) -> int:
    """Trainings of an arm whose scores are averaged."""
    return replicates * len(trial.folds)


def _over_runs(pairs: list[tuple[np.ndarray, np.ndarray]], runs: int, disagreement: float) -> float:
    """Variance over trainings of the difference of two arms, beyond what other validation rows would give.

    Both arms are scored on the same validation rows, so how hard these rows are is not in it.
    """
    means = np.array([one.mean() - other.mean() for one, other in pairs]).reshape(runs, -1)  # (runs, folds)
    count = np.mean([len(one) for one, _ in pairs])
    return max(0.0, float(means.var(0, ddof=1).mean()) - disagreement / float(count))


def _deviation(task: Task) -> float:
    """Standard deviation of the training targets."""
    split = task.train if isinstance(task.train, Sequences) else task.validation
    return float(np.nanstd(split.targets))
