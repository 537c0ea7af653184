"""Fits the temperature of a trained model's probabilities on validation, and measures on test what it is worth.

M known predictions, K classes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from frostformer.data.sequences import Sequences
from frostformer.models.model import SequenceModel
from frostformer.results.fields import Calibration
from frostformer.tasks.scoring.calibration import expected_calibration_error, fitted_temperature
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.task import Task
from frostformer.training.evaluation import predict_logits


def calibrated(model: SequenceModel, task: Task) -> tuple[Scoring, Calibration | None]:
    """The task's scoring with a temperature fitted on validation; and what a result says of it.

    Where the model gives no finite logits, there is nothing to fit, and the scoring stays as it is.
    """
    scoring = task.scoring
    assert isinstance(scoring, Classification)  # `task_of` refuses other answers
    held_out, classes = _known(scoring, model, task.validation)
    logits, targets = _known(scoring, model, task.test)
    if not (np.isfinite(held_out).all() and np.isfinite(logits).all()):
        return scoring, None
    milder = replace(scoring, temperature=fitted_temperature(held_out, classes))
    return milder, {
        "temperature": milder.temperature,
        "error_before": _error(scoring, logits, targets),
        "error": _error(milder, logits, targets),
    }


def _known(scoring: Classification, model: SequenceModel, split: Sequences) -> tuple[np.ndarray, np.ndarray]:
    """(M, K) logits and (M,) classes."""
    logits = predict_logits(model, split, batch_size=64).double().numpy()
    known = scoring.known(split.targets)
    return logits[known], split.targets[known]


def _error(scoring: Classification, logits: np.ndarray, targets: np.ndarray) -> float:
    chances = scoring.distribution(torch.from_numpy(logits)).numpy()  # (M, K)
    return expected_calibration_error(chances.max(1), chances.argmax(1) == targets)
