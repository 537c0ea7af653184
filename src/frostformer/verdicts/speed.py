"""How long a training takes here, measured on a few steps, and how many steps fit into a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from frostformer.config import RunConfig
from frostformer.models.build import build_model
from frostformer.tasks.task import Task
from frostformer.training.devices import Place
from frostformer.training.evaluation import predict_logits
from frostformer.training.loop import Training
from frostformer.verdicts.training import EVALUATIONS

TRAININGS_OF_A_REPLICATE = 5 / 3  # three rates for a third of the steps, one of them for the rest
MOST_STEPS = 9000

_UNTIMED, _TIMED, _PIECES = 3, 4, 5  # steps before, steps of a piece, pieces
_LONG = 1.0  # seconds; what takes less is timed several times
_RESERVE = 1.05


@dataclass(frozen=True)
class Speed:
    """Seconds that the parts of a training take."""

    build: float
    step: float
    validation: float
    test: float

    def training(self, steps: int, evaluations: int, rates: int) -> float:
        """Of one training with the choice among so many rates."""
        share = TRAININGS_OF_A_REPLICATE if rates > 1 else 1.0
        passes = evaluations * share + 1
        return _RESERVE * (self.build + share * steps * self.step + passes * self.validation + self.test)

    def steps(self, seconds: float, evaluations: int, rates: int) -> int:
        """The largest number of steps, a multiple of nine, of a training that takes so many seconds at most."""
        fixed, share = self.training(0, evaluations, rates), TRAININGS_OF_A_REPLICATE if rates > 1 else 1.0
        most = (seconds - fixed) / (_RESERVE * share * self.step)
        return rounded(int(max(0.0, min(most, MOST_STEPS))))


def rounded(steps: int) -> int:
    """A number of steps that has thirds and evaluations in each of them."""
    return steps // EVALUATIONS[0] * EVALUATIONS[0]


def measure(config: RunConfig, task: Task, place: Place) -> Speed:
    """Time a few steps and passes of an arm; what it learns is thrown away."""
    begun = time.monotonic()
    steps = _UNTIMED + _PIECES * _TIMED
    training = Training(build_model(config, task.shape)[0], task, replace(config, steps=steps), place)
    built = time.monotonic() - begun
    training.begin()

    def train(steps: int) -> None:
        for _ in range(steps):
            training.take_step()
        place.wait()

    train(_UNTIMED)
    step = median(_seconds(lambda: train(_TIMED)) for _ in range(_PIECES)) / _TIMED
    validation = _usual_seconds(training.validate)
    few = task.test[: min(len(task.test), max(64, len(task.validation)))].still()
    test = _usual_seconds(lambda: predict_logits(training.model, few, config.evaluation_batch_size))
    return Speed(built, step, validation, test * len(task.test) / len(few))


def _usual_seconds(work: Callable[[], object]) -> float:
    """The median of a few times, so that a moment in which the machine does something else does not count.

    What is done first loads libraries and is not timed.
    """
    work()
    first = _seconds(work)
    return first if first > _LONG else median([first, _seconds(work), _seconds(work)])


def _seconds(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
