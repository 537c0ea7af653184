"""Channels of one sequence put side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def stacked(channels: Sequence[np.ndarray]) -> np.ndarray:
    """(T, C) of C channels; what a shorter one lacks at its end is missing."""
    values = np.full((max(map(len, channels), default=0), len(channels)), np.nan)
    for number, channel in enumerate(channels):
        values[: len(channel), number] = channel
    return values
