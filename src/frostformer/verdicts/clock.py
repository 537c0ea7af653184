"""How much of a verdict's budget is left. It imports no torch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from frostformer.verdicts.budget import Budget

_FOR_READING = 0.03  # of the time, for the test and the page


class Clock:
    """Counts what is spent, in this session and in those before."""

    def __init__(
        self,
        budget: Budget,
        spent: tuple[float, float] = (0.0, 0.0),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Stand still; `spent` has the seconds and the trainings of earlier sessions."""
        self._budget, self._now = budget, now
        self._spent, self.trainings = spent
        self._begun: float | None = None

    @property
    def seconds(self) -> float:
        """Spent so far."""
        return self._spent + (0.0 if self._begun is None else self._now() - self._begun)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the seconds of what is done inside, and no others."""
        self._begun = self._now()
        try:
            yield
        finally:
            self._spent, self._begun = self.seconds, None

    def left(self) -> float:
        """Seconds that are left for training; infinity where trainings are counted."""
        if self._budget.seconds is None:
            return math.inf
        return self._budget.seconds * (1 - _FOR_READING) - self.seconds

    def is_over(self) -> bool:
        """Whether nothing is left."""
        return self.left() <= 0

    def fits(self, seconds: float, trainings: float) -> bool:
        """Whether so much is left."""
        most = self._budget.trainings
        return seconds <= self.left() and (most is None or self.trainings + trainings <= most + 1e-6)
