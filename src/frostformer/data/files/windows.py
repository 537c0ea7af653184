"""Cuts long recordings into windows, each with the recording that it is from. T rows, W rows of a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.options import Choice, FileOptions
from frostformer.data.files.parsing.numbers import plain_number
from frostformer.errors import InputError

RECORDING = "recording"
START = "first row"
"""Columns beside a window: the name of its recording, and the row of the recording at which it starts, from 1."""


def windows(case: Case, options: FileOptions, per_position: bool = False) -> Iterator[Case]:
    """The windows of a recording; rows at its end that do not fill one are left out.

    The answers of a recording's rows become one, as `options.choose` says, or stay with `per_position`.

    Raises:
        InputError: a window or a hop of no rows.
    """
    size = options.window or 0
    hop = size if options.hop is None else options.hop
    if min(size, hop) < 1:
        raise InputError(f"--window {size} and --hop {hop}: both are at least 1 row")
    for start in range(0, len(case.values) - size + 1, hop):
        rows = slice(start, start + size)
        target = case.target
        if len(target) == len(case.values):
            target = target[rows] if per_position else (chosen(target[rows], options.choose),)
        span = f"rows {start + 1:,} to {start + size:,}"
        beside = {**case.beside, RECORDING: case.name, START: str(start + 1)}
        yield replace(
            case,
            values=case.values[rows],
            name=f"{case.name}:{start + 1}",
            place=f"{case.place}, {span}",
            target=target,
            beside=beside,
        )


def chosen(texts: Sequence[Text], choose: Choice | None) -> Text:
    """One answer for rows that may differ in theirs; the most common one if nothing is said."""
    known = [text for text in texts if text is not None]
    if not known:
        return None
    if choose in ("first", "last"):
        return known[0 if choose == "first" else -1]
    if choose in ("any", "max"):
        return max(known, key=lambda text: (plain_number(text) is not None, plain_number(text) or 0.0, text))
    return Counter(known).most_common(1)[0][0]


def recordings_of(cases: Sequence[Case]) -> np.ndarray | None:
    """(N,) the number of the recording that each window is from; None where there are no windows."""
    if not cases or any(RECORDING not in case.beside or START not in case.beside for case in cases):
        return None
    names: dict[Text, int] = {}
    return np.array([names.setdefault(case.beside[RECORDING], len(names)) for case in cases])


def windows_apart(options: FileOptions) -> int:
    """Windows to leave out between two parts, so that as many rows as a window has lie between them."""
    size = options.window or 1
    return -(-2 * size // (options.hop or size)) - 1
