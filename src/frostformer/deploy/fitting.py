"""One fit of an estimator: distinct sequences, a part held out, a task from arrays, and the one training loop.

Nothing is written to disk. N sequences, T positions, C channels, G numbers of a target.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from frostformer.config import RunConfig
from frostformer.deploy.distinct import Distinct, held_out
from frostformer.deploy.trained import Trained
from frostformer.errors import InputError, enough_memory
from frostformer.models.build import build_model, check_padding
from frostformer.runs.adapters import Adapter, kept_tensors, position_tables
from frostformer.runs.one import settle
from frostformer.tasks.readings import Scaled
from frostformer.tasks.registry import task_of
from frostformer.tasks.scoring.calibration import fitted_temperature
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.task import Task
from frostformer.training.loop import Training
from frostformer.training.records import Record

NAME = "arrays"  # of the task, in the adapters of estimators
MOST_HELD_OUT = 0.5

Watch = Callable[[int, Record | None], None]


@dataclass(frozen=True)
class Fit:
    """What came out of a fit."""

    trained: Trained
    steps: int
    """Steps that were taken."""

    best_step: int
    """The step whose tensors are kept."""

    curve: list[Record]


def fit(
    rows: Distinct,
    scoring: Scoring,
    config: RunConfig,
    *,
    validation_fraction: float,
    calibrate: bool = False,
    module: nn.Module | None = None,
    watch: Watch,
) -> Fit:
    """Train a model, and leave torch's generator as it is.

    Args:
        rows: sequences that are not scaled, with numbers, or numbers of classes from 0 on.
        scoring: what the answers are, and what the classes are called.
        config: of the training; its task is not used.
        validation_fraction: share of the sequences that is held out to choose the step, 0 to 0.5.
        calibrate: whether to fit a temperature on what is held out.
        module: a backbone of the user's own.
        watch: is called with the number of each step, and again with the record of each evaluation.

    Raises:
        InputError: an option cannot be, or the backbone does not fit the sequences.
    """
    if not isinstance(validation_fraction, (int, float)) or not 0 <= validation_fraction <= MOST_HELD_OUT:
        raise InputError(f"validation_fraction is {validation_fraction!r}: give a number from 0 to {MOST_HELD_OUT}")
    by_class = isinstance(scoring, Classification)
    mask = held_out(rows.y, validation_fraction, config.seed, by_class=by_class)
    if calibrate and not mask.any():
        raise InputError("calibrate needs sequences that are held out: give validation_fraction above 0, or more data")
    task = _task(rows, mask, scoring)
    with torch.random.fork_rng(devices=[]), enough_memory():
        done = _trained(task, config, module, watch)
    if calibrate:
        _calibrate(done.trained, rows[mask])
    return done


def _task(rows: Distinct, mask: np.ndarray, scoring: Scoring) -> Task:
    """A task of these sequences; where none is held out, the training sequences choose the step themselves."""
    parts = {"train": rows[~mask], "validation": rows[mask if mask.any() else ~mask]}
    scaling = Scaled.fitted(parts["train"].x, parts["train"].of_mean_one())
    train, validation = [(part.x, part.y) for part in parts.values()]
    task = Task.from_arrays(
        name=NAME,
        kind="vectors",
        scoring=scoring.kind,
        train=train,
        validation=validation,
        test=validation,  # a task has one; nothing reads it
        scaling=scaling,
    )
    weighted: dict[str, Any] = {
        name: replace(getattr(task, name), weights=part.of_mean_one()) for name, part in parts.items()
    }
    return replace(task, scoring=scoring, **weighted)  # fits the scoring anew, to the weights


def _trained(task: Task, config: RunConfig, module: nn.Module | None, watch: Watch) -> Fit:
    """Train until the steps or patience end."""
    question, place = settle(config, task, module)
    task = task_of(question.config, task)
    model, identity = build_model(question.config, task.shape, module)
    check_padding(model, task.ragged)
    before = position_tables(model)
    training = Training(model, task, question.config, place)
    for record in training.run(lambda step: watch(step, None)):
        watch(record.step, record)
    if training.diverged is not None:
        _warn(training.diverged)
    adapter = Adapter.of(question.config, task, identity)
    tensors = {name: tensor.clone() for name, tensor in kept_tensors(training.trained, before).items()}
    trained = Trained(model.eval(), adapter, tensors, module, config.device)
    return Fit(trained, training.step, training.best.step if training.best else 0, training.curve)


def _warn(step: int) -> None:
    from sklearn.exceptions import ConvergenceWarning

    words = f"training diverged at step {step}, and the last tensors that were finite are kept: lower learning_rate"
    warnings.warn(words, ConvergenceWarning, stacklevel=5)


def _calibrate(trained: Trained, rows: Distinct) -> None:
    """Fit the temperature of the probabilities on the sequences that were held out."""
    logits = trained.logits(rows.x)[:, 0]  # (N, K)
    temperature = fitted_temperature(logits, rows.y, rows.weights)
    scoring: Any = trained.adapter.scoring
    trained.adapter = replace(trained.adapter, scoring=replace(scoring, temperature=temperature))
