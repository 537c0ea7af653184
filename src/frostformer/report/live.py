"""A page that is written again while its runs finish, so that one can look before the end. It imports no torch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from frostformer.errors import InputError
from frostformer.report.page import write_report
from frostformer.results.result import Result

SECONDS_BETWEEN = 5.0

log = logging.getLogger(__name__)


class LivePage:
    """The page of runs that are being made."""

    def __init__(self, path: Path, runs: int, *, clock: Callable[[], float] = time.monotonic, **options: Any) -> None:
        """Nothing is written yet.

        Args:
            path: the page.
            runs: how many there will be.
            clock: tells the time in seconds.
            options: further arguments of `write_report`.
        """
        self._path, self._runs, self._clock, self._options = path, runs, clock, options
        self._next = clock()

    def show(self, results: Sequence[Result]) -> None:
        """Write the page of the runs that have ended, unless it was written moments ago or all have ended.

        A page that cannot be written now is no reason to stop; at the end somebody writes the last one and is told.
        """
        if self._clock() < self._next or not 0 < len(results) < self._runs:
            return
        still = f"Runs are still being made: {len(results)} of {self._runs} have ended."
        try:
            write_report(list(results), self._path, unfinished=still, **self._options)
        except (InputError, OSError):
            log.warning("the page could not be written", exc_info=True)
        self._next = self._clock() + SECONDS_BETWEEN
