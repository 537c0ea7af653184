"""Rows that are moments of a recording, and were taken for sequences of their own. N rows, F columns."""

from __future__ import annotations

import numpy as np

from frostformer.data.files.traps.evidence import Evidence
from frostformer.data.files.traps.finding import Finding
from frostformer.data.files.traps.tables import in_blocks

_LEAST_ROWS = 40  # of fewer, neighbours mean little
_MOST_COLUMNS = 50  # a recording has a few channels; more columns are mostly features
_ALIKE = 0.5  # of the squared difference that rows of one class have by chance
_COME_BACK = 2  # blocks for each class; a file that is sorted by its answers has one
_ARRAYS = ("arrays", "matlab")


def look_at_moments(evidence: Evidence) -> Finding | None:
    """What is to be said where equal answers follow one another, and come back or have neighbours that are alike."""
    options, table, sides = evidence.options, evidence.table, evidence.sides
    if options.window or options.sequence or options.group or evidence.has_rows or evidence.schema.per_position:
        return None
    if table is None or sides is None or len(table) < _LEAST_ROWS or not _are_moments(evidence, table):
        return None
    if not in_blocks(sides) or not (_come_back(sides) or _are_alike(table, sides)):
        return None
    axes = "--axes time,channel " if evidence.schema.format in _ARRAYS else ""
    return Finding(
        "moments",
        "neighbouring rows have one answer, as in a recording: if each row is one moment, cut it into sequences of N "
        f"rows with {axes}--window N, since neighbours in training and test make a score look better than it is",
    )


def _are_moments(evidence: Evidence, table: np.ndarray) -> bool:
    """Whether a row has a few numbers, and its columns are not the numbered steps of a series."""
    settings = evidence.schema.settings
    named = settings.get("form") == "wide" and settings.get("headed")
    series = named and not settings.get("own_scales") and table.shape[1] > 1
    single = evidence.arrays[0].shape[1] == 1
    return single and not series and table.shape[1] <= _MOST_COLUMNS


def _come_back(sides: np.ndarray) -> bool:
    """Whether classes have several blocks each, of five rows or more on average."""
    runs = 1 + int((np.diff(sides) != 0).sum())
    return _COME_BACK * len(np.unique(sides)) <= runs <= len(sides) / 5


def _are_alike(table: np.ndarray, sides: np.ndarray) -> bool:
    """Whether in most columns the neighbours of one class lie closer than rows of this class do by chance."""
    together = np.diff(sides) == 0
    values = table.astype(np.float64)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        for one in np.unique(sides):
            values[sides == one] -= values[sides == one].mean(0)
        ratio = (np.diff(values, axis=0)[together] ** 2).mean(0) / (2 * values.var(0))  # (F,), 1 by chance
        return bool((ratio < _ALIKE).mean() > 0.5)
