"""The values of a case, made of texts and of channels. T positions, C channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from frostformer.data.files.parsing.numbers import strict_numbers
from frostformer.errors import CannotRead


def numbers_at(cells: Sequence[str], place: str) -> np.ndarray:
    """(T,) float64 of T numbers that a program wrote.

    Raises:
        CannotRead: one is no number: which one, behind the place.
    """
    try:
        return strict_numbers(cells)
    except ValueError as error:
        raise CannotRead(f"{place}, {error}: write a number, or ? where it is missing") from None


def letters_of(text: str) -> np.ndarray:
    """(T,) the letters of a text as tokens."""
    return np.array([text]).view("<U1") if text else np.array([], "<U1")


def stacked(channels: Sequence[np.ndarray]) -> np.ndarray:
    """(T, C) of C channels; what a shorter one lacks at its end is missing."""
    values = np.full((max(map(len, channels), default=0), len(channels)), np.nan)
    for number, channel in enumerate(channels):
        values[: len(channel), number] = channel
    return values


def without_end(values: np.ndarray) -> np.ndarray:
    """(T, C) values up to the last position at which a channel is not missing."""
    there = np.flatnonzero(~np.isnan(values).all(axis=1))
    return values[: int(there[-1]) + 1] if len(there) else values[:0]


def channel_names(count: int) -> tuple[str, ...]:
    """Names of channels that a file does not name."""
    return tuple(f"channel {at + 1}" for at in range(count))
