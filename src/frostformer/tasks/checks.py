"""What must be true of the sequences of a task beside their inputs: targets, weights, and what answers are made of.

N sequences, T positions, R read positions, G predictions per position. A check raises `InputError` and says where.
"""

from __future__ import annotations

import numpy as np

from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.tasks.shape import TaskShape, sequence_name


def check_combined(combined: np.ndarray, sequences: Sequences, shape: TaskShape, where: str) -> None:
    """(N, R, T) of bool."""
    wanted = (len(sequences), shape.read_positions, sequences.inputs.shape[1])
    if combined.shape != wanted or combined.dtype != np.bool_:
        found = f"{combined.shape} and type {combined.dtype}"
        raise InputError(f"{where}: what its answers combine has shape {found}, wanted {wanted} and bool")


def check_targets(split: Sequences, shape: TaskShape, scoring: Scoring, where: str) -> None:
    """(N, R, G) that the scoring takes, at least one of each sequence known."""
    wanted = (len(split), shape.read_positions, shape.predictions)
    if split.targets.shape != wanted:
        raise InputError(f"{where}: targets have shape {split.targets.shape}, wanted {wanted}")
    if reason := scoring.refusal(split.targets):
        raise InputError(f"{where}: {reason}")
    known = scoring.known(split.targets).any(axis=(1, 2))
    if not known.all():
        raise InputError(f"{where}: {sequence_name(int(known.argmin()))} has no known target; leave it out")


def check_weights(split: Sequences, where: str) -> None:
    """(N,) of finite numbers above 0, where there are any."""
    if split.weights is None:
        return
    if split.weights.shape != (len(split),) or not (np.isfinite(split.weights) & (split.weights > 0)).all():
        raise InputError(f"{where}: wanted a weight above 0 for each sequence; leave out those that do not count")
