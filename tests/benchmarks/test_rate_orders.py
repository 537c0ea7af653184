"""What three rates scored at a third and at the end, as a verdict would have seen it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.rate_orders import STEPS, TASKS, config_of, row, summary
from frostformer.runs.rates import rates_to_try
from results.made import result

RATES = (3e-4, 1e-3, 3e-3)


def scored(third, end):
    """The results of the three rates with these scores at a third and at the end."""
    made = {}
    for rate, *scores in zip(RATES, third, end, strict=True):
        points = [
            {"step": step, "validation_accuracy": score}
            for step, score in zip((STEPS // 3, STEPS), scores, strict=True)
        ]
        one = result()
        made[rate] = replace(one, curve=points, task=one.task | {"scoring": {"chosen_by": "accuracy"}})
    return made


@pytest.mark.parametrize(
    ("third", "end", "correlation", "lost"),
    [
        ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), 1.0, 0.0),
        ((0.3, 0.2, 0.1), (0.4, 0.5, 0.6), -1.0, 0.2),
        ((0.3, 0.3, 0.3), (0.4, 0.5, 0.6), None, 0.1),  # of rates alike a verdict takes the middle one
        ((0.5, 0.2, 0.1), (0.3, 0.4, 0.2), 1.0, 0.0),  # what was reached before is not lost
    ],
)
def test_a_row_is_what_a_verdict_would_have_lost(third, end, correlation, lost):
    found = row("digits", "random", 0, scored(third, end))
    assert found["correlation"] == (None if correlation is None else pytest.approx(correlation))
    assert found["lost"] == pytest.approx(lost)


def test_the_summary_has_every_task_and_arm():
    rows = [
        row(task, arm, 0, scored((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)))
        for task in TASKS
        for arm in ("pretrained", "random")
    ]
    lines = summary(rows).splitlines()
    assert len(lines) == 2 * len(TASKS) + 1
    assert lines[-1] == "all: rank correlation 1.00; best at the end in 10 of 10; 0.00 points lost"


def test_the_rates_are_those_of_a_verdict():
    assert tuple(rates_to_try(config_of("digits", "random", 0))) == RATES
