"""Rows of a table in the long form, held by columns, so that many rows take little memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from frostformer.data.files.case import Text
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.answers import answer_of
from frostformer.data.files.tables.cells import Block, Source, Spot, text_of
from frostformer.data.files.tables.channels import matrix
from frostformer.data.files.tables.layout import Layout

_MOST_IDS, _MOST_SHARED = 100_000, 4096


@dataclass(frozen=True)
class Steps:
    """n rows, each a position."""

    ids: np.ndarray
    """(n,) of str, as objects."""

    values: np.ndarray
    """Vectors: (n, C) float64. Tokens: (n,) of str, as objects."""

    times: np.ndarray
    """(n,) float64, seconds or numbers; zeros where the table has no time."""

    places: np.ndarray
    """(n, 2) int64: number of the row, and the line; 0 where there are no lines."""

    answers: np.ndarray
    """(n, targets) of str or None, as objects; no targets where the table lacks one."""

    beside: np.ndarray
    """(n, columns) of str or None, as objects: what is no input."""

    bad: np.ndarray
    """(n,) of str, as objects: why a row cannot be read; empty where it can."""

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, index: np.ndarray | slice) -> Steps:
        """Some of the rows."""
        return Steps(*(part[index] for part in self.parts()))

    def spot(self, at: int) -> Spot:
        """Where a row stands."""
        return Spot(int(self.places[at, 0]), int(self.places[at, 1]))

    def parts(self) -> tuple[np.ndarray, ...]:
        """The columns."""
        return self.ids, self.values, self.times, self.places, self.answers, self.beside, self.bad

    @staticmethod
    def join(parts: Sequence[Steps]) -> Steps:
        """Rows one after the other."""
        if len(parts) == 1:
            return parts[0]
        return Steps(*(np.concatenate(columns) for columns in zip(*(one.parts() for one in parts), strict=True)))


class StepReader:
    """Turns blocks of a table into steps."""

    def __init__(self, source: Source, schema: Schema, layout: Layout) -> None:
        self._source, self._schema, self._layout = source, schema, layout
        self._same: dict[str, str] = {}

    def steps(self) -> Iterator[Steps]:
        """All rows, a block at a time, in the order of the file."""
        for block in self._source.blocks():
            yield self._of(block)

    def _of(self, block: Block) -> Steps:
        layout, n = self._layout, len(block.spots)
        bad = np.full(n, "", dtype=object)
        columns = [block.column(name) for name in layout.columns]
        if self._schema.kind == "tokens":
            values = _objects([text_of(cell) for cell in columns[0]])
        else:
            values, wrong = matrix(columns, layout, layout.columns)
            for at, why in wrong.items():
                bad[at] = why
        times = np.zeros(n)
        if layout.time:
            for at, cell in enumerate(block.column(layout.time)):
                time = layout.seconds(text_of(cell))
                times[at] = np.nan if time is None else time
                if not np.isfinite(times[at]) and not bad[at]:
                    bad[at] = f"column '{layout.time}' has '{text_of(cell)[:60]}', which is no time"
        for at, why in block.bad.items():
            bad[at] = why
        ids = [text_of(cell) for cell in block.column(layout.id)] if layout.id else [""] * n
        places = np.array([(spot.row, spot.line) for spot in block.spots], dtype=np.int64).reshape(n, 2)
        return Steps(self._shared(ids), values, times, places, self._answers(block, n), self._beside(block, n), bad)

    def _answers(self, block: Block, n: int) -> np.ndarray:
        names = [name for name in self._schema.targets if name in block.columns]
        if len(names) < len(self._schema.targets):
            names = []
        answers = np.empty((n, len(names)), dtype=object)
        for column, name in enumerate(names):
            found: dict[str, Text] = {}
            for at, cell in enumerate(block.columns[name]):
                text = text_of(cell)
                if text not in found:
                    found[text] = answer_of(text, name, self._layout)
                answers[at, column] = found[text]
        return answers

    def _beside(self, block: Block, n: int) -> np.ndarray:
        made = np.full((n, len(self._schema.beside)), None, dtype=object)
        for column, name in enumerate(self._schema.beside):
            if name in block.columns:
                made[:, column] = self._shared([text_of(cell) for cell in block.columns[name]])
        return made

    def beside(self, steps: Steps, at: int) -> dict[str, Text]:
        """What stands beside a row."""
        return {name: text or None for name, text in zip(self._schema.beside, steps.beside[at], strict=True)}

    def _shared(self, texts: Sequence[str]) -> np.ndarray:
        """Texts as objects; equal ones are mostly one object, so that they take memory once."""
        if len(self._same) > _MOST_SHARED:
            self._same.clear()
        return _objects([self._same.setdefault(one, one) for one in texts])


def _objects(values: Sequence[str]) -> np.ndarray:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def order(source: Source, layout: Layout) -> tuple[bool, bool]:
    """How the rows of a table lie.

    Returns:
        Whether the rows of each id stand together, as far as this can be told in little memory; and whether times do
        not fall within them.
    """
    together, rising, upward, numeric = True, True, True, True
    seen: set[int] | None = set()
    last, last_time = None, -np.inf
    for block in source.blocks():
        times = block.column(layout.time) if layout.time else None
        ids = block.column(layout.id) if layout.id else [""] * len(block.spots)
        for at, cell in enumerate(ids):
            one = text_of(cell)
            if one != last:
                if last is not None:
                    upward = upward and one > last
                    numeric = numeric and one.isdigit() and last.isdigit() and (len(last), last) < (len(one), one)
                if seen is not None:
                    together = together and hash(one) not in seen
                    seen.add(hash(one))
                    seen = seen if len(seen) <= _MOST_IDS else None
                last, last_time = one, -np.inf
            if times is not None:
                time = layout.seconds(text_of(times[at]))
                rising = rising and time is not None and math.isfinite(time) and time >= last_time
                last_time = time if time is not None else last_time
    return (together if seen is not None else upward or numeric), rising
