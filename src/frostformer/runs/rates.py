"""Which learning rates are tried where validation chooses one. It imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from frostformer.config import RunConfig
from frostformer.errors import InputError

FROZEN_RATES = (3e-4, 1e-3, 3e-3)
TRAINED_RATES = (3e-5, 1e-4, 3e-4)  # where attention or feed-forward weights train
_BLOCK_WEIGHTS = {"full", "attention", "feedforward", "last-attention"}


def rates_to_try(run: RunConfig) -> tuple[float, ...]:
    """Three learning rates, by what trains."""
    return TRAINED_RATES if _BLOCK_WEIGHTS.intersection(run.trainable.split("+")) else FROZEN_RATES


def asked_rates(run: RunConfig, rates: Sequence[float] = ()) -> tuple[float, ...]:
    """The rates that a run is to try: those given, or the three of `rates_to_try`.

    Raises:
        InputError: a rate cannot be trained at, there is nothing to choose, or the run has a rate of its own.
    """
    tried = tuple(rates) or rates_to_try(run)
    if run.learning_rate != RunConfig.learning_rate:
        several = ", ".join(map(str, tried))
        raise InputError(f"learning_rate is {run.learning_rate}, but --tune tries {several}: leave one of the two out")
    if len(tried) < 2:
        raise InputError(f"--tune has one learning rate, {tried[0]}: give several, or train at it without --tune")
    for rate in tried:  # all of them before the first is trained
        replace(run, learning_rate=rate)
    return tried
