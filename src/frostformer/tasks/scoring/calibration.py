"""Whether probabilities can be believed, and how they are made so: one temperature for all logits (Guo et al. 2017).

M predictions, K classes.
"""

from __future__ import annotations

import numpy as np

from frostformer.errors import InputError

COLDEST, HOTTEST = 0.05, 20.0  # beyond these a temperature says that there is too little to fit it to
BINS = 15  # as in Guo et al. 2017


def fitted_temperature(logits: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The temperature under which held-out targets are most probable; it changes no answer.

    The targets are softened as Platt (1999) does it: of n predictions one more is counted for each class. Otherwise a
    few right answers would make the model seem certain.

    Args:
        logits: (M, K) of predictions that no training has seen.
        targets: (M,) the true classes, 0 to K - 1.
        weights: (M,) how much each counts, all the same if not given.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    count, classes = logits.shape
    _check_sizes(count, targets, weights)
    softened = (np.eye(classes)[targets] * count + 1) / (count + classes)  # (M, K)

    def loss(log_temperature: float) -> float:
        likelihood = (softened * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(1)  # (M,)
        return -float(np.average(likelihood, weights=weights))

    found = minimize_scalar(loss, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return float(np.exp(found.x))


def expected_calibration_error(
    probabilities: np.ndarray, right: np.ndarray, weights: np.ndarray | None = None, bins: int = BINS
) -> float:
    """How far probabilities are from how often answers are right, 0 to 1: the mean over bins of equal width.

    Args:
        probabilities: (M,) of each answer, 0 to 1.
        right: (M,) whether the answer was right.
        weights: (M,) how much each counts, all the same if not given.
        bins: how many bins 0 to 1 is cut into; each holds its upper end.

    Raises:
        InputError: sizes differ, there is nothing to count, or a probability is outside 0 to 1.
    """
    probabilities, right = np.asarray(probabilities, np.float64), np.asarray(right, np.float64)
    _check_sizes(len(probabilities), right, weights)
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise InputError("a probability is outside 0 to 1: give probabilities, not logits")
    each = np.ones(len(right)) if weights is None else np.asarray(weights, np.float64)
    places = np.clip(np.ceil(probabilities * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(places, each * (right - probabilities), minlength=bins)
    return float(np.abs(gaps).sum() / each.sum())


def _check_sizes(count: int, targets: np.ndarray, weights: np.ndarray | None) -> None:
    if count == 0 or len(targets) != count or (weights is not None and len(weights) != count):
        raise InputError(f"{count} predictions need as many targets and weights, and there must be at least one")
