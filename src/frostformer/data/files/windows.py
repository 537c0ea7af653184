"""Cuts long recordings into windows, each with the recording that it is from. T rows, W rows of a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.one_answer import one_answer
from frostformer.errors import CannotRead
from frostformer.words import counted

RECORDING = "recording"
START = "first row"
"""Columns beside a window: the name of its recording, and the row of the recording at which it starts, from 1."""


MAJORITY = "majority"
"""Which answer a window has, if nothing else is asked: that of most of its rows."""


class TooShort(CannotRead):
    """A recording in which not even one window has room."""

    def __init__(self, place: str, rows: int, window: int) -> None:
        super().__init__(f"{place} has {counted(rows, 'row')}, fewer than --window {window}: give a smaller one")
        self.place = place


@dataclass(frozen=True)
class Id:
    """What a sequence is called, in predictions and beside test scores."""

    name: str
    """As the file has it; of a window, the name of its recording."""

    start: int | None = None
    """The row of the recording at which a window starts, from 1."""


def id_of(case: Case) -> Id:
    """What a sequence is called."""
    recording, start = case.beside.get(RECORDING), case.beside.get(START)
    if recording is None or start is None or not start.isdigit():
        return Id(case.name)
    return Id(recording, int(start))


def title_of(recording: str, start: int, size: int) -> str:
    """A window with `start` rows before it, for sentences."""
    return f"{recording}, rows {start + 1}-{start + size}"


def windows(case: Case, cutting: Cutting, *, per_position: bool = False) -> Iterator[Case]:
    """The windows of a recording; rows at its end that do not fill one are left out.

    Args:
        case: (T, C) or (T,).
        cutting: the answers of a recording's rows become one, as it says.
        per_position: whether they stay instead.

    Raises:
        CannotRead: the answers cannot be chosen among; nothing comes after it.
    """
    size = cutting.window
    for start in range(0, len(case.values) - size + 1, cutting.hop):
        rows = slice(start, start + size)
        target, place = case.target, f"{case.place}, rows {start + 1:,} to {start + size:,}"
        if cutting.each_row and target:
            target = target[rows] if per_position else (one_answer(target[rows], cutting.choose or MAJORITY, place),)
        beside = {**case.beside, RECORDING: case.name, START: str(start + 1)}
        yield replace(
            case,
            values=case.values[rows],
            name=title_of(case.name, start, size),
            place=place,
            target=target,
            beside=beside,
        )


def recordings_of(cases: Sequence[Case]) -> np.ndarray | None:
    """(N,) the number of the recording that each window is from; None where there are no windows."""
    if not cases or any(RECORDING not in case.beside or START not in case.beside for case in cases):
        return None
    names: dict[Text, int] = {}
    return np.array([names.setdefault(case.beside[RECORDING], len(names)) for case in cases])


def windows_apart(cutting: Cutting) -> int:
    """Windows to leave out between two parts, so that as many rows as a window has lie between them."""
    return -(-2 * cutting.window // cutting.hop) - 1 if cutting.window else 1
