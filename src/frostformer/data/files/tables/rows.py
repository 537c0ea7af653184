"""Tables in which each row is a sequence: in its columns, or in a list or a text in one cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.parsing.parts import part_in
from frostformer.data.files.parsing.values import without_end
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.answers import answer_of
from frostformer.data.files.tables.cells import Block, Cell, Source, Spot, text_of
from frostformer.data.files.tables.channels import matrix, sequence_in, symbols_in
from frostformer.data.files.tables.labels import LabelTable
from frostformer.data.files.tables.layout import Layout
from frostformer.errors import CannotRead


class RowCases:
    """Makes a sequence of each row."""

    def __init__(self, source: Source, schema: Schema, layout: Layout, labels: LabelTable | None) -> None:
        self._source, self._schema, self._layout, self._labels = source, schema, layout, labels
        self.gaps = 0
        self.where: list[tuple[Spot, int]] = []
        """Missing values inside sequences: how many, and the first with their position from 1."""

    def __iter__(self) -> Iterator[Case | CannotRead]:
        for block in self._source.blocks():
            yield from self._of_block(block)

    def _of_block(self, block: Block) -> Iterator[Case | CannotRead]:
        values, wrong = self._values(block)
        layout_trims = self._layout.trim and self._schema.kind == "vectors"
        for at, spot in enumerate(block.spots):
            place = place_of(self._source.path, spot)
            if at in block.bad:
                yield CannotRead(block.bad[at])
                continue
            if at in wrong:
                yield CannotRead(f"{place}: {wrong[at]}: mend this cell")
                continue
            if layout_trims:
                self._count_gaps(values[at], spot)
            try:
                yield self._case(block, at, values[at], place)
            except CannotRead as error:
                yield error

    def _values(self, block: Block) -> tuple[Sequence[np.ndarray], dict[int, str]]:
        """The values of each row, and the rows that cannot be read with the reason."""
        layout, tokens = self._layout, self._schema.kind == "tokens"
        columns = [block.column(name) for name in layout.columns]
        if layout.form == "wide" and tokens:
            rows = [np.array([text_of(cell) for cell in row], dtype=np.str_) for row in zip(*columns, strict=True)]
            return [row[row != ""] if layout.trim else row for row in rows], {}
        if layout.form == "wide":
            found, bad = matrix(columns, layout, layout.columns)
            channels = len(self._schema.channels)
            made = found.reshape(len(found), channels, -1).transpose(0, 2, 1)
            return [without_end(row) if layout.trim else row for row in made], bad
        if tokens:
            return [symbols_in(cell, lists=layout.lists) for cell in columns[0]], {}
        return _stacked(columns, layout, len(self._schema.channels))

    def _case(self, block: Block, at: int, values: np.ndarray, place: str) -> Case:
        schema, layout = self._schema, self._layout
        name = text_of(block.column(layout.id)[at]) if layout.id else str(block.spots[at].row)
        cells = {one: block.columns[one][at] for one in schema.targets if one in block.columns}
        target: tuple[Text, ...] = ()
        if self._labels is None and len(cells) == len(schema.targets):
            if schema.per_position:
                target = self._positions(next(iter(cells.values())), len(values), place)
            else:
                target = tuple(answer_of(cell, one, layout) for one, cell in cells.items())
        beside = {one: text_of(block.columns[one][at]) or None for one in schema.beside if one in block.columns}
        part = part_in(beside.get(layout.split) or "", layout.split, place)
        case = Case(values, name or str(block.spots[at].row), place, target, beside, part)
        return case if self._labels is None else self._labels.answered(case, name)

    def _count_gaps(self, values: np.ndarray, spot: Spot) -> None:
        gaps = np.flatnonzero(np.isnan(values).any(axis=1))
        self.gaps += len(gaps)
        self.where += [(spot, int(at) + 1) for at in gaps[: max(3 - len(self.where), 0)]]

    def _positions(self, cell: Cell, length: int, place: str) -> tuple[Text, ...]:
        """One answer for each position, from a text or a list of as many."""
        answers = tuple(str(one) or None for one in symbols_in(cell))
        if len(answers) != length:
            raise CannotRead(f"{place} has {length} positions and {len(answers)} answers: give one for each position")
        return answers


def _stacked(
    columns: Sequence[Sequence[Cell]], layout: Layout, channels: int
) -> tuple[list[np.ndarray], dict[int, str]]:
    """Lists of several columns side by side, as channels."""
    made, bad = [], dict[int, str]()
    for at, row in enumerate(zip(*columns, strict=True)):
        parts = [sequence_in(cell) for cell in row]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            wrong = next(at for at, part in enumerate(parts) if part is None)
            bad[at] = f"column '{layout.columns[wrong]}' has '{text_of(row[wrong])[:60]}', which is no list of numbers"
        elif len({len(part) for part in found}) > 1:
            bad[at] = f"the lists of its columns have different lengths ({', '.join(str(len(one)) for one in found)})"
        else:
            together = np.concatenate(found, axis=1) if len(found[0]) else np.zeros((0, channels))
            if together.shape[1] != channels:
                bad[at] = f"it has {together.shape[1]} channels where the others have {channels}"
            made.append(together)
            continue
        made.append(np.zeros((0, channels)))
    return made, bad


def place_of(path: Path, spot: Spot) -> str:
    """Where a row stands, for sentences."""
    return f"{path.name}, line {spot.line}" if spot.line else f"{path.name}, row {spot.row}"
