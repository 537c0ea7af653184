"""Tables in which each row is a position: sequences by id, sorted by time, or windows of long recordings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from frostformer.data.files.case import Case, Text
from frostformer.data.files.clock import Rates
from frostformer.data.files.cutting import Cutting
from frostformer.data.files.one_answer import one_answer
from frostformer.data.files.parsing.parts import part_in
from frostformer.data.files.schema import Schema
from frostformer.data.files.tables.cells import Source
from frostformer.data.files.tables.labels import LabelTable
from frostformer.data.files.tables.layout import Layout
from frostformer.data.files.tables.rows import place_of
from frostformer.data.files.tables.steps import StepReader, Steps, order
from frostformer.data.files.windows import MAJORITY, RECORDING, START, TooShort, title_of
from frostformer.errors import CannotRead, InputError
from frostformer.words import typed

_MOST_TOLD = 1000
MOST_COLLECTED = 30_000_000
"""Numbers that are held in memory where the rows of one id do not stand together; a longer table must be sorted."""


class LongCases:
    """Makes sequences of the rows of each id; and counts what is worth a sentence."""

    def __init__(self, source: Source, schema: Schema, layout: Layout, labels: LabelTable | None) -> None:
        self._source, self._schema, self._layout, self._labels = source, schema, layout, labels
        self._cutting = Cutting.of(schema.settings)
        self._reader = StepReader(source, schema, layout)
        self.sequences = 0
        self.rows_over = 0
        """Rows at the end of recordings that fill no window."""

        self.between_parts = 0
        """Windows that are left out, since the file gives their rows to several parts."""

        self.begins_again = False
        """Whether times fall far and rise again within an id, as the hour of a day does; see `_begins_again`."""

        self.equal_times: dict[str, str] = {}
        """Sequences, or recordings, in which a time stands twice, and where."""

        self.uneven = 0
        self.rates = Rates()
        self.changes: list[str] = []
        """Sequences whose rows have different answers."""

    def __iter__(self) -> Iterator[Case | CannotRead]:
        together, rising = order(self._source, self._layout)
        if together:
            yield from self._stream(rising=rising)
        else:
            yield from self._collect()

    def _stream(self, *, rising: bool) -> Iterator[Case | CannotRead]:
        """Sequences as they come, where the rows of an id stand together; of a recording only a window is held."""
        held: list[Steps] = []
        current, done = None, 0
        for steps in self._reader.steps():
            if self._layout.id:
                yield from _nameless(steps, self._source)
                steps = steps.take(steps.ids != "")
            for part in _by_id(steps):
                if current is not None and part.ids[0] != current:
                    yield from self._whole(Steps.join(held), done)
                    held, done = [], 0
                current = part.ids[0]
                held.append(part)
                if self._cutting.window and rising:
                    joined = Steps.join(held)
                    made = self._windows(joined, done, last=False)
                    yield from _there(made)
                    held, done = (
                        [joined.take(slice(len(made) * self._cutting.hop, None))],
                        done + len(made) * self._cutting.hop,
                    )
        if held:
            yield from self._whole(Steps.join(held), done)

    def _collect(self) -> Iterator[Case | CannotRead]:
        """Sequences in the order of their ids, where their rows stand apart: all rows are held.

        So a training file gives the same splits in whatever order its rows stand; in a file without answers, which
        `unanswered` says, sequences are in the order of their first rows.

        Raises:
            InputError: these are too many.
        """
        parts: list[Steps] = []
        held = 0
        for steps in self._reader.steps():
            if self._layout.id:
                yield from _nameless(steps, self._source)
                steps = steps.take(steps.ids != "")
            held += len(steps) * (len(self._schema.channels) + 6)
            if held > MOST_COLLECTED:
                raise InputError(
                    f"{self._source.path}: the rows of one '{self._layout.id}' do not stand together, and there are "
                    f"too many rows to sort them here: sort the file by '{self._layout.id}'"
                )
            parts.append(steps)
        joined = Steps.join(parts)
        rows: dict[str, list[int]] = {}
        for at, one in enumerate(joined.ids):
            rows.setdefault(one, []).append(at)
        for one in sorted(rows, key=_naturally) if self._schema.settings.get("answered", True) else rows:
            yield from self._whole(joined.take(np.array(rows[one])), 0)

    def _whole(self, steps: Steps, done: int) -> Iterator[Case | CannotRead]:
        """What the rows of one id make; the first `done` rows before these were made into windows."""
        if self._layout.time:
            self.begins_again = self.begins_again or _begins_again(steps.times)
            steps = steps.take(np.argsort(steps.times, kind="stable"))
        if not self._cutting.window:
            yield self._case(steps, 0)
            return
        yield from _there(self._windows(steps, done, last=True))
        rows = done + len(steps)
        if rows < self._cutting.window:
            yield TooShort(self._place(steps), rows, self._cutting.window)
        else:
            self.rows_over += max((rows - self._cutting.window) % self._cutting.hop, 0)

    def _place(self, steps: Steps) -> str:
        """Where the first of these rows stands in the file."""
        return place_of(self._source.path, steps.spot(int(np.argmin(steps.places[:, 0]))))

    def _windows(self, steps: Steps, done: int, *, last: bool) -> list[Case | CannotRead | None]:
        """Windows of sorted rows; where more rows follow, only those after which the next can begin.

        None stands for a window between two parts of the file.
        """
        window, hop = self._cutting.window, self._cutting.hop
        needed = window if last else max(window, hop)
        starts = range(0, len(steps) - needed + 1, hop)
        made: list[Case | CannotRead | None] = []
        for start in starts:
            rows = steps.take(slice(start, start + window))
            crosses = self._has_several(rows, self._layout.split)
            self.between_parts += crosses
            made.append(None if crosses else self._case(rows, done + start))
        return made

    def _case(self, steps: Steps, start: int) -> Case | CannotRead:
        """One sequence of sorted rows; `start` rows of its recording stand before it."""
        name = str(steps.ids[0]) or self._source.path.stem
        place = self._place(steps)
        self.sequences += 1
        if len(wrong := np.flatnonzero(steps.bad != "")):
            at = int(wrong[0])
            where = place_of(self._source.path, steps.spot(at))
            return CannotRead(f"{where}: {steps.bad[at]}: mend it, or leave out the rows of '{name}'")
        self._look(steps, name)
        split = "" if self._cutting.window else self._layout.split  # a window between two parts was left out before
        for column in (self._layout.group, split):
            if self._has_several(steps, column):
                return CannotRead(
                    f"{place}: rows of '{self._layout.id or self._source.path.name}' {name} have several values of "
                    f"'{column}': give each sequence an id of its own, or --drop {typed(column)}"
                )
        beside = self._reader.beside(steps, 0)
        if self._cutting.window:
            beside |= {RECORDING: name, START: str(start + 1)}
        title = title_of(name, start, len(steps)) if self._cutting.window else name
        values = steps.values.astype(np.str_) if self._schema.kind == "tokens" else steps.values
        try:
            part = part_in(beside.get(self._layout.split) or "", self._layout.split, place)
            if self._labels is not None:
                return self._labels.answered(Case(values, title, place, (), beside, part), name)
            return Case(values, title, place, self._target(steps, name, place), beside, part)
        except InputError as error:
            return CannotRead(str(error))

    def _has_several(self, steps: Steps, column: str) -> bool:
        names = self._schema.beside
        return column in names and len(set(steps.beside[:, names.index(column)])) > 1

    def _target(self, steps: Steps, name: str, place: str) -> tuple[Text, ...]:
        if self._schema.per_position:
            return tuple(steps.answers[:, 0]) if steps.answers.shape[1] else ()
        found: list[Text] = []
        for column in range(steps.answers.shape[1]):
            answers = list(steps.answers[:, column])
            known = [(at, one) for at, one in enumerate(answers) if one is not None]
            other = next((at for at, one in known if one != known[0][1]), None)
            where = place
            if other is not None:
                if len(self.changes) < 4 and name not in self.changes:
                    self.changes.append(name)
                line = place_of(self._source.path, steps.spot(other))
                where = f"{line}: '{self._layout.id or self._source.path.name}' {name}"
            found.append(self._one_answer(answers, where))
        return tuple(found)

    def _one_answer(self, answers: list[Text], where: str) -> Text:
        """The answer of a sequence; where its rows differ, they may be sequences of their own.

        Raises:
            CannotRead: they differ, and nothing says which to choose.
        """
        try:
            return one_answer(answers, choice(self._cutting), where)
        except CannotRead as error:
            if choice(self._cutting) or not self._layout.id:
                raise
            each = f"or --group {typed(self._layout.id)} without --id if each row is a sequence"
            raise CannotRead(f"{error}, {each}") from None

    def _look(self, steps: Steps, name: str) -> None:
        """Remember equal times, uneven steps and the rate."""
        if not self._layout.time or len(steps) < 2:
            return
        with np.errstate(over="ignore"):
            gaps = np.diff(steps.times)
            uneven = float(gaps.max() - gaps.min()) > 0.01 * float(np.abs(gaps).mean())
        if len(equal := np.flatnonzero(gaps == 0)) and len(self.equal_times) < _MOST_TOLD:
            self.equal_times.setdefault(name, place_of(self._source.path, steps.spot(int(equal[0]) + 1)))
        self.uneven += uneven
        self.rates.add(name, steps.times)


def _begins_again(times: np.ndarray) -> bool:
    """Whether times (n,) mostly rise, and fall by half of their range or more; or fall so as often as they rise."""
    known = times[np.isfinite(times)] / 2  # so that no difference is beyond float64
    gaps = np.diff(known)
    falls = gaps[gaps < 0]
    if not len(falls):
        return False
    half, rises = -0.5 * np.ptp(known), (gaps > 0).sum()
    mostly = rises > 2 * len(falls) or (rises >= len(falls) and falls.max() <= half)
    return bool(falls.min() <= half and mostly)


def _there(made: list[Case | CannotRead | None]) -> Iterator[Case | CannotRead]:
    return (one for one in made if one is not None)


def choice(cutting: Cutting) -> str:
    """How the answer of a sequence is chosen; of a window the answer of most rows, if not said otherwise."""
    return cutting.choose or (MAJORITY if cutting.window else "")


def _by_id(steps: Steps) -> Iterator[Steps]:
    """Stretches of rows with one id."""
    if len(steps):
        changes = np.flatnonzero(steps.ids[1:] != steps.ids[:-1]) + 1
        for start, end in zip([0, *changes], [*changes, len(steps)], strict=True):
            yield steps.take(slice(int(start), int(end)))


def _nameless(steps: Steps, source: Source) -> Iterator[CannotRead]:
    for at in np.flatnonzero(steps.ids == ""):
        why = steps.bad[at] or "it has no id: write one"
        where = place_of(source.path, steps.spot(int(at)))
        yield CannotRead(why if steps.bad[at].startswith(str(source.path)) else f"{where}: {why}")


def _naturally(one: str) -> tuple[bool, int, str]:
    """Ids of digits by their number, before others."""
    return (not one.isdigit(), len(one) if one.isdigit() else 0, one)
