"""One training of one arm: the rate is chosen inside it, on validation, and the test inputs are answered, not scored.

Three rates run for a third of the steps, and the best on validation goes on. If that ends more than a standard error
below where it was at a third, the next best goes on, too: so a run that fails late costs no arm its score. Of all that
was trained, the best on validation counts (successive halving, Jamieson and Talwalkar 2016; `docs/verdict.md` says what
it does to error rates).
N tested and V validation sequences, R read positions, G predictions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from frostformer.config import RunConfig
from frostformer.data.sequences import Sequences
from frostformer.errors import TimeIsUp
from frostformer.models.build import build_model, check_padding, model_beside, share_frozen
from frostformer.runs.adapters import Adapter, kept_tensors, position_tables
from frostformer.tasks.task import Task
from frostformer.training.devices import Place
from frostformer.training.evaluation import predict_logits
from frostformer.training.loop import Training
from frostformer.verdicts.baselines import FEWEST_TO_CHOOSE

THIRDS = 3
EVALUATIONS = (9, 3)  # of a training, as many in each third; the fewer where the more leave no time for steps

IsOver = Callable[[], bool]


def never() -> bool:
    """Whether time is up, where it never is."""
    return False


@dataclass(frozen=True)
class Trained:
    """What came out of one training."""

    answers: np.ndarray
    """(N, R, G) decisions on the test inputs, see `Scoring.decisions`; nobody has compared them with the targets."""

    validation: np.ndarray
    """(V,) score of each validation sequence."""

    rate: float
    score: float | None
    """The best validation score."""

    rescued: bool
    diverged: bool
    gain: float | None
    """What the validation score gained over the last third of the steps."""

    steps: int
    """Of all rates together."""

    seconds: float
    trained: int
    """Parameters that train."""

    curve: list[tuple[int, float | None]]
    adapter: tuple[Adapter, dict[str, Tensor]]


def train_arm(config: RunConfig, task: Task, rates: Sequence[float], place: Place, is_over: IsOver = never) -> Trained:
    """Train one arm on one division of a task.

    Args:
        config: with everything but the rate; a third of its steps ends with an evaluation.
        task: in the division of this replicate.
        rates: to choose among, the usual one in the middle; one where there is nothing to choose by.
        place: where to compute.
        is_over: asked after each evaluation.

    Raises:
        TimeIsUp: `is_over` said so.
    """
    started = time.monotonic()
    candidates = _candidates(config, task, rates, place)
    third = config.steps // THIRDS
    if len(candidates) > 1:
        for one in candidates:
            one.advance(third, is_over)
        candidates.sort(key=_Candidate.rank, reverse=True)
    chosen, *others = candidates
    chosen.advance(config.steps, is_over)
    rescued = bool(others) and chosen.has_fallen(third, len(task.validation))
    if rescued:
        others[0].advance(config.steps, is_over)
    best = max(candidates, key=_Candidate.rank)
    steps = sum(one.training.step for one in candidates)
    diverged = any(one.training.diverged is not None for one in (chosen, best))
    return best.answered(task, Course(rescued, diverged, steps, time.monotonic() - started))


@dataclass(frozen=True)
class Course:
    """How the trainings at all rates went."""

    rescued: bool
    diverged: bool
    """The rate that was chosen at a third, or the one that counts."""

    steps: int
    seconds: float


class _Candidate:
    """A training at one rate."""

    def __init__(self, training: Training, adapter: Adapter, place_in_grid: int) -> None:
        self.training, self._adapter = training, adapter
        self._tables = position_tables(training.model)
        self._distance = place_in_grid  # from the middle of the grid: ties go to the usual rate

    def rank(self) -> tuple[float, int]:
        """Higher is better: the best validation score so far."""
        best = self.training.best
        return (-math.inf if best is None else best.validation_score, -self._distance)

    def advance(self, until: int, is_over: IsOver) -> None:
        """Train to this step, unless training ends before."""
        if self.training.finished or self.training.step >= until:
            return
        for record in self.training.run():
            if is_over():
                raise TimeIsUp
            if record.step >= until:
                break

    def has_fallen(self, third: int, count: int) -> bool:
        """Whether it ended more than a standard error below its own score at a third."""
        training = self.training
        if training.diverged is not None:
            return True
        before = next(record.validation_score for record in training.curve if record.step == third)
        error = standard_error(before, count, training.scoring.chosen_by)
        return training.curve[-1].validation_score < before - error

    def answered(self, task: Task, course: Course) -> Trained:
        """Answer the test inputs with the tensors of the best evaluation."""
        training = self.training
        training.end()
        started = time.monotonic()
        config = training.config
        logits = predict_logits(training.model, task.test.still(), config.evaluation_batch_size)
        return Trained(
            answers=training.scoring.decisions(logits).numpy(),
            validation=training.evaluate(task.validation).scores,
            rate=config.learning_rate,
            score=training.best.validation_score if training.best else None,
            rescued=course.rescued,
            diverged=course.diverged,
            gain=_gain(training),
            steps=course.steps,
            seconds=course.seconds + time.monotonic() - started,
            trained=sum(tensor.numel() for tensor in training.trained.values()),
            curve=[(record.step, _finite(record.validation_score)) for record in training.curve],
            adapter=(self._adapter, kept_tensors(training.trained, self._tables)),
        )


def _candidates(config: RunConfig, task: Task, rates: Sequence[float], place: Place) -> list[_Candidate]:
    """A training for each rate, not begun; all of them use one frozen backbone."""
    configs = [replace(config, learning_rate=rate) for rate in rates]
    model, identity = build_model(configs[0], task.shape)
    check_padding(model, task.ragged)
    models = [model, *(model_beside(model, one) for one in configs[1:])]
    found: list[_Candidate] = []
    for number, (own, one) in enumerate(zip(models, configs, strict=True)):
        training = Training(own, task, one, place)
        if found:
            share_frozen(own, found[0].training.model, set(training.trained))
        found.append(_Candidate(training, Adapter.of(one, task, identity), abs(number - len(rates) // 2)))
    return found


def standard_error(score: float, count: int, metric: str) -> float:
    """Of a validation score over so many sequences.

    Of a share p it is that of a binomial share. R2 is 1 minus a mean of squares over the variance; for normal errors
    such a mean has the relative error sqrt(2 / count).
    """
    if metric == "r2":
        return (1 - score) * math.sqrt(2 / count)
    share = min(max(score, 0.0), 1.0)
    return math.sqrt(share * (1 - share) / count)


def rates_for(rates: Sequence[float], task: Task) -> tuple[float, ...]:
    """The rates to choose among; the middle one where validation is too small to choose."""
    return tuple(rates) if len(task.validation) >= FEWEST_TO_CHOOSE else (rates[len(rates) // 2],)


def rows_seen(config: RunConfig, task: Task) -> int | None:
    """How many sequences a training draws from an endless stream; None where it has sequences in memory."""
    return None if isinstance(task.train, Sequences) else config.steps * config.batch_size


def _gain(training: Training) -> float | None:
    """What the validation score gained from two thirds of the steps to the last evaluation."""
    start = training.config.steps * (THIRDS - 1) // THIRDS
    scores = {record.step: record.validation_score for record in training.curve}
    if start not in scores or training.step == start:
        return None
    return _finite(training.curve[-1].validation_score - scores[start])


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
