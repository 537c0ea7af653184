"""What a training tells of itself: the points of its learning curve, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass

from frostformer.errors import InputError


@dataclass(frozen=True)
class Record:
    """One evaluation: a point of the learning curve."""

    step: int
    train_loss: float
    """Mean loss per prediction over the batches since the record before, with dropout on."""

    validation_loss: float
    validation_score: float
    """Value of the metric that chooses the step, see `Scoring.chosen_by`; higher is better."""

    seconds: float
    """Seconds of training so far, with evaluations and with earlier sessions of a resumed run; of what several runs
    did together, this run's share."""

    @property
    def rank(self) -> tuple[float, float]:
        """Higher is better: the validation score, then the lower loss; both must be finite."""
        return self.validation_score, -self.validation_loss


@dataclass(frozen=True)
class Stored:
    """How far a training has come, without its tensors."""

    step: int
    seconds: float
    curve: list[Record]
    milestones: dict[str, int]
    best_step: int | None
    together: int = 1
    diverged: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no training can have come to."""
        if not self.seconds >= 0 or self.together < 1:
            raise InputError(f"seconds is {self.seconds}, together is {self.together}")
        if not self.curve or self.curve[-1].step != self.step or self.step < 1:
            raise InputError(f"the last evaluation was not at step {self.step}")
        if self.best_step is not None and self.best_step not in [record.step for record in self.curve]:
            raise InputError(f"there was no evaluation at step {self.best_step}, the best one")
