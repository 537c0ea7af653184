"""How much is trained: replicates, steps and evaluations that fit into a budget."""

from __future__ import annotations

import pytest

from frostformer.errors import InputError
from frostformer.verdicts.budget import as_budget, parse_budget
from frostformer.verdicts.sizing import OF_THE_VERDICT, Size, size
from frostformer.verdicts.speed import Speed

FAST = Speed(build=0.1, step=0.01, validation=0.1, test=0.1)
SLOW_VALIDATION = Speed(build=0.1, step=0.01, validation=2.0, test=1.0)
THREE_ARMS = [3, 3, 3]


def test_a_long_budget_has_five_replicates_and_nine_evaluations():
    found = size(parse_budget("10m"), FAST, 1, THREE_ARMS)
    assert (found.replicates, found.evaluations) == (5, 9)
    assert found.steps % 9 == 0
    seconds = 15 * FAST.training(found.steps, found.evaluations, 3)
    assert 0.95 * OF_THE_VERDICT * 600 < seconds <= OF_THE_VERDICT * 600


def test_fewer_evaluations_before_fewer_replicates():
    found = size(parse_budget("6m"), SLOW_VALIDATION, 1, THREE_ARMS)
    assert (found.replicates, found.evaluations) == (5, 3)
    assert found.steps >= 99


def test_the_smallest_verdict_has_three_replicates_of_27_steps():
    with pytest.raises(InputError, match="takes about") as refused:
        size(parse_budget("1m"), SLOW_VALIDATION, 1, THREE_ARMS)
    needed = str(refused.value).split("about ")[1].split(" here")[0]
    budget = parse_budget(needed)
    found = size(budget, SLOW_VALIDATION, 1, THREE_ARMS)
    assert found.replicates == 3
    assert found.steps >= 27
    with pytest.raises(InputError, match="takes about"):
        size(budget.part(0.9), SLOW_VALIDATION, 1, THREE_ARMS)


@pytest.mark.parametrize(
    ("seconds", "text"), [(1.2, "2s"), (119.5, "120s"), (6924, "1h56m"), (7200, "2h"), (3601, "1h1m")]
)
def test_a_time_as_a_budget_is_never_shorter(seconds, text):
    assert as_budget(seconds) == text
    assert parse_budget(text).seconds >= seconds


def test_no_more_steps_than_are_asked_for():
    assert size(parse_budget("10m"), FAST, 1, THREE_ARMS, steps=50) == Size(5, 45, 9)


def test_trainings_are_counted_with_their_choice_of_a_rate():
    assert size(parse_budget("25"), FAST, 1, THREE_ARMS) == Size(5, 594, 9)
    assert size(parse_budget("15"), FAST, 1, THREE_ARMS, steps=54) == Size(3, 54, 9)
    with pytest.raises(InputError, match="takes 15: give so many"):
        size(parse_budget("14"), FAST, 1, THREE_ARMS)
