"""Numbers as answers: the loss is the squared error of standardised targets; metrics are in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from frostformer.errors import InputError
from frostformer.tasks.scoring.scoring import Metrics, Scoring

if TYPE_CHECKING:
    from torch import Tensor


LARGEST = 1e100
TINY = 1e-6  # a deviation below this share of the largest value is rounding


@dataclass(frozen=True)
class Regression(Scoring):
    """There are G predictions of one logit, one for each number; a target that is not known is NaN."""

    kind = "regression"
    choices = ("r2",)
    answer_name = "values"

    mean: tuple[float, ...] = ()
    """(G,) mean of the training targets, in their unit."""

    deviation: tuple[float, ...] = ()
    """(G,) standard deviation of the training targets; 1 where all of them are equal."""

    def fitted(self, targets: np.ndarray, outputs: int, weights: np.ndarray | None = None) -> Regression:
        """Take mean and deviation of each number over the training targets."""
        columns = targets.reshape(-1, targets.shape[2]).astype(np.float64)  # (N * R, G)
        if (missing := np.isnan(columns).all(0)).any():
            raise InputError(f"number {int(missing.argmax())} has no known training target; leave it out")
        mean, deviation = _mean_and_deviation(columns, _of_rows(weights, targets))
        deviation = np.where(deviation > TINY * np.nanmax(np.abs(columns), 0), deviation, 1.0)
        return replace(
            self, outputs=outputs, chosen_by="r2", mean=tuple(map(float, mean)), deviation=tuple(map(float, deviation))
        )

    def known(self, targets: np.ndarray) -> np.ndarray:
        """See `Scoring.known`."""
        known: np.ndarray = ~np.isnan(targets)
        return known

    def encoded(self, targets: np.ndarray) -> np.ndarray:
        """(N, R, G) float32: targets minus the mean of the training targets, divided by their standard deviation."""
        standardised: np.ndarray = (targets - np.array(self.mean)) / np.array(self.deviation)
        return standardised.astype(np.float32)

    def losses(self, logits: Tensor, encoded: Tensor) -> Tensor:
        """Squared error of standardised targets."""
        is_known = ~encoded.isnan()
        error = (logits[..., 0].float() - encoded).where(is_known, 0.0)
        return error.square().flatten(1).sum(1)

    def decisions(self, logits: Tensor) -> Tensor:
        """The standardised number."""
        return logits[..., 0].float()

    def answers(self, decisions: np.ndarray) -> np.ndarray:
        """(N, R, G) float64 in the target's unit."""
        numbers: np.ndarray = decisions.astype(np.float64) * np.array(self.deviation) + np.array(self.mean)
        return numbers

    def scores_of_predictions(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The absolute error with a minus sign, in the target's unit."""
        scores: np.ndarray = -np.abs(self.answers(decisions) - targets)
        return scores

    def probabilities(self, logits: Tensor) -> None:
        """None: a number has no probability."""
        return

    def distribution(self, logits: Tensor) -> None:
        """None: see `probabilities`."""
        return

    def metrics(
        self,
        decisions: np.ndarray,
        targets: np.ndarray,
        marked: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Metrics:
        """`mae`, `rmse` in the target's unit, `r2`; each is the mean over the G numbers.

        R2 is 1 - (squared error) / (squared deviation from the mean of this split's targets).
        """
        pairs, rows = zip(_columns(self.answers(decisions)), _columns(targets), strict=True), _of_rows(weights, targets)
        each = [_errors(answers, true, rows) for answers, true in pairs if not np.isnan(true).all()]
        mae, rmse, r2 = np.mean(each, axis=0)
        return {"mae": float(mae), "rmse": float(rmse), "r2": float(r2)}

    def trivial(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """The R2 of always answering the mean of the training targets."""
        pairs = zip(_columns(train), _columns(test), strict=True)
        each = [
            _errors(np.full_like(tested, np.nanmean(trained)), tested)
            for trained, tested in pairs
            if not np.isnan(tested).all()
        ]
        return {"mean of the training targets": float(np.mean(each, axis=0)[2])}

    def refusal(self, targets: np.ndarray) -> str | None:
        """See `Scoring.refusal`."""
        if targets.dtype.kind != "f" or np.isinf(targets).any():
            return "targets must be finite numbers of type float, or NaN where they are not known"
        if (np.abs(targets) > LARGEST).any():
            return f"targets lie beyond {LARGEST:g}, where their squares are infinite: divide them by a constant"
        if self.outputs != 1:
            return f"a number has one logit, not {self.outputs}"
        return None


def _columns(values: np.ndarray) -> list[np.ndarray]:
    """(N, R, G) -> G rows of N * R values."""
    return list(values.reshape(-1, values.shape[2]).T.astype(np.float64))


def _of_rows(weights: np.ndarray | None, targets: np.ndarray) -> np.ndarray | None:
    """Weights (N,) of sequences as weights of the N * R values in a column of targets (N, R, G)."""
    return None if weights is None else weights.repeat(targets.shape[1])


def _mean_and_deviation(columns: np.ndarray, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (G,) of the known values of each column (N * R, G)."""
    if weights is None:
        return np.nanmean(columns, 0), np.nanstd(columns, 0)
    known = ~np.isnan(columns)
    share = known * weights[:, None] / (known * weights[:, None]).sum(0)
    mean = (share * np.where(known, columns, 0)).sum(0)
    return mean, np.sqrt((share * np.where(known, columns - mean, 0) ** 2).sum(0))


def _errors(answers: np.ndarray, targets: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float, float]:
    """Mean absolute error, root of the mean squared error, and R2 of one number, over its known targets."""
    known = ~np.isnan(targets)
    each = np.ones(known.sum()) if weights is None else weights[known]
    errors, total = (answers - targets)[known], each.sum()
    spread = targets[known] - (each * targets[known]).sum() / total
    squared, all_of_it = float((each * errors**2).sum()), float((each * spread**2).sum())
    r2 = 1 - squared / all_of_it if all_of_it > 0 else float(squared == 0)
    return float((each * np.abs(errors)).sum() / total), float(np.sqrt(squared / total)), r2
