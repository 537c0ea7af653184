"""A page that is written again while its runs finish, so that one can look before the end. It imports no torch."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from frostformer.errors import InputError
from frostformer.results.result import Result

SECONDS_BETWEEN = 5.0
MOST_TIME = 0.05
"""Share of the time that goes into pages: large ones are written less often."""

log = logging.getLogger(__name__)


class LivePage:
    """The page of runs that are being made."""

    def __init__(
        self, write: Callable[[list[Result], str], None], runs: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Nothing is written yet.

        Args:
            write: writes the page of these results, with a sentence on what is still to come.
            runs: how many there will be.
            clock: tells the time in seconds.
        """
        self._write, self._runs, self._clock = write, runs, clock
        self._next = clock()

    def show(self, results: Sequence[Result], failed: int = 0) -> None:
        """Write the page of the runs that have ended, of which some may have failed.

        It is not written if it was written moments ago, or if all have ended.

        A page that cannot be written now is no reason to stop; at the end somebody writes the last one and is told.
        """
        begun = self._clock()
        if begun < self._next or not results or not (ended := len(results) + failed) < self._runs:
            return
        try:
            self._write(list(results), f"Runs are still being made: {ended} of {self._runs} have ended.")
        except (InputError, OSError):
            log.warning("the page could not be written", exc_info=True)
        now = self._clock()
        self._next = now + max(SECONDS_BETWEEN, (now - begun) / MOST_TIME)
