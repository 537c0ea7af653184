"""One look at all sequences of a file: which cannot be read, which are empty, which have no answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from frostformer.data.files.case import CannotRead, Case, Text
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import InputError

_NAMED = 10  # so many are named, the others counted


def each(cases: Iterator[Case]) -> Iterator[Case | CannotRead]:
    """The sequences, and the error of each that cannot be read."""
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            yield error


def finite(case: Case) -> Case:
    """The same, with infinite values as missing ones."""
    if case.values.dtype.kind == "f" and np.isinf(case.values).any():
        return replace(case, values=np.where(np.isinf(case.values), np.nan, case.values))
    return case


@dataclass
class Look:
    """What was found of a file's sequences."""

    count: int = 0
    """Sequences that can be read, empty ones included."""

    lengths: set[int] = field(default_factory=set)

    unreadable: list[str] = field(default_factory=list)
    """A sentence each."""

    empty: list[str] = field(default_factory=list)
    """Name and place of each."""

    unanswered: list[str] = field(default_factory=list)
    """Name and place of each sequence without an answer."""

    infinite: list[str] = field(default_factory=list)
    """Place of each value that is no finite number."""

    def add(self, case: Case | CannotRead) -> None:
        """Look at the next one."""
        if isinstance(case, CannotRead):
            self.unreadable.append(str(case))
            return
        self.count += 1
        self.lengths.add(len(case.values))
        where = f"{case.name} ({case.place})"
        if not len(case.values):
            self.empty.append(where)
        if not any(answer is not None for answer in case.target):
            self.unanswered.append(where)
        if case.values.dtype.kind == "f":
            for position, channel in np.argwhere(np.isinf(case.values))[:_NAMED]:
                self.infinite.append(f"{case.place}, position {position + 1}, channel {channel + 1}")

    def add_whole(self, name: str, target: tuple[Text, ...]) -> None:
        """The next one can be read and is not empty."""
        self.count += 1
        if not any(answer is not None for answer in target):
            self.unanswered.append(name)

    def understood(self, schema: Schema, notes: list[str], warnings: list[str], how_to_label: str) -> Understood:
        """The same in sentences.

        Args:
            schema: how the file is read.
            notes: what else there is to say of how it is read.
            warnings: other doubts.
            how_to_label: what gives answers to a file without.

        Raises:
            InputError: not one sequence can be read.
        """
        if not self.count:
            raise InputError(self.unreadable[0] if self.unreadable else "the file has no sequences: give another one")
        if self.empty:
            warnings.append(f"{counted(len(self.empty), 'sequence is', 'sequences are')} empty: {named(self.empty)}")
        if len(self.unanswered) == self.count:
            warnings.append(f"no sequence has an answer: {how_to_label}")
        elif self.unanswered:
            have = counted(len(self.unanswered), "sequence has", "sequences have")
            warnings.append(f"{have} no answer: {named(self.unanswered)}")
        if self.infinite:
            are = counted(len(self.infinite), "value is no finite number", "values are no finite numbers")
            warnings.append(f"{are} and read as missing: {named(self.infinite)}")
        return Understood(schema, tuple(notes), tuple(warnings), tuple(shortened(self.unreadable)))


def look_at(cases: Iterator[Case]) -> Look:
    """What there is to say of these sequences."""
    look = Look()
    for case in each(cases):
        look.add(case)
    return look


def shortened(sentences: list[str]) -> list[str]:
    """The first ones, and how many more there are."""
    more = len(sentences) - _NAMED
    return sentences if more <= 0 else [*sentences[:_NAMED], f"the same is so of {more:,} more"]


def named(things: list[str]) -> str:
    """The first ones in a row, and how many more there are."""
    more = len(things) - _NAMED
    return ", ".join(things[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def counted(count: int, one: str, many: str) -> str:
    """`1 sequence is`, `3 sequences are`."""
    return f"{count:,} {one if count == 1 else many}"
