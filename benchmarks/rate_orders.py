"""Does a third of a training order the learning rates as the whole of it does?

A verdict runs three rates for a third of the steps and goes on with the best. That is fair to both arms as far as the
order at a third is the order at the end. Here every rate runs to the end, on five tasks, in both arms, three times.

    python -m benchmarks.rate_orders runs/rate-orders results/verdicts/rate_orders.json

Runs that have ended are kept; the same command goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

from scipy.stats import spearmanr

from benchmarks.null_studies import write_rows
from frostformer.config import RunConfig, Weights
from frostformer.results.result import Result
from frostformer.runs.many import run_many
from frostformer.runs.rates import rates_to_try
from frostformer.studies.scales import LAPTOP
from frostformer.tasks.registry import build_task
from frostformer.verdicts.training import EVALUATIONS, THIRDS
from frostformer.verdicts.trial import with_few_to_validate

TASKS = ("digits", "bit-memory", "listops", "mnist", "cifar10")
ARMS: tuple[Weights, ...] = ("pretrained", "random")
SEEDS = (0, 1, 2)
STEPS = 270
_TESTED = 2000


def config_of(task: str, arm: Weights, seed: int) -> RunConfig:
    """A training as a verdict has it, but for the rate."""
    budget = LAPTOP.budgets.get(task)
    return RunConfig(
        task=task,
        task_options=dict(budget.options) if budget else {},
        weights=arm,
        seed=seed,
        steps=STEPS,
        evaluate_every=STEPS // EVALUATIONS[0],
        batch_size=16,
        backbone_precision="int8",
        device="cpu",
    )


def best_until(result: Result, step: int) -> float:
    """The best validation score of the evaluations up to a step, by which a verdict orders rates."""
    name = f"validation_{result.task['scoring']['chosen_by']}"
    scores = [(point["step"] or 0, point[name]) for point in result.curve]
    return max((score for at, score in scores if at <= step and score is not None), default=float("-inf"))


def row(task: str, arm: str, seed: int, results: dict[float, Result]) -> dict[str, Any]:
    """What the rates of one training scored at a third and at the end."""
    rates = sorted(results)
    third = [best_until(results[rate], STEPS // THIRDS) for rate in rates]
    end = [best_until(results[rate], STEPS) for rate in rates]
    chosen = max(range(len(rates)), key=lambda at: (third[at], -abs(at - len(rates) // 2)))  # as a verdict breaks ties
    return {
        "task": task,
        "arm": arm,
        "seed": seed,
        "rates": rates,
        "third": third,
        "end": end,
        "correlation": _correlation(third, end),
        "lost": max(end) - end[chosen],
    }


def _correlation(third: list[float], end: list[float]) -> float | None:
    """Spearman's; None where all rates score alike."""
    return None if len(set(third)) == 1 or len(set(end)) == 1 else float(spearmanr(third, end).statistic)


def summary(rows: list[dict[str, Any]]) -> str:
    """A line for each task and arm, and one for all."""
    lines = [
        _line(f"{task}, {arm}", [r for r in rows if (r["task"], r["arm"]) == (task, arm)]) for task, arm in _cells()
    ]
    return "\n".join([*lines, _line("all", rows)])


def _line(name: str, rows: list[dict[str, Any]]) -> str:
    known = [one["correlation"] for one in rows if one["correlation"] is not None]
    right, lost = sum(one["lost"] == 0 for one in rows), 100 * mean(one["lost"] for one in rows)
    shown = f"{mean(known):.2f}" if known else "all rates alike"
    return f"{name}: rank correlation {shown}; best at the end in {right} of {len(rows)}; {lost:.2f} points lost"


def _cells() -> Iterable[tuple[str, Weights]]:
    return ((task, arm) for task in TASKS for arm in ARMS)


def main(words: list[str]) -> None:
    """Train what is missing, and write what all of it says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=Path)
    parser.add_argument("file", type=Path)
    given = parser.parse_args(words)
    rows: list[dict[str, Any]] = []
    for name, arm in _cells():
        first = config_of(name, arm, 0)
        task = with_few_to_validate(build_task(name, first.task_options))
        task = replace(task, test=task.test[:_TESTED])  # it says nothing here, and takes time
        for seed in SEEDS:
            config = config_of(name, arm, seed)
            configs = {f"{rate:g}": replace(config, learning_rate=rate) for rate in rates_to_try(config)}
            found = run_many(configs, given.runs / name / arm / f"seed-{seed}", task=task)
            rows.append(row(name, arm, seed, {float(rate): result for rate, result in found.results.items()}))
            print(_line(f"{name}, {arm}, seed {seed}", rows[-1:]), flush=True)
    write_rows(given.file, rows)
    print(summary(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
