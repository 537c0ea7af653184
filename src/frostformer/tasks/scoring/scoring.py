"""What a scoring is: the loss, the score of each sequence, the metrics, and the answers that logits stand for.

Everything that trains or reports asks the task's scoring; nothing else knows what kind of answers a task wants.
Shapes: B batch, N sequences, R read positions, G predictions per position, K logits of each prediction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from frostformer.errors import unknown_name
from frostformer.tasks.shape import TaskShape

if TYPE_CHECKING:
    from torch import Tensor

UNKNOWN = -1
"""Stands for a target that is not known and so not scored, where targets are whole numbers; else NaN stands for it."""

Name = str | bool | int | float
"""What a class, a label or a target may be called."""

Metrics = dict[str, Any]
"""The metrics of one split: `loss`, those of the kind, and for classes a list and a table (see `Classification`)."""


@dataclass(frozen=True)
class Scoring(ABC):
    """How the logits (B, R, G, K) of a task become losses, scores and answers."""

    kind: ClassVar[str]

    choices: ClassVar[tuple[str, ...]]
    """The metrics that may choose the best step."""

    answer_name: ClassVar[str]
    """What `frostformer predict` calls the answers."""

    names: tuple[Name, ...] | None = None
    """Names of the classes, labels or targets, in order; None where they are called by their number."""

    chosen_by: str = ""
    """The metric by which a run chooses its best step on validation, one of `choices`; empty: the data decide."""

    outputs: int = 1
    """K, the logits of each prediction; a task sets it."""

    def __post_init__(self) -> None:
        """Refuse a metric that cannot choose."""
        if self.chosen_by and self.chosen_by not in self.choices:
            raise unknown_name("metric to choose by", self.chosen_by, self.choices)

    @abstractmethod
    def fitted(self, targets: np.ndarray, outputs: int, weights: np.ndarray | None = None) -> Self:
        """This scoring for a model with K = `outputs`, with all that depends on the training targets (N, R, G).

        Args:
            targets: (N, R, G).
            outputs: K.
            weights: (N,) how much each sequence counts, all the same if not given.
        """

    def known(self, targets: np.ndarray) -> np.ndarray:
        """(N, R, G) whether a target is known and so counts."""
        known: np.ndarray = targets != UNKNOWN
        return known

    def encoded(self, targets: np.ndarray) -> np.ndarray:
        """The targets (N, R, G) as the loss takes them; whole numbers as they are."""
        return targets

    @abstractmethod
    def losses(self, logits: Tensor, encoded: Tensor) -> Tensor:
        """(B,) loss of each sequence, summed over its known predictions."""

    @abstractmethod
    def decisions(self, logits: Tensor) -> Tensor:
        """(B, R, G) one number for each prediction, from which answers, scores and metrics are computed."""

    @abstractmethod
    def answers(self, decisions: np.ndarray) -> np.ndarray:
        """(N, R, G) what is answered: a class's or a label's name or number, or a value in the target's unit."""

    @abstractmethod
    def probabilities(self, logits: Tensor) -> Tensor | None:
        """(N, R, G) how probable each answer is; None where answers have no probability."""

    @abstractmethod
    def distribution(self, logits: Tensor) -> Tensor | None:
        """(N, R, G, K) how probable each class is, or each label (K is 1); None where answers have no probability."""

    @abstractmethod
    def scores_of_predictions(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(N, R, G) float64; higher is better; read only where the target is known."""

    @abstractmethod
    def metrics(
        self,
        decisions: np.ndarray,
        targets: np.ndarray,
        marked: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> Metrics:
        """The metrics of all known predictions of a split, without the loss.

        Args:
            decisions: (N, R, G).
            targets: (N, R, G).
            marked: (N, R, G) which predictions are also scored separately, if the task marks any.
            weights: (N,) how much each sequence counts, all the same if not given.
        """

    @abstractmethod
    def trivial(self, train: np.ndarray, test: np.ndarray) -> dict[str, float]:
        """What rules without a model score on the test targets: rule -> accuracy, or R2 for numbers."""

    @abstractmethod
    def refusal(self, targets: np.ndarray) -> str | None:
        """Why targets (N, R, G) are not of this kind, in words; None if they are."""

    def scores(self, decisions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(N,) float64 score of each sequence: the mean over its known predictions."""
        known = self.known(targets)
        each = np.where(known, self.scores_of_predictions(decisions, targets), 0.0)
        summed: np.ndarray = each.sum(axis=(1, 2)) / known.sum(axis=(1, 2))
        return summed

    def describe(self) -> dict[str, Any]:
        """This scoring as plain values, for a file."""
        return {"kind": self.kind, **asdict(self)}


def of_predictions(weights: np.ndarray | None, chosen: np.ndarray) -> np.ndarray | None:
    """Weights (N,) of sequences as weights of what the mask `chosen` (N, ...) is true for."""
    if weights is None:
        return None
    each = weights.reshape(-1, *[1] * (chosen.ndim - 1))
    found: np.ndarray = np.broadcast_to(each, chosen.shape)[chosen]
    return found


def compact(values: np.ndarray, shape: TaskShape) -> np.ndarray:
    """(N, R, G) without the axes that every sequence has one entry of: (N,), (N, G), (N, R); T stays where it is R."""
    axes = [axis for axis, size in ((1, shape.read_positions), (2, shape.predictions)) if size == 1]
    return values.squeeze(tuple(axis for axis in axes if not (axis == 1 and shape.per_position)))
