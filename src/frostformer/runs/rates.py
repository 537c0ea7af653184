"""Which learning rates are tried where validation chooses one. It imports no torch."""

from __future__ import annotations

from frostformer.config import RunConfig
from frostformer.errors import InputError

FROZEN_RATES = (3e-4, 1e-3, 3e-3)
TRAINED_RATES = (3e-5, 1e-4, 3e-4)  # where attention or feed-forward weights train
_BLOCK_WEIGHTS = {"full", "attention", "feedforward", "last-attention"}


def rates_to_try(run: RunConfig) -> tuple[float, ...]:
    """Three learning rates, by what trains."""
    return TRAINED_RATES if _BLOCK_WEIGHTS.intersection(run.trainable.split("+")) else FROZEN_RATES


def refuse_given_rate(run: RunConfig) -> None:
    """Refuse a learning rate that would be given in vain, since three others are tried."""
    if run.learning_rate != RunConfig.learning_rate:
        tried = ", ".join(map(str, rates_to_try(run)))
        raise InputError(f"learning_rate is {run.learning_rate}, but --tune tries {tried}: leave one of the two out")
