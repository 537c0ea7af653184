"""How the time of a training is measured."""

from __future__ import annotations

import pytest

from frostformer.verdicts import speed


def test_a_moment_in_which_the_machine_is_busy_does_not_count(monkeypatch):
    now, takes = [0.0], iter([5.0, 0.9, 0.1, 0.1])  # the first time loads libraries

    def work():
        now[0] += next(takes)

    monkeypatch.setattr(speed.time, "monotonic", lambda: now[0])
    assert speed._usual_seconds(work) == pytest.approx(0.1)
