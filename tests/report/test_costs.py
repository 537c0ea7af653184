"""What an arm cost, and whether it had come to rest."""

from __future__ import annotations

from dataclasses import replace

from frostformer.report.costs import convergence, costs
from frostformer.results.seeds import summarise
from results.made import result


def ending(*scores: float, seed: int = 0):
    return replace(result(seed=seed), curve=[{"step": 100 * i, "validation_accuracy": s} for i, s in enumerate(scores)])


def test_ranges_over_the_runs():
    (cost,) = costs(summarise([result(), replace(result(seed=1), seconds=7500.0)]))
    assert (cost.trained, cost.time, cost.per_step) == ("1,250 (12.5 %)", "75.0 s to 2.1 h", "25 ms to 2.5 s")


def test_runs_that_did_not_converge_are_counted():
    resting, climbing = ending(0.5, 0.9, 0.9), ending(0.5, 0.6, 0.9, seed=1)
    assert convergence((resting,)) == "from step 100 of 3,000 on"
    assert convergence((resting, climbing)) == "from step 100 of 3,000 on; not converged: 1 of 2"
    assert convergence((climbing,)) == "not converged"


def test_runs_that_still_rise_are_counted():
    (cost,) = costs(summarise([ending(0.5, 0.9, 0.9), ending(0.5, 0.6, 0.9, seed=1)]))
    assert cost.rising == "1 of 2"
