"""One class per prediction: cross-entropy, accuracy, and metrics for classes of unequal size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frostformer.config import above_zero
from frostformer.tasks.scoring.scoring import UNKNOWN, Metrics, Scoring, of_predictions

if TYPE_CHECKING:
    from torch import Tensor

IMBALANCE = 3  # if the largest class has more than so many times the smallest one's rows, balanced accuracy chooses
MOST_CLASSES_IN_TABLE = 32  # a confusion matrix of more classes is not stored whole


@dataclass(frozen=True)
class Classification(Scoring):
    """Targets are class numbers 0 to K - 1, or `UNKNOWN`; each prediction has K logits, one for each class."""

    kind = "classification"

    choices = ("accuracy", "balanced_accuracy", "macro_f1")
    answer_name = "classes"

    balanced: bool = False
    """Whether every class weighs as much as any other in the training loss."""

    weights: tuple[float, ...] | None = None
    """(K,) weights of the classes in the loss, 1 on average over the training rows; None if all weigh 1."""

    temperature: float = 1.0
    """What logits are divided by before they become probabilities; see `calibration`."""

    def __post_init__(self) -> None:
        """Refuse a metric that cannot choose, and a temperature that no logit can be divided by."""
        super().__post_init__()
        above_zero("temperature", self.temperature)

    def fitted(self, targets: np.ndarray, outputs: int, weights: np.ndarray | None = None) -> Classification:
        """Choose the metric by the sizes of the classes, and weight the classes if they are to be balanced."""
        known = self.known(targets)
        counts = np.bincount(targets[known], of_predictions(weights, known), minlength=outputs)
        present = counts[counts > 0]
        metric = "balanced_accuracy" if present.max() > IMBALANCE * present.min() else "accuracy"
        metric = self.chosen_by or metric
        of_classes = None
        if self.balanced:
            each = np.ones(outputs)
            each[counts > 0] = present.sum() / (present * len(present))
            of_classes = tuple(map(float, each))
        return replace(self, outputs=outputs, chosen_by=metric, weights=of_classes)

    def losses(self, logits: Tensor, encoded: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        from torch.nn import functional

        from frostformer.data.moving import constant

        logits = logits.float()
        weights = None if self.weights is None else constant(self.weights, logits.device)
        each = functional.cross_entropy(
            logits.flatten(0, -2), encoded.flatten(), weights, ignore_index=UNKNOWN, reduction="none"
        )  # (B * R * G,)
        return each.view(len(logits), -1).sum(1)

    def decisions(self, logits: Tensor) -> Tensor:
        """The class, `UNKNOWN` if a logit is not finite; of two classes the second logit minus the first."""
        if self.outputs == 2:
            return logits[..., 1].float() - logits[..., 0].float()
        return logits.argmax(-1).where(logits.isfinite().all(-1), UNKNOWN).float()

    def answers(self, decisions: np.ndarray) -> np.ndarray:
        """Names of the classes, or their numbers."""
        classes = self._classes(decisions)
        if self.names is None:
            return classes
        names = np.array([*self.names])
        no_answer = np.zeros(1, names.dtype)  # the empty text; where nothing could be decided
        named: np.ndarray = np.concatenate([names, no_answer])[classes]
        return named

    def probabilities(self, logits: Tensor) -> Tensor:
        """(N, R, G) of the chosen class."""
        return self.distribution(logits).amax(-1)

    def distribution(self, logits: Tensor) -> Tensor:
        """(N, R, G, K) of each class."""
        return (logits / self.temperature).softmax(-1)

    def scores_of_predictions(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 for a right class, 0 for a wrong one."""
        is_right: np.ndarray = self._classes(decisions) == targets
        return is_right.astype(np.float64)

    def metrics(
        self,
        decisions: np.ndarray,
        targets: np.ndarray,
        marked: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Metrics:
        """`accuracy`, `balanced_accuracy`, `macro_f1`, `recall`, `confusion`; `auc` of two classes.

        Balanced accuracy is the mean recall over the classes that occur among the targets. Macro F1 is the mean over
        the classes that occur among targets or answers. `recall` is by class, None for one that does not occur.
        """
        known = self.known(targets)
        true, answered = targets[known].astype(np.int64), self._classes(decisions)[known]
        each = of_predictions(weights, known)
        found: Metrics = {"accuracy": float(np.average(true == answered, weights=each))}
        if marked is not None:
            found["marked_accuracy"] = float((self._classes(decisions)[marked] == targets[marked]).mean())
        rows = np.bincount(true, each, minlength=self.outputs)  # (K,) of each true class
        table = _confusion(true, answered, each, self.outputs)
        right, columns = table.diagonal(), table.sum(0)
        recall = np.divide(right, rows, out=np.full(len(table), np.nan), where=rows > 0)
        occurs = rows + columns > 0
        found["balanced_accuracy"] = float(np.nanmean(recall))
        found["macro_f1"] = float((2 * right[occurs] / (rows + columns)[occurs]).mean())
        if self.outputs == 2 and rows.all() and np.isfinite(decisions[known]).all():
            found["auc"] = _auc(true, decisions[known], each)
        found["recall"] = [None if np.isnan(one) else float(one) for one in recall]
        return found | {"confusion": _stored(table)}

    def trivial(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """The accuracy of always answering the most common class of the training sequences."""
        answer = np.bincount(train[self.known(train)].astype(np.int64)).argmax()
        return {"majority class": float((test[self.known(test)] == answer).mean())}

    def refusal(self, targets: np.ndarray) -> str | None:
        """See `Scoring.refusal`."""
        if targets.dtype.kind not in "iu":
            return f"targets are of type {targets.dtype}, wanted whole numbers"
        if targets.min() < UNKNOWN or targets.max() >= self.outputs:
            return f"there are classes outside 0 to {self.outputs - 1}"
        return None

    def _classes(self, decisions: np.ndarray) -> np.ndarray:
        """(N, R, G) class numbers; `UNKNOWN` where there was no finite logit to decide by."""
        if self.outputs == 2:
            binary: np.ndarray = np.where(np.isnan(decisions), UNKNOWN, decisions > 0)
            return binary.astype(np.int64)
        return decisions.astype(np.int64)


def _confusion(true: np.ndarray, answered: np.ndarray, weights: np.ndarray | None, classes: int) -> np.ndarray:
    """(K, K) counts, or sums of weights; a row for each true class, a column for each answered one."""
    is_class = answered != UNKNOWN
    places = true[is_class] * classes + answered[is_class]
    each = None if weights is None else weights[is_class]
    return np.bincount(places, each, minlength=classes**2).reshape(classes, classes)


def _stored(table: np.ndarray) -> Any:
    """The whole table, or only the non-zero entries of a large one."""
    if len(table) <= MOST_CLASSES_IN_TABLE:
        return table.tolist()
    true, answered = table.nonzero()
    return {"true": true.tolist(), "answer": answered.tolist(), "count": table[true, answered].tolist()}


def _auc(true: np.ndarray, evidence: np.ndarray, weights: np.ndarray | None) -> float:
    """Area under the ROC curve of the second class."""
    from sklearn.metrics import roc_auc_score

    return min(1.0, float(roc_auc_score(true, evidence, sample_weight=weights)))  # its last digit may be above
