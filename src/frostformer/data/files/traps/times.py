"""A column of times, and whether labels come in blocks along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.naming import is_moment
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.data.files.parsing.times import read_dates
from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.tables import in_blocks


def read_times(name: str, texts: Sequence[Text], said: bool = False) -> np.ndarray | None:
    """(N,) float64; None where the column holds no times. Numbers are times if the name or the user says so.

    Rows without a time come last.
    """
    times = read_dates(texts)
    if times is None and (said or is_moment(name)):
        values = [None if text is None else plain_number(text) for text in texts]
        if any(value is None and text is not None for value, text in zip(values, texts, strict=True)):
            return None
        times = np.array([np.nan if value is None else value for value in values])
    if times is None or np.isnan(times).all() or len(np.unique(times[~np.isnan(times)])) < 2:
        return None
    return times


def label_blocks(evidence: Evidence, times: np.ndarray | None = None) -> bool:
    """Whether equal labels, or numbers on one side of the median, follow one another in time or in the file."""
    sides = evidence.sides
    if sides is None or len(sides) < 10:  # of fewer, blocks mean little
        return False
    return in_blocks(sides if times is None else sides[np.argsort(times, kind="stable")])
