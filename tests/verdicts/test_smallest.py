"""The smallest gain that is likely to be found, from the validation scores of a few replicates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from frostformer.verdicts.collecting import Collected
from frostformer.verdicts.smallest import smallest_by_validation

REPLICATES, ROWS = 5, 400


def comparison() -> Any:
    trial = SimpleNamespace(fold_of=np.zeros(1000, int), folds=(None,), units=None, trained_on=4000)
    return SimpleNamespace(trial=trial, plan=SimpleNamespace(replicates=REPLICATES), is_share=True)


def collected(shares, generator):
    """An arm of which so large a share of the validation rows is right in each replicate."""
    rows = tuple(((generator.random(ROWS) < share).astype(float),) for share in shares)
    return Collected("arm", (), tuple(np.zeros((1, 1, 1)) for _ in rows), rows)


@pytest.mark.parametrize("seed", range(5))
def test_validation_rows_that_are_hard_for_both_arms_are_no_spread_of_seeds(seed):
    generator = np.random.default_rng(seed)
    hard = np.array([0.6, 0.9, 0.75, 0.95, 0.65])  # validation is drawn anew in each replicate
    steady = smallest_by_validation(
        comparison(), collected([0.8] * 5, generator), collected([0.75] * 5, generator), 0.025
    )
    shared = smallest_by_validation(comparison(), collected(hard, generator), collected(hard - 0.05, generator), 0.025)
    own = smallest_by_validation(
        comparison(), collected(hard, generator), collected(np.roll(hard, 2), generator), 0.025
    )
    assert steady is not None
    assert shared is not None
    assert own is not None
    assert shared < 2 * steady < own


def test_one_replicate_says_nothing():
    generator = np.random.default_rng(0)
    assert smallest_by_validation(comparison(), collected([0.8], generator), collected([0.8], generator), 0.025) is None
