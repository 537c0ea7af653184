"""Several labels at once, of which each is there or not: binary cross-entropy, and the share of right labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from frostformer.config import above_zero
from frostformer.tasks.scoring.scoring import UNKNOWN, Metrics, Scoring, of_predictions

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class MultiLabel(Scoring):
    """There are G predictions of one logit, one for each label; targets are 0, 1 or `UNKNOWN`."""

    kind = "multilabel"

    choices = ("accuracy", "exact", "macro_f1")
    answer_name = "labels"

    temperature: float = 1.0
    """What logits are divided by before they become probabilities; see `calibration`."""

    def __post_init__(self) -> None:
        """Refuse a metric that cannot choose, and a temperature that no logit can be divided by."""
        super().__post_init__()
        above_zero("temperature", self.temperature)

    def fitted(self, targets: np.ndarray, outputs: int, weights: np.ndarray | None = None) -> MultiLabel:
        """Only the number of outputs is set; nothing depends on the targets."""
        return replace(self, outputs=outputs, chosen_by=self.chosen_by or "accuracy")

    def losses(self, logits: Tensor, encoded: Tensor) -> Tensor:
        """Binary cross-entropy in nats."""
        from torch.nn import functional

        is_known = encoded != UNKNOWN  # (B, R, G)
        each = functional.binary_cross_entropy_with_logits(
            logits[..., 0].float(), encoded.clamp(min=0).float(), reduction="none"
        )
        return (each * is_known).flatten(1).sum(1)

    def decisions(self, logits: Tensor) -> Tensor:
        """The logit of each label."""
        return logits[..., 0].float()

    def answers(self, decisions: np.ndarray) -> np.ndarray:
        """1 where a label is there, 0 where it is not; (N, R, G) in the order of `names`."""
        return np.where(np.isnan(decisions), UNKNOWN, decisions > 0).astype(np.int64)

    def probabilities(self, logits: Tensor) -> Tensor:
        """(N, R, G) of each label being there."""
        return self.distribution(logits)[..., 0]

    def distribution(self, logits: Tensor) -> Tensor:
        """(N, R, G, 1) of each label being there."""
        return (logits / self.temperature).sigmoid()

    def scores_of_predictions(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 for a right label, 0 for a wrong one, so that the score of a sequence is its share of right labels."""
        is_right: np.ndarray = self.answers(decisions) == targets
        return is_right.astype(np.float64)

    def metrics(
        self,
        decisions: np.ndarray,
        targets: np.ndarray,
        marked: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Metrics:
        """`accuracy`: share of right labels. `exact`: share of read positions with all labels right. `macro_f1`.

        Macro F1 is the mean F1 of the labels that are there in a target or an answer.
        """
        known, answered = self.known(targets), self.answers(decisions)
        is_right = answered == targets
        found: Metrics = {"accuracy": float(np.average(is_right[known], weights=of_predictions(weights, known)))}
        if marked is not None:
            found["marked_accuracy"] = float(is_right[marked].mean())
        counted = np.asarray(known.any(2))  # (N, R)
        all_right = np.asarray((is_right | ~known).all(2))[counted]
        found["exact"] = float(np.average(all_right, weights=of_predictions(weights, counted)))
        counts = 1 if weights is None else weights[:, None, None]
        both = (counts * ((targets == 1) & (answered == 1))).sum((0, 1))  # (G,)
        either = (counts * ((targets == 1) & known)).sum((0, 1)) + (counts * ((answered == 1) & known)).sum((0, 1))
        found["macro_f1"] = float((2 * both[either > 0] / either[either > 0]).mean()) if either.any() else 0.0
        return found

    def trivial(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """The accuracy of giving every label the value that is more common in training."""
        there = (train == 1).sum((0, 1)) > (train == 0).sum((0, 1))  # (G,)
        known = self.known(test)
        return {"majority of each label": float((test == there)[known].mean())}

    def refusal(self, targets: np.ndarray) -> str | None:
        """See `Scoring.refusal`."""
        if targets.dtype.kind not in "iu" or not np.isin(targets, (0, 1, UNKNOWN)).all():
            return f"labels must be 0 or 1, or {UNKNOWN} where they are not known"
        if self.outputs != 1:
            return f"a label has one logit, not {self.outputs}"
        return None
