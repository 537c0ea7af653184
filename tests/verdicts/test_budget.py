"""A budget as people write it, and what is left of it."""

from __future__ import annotations

import pytest

from frostformer.errors import InputError
from frostformer.verdicts.budget import Budget, parse_budget
from frostformer.verdicts.clock import Clock


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("1.5H", 5400), ("1 d", 86400)]
)
def test_a_time_is_read(text, seconds):
    assert parse_budget(text).seconds == seconds


def test_a_number_counts_trainings():
    assert parse_budget("60").trainings == 60


@pytest.mark.parametrize(
    "text", ["", "ten minutes", "10x", "0", "0s", "-5m", "1e9", "5m later", "999999999", "nan", "400d"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError, match="give a time such as 10m or 2h, or a number of trainings"):
        parse_budget(text)


def test_the_clock_counts_earlier_sessions():
    now = [100.0]
    clock = Clock(Budget("10m", seconds=600), (60.0, 4), now=lambda: now[0])
    assert clock.seconds == 60
    with clock.running():
        now[0] += 500
        assert clock.left() == pytest.approx(600 * 0.97 - 560)
        assert not clock.is_over()
        assert not clock.fits(60, 1)
        now[0] += 100
        assert clock.is_over()


def test_the_clock_stands_still_while_others_work():
    now = [100.0]
    clock = Clock(Budget("10m", seconds=600), now=lambda: now[0])
    with clock.running():
        now[0] += 5
    now[0] += 300
    with clock.running():
        now[0] += 7
    now[0] += 300
    assert clock.seconds == 12


def test_trainings_have_no_time_limit():
    clock = Clock(Budget("20", trainings=20), (1e9, 10), now=lambda: 0.0)
    assert not clock.is_over()
    assert clock.fits(1e9, 10)
    assert not clock.fits(0, 11)
