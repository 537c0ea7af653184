"""How far a training has come: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from frostformer.cli.terminal import is_quiet
from frostformer.report.making import duration
from frostformer.results.metrics import METRICS
from frostformer.training.loop import Training
from frostformer.training.records import Record

_LINES = 10  # at most, in the log of one training
_MINUTE = 60.0  # seconds; what is left of a shorter training need not be told


class Progress:
    """Steps, and after each evaluation loss and validation score, on stderr.

    On a terminal they are one line with a bar and the speed. Elsewhere there is a line of its own for about every tenth
    of the steps; how many there are depends on the steps alone.
    """

    def __init__(self, steps: int, name: str = "train") -> None:
        self._steps, self._name = steps, name
        self._part = ""
        self._step = self._told = 0
        self._live, self._is_quiet = sys.stderr.isatty(), is_quiet()
        self._bar: Any = None

    def part(self, part: str) -> None:
        """Begin one of several trainings, with a bar or lines of its own."""
        self.close()
        self._bar, self._step, self._told, self._part = None, 0, 0, f", {part}"

    def step(self, step: int) -> None:
        """Move to a step; the clock starts at the first, and a resumed run starts where it stopped."""
        self._step = step
        if self._is_quiet or not self._live:
            return
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=self._steps, initial=step - 1, desc=self._name + self._part, unit="step")
        self._bar.update(step - self._bar.n)

    def show(self, out: Path, training: Training, record: Record) -> None:
        """Show what the evaluation found; the line of several runs names no folder."""
        metric = METRICS[training.scoring.chosen_by]
        said = f"loss {record.train_loss:.4f}, validation {metric.text(record.validation_score)}"
        left = training.together * record.seconds / record.step * (self._steps - record.step)
        if not self._live and left >= _MINUTE:
            said += f", {duration(left)} left"
        self.tell(said)

    def tell(self, words: str) -> None:
        """Show how it goes at this step, in words."""
        if self._bar is not None:
            self._bar.set_postfix_str(words)
            return
        part = self._step * _LINES // self._steps
        if not self._is_quiet and not self._live and part > self._told:
            self._told = part
            print(
                f"{self._name}{self._part}: step {self._step:,} of {self._steps:,}, {words}",
                file=sys.stderr,
                flush=True,
            )

    def close(self) -> None:
        """Leave the line as it is and go to the next."""
        if self._bar is not None:
            self._bar.close()
