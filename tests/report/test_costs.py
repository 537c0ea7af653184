"""What an arm cost, and whether it had come to rest."""

from __future__ import annotations

from dataclasses import replace

from frostformer.report.costs import costs
from frostformer.results.seeds import summarise
from results.made import result


def test_ranges_over_the_runs():
    (cost,) = costs(summarise([result(), replace(result(seed=1), seconds=7500.0)]))
    assert (cost.trained, cost.time, cost.per_step) == ("1,250 (12.5 %)", "75.0 s to 2.1 h", "25 ms to 2.5 s")


def test_runs_that_had_not_converged_are_counted():
    flat = [{"step": 1000 * i, "validation_accuracy": 0.9} for i in (1, 2, 3)]
    (cost,) = costs(summarise([replace(result(), curve=flat), result(seed=1)]))
    assert cost.converged == "not converged (1 unsteady); 1 of 2 converged: 1,000"


def test_operations_of_both_directions_are_added():
    counted = replace(result(), flops={"forward": 1_000_000_000, "backward": 1_500_000_000})
    assert [cost.flops for cost in costs(summarise([counted]))] == ["2.5 GFLOP"]
    assert [cost.flops for cost in costs(summarise([result()]))] == ["not recorded"]
