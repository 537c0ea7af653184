"""Reads a file as the commands do, for tests: what was understood, the sequences, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from frostformer.data.files.case import Case
from frostformer.data.files.formats import format_of, recognise
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.errors import CannotRead

ODD = Path(__file__).parent / "cases" / "own-data"


class Reading(NamedTuple):
    """All that was found of a file."""

    understood: Understood
    cases: list[Case]
    unreadable: list[str]

    @property
    def schema(self) -> Schema:
        """How it is read."""
        return self.understood.schema

    @property
    def lengths(self) -> list[int]:
        """Positions of each sequence."""
        return [len(case.values) for case in self.cases]

    @property
    def answers(self) -> list:
        """Of the first target."""
        return [case.target[0] if case.target else None for case in self.cases]

    @property
    def said(self) -> str:
        """All sentences."""
        understood = self.understood
        said = [*understood.notes, *understood.warnings, *understood.left_out, *self.unreadable]
        return "\n".join([*said, understood.unanswered])


def read(path: Path, **options) -> Reading:
    """What was understood of a file, and its sequences."""
    understood = format_of(recognise(path)).understand(path, FileOptions(**options))
    return Reading(understood, *read_with(path, understood.schema))


def read_with(path: Path, schema: Schema) -> tuple[list[Case], list[str]]:
    """The sequences of a file by a schema, perhaps of another file, and the errors of those that cannot be read."""
    cases, errors = [], []
    for one in _each(format_of(schema.format).cases(path, schema)):
        (errors.append(str(one)) if isinstance(one, CannotRead) else cases.append(one))
    return cases, errors


def _each(cases: Iterator[Case]) -> Iterator[Case | CannotRead]:
    while True:
        try:
            yield next(cases)
        except StopIteration:
            return
        except CannotRead as error:
            yield error
