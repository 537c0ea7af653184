"""One class per prediction: cross-entropy, accuracy, and metrics for classes of unequal size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frostformer.tasks.scoring.scoring import UNKNOWN, Metrics, Scoring

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

    def fitted(self, targets: np.ndarray, outputs: int) -> Classification:
        """Choose the metric by the sizes of the classes, and weight the classes if they are to be balanced."""
        counts = np.bincount(targets[self.known(targets)], minlength=outputs)
        present = counts[counts > 0]
        metric = "balanced_accuracy" if present.max() > IMBALANCE * present.min() else "accuracy"
        metric = self.chosen_by or metric
        weights = None
        if self.balanced:
            each = np.where(counts > 0, present.sum() / (np.maximum(counts, 1) * len(present)), 1.0)
            weights = tuple(map(float, each))
        return replace(self, outputs=outputs, chosen_by=metric, weights=weights)

    def losses(self, logits: Tensor, encoded: Tensor) -> Tensor:
        """Cross-entropy in nats."""
        from torch.nn import functional

        logits = logits.float()
        weights = None if self.weights is None else logits.new_tensor(self.weights)
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
        return logits.softmax(-1).amax(-1)

    def scores_of_predictions(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 for a right class, 0 for a wrong one."""
        is_right: np.ndarray = self._classes(decisions) == targets
        return is_right.astype(np.float64)

    def metrics(self, decisions: np.ndarray, targets: np.ndarray, marked: np.ndarray | None = None) -> Metrics:
        """`accuracy`, `balanced_accuracy`, `macro_f1`, `recall`, `confusion`; `auc` of two classes.

        Balanced accuracy is the mean recall over the classes that occur among the targets. Macro F1 is the mean over
        the classes that occur among targets or answers. `recall` is by class, None for one that does not occur.
        """
        known = self.known(targets)
        true, answered = targets[known].astype(np.int64), self._classes(decisions)[known]
        found: Metrics = {"accuracy": float((true == answered).mean())}
        if marked is not None:
            found["marked_accuracy"] = float((self._classes(decisions)[marked] == targets[marked]).mean())
        rows = np.bincount(true, minlength=self.outputs)  # (K,) of each true class
        table = _confusion(true, answered, self.outputs)
        right, columns = table.diagonal(), table.sum(0)
        recall = np.divide(right, rows, out=np.full(len(table), np.nan), where=rows > 0)
        f1 = 2 * right / np.maximum(rows + columns, 1)
        found["balanced_accuracy"] = float(np.nanmean(recall))
        found["macro_f1"] = float(f1[rows + columns > 0].mean())
        if self.outputs == 2 and rows.all() and np.isfinite(decisions[known]).all():
            found["auc"] = _auc(true, decisions[known])
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


def _confusion(true: np.ndarray, answered: np.ndarray, classes: int) -> np.ndarray:
    """(K, K) counts; a row for each true class, a column for each answered one."""
    is_class = answered != UNKNOWN
    places = true[is_class] * classes + answered[is_class]
    return np.bincount(places, minlength=classes**2).reshape(classes, classes)


def _stored(table: np.ndarray) -> Any:
    """The whole table, or only the non-zero entries of a large one."""
    if len(table) <= MOST_CLASSES_IN_TABLE:
        return table.tolist()
    true, answered = table.nonzero()
    return {"true": true.tolist(), "answer": answered.tolist(), "count": table[true, answered].tolist()}


def _auc(true: np.ndarray, evidence: np.ndarray) -> float:
    """Area under the ROC curve of the second class."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(true, evidence))
