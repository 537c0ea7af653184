"""The seconds that training takes."""

from __future__ import annotations

import time


class Clock:
    """Tells the seconds since it was last asked."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap(self) -> float:
        """Seconds since the lap before, or since the clock was made."""
        before, self._last = self._last, time.monotonic()
        return self._last - before
