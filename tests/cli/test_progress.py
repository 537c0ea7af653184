"""A bar on a terminal, and in a log a line for about every tenth of the steps."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from frostformer.cli.progress import Progress
from frostformer.training.records import Record

TRAINING = SimpleNamespace(scoring=SimpleNamespace(chosen_by="accuracy"), together=1)


def train(progress: Progress, steps: int, evaluate_every: int, members: int = 1) -> None:
    for step in range(1, steps + 1):
        progress.step(step)
        if step % evaluate_every == 0:
            for _ in range(members):
                progress.show(Path(), TRAINING, Record(step, 0.5, 0.6, 0.75, seconds=2.0))
    progress.close()


def test_a_terminal_has_a_bar_with_loss_and_validation(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    train(Progress(20, "name"), 10, 10)
    shown = capsys.readouterr().err
    assert "name:  50%" in shown
    assert "10/20" in shown
    assert "loss 0.5000, validation 75.0 %" in shown


def test_each_of_several_trainings_has_lines_of_its_own(capsys):
    progress = Progress(4)
    for rate in ("rate 1", "rate 2"):
        progress.part(rate)
        train(progress, 4, 2)
    told = [line.partition(", loss")[0] for line in capsys.readouterr().err.splitlines()]
    assert told == [f"train, rate {rate}: step {step} of 4" for rate in (1, 2) for step in (2, 4)]


@pytest.mark.parametrize(("steps", "evaluate_every", "lines"), [(300, 1, 10), (300, 100, 3), (7, 1, 7), (1, 1, 1)])
@pytest.mark.parametrize("members", [1, 16])
def test_a_log_has_a_line_now_and_then(capsys, steps, evaluate_every, lines, members):
    train(Progress(steps, "train"), steps, evaluate_every, members)
    shown = capsys.readouterr().err
    assert "\r" not in shown
    told = shown.splitlines()
    assert len(told) == lines
    assert told[-1] == f"train: step {steps} of {steps}, loss 0.5000, validation 75.0 %"


@pytest.mark.parametrize(
    ("seconds", "together", "said"),
    [(60.0, 1, ", 3.0 min left"), (15.0, 4, ", 3.0 min left"), (19.0, 1, ""), (3600.0, 1, ", 3.0 h left")],
)
def test_a_log_says_how_long_is_left_of_what_takes_minutes(capsys, seconds, together, said):
    progress = Progress(400)
    progress.step(100)
    progress.show(
        Path(), SimpleNamespace(**vars(TRAINING) | {"together": together}), Record(100, 0.5, 0.6, 0.75, seconds)
    )
    assert capsys.readouterr().err.rstrip().endswith(f"validation 75.0 %{said}")
